using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace RouterDaemon.SystemTests.Support;

/// <summary>A running daemon: the real executable with a home of its own, driven over real sockets.</summary>
public sealed class DaemonProcess : IAsyncDisposable
{
    public const int SigTerm = 15;
    public const int SigKill = 9;
    public const int SigHup = 1;

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);
    private readonly Process _process;
    private readonly StringBuilder _log = new();
    private readonly TempFolder? _ownHome;

    private DaemonProcess(Process process, int port, string home, TempFolder? ownHome)
    {
        _process = process;
        _ownHome = ownHome;
        Port = port;
        Home = home;
        Client = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, MaxConnectionsPerServer = 512, ResponseDrainTimeout = TimeSpan.Zero })
        {
            BaseAddress = Url,
            Timeout = TimeSpan.FromSeconds(60),
        };
        process.ErrorDataReceived += (_, e) => Append(e.Data);
        process.OutputDataReceived += (_, e) => Append(e.Data);
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
    }

    public int Port { get; }

    public string Home { get; }

    public Uri Url => new($"http://127.0.0.1:{Port}");

    public HttpClient Client { get; }

    public int ProcessId => _process.Id;

    public bool HasExited => _process.HasExited;

    public int ExitCode => _process.ExitCode;

    /// <summary>From exec to the first 200 on <c>/health/live</c>.</summary>
    public TimeSpan TimeToLive { get; private set; }

    /// <summary>Everything that the daemon wrote so far.</summary>
    public string Log
    {
        get
        {
            lock (_log)
                return _log.ToString();
        }
    }

    /// <summary>Resident memory in bytes.</summary>
    public long RssBytes
    {
        get
        {
            if (OperatingSystem.IsLinux())
            {
                string line = File.ReadLines($"/proc/{_process.Id}/status").First(l => l.StartsWith("VmRSS:", StringComparison.Ordinal));
                return long.Parse(line["VmRSS:".Length..].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture) * 1024;
            }

            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <summary>Starts a daemon and waits until it answers.</summary>
    /// <exception cref="InvalidOperationException">It ended or did not answer in time; the message holds its log.</exception>
    public static async Task<DaemonProcess> StartAsync(DaemonOptions? options = null)
    {
        options ??= new DaemonOptions();
        TempFolder? own = options.Home is null ? new TempFolder() : null;
        string home = options.Home ?? own!.Path;
        if (options.Config is not null)
            await File.WriteAllTextAsync(Path.Combine(home, "routerd.yaml"), options.Config);
        int port = options.Port != 0 ? options.Port : DaemonBinary.FreePort();
        ProcessStartInfo info = DaemonBinary.StartInfo(home, options);
        if (!options.Environment.ContainsKey("ROUTERD_LISTEN"))
            info.Environment["ROUTERD_LISTEN"] = $"http://127.0.0.1:{port}";
        if (options.NoModel)
        {
            string empty = Path.Combine(home, "no-libraries");
            Directory.CreateDirectory(empty);
            info.Environment["ROUTERD_LLAMA_DIR"] = empty;
        }

        long started = Stopwatch.GetTimestamp();
        var daemon = new DaemonProcess(Process.Start(info)!, port, home, own);
        try
        {
            await daemon.WaitForAsync("/health/live", started);
            daemon.TimeToLive = Stopwatch.GetElapsedTime(started);
            if (options.WaitReady)
                await daemon.WaitForAsync("/health/ready", started);
            return daemon;
        }
        catch
        {
            await daemon.DisposeAsync();
            throw;
        }
    }

    /// <summary>Sends a signal.</summary>
    public void Signal(int signal)
    {
        if (!_process.HasExited && Kill(_process.Id, signal) != 0)
            throw new InvalidOperationException($"kill -{signal} failed: {Marshal.GetLastPInvokeError()}");
    }

    /// <summary>Waits for the end.</summary>
    /// <exception cref="TimeoutException">It still runs; the message holds its log.</exception>
    public async Task<int> WaitForExitAsync(TimeSpan timeout)
    {
        using var limit = new CancellationTokenSource(timeout);
        try
        {
            await _process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"routerd did not end within {timeout.TotalSeconds} s\n{Log}");
        }

        return _process.ExitCode;
    }

    /// <summary>Waits until a line of the log holds a text.</summary>
    public async Task WaitForLogAsync(string text, TimeSpan timeout) =>
        await Eventually.TrueAsync(() => Log.Contains(text, StringComparison.OrdinalIgnoreCase), timeout, () => $"'{text}' is not in the log:\n{Log}");

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _ownHome?.Dispose();
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    internal static extern int Kill(int pid, int signal);

    private async Task WaitForAsync(string path, long started)
    {
        while (true)
        {
            if (_process.HasExited)
                throw new InvalidOperationException($"routerd ended with {_process.ExitCode} before {path} answered 200\n{Log}");
            string state;
            try
            {
                using HttpResponseMessage response = await Client.GetAsync(path);
                if (response.IsSuccessStatusCode)
                    return;
                state = $"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}";
            }
            catch (HttpRequestException e)
            {
                state = e.Message;
            }

            if (Stopwatch.GetElapsedTime(started) > StartLimit)
                throw new InvalidOperationException($"{path} did not answer 200 within {StartLimit.TotalSeconds} s, last: {state}\n{Log}");
            await Task.Delay(1);
        }
    }

    private void Append(string? line)
    {
        if (line is null)
            return;
        lock (_log)
            _log.AppendLine(line);
    }
}
