using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace RouterDaemon.SystemTests.Support;

/// <summary>The executable under test and the environment that it runs in.</summary>
public static class DaemonBinary
{
    // Settings of the machine that runs the tests must not reach the daemon.
    private static readonly string[] Foreign =
        ["LLMD_ENDPOINT", "OLLAMA_HOST", "SQLITE_DB_PATH", "CONTEXT_DB_PATH", "REDIS_URL", "POSTGRES_URL", "HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"];

    /// <summary>The published binary that ROUTERD_BINARY names, else the apphost that was built with these tests.</summary>
    public static string Path { get; } = Find();

    /// <summary>True for the published native binary, whose size, memory and start time are promised.</summary>
    public static bool IsPublished => Environment.GetEnvironmentVariable("ROUTERD_BINARY") is { Length: > 0 };

    /// <summary>True in the long ring, <c>.ci/long</c>.</summary>
    public static bool LongRing => Environment.GetEnvironmentVariable("ROUTERD_LONG") == "1";

    public static string RepositoryRoot { get; } = FindRoot();

    public static ProcessStartInfo StartInfo(string home, DaemonOptions options)
    {
        var info = new ProcessStartInfo(Path) { RedirectStandardError = true, RedirectStandardOutput = true, RedirectStandardInput = true, WorkingDirectory = home };
        foreach (string name in info.Environment.Keys.ToArray())
        {
            if (Foreign.Contains(name) || name.StartsWith("ROUTERD_", StringComparison.Ordinal) || name.StartsWith("EXTERNAL_", StringComparison.Ordinal))
                info.Environment.Remove(name);
        }

        info.Environment["ROUTERD_HOME"] = home;
        info.Environment["HOME"] = home;
        foreach ((string name, string value) in options.Environment)
            info.Environment[name] = value.Length == 0 ? null : value;
        foreach (string argument in options.Arguments)
            info.ArgumentList.Add(argument);
        return info;
    }

    /// <summary>Runs a verb to its end.</summary>
    public static async Task<(int ExitCode, string Output, string Error)> RunAsync(DaemonOptions options, TimeSpan timeout)
    {
        using var home = new TempFolder();
        if (options.Config is not null)
            await File.WriteAllTextAsync(System.IO.Path.Combine(home.Path, "routerd.yaml"), options.Config);
        using Process process = Process.Start(StartInfo(options.Home ?? home.Path, options))!;
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(timeout);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw new TimeoutException($"routerd {string.Join(' ', options.Arguments)} did not end within {timeout.TotalSeconds} s\n{await output}\n{await error}");
        }

        return (process.ExitCode, await output, await error);
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string Find()
    {
        if (IsPublished)
        {
            string named = Environment.GetEnvironmentVariable("ROUTERD_BINARY")!;
            return File.Exists(named) ? System.IO.Path.GetFullPath(named) : throw new FileNotFoundException($"ROUTERD_BINARY names {named}, which is not there");
        }

        // bin/<configuration>/<framework>/ of the tests and of the daemon are the same.
        var output = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/'));
        string built = System.IO.Path.Combine(FindRoot(), "src", "RouterDaemon", "bin", output.Parent!.Name, output.Name, "routerd");
        return File.Exists(built) ? built : throw new FileNotFoundException($"no daemon to test: {built} is not built and ROUTERD_BINARY is not set");
    }

    private static string FindRoot()
    {
        DirectoryInfo? at = new(AppContext.BaseDirectory);
        while (at is not null && !File.Exists(System.IO.Path.Combine(at.FullName, "RouterDaemon.sln")))
            at = at.Parent;
        return at?.FullName ?? throw new InvalidOperationException("the tests do not run inside a checkout");
    }
}
