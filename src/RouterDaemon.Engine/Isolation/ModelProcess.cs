using System.Diagnostics;

namespace RouterDaemon.Engine.Isolation;

/// <summary>The operating system's side of a model's process: started with a socket of its own, ended with its model.</summary>
internal sealed class ModelProcess : IDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(5);

    private readonly Process _process;
    private readonly string _folder;

    private ModelProcess(Process process, string folder)
    {
        _process = process;
        _folder = folder;
    }

    public string SocketPath => Path.Combine(_folder, "engine.sock");

    /// <summary>How the process ended, for people; only once it has.</summary>
    public string Ending
    {
        get
        {
            try
            {
                return _process.WaitForExit(EndLimit)
                    ? _process.ExitCode > 128 ? $"was ended by signal {_process.ExitCode - 128}" : $"ended with exit code {_process.ExitCode}"
                    : "closed its connection";
            }
            catch (InvalidOperationException)
            {
                return "was unloaded";
            }
        }
    }

    /// <summary>Starts a process and waits until it listens.</summary>
    /// <param name="command">The program and its arguments before <c>--socket</c>.</param>
    /// <param name="log">Takes what it writes to standard error.</param>
    /// <exception cref="EngineException">It could not be started.</exception>
    public static async Task<ModelProcess> StartAsync(IReadOnlyList<string> command, Action<string> log, CancellationToken ct)
    {
        string folder = Directory.CreateTempSubdirectory("routerd-engine-").FullName;
        ModelProcess? started = null;
        try
        {
            ProcessStartInfo info = new(command[0])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                WorkingDirectory = folder,
            };
            foreach (string argument in command.Skip(1))
                info.ArgumentList.Add(argument);
            info.ArgumentList.Add("--socket");
            info.ArgumentList.Add(Path.Combine(folder, "engine.sock"));
            // An abort of the library would otherwise start a debugger on the process.
            info.Environment["GGML_NO_BACKTRACE"] = "1";
            Process process = Process.Start(info) ?? throw new InvalidOperationException("it did not start");
            started = new ModelProcess(process, folder);
            process.ErrorDataReceived += (_, e) =>
            {
                if (!string.IsNullOrEmpty(e.Data))
                    log(e.Data);
            };
            process.BeginErrorReadLine();
            string? line = await process.StandardOutput.ReadLineAsync(ct).AsTask().WaitAsync(StartLimit, ct).ConfigureAwait(false);
            return line == EngineChild.Ready ? started : throw new InvalidOperationException($"it {started.Ending} before it was ready");
        }
        catch (Exception e)
        {
            started?.Dispose();
            if (started is null)
                Directory.Delete(folder, true);
            if (e is OperationCanceledException)
                throw;
            throw new EngineException(EngineErrorKind.ModelLoadFailed, $"the model's process ({command[0]}) could not be started: {e.Message}", null, e);
        }
    }

    /// <summary>Ends the process; its memory, the GPU's included, is free when this returns.</summary>
    public void Dispose()
    {
        try
        {
            _process.StandardInput.Close();
            _process.Kill();
            _process.WaitForExit(EndLimit);
        }
        catch (Exception e) when (e is InvalidOperationException or IOException)
        {
            // It has ended by itself.
        }
        _process.Dispose();
        try
        {
            Directory.Delete(_folder, true);
        }
        catch (IOException)
        {
            // Left to the system's cleaning of temporary files.
        }
    }
}
