namespace RouterDaemon.Config;

/// <summary>
/// Notices that the configuration file changed, by its time and length once a second: works for editors that replace the file, for
/// mounted volumes and for links, where file system events are lost.
/// </summary>
internal sealed class ConfigFileWatch : IDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    private readonly string _path;
    private readonly Action _changed;
    private readonly ITimer _timer;
    private (DateTime WrittenUtc, long Length) _seen;

    public ConfigFileWatch(string path, TimeProvider time, Action changed)
    {
        _path = path;
        _changed = changed;
        _seen = Look();
        _timer = time.CreateTimer(static state => ((ConfigFileWatch)state!).Check(), this, Period, Period);
    }

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    private void Check()
    {
        var now = Look();
        // A file that is gone for a moment is being replaced.
        if (now != _seen && now != default)
        {
            _seen = now;
            _changed();
        }
    }

    private (DateTime, long) Look()
    {
        try
        {
            var file = new FileInfo(_path);
            return file.Exists ? (file.LastWriteTimeUtc, file.Length) : default;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return default;
        }
    }
}
