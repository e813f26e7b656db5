namespace RouterDaemon.Engine.Answers;

/// <summary>Finds the beginning of a mark at the end of a text that is still arriving.</summary>
internal static class PartialMark
{
    /// <summary>Length of the longest end of the text that is a beginning of the mark, short of the whole.</summary>
    public static int Length(string text, string mark)
    {
        for (int length = Math.Min(mark.Length - 1, text.Length); length > 0; length--)
        {
            if (text.AsSpan().EndsWith(mark.AsSpan(0, length), StringComparison.Ordinal))
                return length;
        }
        return 0;
    }
}
