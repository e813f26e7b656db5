using System.Text;
using System.Text.RegularExpressions;
using RouterDaemon.Backends.Http1;
using RouterDaemon.Core.Wire;

namespace RouterDaemon.Tests.Backends.Http1;

/// <summary>The head parser's slow twin: strings, regular expressions and the rules of RFC 9112 one after the other.</summary>
internal static partial class HeadOracle
{
    public sealed record Answer(HeadResult Result, int Status = 0, int Length = 0, long ContentLength = -1, bool Chunked = false, bool KeepAlive = false, bool Encoded = false, string MediaType = "", string RetryAfter = "");

    public static Answer Read(byte[] bytes)
    {
        string text = Encoding.Latin1.GetString(bytes);
        int end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (end < 0)
        {
            if (bytes.Length >= Http1HeadParser.MaxHeadBytes)
                return new(HeadResult.TooLarge);
            string start = "HTTP/1."[..Math.Min(7, text.Length)];
            return new(text.StartsWith(start, StringComparison.Ordinal) ? HeadResult.Incomplete : HeadResult.Invalid);
        }

        if (end + 4 > Http1HeadParser.MaxHeadBytes)
            return new(HeadResult.TooLarge);
        string[] lines = text[..end].Split("\r\n");
        Match status = StatusLine().Match(lines[0]);
        if (!status.Success || int.Parse(status.Groups[2].Value) is < 100 or > 599)
            return new(HeadResult.Invalid);
        var headers = new List<(string Name, string Value)>();
        foreach (string line in lines.Skip(1))
        {
            // The limit is noticed at the line that is over it, a fault at its own.
            if (headers.Count == Http1HeadParser.MaxHeaders)
                return new(HeadResult.TooLarge);
            Match header = Header().Match(line);
            if (!header.Success)
                return new(HeadResult.Invalid);
            headers.Add((header.Groups[1].Value.ToLowerInvariant(), header.Groups[2].Value.Trim(' ', '\t')));
            if (!IsSound(headers))
                return new(HeadResult.Invalid);
        }

        string[] lengths = Values(headers, "content-length");
        string[] codings = Values(headers, "transfer-encoding");
        if (lengths.Length > 0 && codings.Length > 0)
            return new(HeadResult.Invalid);
        string[] options = [.. Values(headers, "connection").SelectMany(v => v.Split(',')).Select(o => o.Trim(' ', '\t').ToLowerInvariant())];
        bool keep = !options.Contains("close") && (options.Contains("keep-alive") || status.Groups[1].Value == "1");
        return new(
            HeadResult.Complete, int.Parse(status.Groups[2].Value), end + 4, lengths.Length > 0 ? long.Parse(lengths[0]) : -1, codings.Length > 0, keep,
            Values(headers, "content-encoding").Any(v => v.Length > 0 && !v.Equals("identity", StringComparison.OrdinalIgnoreCase)),
            Values(headers, "content-type").LastOrDefault("").Split(';')[0].TrimEnd(' ', '\t'), Values(headers, "retry-after").LastOrDefault(""));
    }

    private static bool IsSound(List<(string Name, string Value)> headers)
    {
        string[] lengths = Values(headers, "content-length");
        string[] codings = Values(headers, "transfer-encoding");
        return lengths.All(l => Digits().IsMatch(l)) && lengths.Select(l => long.Parse(l)).Distinct().Count() <= 1
            && codings.Length <= 1 && codings.All(c => c.Equals("chunked", StringComparison.OrdinalIgnoreCase));
    }

    private static string[] Values(List<(string Name, string Value)> headers, string name) => [.. headers.Where(h => h.Name == name).Select(h => h.Value)];

    [GeneratedRegex(@"\AHTTP/1\.([01]) ([0-9]{3})( [^\x00-\x08\x0a-\x1f\x7f]*)?\z")]
    private static partial Regex StatusLine();

    [GeneratedRegex(@"\A([!#$%&'*+\-.^_`|~0-9A-Za-z]+):([^\x00-\x08\x0a-\x1f\x7f]*)\z")]
    private static partial Regex Header();

    [GeneratedRegex(@"\A[0-9]{1,18}\z")]
    private static partial Regex Digits();
}
