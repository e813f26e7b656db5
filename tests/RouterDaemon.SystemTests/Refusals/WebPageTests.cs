using RouterDaemon.SystemTests.Support;
using Xunit;

namespace RouterDaemon.SystemTests.Refusals;

/// <summary>A web page must not be able to spend the user's keys through loopback, on any route.</summary>
public sealed class WebPageTests(BundledModelDaemon fixture) : IClassFixture<BundledModelDaemon>
{
    private const string Body = """{"model":"tiny","messages":[{"role":"user","content":"Ping"}]}""";

    public static TheoryData<string, string> Routes
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach ((string method, string path) in RouteList.All)
                data.Add(method, path);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Routes))]
    public async Task AForeignOriginIsRefused(string method, string path)
    {
        foreach (string origin in (string[])["https://evil.example", "http://127.0.0.1.evil.example", "null", $"http://localhost.evil.example:{fixture.Daemon.Port}"])
        {
            ChatReply reply = await SendAsync(method, path, r => r.Headers.TryAddWithoutValidation("Origin", origin));
            Assert.True(reply.Status == 403, $"Origin {origin}: {reply}");
            Assert.Null(reply.Header("Access-Control-Allow-Origin"));
        }
    }

    [Theory]
    [MemberData(nameof(Routes))]
    public async Task ARebindingHostIsRefused(string method, string path)
    {
        foreach (string host in (string[])["evil.example", $"evil.example:{fixture.Daemon.Port}", $"127.0.0.1.evil.example:{fixture.Daemon.Port}"])
        {
            ChatReply reply = await SendAsync(method, path, r => r.Headers.Host = host);
            Assert.True(reply.Status is 403 or 421, $"Host {host}: {reply}");
        }
    }

    [Theory]
    [MemberData(nameof(Routes))]
    public async Task FormContentTypesAreRefused(string method, string path)
    {
        // These carry no body; a page's DELETE needs a preflight, which an origin that is not allowed does not get.
        if (method is "GET" or "DELETE")
            return;
        foreach (string type in (string[])["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""])
        {
            ChatReply reply = await SendAsync(method, path, r =>
            {
                r.Content!.Headers.ContentType = null;
                if (type.Length > 0)
                    r.Content.Headers.TryAddWithoutValidation("Content-Type", type);
            });
            Assert.True(reply.Status == 415, $"{type}: {reply}");
        }
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("localhost")]
    public async Task OwnNamesAndJsonAreServed(string name)
    {
        ChatReply reply = await SendAsync("POST", Chat.Path, r =>
        {
            r.Headers.Host = $"{name}:{fixture.Daemon.Port}";
            r.Content!.Headers.ContentType = new("application/json", "utf-8");
        });
        Assert.True(reply.Status == 200, reply.ToString());
    }

    [Fact]
    public async Task APreflightOfAForeignPageGetsNoPermission()
    {
        ChatReply reply = await SendAsync("OPTIONS", Chat.Path, r =>
        {
            r.Headers.TryAddWithoutValidation("Origin", "https://evil.example");
            r.Headers.TryAddWithoutValidation("Access-Control-Request-Method", "POST");
            r.Headers.TryAddWithoutValidation("Access-Control-Request-Headers", "content-type");
        });
        Assert.True(reply.Status is 403 or 405, reply.ToString());
        Assert.Null(reply.Header("Access-Control-Allow-Origin"));
    }

    private async Task<ChatReply> SendAsync(string method, string path, Action<HttpRequestMessage> change)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (method == "POST")
            request.Content = Chat.Json(Body);
        change(request);
        using HttpResponseMessage response = await fixture.Client.SendAsync(request);
        return await ChatReply.ReadAsync(response);
    }
}
