using System.Text;
using RouterDaemon.Backends;
using RouterDaemon.Backends.OnDevice;
using RouterDaemon.Engine;
using Xunit;

namespace RouterDaemon.Tests.Backends;

public sealed class GenerationPlanReaderTests
{
    [Fact]
    public void EverySamplingFieldArrives()
    {
        SamplingOptions s = Chat("""
            "temperature":0.5,"top_k":7,"top_p":0.6,"min_p":0.1,"typical_p":0.9,"top_n_sigma":2,"repeat_last_n":9,"repeat_penalty":1.1,
            "frequency_penalty":0.2,"presence_penalty":0.3,"dry_multiplier":0.8,"dry_base":1.5,"dry_allowed_length":3,"dry_penalty_last_n":40,
            "dry_sequence_breakers":["\n"],"xtc_probability":0.4,"xtc_threshold":0.2,"dynatemp_range":0.25,"dynatemp_exponent":1.25,
            "mirostat":2,"mirostat_tau":4,"mirostat_eta":0.05,"seed":12,"grammar":"root ::= \"a\"","logit_bias":{"5":-100,"6":1.5}
            """).Requests[0].Sampling;
        Assert.Equal(
            (0.5f, 7, 0.6f, 0.1f, 0.9f, 2f, 9), (s.Temperature, s.TopK, s.TopP, s.MinP, s.TypicalP, s.TopNSigma, s.PenaltyLastTokens));
        Assert.Equal((1.1f, 0.2f, 0.3f, 0.8f, 1.5f, 3, 40), (s.RepeatPenalty, s.FrequencyPenalty, s.PresencePenalty, s.DryMultiplier, s.DryBase, s.DryAllowedLength, s.DryLastTokens));
        Assert.Equal((0.4f, 0.2f, 0.25f, 1.25f), (s.XtcProbability, s.XtcThreshold, s.DynamicTemperatureRange, s.DynamicTemperatureExponent));
        Assert.Equal((2, 4f, 0.05f, 12u, "root ::= \"a\""), (s.Mirostat, s.MirostatTau, s.MirostatEta, s.Seed!.Value, s.Grammar));
        Assert.Equal(["\n"], s.DryBreakers);
        Assert.Equal((float.NegativeInfinity, 1.5f), (s.LogitBias![5], s.LogitBias[6]));
    }

    [Fact]
    public void NullsAndAbsentFieldsAreTheDefaults()
    {
        SamplingOptions s = Chat("""
            "temperature":null,"top_k":null,"seed":-1,"logit_bias":null,"grammar":"","dry_sequence_breakers":null
            """).Requests[0].Sampling;
        Assert.Equal(SamplingOptions.Default, s);
    }

    [Fact]
    public void LlamaServersBiasIsAnArrayOfPairs() =>
        Assert.Equal(float.NegativeInfinity, Chat("\"logit_bias\":[[3,false],[4,2]]").Requests[0].Sampling.LogitBias![3]);

    [Theory]
    [InlineData("\"logit_bias\":[[3]]", "logit_bias")]
    [InlineData("\"logit_bias\":{\"x\":1}", "logit_bias")]
    [InlineData("\"logit_bias\":{\"3\":101}", "logit_bias")]
    [InlineData("\"seed\":1.5", "seed")]
    [InlineData("\"top_k\":\"7\"", "top_k")]
    [InlineData("\"frequency_penalty\":2.01", "frequency_penalty")]
    [InlineData("\"best_of\":2", "best_of")]
    [InlineData("\"functions\":[]", "functions")]
    [InlineData("\"stop\":[1]", "stop")]
    [InlineData("\"parallel_tool_calls\":1", "parallel_tool_calls")]
    public void AWrongFieldIsNamed(string member, string field)
    {
        UpstreamException e = Assert.Throws<UpstreamException>(() => Chat(member));
        Assert.Equal((400, field), (e.ClientError!.Status, e.ClientError.Param));
    }

    [Fact]
    public void ChoicesShareAPromptAndDrawDifferently()
    {
        GenerationPlan plan = Chat("\"n\":3,\"seed\":5");
        Assert.Equal([5u, 6u, 7u], plan.Requests.Select(r => r.Sampling.Seed!.Value));
        Assert.All(plan.Requests, r => Assert.True(r.HasPromptOf(plan.Requests[0])));
    }

    [Theory]
    [InlineData(1, 128, true)]
    [InlineData(2, 64, true)]
    [InlineData(3, 43, false)]
    [InlineData(2, 65, false)]
    public void PromptsTimesChoicesAreBounded(int prompts, int n, bool accepted)
    {
        string body = $$"""{"prompt":[{{string.Join(',', Enumerable.Repeat("\"a\"", prompts))}}],"n":{{n}}}""";
        if (accepted)
            Assert.Equal(prompts * n, Read(body, Operation.Completion).Requests.Count);
        else
            Assert.Equal("n", Assert.Throws<UpstreamException>(() => Read(body, Operation.Completion)).ClientError!.Param);
    }

    [Theory]
    [InlineData("\"a\"", 1)]
    [InlineData("[\"a\",\"b\"]", 2)]
    [InlineData("[1,2]", 1)]
    [InlineData("[[1,2],[3]]", 2)]
    [InlineData("[]", 0)]
    [InlineData("[\"a\",1]", 0)]
    [InlineData("[[1],\"a\"]", 0)]
    [InlineData("[[]]", 0)]
    [InlineData("[[1.5]]", 0)]
    [InlineData("[true]", 0)]
    public void PromptsComeInFourShapes(string prompt, int count)
    {
        string body = $$"""{"prompt":{{prompt}}}""";
        if (count > 0)
            Assert.Equal(count, Read(body, Operation.Completion).Requests.Count);
        else
            Assert.Equal("prompt", Assert.Throws<UpstreamException>(() => Read(body, Operation.Completion)).ClientError!.Param);
    }

    [Theory]
    [InlineData("""[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]""", "", true)]
    [InlineData("""[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]""", ",\"continue_final_message\":false", false)]
    [InlineData("""[{"role":"user","content":"a"},{"role":"assistant","content":""}]""", "", false)]
    [InlineData("""[{"role":"assistant","content":null,"tool_calls":[]}]""", "", false)]
    [InlineData("""[{"role":"user","content":"a"}]""", "", false)]
    [InlineData("""[{"role":"user","content":"a"}]""", ",\"continue_final_message\":true", true)]
    public void ABegunAnswerIsContinued(string messages, string member, bool continues) =>
        Assert.Equal(continues, Read($$"""{"messages":{{messages}}{{member}}}""", Operation.Chat).Requests[0].ContinueFinalMessage);

    [Fact]
    public void EchoWithLogProbsIsRefused() =>
        Assert.Equal("echo", Assert.Throws<UpstreamException>(() => Read("""{"prompt":"a","echo":true,"logprobs":1}""", Operation.Completion)).ClientError!.Param);

    private static GenerationPlan Chat(string members) => Read($$"""{"messages":[{"role":"user","content":"a"}],{{members}}}""", Operation.Chat);

    private static GenerationPlan Read(string body, Operation operation) => GenerationPlanReader.Read(Encoding.UTF8.GetBytes(body), operation);
}
