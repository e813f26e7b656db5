using System.Text.RegularExpressions;

namespace RouterDaemon.Fleet.Hub;

/// <summary>What the NAME of a pull stands for: a repository of the hub, one of its files, or any other address.</summary>
internal sealed partial record PullName
{
    /// <summary>Forms that a name may have, for messages.</summary>
    public const string Forms = "owner/repository, owner/repository:QUANTISATION, owner/repository/file.gguf or https://host/file.gguf";

    /// <summary>Hosts that stand for the hub, wherever <c>HF_ENDPOINT</c> says it is.</summary>
    private static readonly string[] HubHosts = ["huggingface.co", "hf.co"];

    /// <summary><c>owner/repository</c>; null = <see cref="Url"/> is meant.</summary>
    public string? Repository { get; private init; }

    /// <summary>Branch, tag or commit of the repository. Default <c>main</c>.</summary>
    public string Revision { get; private init; } = "main";

    /// <summary>Wanted quantisation, for example <c>Q4_K_M</c>; null = the usual one.</summary>
    public string? Quantisation { get; private init; }

    /// <summary>Wanted file of the repository; null = chosen by quantisation.</summary>
    public string? FilePath { get; private init; }

    /// <summary>Address of a file outside the hub; null = <see cref="Repository"/> is meant.</summary>
    public Uri? Url { get; private init; }

    /// <summary>Reads a name.</summary>
    /// <param name="text">As typed.</param>
    /// <param name="endpoint">Address of the hub.</param>
    /// <exception cref="FormatException">It is none; the message says why.</exception>
    public static PullName Parse(string text, Uri endpoint)
    {
        if (text.Contains("://", StringComparison.Ordinal))
        {
            return ParseUrl(text, endpoint);
        }

        var segments = text.Split('/');
        if (HubHosts.Contains(segments[0], StringComparer.OrdinalIgnoreCase))
        {
            segments = segments[1..];
        }

        return ParseSegments(segments) ?? throw new FormatException($"\"{text}\" is not a name to pull: give {Forms}");
    }

    private static PullName ParseUrl(string text, Uri endpoint)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Host.Length == 0)
        {
            throw new FormatException($"\"{text}\" is not an address");
        }

        if (url.UserInfo.Length > 0)
        {
            throw new FormatException("an address with a user name or password is not pulled from");
        }

        if (HubHosts.Contains(url.Host, StringComparer.OrdinalIgnoreCase) || HubClient.IsSameOrigin(url, endpoint))
        {
            var segments = Uri.UnescapeDataString(url.AbsolutePath).Trim('/').Split('/');
            var name = segments is [var owner, var repository, "resolve" or "blob", var revision, .. var path] && path.Length > 0
                ? ParseSegments([owner, repository, .. path]) is { } file && IsSegment(revision) ? file with { Revision = revision } : null
                : ParseSegments(segments);
            return name ?? throw new FormatException($"\"{text}\" names neither a repository nor a GGUF file of one");
        }

        if (url.Scheme != Uri.UriSchemeHttps && !(url.Scheme == Uri.UriSchemeHttp && url.IsLoopback))
        {
            throw new FormatException($"\"{text}\": models are pulled over https only");
        }

        return url.AbsolutePath.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase) && IsSegment(FileNameOf(url))
            ? new PullName { Url = url }
            : throw new FormatException($"\"{text}\" does not name a .gguf file");
    }

    /// <summary>Name of the file that an address ends in.</summary>
    public static string FileNameOf(Uri url) => Uri.UnescapeDataString(url.Segments[^1]);

    /// <summary>True for a name that is safe as one step of a path, here and on the hub.</summary>
    public static bool IsSegment(string text) =>
        text.Length is > 0 and <= 200 && text[0] != '.' && !text.Any(c => char.IsControl(c) || c is '/' or '\\' or ':' or '?' or '#');

    private static PullName? ParseSegments(string[] segments)
    {
        if (segments.Length < 2 || !HubWord().IsMatch(segments[0]))
        {
            return null;
        }

        var (repository, quantisation) = segments[1].Split(':') switch
        {
            [var bare] => (bare, null),
            [var bare, var suffix] when segments.Length == 2 && HubWord().IsMatch(suffix) => (bare, suffix),
            _ => ("", (string?)null),
        };
        var path = segments[2..];
        if (!HubWord().IsMatch(repository) || !path.All(IsSegment) || (path.Length > 0 && !path[^1].EndsWith(".gguf", StringComparison.OrdinalIgnoreCase)))
        {
            return null;
        }

        return new PullName { Repository = $"{segments[0]}/{repository}", Quantisation = quantisation, FilePath = path.Length > 0 ? string.Join('/', path) : null };
    }

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9._-]{0,95}$")]
    private static partial Regex HubWord();
}
