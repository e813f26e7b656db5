using System.Globalization;

namespace RouterDaemon.Config;

/// <summary>One thing wrong with the configuration and where.</summary>
/// <param name="Severity">Whether the configuration can be used all the same.</param>
/// <param name="Source">The file as it was named, or <c>environment</c>.</param>
/// <param name="Line">From 1; 0 = the whole source.</param>
/// <param name="Column">From 1; 0 = the whole source.</param>
/// <param name="Path">For example <c>backends[0].timeouts.connect</c>; empty = the whole source.</param>
/// <param name="Message">What is wrong and what would be right. Never a secret.</param>
internal sealed record ConfigFault(FaultSeverity Severity, string Source, int Line, int Column, string Path, string Message)
{
    /// <summary><c>file:line:column: path: message</c>, parts that are not known left out.</summary>
    public override string ToString()
    {
        var place = Line > 0 ? string.Create(CultureInfo.InvariantCulture, $"{Source}:{Line}:{Column}: ") : $"{Source}: ";
        var path = Path.Length > 0 ? Path + ": " : "";
        return place + (Severity == FaultSeverity.Warning ? "warning: " : "") + path + Message;
    }
}
