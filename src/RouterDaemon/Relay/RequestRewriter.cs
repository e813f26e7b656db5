using System.Text.Json;
using RouterDaemon.Core.Fleet;
using RouterDaemon.Core.Wire;

namespace RouterDaemon.Relay;

/// <summary>Turns the client's body into the upstream's: the model's name, no routing hints, usage where billing needs it.</summary>
internal static class RequestRewriter
{
    private static readonly byte[] IncludeUsageMember = "\"include_usage\":true"u8.ToArray();
    private static readonly byte[] IncludeUsageFirst = "\"include_usage\":true,"u8.ToArray();
    private static readonly byte[] StreamOptionsValue = "{\"include_usage\":true}"u8.ToArray();
    private static readonly byte[] StreamOptionsMember = "\"stream_options\":{\"include_usage\":true},"u8.ToArray();
    /// <summary>vLLM's: without them its template would close the message and open a new one.</summary>
    private static readonly byte[] ContinueMembers = "\"continue_final_message\":true,\"add_generation_prompt\":false,"u8.ToArray();

    private static readonly byte[] True = "true"u8.ToArray();
    private static readonly byte[] NewLimitName = "\"max_completion_tokens\""u8.ToArray();

    /// <summary>The body for one deployment.</summary>
    /// <param name="body">The client's body.</param>
    /// <param name="peek">Its scan.</param>
    /// <param name="deployment">Where it goes.</param>
    /// <param name="wantUsage">Ask a stream for its usage chunk.</param>
    /// <param name="renameLimit">Say <c>max_completion_tokens</c> for <c>max_tokens</c>: of a body that is ours, for an upstream that refuses the old name.</param>
    /// <param name="delivered">The beginning of the answer, to be continued; null = a new answer.</param>
    /// <param name="continueByFlag">The backend wants to be told that the last message is to be continued.</param>
    /// <param name="cap">Member with a limit on the answer, for a body that has none (<see cref="AnswerCap"/>); empty = none.</param>
    public static SplicedBody Rewrite(
        ReadOnlyMemory<byte> body, in RequestPeek peek, DeploymentEntry deployment, bool wantUsage, bool renameLimit = false, DeliveredText? delivered = null,
        bool continueByFlag = false, ReadOnlyMemory<byte> cap = default)
    {
        body = WithoutHints(body, peek, out var shift);
        var spliced = new SplicedBody(body);
        var model = Moved(peek.ModelValue, shift);
        spliced.Replace(model.Offset, model.Length, deployment.UpstreamModelJson);
        if (wantUsage && peek.Stream && !peek.IncludeUsage)
        {
            AskForUsage(spliced, peek, shift);
        }

        if (renameLimit && LimitName(body.Span) is { IsEmpty: false } name)
        {
            spliced.Replace(name.Offset, name.Length, NewLimitName);
        }

        if (!cap.IsEmpty)
        {
            spliced.Replace(shift.Of(peek.ObjectStart), 0, cap);
        }

        if (delivered is not null)
        {
            spliced.Replace(shift.Of(peek.Messages.End) - 1, 0, delivered.ToMessage());
            if (continueByFlag)
            {
                spliced.Replace(shift.Of(peek.ObjectStart), 0, ContinueMembers);
            }
        }

        return spliced;
    }

    /// <summary>Where <c>"max_tokens"</c> stands as a member of the body itself; empty = nowhere.</summary>
    private static ByteRange LimitName(ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("max_tokens"u8))
            {
                return new ByteRange((int)reader.TokenStartIndex, "\"max_tokens\"".Length);
            }

            reader.Read();
            reader.Skip();
        }

        return default;
    }

    private static void AskForUsage(SplicedBody body, in RequestPeek peek, Shift shift)
    {
        if (peek.IncludeUsageValue.Length > 0)
        {
            var value = Moved(peek.IncludeUsageValue, shift);
            body.Replace(value.Offset, value.Length, True);
        }
        else if (peek.StreamOptionsObjectStart > 0)
        {
            body.Replace(shift.Of(peek.StreamOptionsObjectStart), 0, peek.StreamOptionsEmpty ? IncludeUsageMember : IncludeUsageFirst);
        }
        else if (peek.StreamOptionsValue.Length > 0)
        {
            var value = Moved(peek.StreamOptionsValue, shift);
            body.Replace(value.Offset, value.Length, StreamOptionsValue);
        }
        else
        {
            body.Replace(shift.Of(peek.ObjectStart), 0, StreamOptionsMember);
        }
    }

    /// <summary>Cuts route, models and fallbacks. Rare, so the body is copied: neighbouring members share commas.</summary>
    private static ReadOnlyMemory<byte> WithoutHints(ReadOnlyMemory<byte> body, in RequestPeek peek, out Shift shift)
    {
        shift = new Shift([]);
        if (peek.RouteMember.IsEmpty && peek.ModelsMember.IsEmpty && peek.FallbacksMember.IsEmpty)
        {
            return body;
        }

        var cuts = new List<ByteRange>(3);
        foreach (var member in new[] { peek.RouteMember, peek.ModelsMember, peek.FallbacksMember })
        {
            if (!member.IsEmpty)
            {
                cuts.Add(member);
            }
        }

        cuts.Sort((a, b) => a.Offset.CompareTo(b.Offset));
        for (var i = 1; i < cuts.Count; i++)
        {
            // Two neighbours claim the comma between them: it goes with the first, and the second takes the one behind itself.
            if (cuts[i].Offset < cuts[i - 1].End)
            {
                cuts[i] = new ByteRange(cuts[i - 1].End, EndWithComma(body.Span, cuts[i].End) - cuts[i - 1].End);
            }
        }

        var copy = new byte[body.Length];
        var written = 0;
        var from = 0;
        foreach (var cut in cuts)
        {
            body.Span[from..cut.Offset].CopyTo(copy.AsSpan(written));
            written += cut.Offset - from;
            from = cut.End;
        }

        body.Span[from..].CopyTo(copy.AsSpan(written));
        written += body.Length - from;
        shift = new Shift([.. cuts]);
        return Tidy(copy.AsMemory(0, written));
    }

    /// <summary>A cut at the end of the object can leave a comma before its closing brace; blank it.</summary>
    private static Memory<byte> Tidy(Memory<byte> body)
    {
        var span = body.Span;
        var end = span.LastIndexOf((byte)'}');
        for (var i = end - 1; i >= 0; i--)
        {
            if (span[i] == ',')
            {
                span[i] = (byte)' ';
                break;
            }

            if (span[i] is not ((byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n'))
            {
                break;
            }
        }

        return body;
    }

    private static int EndWithComma(ReadOnlySpan<byte> body, int end)
    {
        var at = end;
        while (at < body.Length && body[at] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
        {
            at++;
        }

        return at < body.Length && body[at] == (byte)',' ? at + 1 : end;
    }

    private static ByteRange Moved(ByteRange range, Shift shift) => new(shift.Of(range.Offset), range.Length);

    /// <summary>Where an offset lies once the cuts before it are gone.</summary>
    private readonly struct Shift(ByteRange[] cuts)
    {
        public int Of(int offset)
        {
            var moved = offset;
            foreach (var cut in cuts)
            {
                if (cut.Offset < offset)
                {
                    moved -= cut.Length;
                }
            }

            return moved;
        }
    }
}
