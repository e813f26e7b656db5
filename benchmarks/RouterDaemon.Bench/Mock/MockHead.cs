using System.Text;

namespace RouterDaemon.Bench.Mock;

/// <summary>Builds response heads.</summary>
internal static class MockHead
{
    private const int FloodLines = 2_000;
    private static readonly string Flood = string.Concat(Enumerable.Range(0, FloodLines).Select(i => $"x-flood-{i}: {new string('f', 1024)}\r\n"));

    /// <param name="length">Value of Content-Length; negative = chunked, null = up to the connection's end.</param>
    public static byte[] Build(MockBehaviour behaviour, int status, string contentType, long? length, string? encoding = null)
    {
        var head = new StringBuilder(256);
        head.Append("HTTP/1.1 ").Append(status).Append(' ').Append(Reason(status)).Append("\r\nContent-Type: ").Append(contentType).Append("\r\n");
        if (length is >= 0)
            head.Append("Content-Length: ").Append(length.Value).Append("\r\n");
        else if (length is not null)
            head.Append("Transfer-Encoding: chunked\r\n");
        if (encoding is not null)
            head.Append("Content-Encoding: ").Append(encoding).Append("\r\n");
        foreach (string line in behaviour.Headers)
            head.Append(line).Append("\r\n");
        if (behaviour.ConnectionClose || length is null)
            head.Append("Connection: close\r\n");
        if (behaviour.Fault == MockFault.HeaderFlood)
            head.Append(Flood);
        head.Append("\r\n");
        return Encoding.Latin1.GetBytes(head.ToString());
    }

    private static string Reason(int status) => status switch
    {
        200 => "OK",
        400 => "Bad Request",
        404 => "Not Found",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        _ => "Status",
    };
}
