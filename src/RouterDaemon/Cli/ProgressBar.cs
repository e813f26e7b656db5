using System.Globalization;

namespace RouterDaemon.Cli;

/// <summary>A bar on a terminal's stderr; nothing anywhere else.</summary>
internal sealed class ProgressBar(TextWriter output, string what) : IProgress<double>
{
    private const int Width = 40;

    private readonly Lock _lock = new();
    private readonly bool _isShown = !Console.IsErrorRedirected && output == Console.Error;
    private int _shown = -1;
    private bool _isOpen;

    public void Report(double value)
    {
        if (!_isShown)
        {
            return;
        }

        lock (_lock)
        {
            var percent = (int)Math.Clamp(value * 100, 0, 100);
            if (percent == _shown)
            {
                return;
            }

            _shown = percent;
            var filled = percent * Width / 100;
            _isOpen = percent < 100;
            output.Write(string.Create(CultureInfo.InvariantCulture, $"\r{what} [{new string('#', filled)}{new string('.', Width - filled)}] {percent,3} %{(percent == 100 ? "\n" : "")}"));
        }
    }

    /// <summary>Ends the bar's line, so that a message can follow; the next report draws the bar anew.</summary>
    public void EndLine()
    {
        lock (_lock)
        {
            if (_isOpen)
            {
                output.WriteLine();
            }

            (_isOpen, _shown) = (false, _isOpen ? -1 : _shown);
        }
    }
}
