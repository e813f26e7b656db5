namespace RouterDaemon.Core.Wire;

/// <summary>What the router needs to know of a request body, found in one pass. Ranges are offsets into that body.</summary>
public struct RequestPeek
{
    /// <summary>The value of <c>model</c> with its quotes.</summary>
    public ByteRange ModelValue;

    /// <summary>True when <see cref="ModelValue"/> holds escapes; see <see cref="RequestPeeker.TryUnescape"/>.</summary>
    public bool ModelEscaped;

    /// <summary><c>stream</c> is true.</summary>
    public bool Stream;

    /// <summary>The body has a <c>stream</c> member (Ollama streams when it has none).</summary>
    public bool HasStream;

    /// <summary><c>stream_options.include_usage</c> is true.</summary>
    public bool IncludeUsage;

    /// <summary>The whole value of <c>stream_options</c>; empty = absent.</summary>
    public ByteRange StreamOptionsValue;

    /// <summary>
    /// Where <c>include_usage</c> can be spliced into an existing <c>stream_options</c> object: the offset just behind its
    /// opening brace. 0 = the value is absent or null, then replace or insert the whole member.
    /// </summary>
    public int StreamOptionsObjectStart;

    /// <summary>True when the <c>stream_options</c> object has no members, so a splice needs no comma.</summary>
    public bool StreamOptionsEmpty;

    /// <summary>The value of <c>include_usage</c> when it is there (true, false or null); to overwrite in place.</summary>
    public ByteRange IncludeUsageValue;

    /// <summary>Offset just behind the body's opening brace.</summary>
    public int ObjectStart;

    /// <summary>The body object has no members.</summary>
    public bool ObjectEmpty;

    /// <summary><c>max_tokens</c>, <c>max_completion_tokens</c> or <c>max_output_tokens</c>; the smallest given; 0 = absent.</summary>
    public int MaxTokens;

    /// <summary><c>n</c>; 1 when absent.</summary>
    public int N;

    /// <summary><c>temperature</c>; NaN = absent.</summary>
    public float Temperature;

    /// <summary>A non-empty <c>tools</c> or <c>functions</c> array.</summary>
    public bool HasTools;

    /// <summary>The demanded format of the answer.</summary>
    public ResponseFormatKind ResponseFormat;

    /// <summary>Images in the prompt.</summary>
    public bool HasImages;

    /// <summary>Audio in the prompt.</summary>
    public bool HasAudio;

    /// <summary>Log probabilities are asked for.</summary>
    public bool LogProbs;

    /// <summary><c>echo</c>, <c>suffix</c> (fill in the middle) present.</summary>
    public bool HasSuffix;

    /// <summary>Bytes of prompt text as it stands in the body (escapes count as they are written); media data excluded.</summary>
    public int PromptBytes;

    /// <summary>Elements of <c>messages</c>, or of an <c>input</c> or <c>prompt</c> array.</summary>
    public int MessageCount;

    /// <summary>Images counted in the prompt.</summary>
    public int ImageCount;

    /// <summary>The last message's role is <c>assistant</c>: the model continues it.</summary>
    public bool ContinuesAssistant;

    /// <summary>Value of <c>messages</c>.</summary>
    public ByteRange Messages;

    /// <summary>Value of <c>prompt</c>.</summary>
    public ByteRange Prompt;

    /// <summary>Value of <c>input</c>.</summary>
    public ByteRange Input;

    /// <summary>Value of <c>system</c> (Anthropic, Ollama) or <c>instructions</c> (Responses).</summary>
    public ByteRange System;

    /// <summary>Value of <c>tools</c> (or <c>functions</c>).</summary>
    public ByteRange Tools;

    /// <summary>Value of <c>route</c>.</summary>
    public ByteRange Route;

    /// <summary>Member <c>route</c> with the one comma that goes with it: cut it and the body stays JSON (cut one range at a time).</summary>
    public ByteRange RouteMember;

    /// <summary>Value of <c>models</c>.</summary>
    public ByteRange Models;

    /// <summary>Member <c>models</c>, as <see cref="RouteMember"/>.</summary>
    public ByteRange ModelsMember;

    /// <summary>Value of <c>fallbacks</c>.</summary>
    public ByteRange Fallbacks;

    /// <summary>Member <c>fallbacks</c>, as <see cref="RouteMember"/>.</summary>
    public ByteRange FallbacksMember;

    /// <summary>Hashes written to the span of prefix hashes.</summary>
    public int PrefixHashCount;

    /// <summary>Bytes of prompt (tools, system, messages as they stand in the body) that the hashes were taken from, hashed or not.</summary>
    public int PrefixBytes;

    /// <summary>A cheap guess at the kind of work.</summary>
    public TaskClass TaskClass;

    /// <summary>Prompt tokens by size: text at <paramref name="bytesPerToken"/>, 4 tokens a message, 800 an image.</summary>
    public readonly int EstimatePromptTokens(float bytesPerToken) =>
        (int)((PromptBytes + Tools.Length) / Math.Max(bytesPerToken, 0.5f)) + (4 * MessageCount) + (800 * ImageCount) + 1;

    /// <summary>
    /// Prompt tokens that may be billed at most: no token is shorter than a byte, and what chat templates, tool and format instructions, and pictures add is
    /// as much as known vendors bill for the largest. An estimate is wrong most where it matters most, for short prompts that are all template.
    /// </summary>
    public readonly int MostPromptTokens()
    {
        var most = (long)PromptBytes + Tools.Length + 48 + (16L * MessageCount) + (HasTools || ResponseFormat != ResponseFormatKind.Text ? 512 : 0) + (5000L * ImageCount);
        return (int)Math.Min(most, int.MaxValue);
    }
}
