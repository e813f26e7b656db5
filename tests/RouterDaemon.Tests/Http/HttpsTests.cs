#pragma warning disable xUnit1051 // Every wait here has a limit of its own.
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging.Abstractions;
using RouterDaemon.Config;
using RouterDaemon.Http;
using RouterDaemon.Keys;
using RouterDaemon.Transport;
using Xunit;

namespace RouterDaemon.Tests.Http;

/// <summary>The same routes in plain text and over TLS, of one daemon.</summary>
public sealed class HttpsTests
{
    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task BothServersAnswer(string version)
    {
        string folder = Directory.CreateTempSubdirectory("routerd-https").FullName;
        try
        {
            var config = new RouterdConfig
            {
                Listen = [new ListenAddress { Kind = ListenKind.Http, Host = "127.0.0.1" }, WithCertificate(folder)],
            };
            List<Route> routes = [.. Routes.All(HeatTests.Nothing())];
            var dispatcher = new Dispatcher(
                routes, new RequestGuard(RequestGuardOptions.From(config)), new AccessGate(() => config, new KeyRegistry(Path.Combine(folder, "none.db"), TimeProvider.System), TimeProvider.System), NullLogger.Instance);
            using var server = new Listeners(config, new RequestApplication(dispatcher, TimeProvider.System), SocketTransport.Default, NullLoggerFactory.Instance, TimeProvider.System);
            await server.StartAsync();
            Assert.Equal(["http", "https"], server.Addresses.Select(a => new Uri(a).Scheme));
            using var handler = new HttpClientHandler { ServerCertificateCustomValidationCallback = (_, certificate, _, _) => certificate!.Subject == "CN=routerd.test" };
            using var client = new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(20) };
            foreach (string address in server.Addresses)
            {
                bool isTls = address.StartsWith("https", StringComparison.Ordinal);
                using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(new Uri(address), "/health/live"))
                {
                    Version = isTls ? Version.Parse(version) : HttpVersion.Version11,
                    VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                };
                using HttpResponseMessage answer = await client.SendAsync(request);
                Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
                Assert.Equal("{\"status\":\"live\"}", await answer.Content.ReadAsStringAsync());
            }

            await server.StopAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(20));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static ListenAddress WithCertificate(string folder)
    {
        using var key = RSA.Create(2048);
        using X509Certificate2 certificate = new CertificateRequest("CN=routerd.test", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .CreateSelfSigned(DateTimeOffset.UnixEpoch.AddYears(50), DateTimeOffset.UnixEpoch.AddYears(100));
        string path = Path.Combine(folder, "certificate.pem");
        File.WriteAllText(path, certificate.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem());
        return new ListenAddress { Kind = ListenKind.Https, Host = "127.0.0.1", CertificatePath = path };
    }
}
