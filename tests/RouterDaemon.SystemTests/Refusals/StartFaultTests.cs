using System.Net;
using System.Net.Sockets;
using RouterDaemon.Bench.Mock;
using RouterDaemon.SystemTests.Support;
using Xunit;

namespace RouterDaemon.SystemTests.Refusals;

/// <summary>Faults of the machine and of the configuration: a clear message, the right exit code, or a daemon that still serves the rest.</summary>
public sealed class StartFaultTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task APortInUseEndsWithOneAndNamesIt()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        int port = ((IPEndPoint)taken.LocalEndpoint).Port;
        (int exit, string output, string error) = await DaemonBinary.RunAsync(new DaemonOptions { Environment = Listen(port) }, Limit);
        Assert.True(exit == 1, $"{exit}\n{output}\n{error}");
        Assert.Contains(port.ToString(), output + error);
        Assert.Contains("in use", output + error);
        Assert.DoesNotContain("   at ", output + error);
    }

    [Fact]
    public async Task ABrokenConfigurationEndsWith64AndThePlace()
    {
        const string Config = """
            backends:
              - id: a
                kind: openai
                url: http://127.0.0.1:1
                timeouts:
                  connect: 2x
            """;
        (int exit, string output, string error) = await DaemonBinary.RunAsync(new DaemonOptions { Config = Config, Environment = Listen(DaemonBinary.FreePort()) }, Limit);
        Assert.True(exit == 64, $"{exit}\n{output}\n{error}");
        Assert.Contains("routerd.yaml:6:16: backends[0].timeouts.connect: \"2x\" is not a duration", output + error);
    }

    [Fact]
    public async Task AnUnknownVerbEndsWithTwo()
    {
        (int exit, string output, string error) = await DaemonBinary.RunAsync(new DaemonOptions { Arguments = ["sevre"] }, Limit);
        Assert.True(exit == 2, $"{exit}\n{output}\n{error}");
        Assert.Contains("sevre", output + error);
    }

    [Fact]
    public async Task WithoutTheNativeLibraryRemoteDeploymentsAreServed()
    {
        await using MockUpstream upstream = MockUpstream.Start();
        await using DaemonProcess daemon = await DaemonProcess.StartAsync(new DaemonOptions { Config = Yaml.Fleet([upstream]), NoModel = true });
        ChatReply local = await daemon.Client.AskAsync(Chat.Body("tiny", "hi"));
        Assert.True(local.Status is 503 or 404, local.ToString());
        Assert.NotEmpty(local.ErrorMessage);
        ChatReply remote = await daemon.Client.AskAsync(Chat.Body("m", "hi"));
        Assert.True(remote.Status == 200, remote + daemon.Log);
        Assert.Contains("ROUTERD_LLAMA_DIR", daemon.Log);
    }

    [Theory]
    [InlineData("corrupt", false)]
    [InlineData("truncated", true)]
    public async Task ACorruptModelFileIsAnErrorOfItsOwnOnly(string name, bool truncate)
    {
        using var home = new TempFolder();
        string folder = Path.Combine(home.Path, "models");
        Directory.CreateDirectory(folder);
        byte[] bytes = truncate
            ? (await File.ReadAllBytesAsync(Path.Combine(DaemonBinary.RepositoryRoot, "models", "routerd-tiny-1m.gguf"), TestContext.Current.CancellationToken))[..1_000_000]
            : [.. "GGUF"u8, .. new byte[4096]];
        await File.WriteAllBytesAsync(Path.Combine(folder, name + ".gguf"), bytes, TestContext.Current.CancellationToken);

        await using DaemonProcess daemon = await DaemonProcess.StartAsync(new DaemonOptions { Home = home.Path });
        ChatReply broken = await daemon.Client.AskAsync(Chat.Body(name, "hi"));
        Assert.True(broken.Status is 404 or 503, broken + daemon.Log);
        Assert.Contains(name, broken.ErrorMessage);
        ChatReply fine = await daemon.Client.AskAsync(Chat.Body("tiny", "2+2", ("temperature", 0)));
        Assert.True(fine.Status == 200, fine + daemon.Log);
        Assert.Contains(name + ".gguf", daemon.Log);
    }

    [Fact]
    public async Task AConfigurationInTheWorkingDirectoryIsNotRead()
    {
        using var home = new TempFolder();
        using var cwd = new TempFolder();
        await File.WriteAllTextAsync(Path.Combine(cwd.Path, "routerd.yaml"), "nonsense: true\n", TestContext.Current.CancellationToken);
        System.Diagnostics.ProcessStartInfo info = DaemonBinary.StartInfo(home.Path, new DaemonOptions { Arguments = ["config", "check"] });
        info.WorkingDirectory = cwd.Path;
        using System.Diagnostics.Process process = System.Diagnostics.Process.Start(info)!;
        string text = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken) + await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, text);
    }

    private static Dictionary<string, string> Listen(int port) => new() { ["ROUTERD_LISTEN"] = $"http://127.0.0.1:{port}" };
}
