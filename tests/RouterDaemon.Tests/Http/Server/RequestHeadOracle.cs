using System.Text;
using System.Text.RegularExpressions;
using RouterDaemon.Core.Wire;
using RouterDaemon.Http.Server;

namespace RouterDaemon.Tests.Http.Server;

/// <summary>The request parser's slow twin: strings, regular expressions and the rules of RFC 9112 one after the other.</summary>
internal static partial class RequestHeadOracle
{
    /// <param name="Status">Of the refusal; 0 = none.</param>
    /// <param name="Lines">Names and values, in order.</param>
    public sealed record Answer(
        HeadResult Result, int Status = 0, int Length = 0, string Method = "", string Target = "", bool Http11 = false, long ContentLength = -1, bool Chunked = false,
        bool KeepAlive = false, bool ExpectsContinue = false, string Host = "", string Lines = "");

    public static Answer Read(byte[] bytes)
    {
        string text = Encoding.Latin1.GetString(bytes);
        if (text.Length > 0 && !Token().IsMatch(text[..1]))
            return Refused(400);
        int end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        int first = text.IndexOf("\r\n", StringComparison.Ordinal);
        // One more than the limit, and what could still be the line's end behind it.
        if (first > ServerLimits.MaxRequestLineBytes || (first < 0 && text.Length >= ServerLimits.MaxRequestLineBytes + 2))
            return Refused(414);
        if (end < 0)
            return bytes.Length >= ServerLimits.MaxHeadBytes ? Refused(431) : new(HeadResult.Incomplete);
        if (end + 4 > ServerLimits.MaxHeadBytes)
            return Refused(431);
        string[] lines = text[..end].Split("\r\n");
        Match request = RequestLine().Match(lines[0]);
        if (!request.Success)
            return Refused(400);
        string version = request.Groups[3].Value;
        if (version is not ("1.0" or "1.1"))
            return Refused(505);
        var headers = new List<(string Name, string Value)>();
        foreach (string line in lines.Skip(1))
        {
            // The limit is noticed at the line that is over it, a fault at its own.
            if (headers.Count == ServerLimits.MaxHeaders)
                return Refused(431);
            Match header = Header().Match(line);
            if (!header.Success)
                return Refused(400);
            headers.Add((header.Groups[1].Value, header.Groups[2].Value.Trim(' ', '\t')));
            if (Fault(headers) is var fault and > 0)
                return Refused(fault);
        }

        string[] lengths = Values(headers, "content-length");
        bool chunked = Values(headers, "transfer-encoding").Length > 0;
        string[] hosts = Values(headers, "host");
        bool is11 = version == "1.1";
        if ((chunked && (lengths.Length > 0 || !is11)) || hosts.Length > 1 || (hosts.Length == 0 && is11))
            return Refused(400);
        string[] options = [.. Values(headers, "connection").SelectMany(v => v.Split(',')).Select(o => o.Trim(' ', '\t').ToLowerInvariant())];
        return new(
            HeadResult.Complete, 0, end + 4, request.Groups[1].Value, request.Groups[2].Value, is11, lengths.Length > 0 ? long.Parse(lengths[0]) : -1, chunked,
            !options.Contains("close") && (is11 || options.Contains("keep-alive")),
            is11 && Values(headers, "expect").LastOrDefault("").Equals("100-continue", StringComparison.OrdinalIgnoreCase),
            hosts.LastOrDefault(""), string.Join('\n', headers.Select(h => $"{h.Name}={h.Value}")));
    }

    private static Answer Refused(int status) => new(HeadResult.Invalid, status);

    private static int Fault(List<(string Name, string Value)> headers)
    {
        string[] lengths = Values(headers, "content-length");
        string[] codings = Values(headers, "transfer-encoding");
        if (!lengths.All(l => Digits().IsMatch(l)) || lengths.Select(long.Parse).Distinct().Count() > 1)
            return 400;
        return codings.Length > 1 || codings.Any(c => !c.Equals("chunked", StringComparison.OrdinalIgnoreCase)) ? 501 : 0;
    }

    private static string[] Values(List<(string Name, string Value)> headers, string name) =>
        [.. headers.Where(h => h.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(h => h.Value)];

    [GeneratedRegex(@"\A[!#$%&'*+\-.^_`|~0-9A-Za-z]+\z")]
    private static partial Regex Token();

    [GeneratedRegex(@"\A([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([\x21-\x7e]+) HTTP/([\x00-\x1f\x21-\xff]\.[\x00-\x1f\x21-\xff])\z")]
    private static partial Regex RequestLine();

    [GeneratedRegex(@"\A([!#$%&'*+\-.^_`|~0-9A-Za-z]+):([^\x00-\x08\x0a-\x1f\x7f]*)\z")]
    private static partial Regex Header();

    [GeneratedRegex(@"\A[0-9]{1,18}\z")]
    private static partial Regex Digits();
}
