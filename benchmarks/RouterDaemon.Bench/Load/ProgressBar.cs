namespace RouterDaemon.Bench.Load;

/// <summary>A bar on standard error when that is a terminal; nothing otherwise.</summary>
internal sealed class ProgressBar(string label)
{
    private const int Width = 30;

    public void Show(double fraction)
    {
        if (Console.IsErrorRedirected)
            return;
        int full = (int)(Math.Clamp(fraction, 0, 1) * Width);
        Console.Error.Write($"\r{label,-28} [{new string('#', full)}{new string('.', Width - full)}] {fraction,4:P0}");
        if (fraction >= 1)
            Console.Error.WriteLine();
    }
}
