using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using Xunit;

namespace RouterDaemon.SystemTests.Support;

/// <summary>A Redis of the test's own: a free port, a password, nothing on disk. Killed and started again on the same port as the test wishes.</summary>
public sealed class RedisServer : IAsyncDisposable
{
    public const string Password = "redis-test-password";

    private static readonly string? Executable = Find();
    private readonly TempFolder _folder = new();
    private readonly int _port = DaemonBinary.FreePort();
    private Process? _process;

    private RedisServer()
    {
    }

    public string Url => $"redis://:{Password}@127.0.0.1:{_port}/1";

    public IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string> { ["REDIS_URL"] = Url };

    /// <summary>Starts a server; skips the test where there is no Redis.</summary>
    public static async Task<RedisServer> StartAsync()
    {
        if (Executable is null)
            Assert.Skip("redis-server is not installed on this machine: nothing was tested against a real Redis");
        var server = new RedisServer();
        await server.RunAsync();
        return server;
    }

    /// <summary>Starts the process and waits until it answers.</summary>
    public async Task RunAsync()
    {
        var info = new ProcessStartInfo(Executable!) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = _folder.Path };
        foreach (string argument in (string[])["--port", $"{_port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--requirepass", Password, "--dir", _folder.Path])
            info.ArgumentList.Add(argument);
        _process = Process.Start(info)!;
        _process.OutputDataReceived += static (_, _) => { };
        _process.ErrorDataReceived += static (_, _) => { };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        await Eventually.TrueAsync(async () => await AnswerAsync("PING") == "+PONG", TimeSpan.FromSeconds(10), () => "redis-server does not answer");
    }

    /// <summary>Ends it at once, without a word to its clients.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    /// <summary>19 = it hangs, 18 = it goes on.</summary>
    public void Signal(int signal) => DaemonProcess.Kill(_process!.Id, signal);

    /// <summary>The reply's first line to an inline command; empty = there is none.</summary>
    public async Task<string> AnswerAsync(string command)
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync("127.0.0.1", _port);
            await using NetworkStream stream = client.GetStream();
            await stream.WriteAsync(Encoding.UTF8.GetBytes($"AUTH {Password}\r\nSELECT 1\r\n{command}\r\n"));
            using var reader = new StreamReader(stream);
            await reader.ReadLineAsync();
            await reader.ReadLineAsync();
            return await reader.ReadLineAsync() ?? "";
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            return "";
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
            await KillAsync();
        _folder.Dispose();
    }

    private static string? Find() => (System.Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(folder => Path.Combine(folder, "redis-server")).FirstOrDefault(File.Exists);
}
