namespace RouterDaemon.Engine.Isolation;

/// <summary>A <see cref="GenerationRequest"/> on the wire.</summary>
internal static class RequestWire
{
    public static void Write(WireWriter w, GenerationRequest r)
    {
        w.Bytes(r.MessagesJson.Span);
        w.Bytes(r.ToolsJson.Span);
        w.Bytes(r.ToolChoiceJson.Span);
        w.Bool(r.ParallelToolCalls);
        w.Bytes(r.TemplateArgumentsJson.Span);
        w.Bytes(r.ResponseFormatJson.Span);
        w.Bool(r.AddGenerationPrompt);
        w.Bool(r.ContinueFinalMessage);
        w.Text(r.Prompt);
        w.Text(r.Suffix);
        w.Ints(r.PromptTokens.Span);
        w.Int(r.MaxTokens);
        w.Texts(r.Stop);
        w.Bool(r.LogProbs);
        w.Int(r.TopLogProbs);
        w.Bool(r.IgnoreEos);
        w.Text(r.FairnessKey);
        w.Int(r.Adapters.Count);
        foreach (AdapterScale adapter in r.Adapters)
        {
            w.Int(adapter.Id);
            w.Float(adapter.Scale);
        }
        WriteSampling(w, r.Sampling);
    }

    public static GenerationRequest Read(WireReader r) => new()
    {
        MessagesJson = r.Bytes(),
        ToolsJson = r.Bytes(),
        ToolChoiceJson = r.Bytes(),
        ParallelToolCalls = r.Bool(),
        TemplateArgumentsJson = r.Bytes(),
        ResponseFormatJson = r.Bytes(),
        AddGenerationPrompt = r.Bool(),
        ContinueFinalMessage = r.Bool(),
        Prompt = r.Text(),
        Suffix = r.Text(),
        PromptTokens = r.Ints(),
        MaxTokens = r.Int(),
        Stop = r.Texts(),
        LogProbs = r.Bool(),
        TopLogProbs = r.Int(),
        IgnoreEos = r.Bool(),
        FairnessKey = r.Text(),
        Adapters = ReadAdapters(r),
        Sampling = ReadSampling(r),
    };

    private static AdapterScale[] ReadAdapters(WireReader r)
    {
        AdapterScale[] adapters = new AdapterScale[r.Int()];
        for (int i = 0; i < adapters.Length; i++)
            adapters[i] = new AdapterScale(r.Int(), r.Float());
        return adapters;
    }

    private static void WriteSampling(WireWriter w, SamplingOptions s)
    {
        w.Float(s.Temperature);
        w.Int(s.TopK);
        w.Float(s.TopP);
        w.Float(s.MinP);
        w.Float(s.TypicalP);
        w.Int(s.PenaltyLastTokens);
        w.Float(s.RepeatPenalty);
        w.Float(s.FrequencyPenalty);
        w.Float(s.PresencePenalty);
        w.Float(s.DryMultiplier);
        w.Float(s.DryBase);
        w.Int(s.DryAllowedLength);
        w.Int(s.DryLastTokens);
        w.Texts(s.DryBreakers);
        w.Float(s.XtcProbability);
        w.Float(s.XtcThreshold);
        w.Float(s.TopNSigma);
        w.Float(s.DynamicTemperatureRange);
        w.Float(s.DynamicTemperatureExponent);
        w.Int(s.Mirostat);
        w.Float(s.MirostatTau);
        w.Float(s.MirostatEta);
        w.Long(s.Seed ?? -1L);
        w.Text(s.Grammar);
        w.Int(s.LogitBias?.Count ?? -1);
        foreach ((int token, float bias) in s.LogitBias ?? new Dictionary<int, float>())
        {
            w.Int(token);
            w.Float(bias);
        }
    }

    private static SamplingOptions ReadSampling(WireReader r) => new()
    {
        Temperature = r.Float(),
        TopK = r.Int(),
        TopP = r.Float(),
        MinP = r.Float(),
        TypicalP = r.Float(),
        PenaltyLastTokens = r.Int(),
        RepeatPenalty = r.Float(),
        FrequencyPenalty = r.Float(),
        PresencePenalty = r.Float(),
        DryMultiplier = r.Float(),
        DryBase = r.Float(),
        DryAllowedLength = r.Int(),
        DryLastTokens = r.Int(),
        DryBreakers = r.Texts(),
        XtcProbability = r.Float(),
        XtcThreshold = r.Float(),
        TopNSigma = r.Float(),
        DynamicTemperatureRange = r.Float(),
        DynamicTemperatureExponent = r.Float(),
        Mirostat = r.Int(),
        MirostatTau = r.Float(),
        MirostatEta = r.Float(),
        Seed = r.Long() is >= 0 and var seed ? (uint)seed : null,
        Grammar = r.Text(),
        LogitBias = ReadBias(r),
    };

    private static Dictionary<int, float>? ReadBias(WireReader r)
    {
        int count = r.Int();
        if (count < 0)
            return null;
        Dictionary<int, float> bias = new(count);
        for (int i = 0; i < count; i++)
            bias[r.Int()] = r.Float();
        return bias;
    }
}
