using System.Diagnostics;
using System.Text.Json;
using Xunit;

namespace RouterDaemon.SystemTests.Support;

/// <summary>Runs a script of <c>clients/</c>, which drives an unmodified JavaScript client, and reads the one JSON object that it prints.</summary>
public static class NodeClient
{
    private static readonly string Folder = Path.Combine(DaemonBinary.RepositoryRoot, "tests", "RouterDaemon.SystemTests", "clients");
    private static readonly SemaphoreSlim Install = new(1, 1);

    public static async Task<JsonElement> RunAsync(string script, DaemonProcess daemon, params (string Name, string Value)[] environment)
    {
        await Install.WaitAsync();
        try
        {
            if (!Directory.Exists(Path.Combine(Folder, "node_modules", "ollama")))
                await RunAsync("npm", ["ci", "--no-audit", "--no-fund"], [], TimeSpan.FromMinutes(5), daemon);
        }
        finally
        {
            Install.Release();
        }

        return Chat.Parse(await RunAsync("node", [script], environment, TimeSpan.FromMinutes(1), daemon));
    }

    private static async Task<string> RunAsync(string program, string[] arguments, (string Name, string Value)[] environment, TimeSpan timeout, DaemonProcess daemon)
    {
        var info = new ProcessStartInfo(program, arguments) { WorkingDirectory = Folder, RedirectStandardOutput = true, RedirectStandardError = true };
        info.Environment["BASE_URL"] = daemon.Url.ToString().TrimEnd('/');
        foreach ((string name, string value) in environment)
            info.Environment[name] = value;
        using Process process = Process.Start(info)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(timeout);
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}\n{await output}\n{await error}\n{daemon.Log}");
        return await output;
    }
}
