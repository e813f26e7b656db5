namespace RouterDaemon.Engine.Isolation;

/// <summary>A <see cref="GenerationEvent"/> on the wire, with the prompt tokens that came from the cache.</summary>
internal static class EventWire
{
    public static void Write(WireWriter w, in GenerationEvent e, int cachedTokens)
    {
        w.Byte((byte)WireKind.Event);
        w.Int(cachedTokens);
        w.Bytes(e.Text.Span);
        w.Int(e.TokenId);
        w.Int(e.TokenCount);
        WriteLogProbs(w, e.LogProbs);
        w.Bool(e.Finished is not null);
        if (e.Finished is not { } end)
            return;
        w.Byte((byte)end.Reason);
        w.Int(end.CompletionTokens);
        w.Text(end.StopString);
        w.Double(end.QueueMs);
        w.Double(end.PrefillMs);
        w.Double(end.DecodeMs);
        w.Int(end.DraftTokens);
        w.Int(end.AcceptedDraftTokens);
    }

    /// <summary>Reads what stands behind the kind.</summary>
    public static GenerationEvent Read(WireReader r, out int cachedTokens)
    {
        cachedTokens = r.Int();
        byte[] text = r.Bytes();
        int token = r.Int();
        int count = r.Int();
        TokenLogProb[]? logProbs = ReadLogProbs(r);
        return new GenerationEvent(text, token, count, logProbs, r.Bool()
            ? new GenerationResult((FinishReason)r.Byte(), r.Int(), r.Text(), r.Double(), r.Double(), r.Double(), r.Int(), r.Int())
            : null);
    }

    private static void WriteLogProbs(WireWriter w, IReadOnlyList<TokenLogProb>? list)
    {
        w.Int(list?.Count ?? -1);
        foreach (TokenLogProb entry in list ?? [])
        {
            w.Int(entry.TokenId);
            w.Bytes(entry.Bytes.Span);
            w.Float(entry.LogProb);
            WriteLogProbs(w, entry.Top);
        }
    }

    private static TokenLogProb[]? ReadLogProbs(WireReader r)
    {
        int count = r.Int();
        if (count < 0)
            return null;
        TokenLogProb[] list = new TokenLogProb[count];
        for (int i = 0; i < count; i++)
            list[i] = new TokenLogProb(r.Int(), r.Bytes(), r.Float(), ReadLogProbs(r) ?? []);
        return list;
    }
}
