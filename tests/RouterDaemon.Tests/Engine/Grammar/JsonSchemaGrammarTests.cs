using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using RouterDaemon.Engine;
using RouterDaemon.Engine.Grammar;
using Xunit;

namespace RouterDaemon.Tests.Engine.Grammar;

[Collection("engine")]
public sealed class JsonSchemaGrammarTests(EngineFixture engine)
{
    [Fact]
    public async Task AnyObjectIsValidJson()
    {
        Answer answer = await engine.RunAsync(Request("""{"type":"json_object"}""", 5) with { MaxTokens = 600 });
        if (answer.Result!.Reason == FinishReason.Stop)
            Assert.Equal(JsonValueKind.Object, JsonDocument.Parse(answer.Text).RootElement.ValueKind);
    }

    [Fact]
    public async Task TheModelsOwnAnswerPassesWhereItFits()
    {
        Answer answer = await engine.RunAsync(EngineFixture.Ask("Give me a JSON object with name Alice and age 30.") with
        {
            ResponseFormatJson = """{"type":"json_schema","json_schema":{"name":"p","strict":true,"schema":{"type":"object","properties":{"name":{"type":"string"},"age":{"type":"integer"}},"required":["name","age"],"additionalProperties":false}}}"""u8.ToArray(),
        });
        Assert.Equal("{\"name\": \"Alice\", \"age\": 30}", answer.Text);
    }

    /// <summary>160 schemas here, 1,000 with <c>ROUTERD_LONG=1</c>.</summary>
    [Fact]
    public async Task AnswersToRandomSchemasValidate()
    {
        int complete = 0;
        int count = Environment.GetEnvironmentVariable("ROUTERD_LONG") == "1" ? 1_000 : 160;
        string[] schemas = [.. Enumerable.Range(0, count).Select(seed => new RandomSchema(new Random(seed)).Next().ToJsonString())];
        // No more at once than may wait for the model.
        await Parallel.ForEachAsync(Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = 128, CancellationToken = TestContext.Current.CancellationToken }, async (seed, _) =>
        {
            string schema = schemas[seed];
            Answer answer = await engine.RunAsync(Request($$$"""{"type":"json_schema","json_schema":{"name":"x","schema":{{{schema}}}}}""", seed));
            if (answer.Result!.Reason == FinishReason.Length)
                return;
            using JsonDocument s = JsonDocument.Parse(schema);
            using JsonDocument value = JsonDocument.Parse(answer.Text);
            string? fault = SimpleValidator.Check(s.RootElement, value.RootElement, s.RootElement);
            Assert.True(fault is null, $"seed {seed}: {fault}\nschema {schema}\nanswer {answer.Text}");
            Interlocked.Increment(ref complete);
        });
        Assert.True(complete >= count * 5 / 8, $"only {complete} answers were complete");
    }

    [Theory]
    [InlineData("""{"type":"integer","minimum":3,"maximum":12}""")]
    [InlineData("""{"type":"integer","minimum":-105,"maximum":-3}""")]
    [InlineData("""{"type":"integer","exclusiveMinimum":-2,"exclusiveMaximum":2}""")]
    [InlineData("""{"type":"integer","minimum":987}""")]
    [InlineData("""{"type":"number","exclusiveMinimum":0,"maximum":1}""")]
    [InlineData("""{"type":"number","minimum":-2.5,"maximum":1.5}""")]
    [InlineData("""{"type":"number","exclusiveMaximum":-7}""")]
    [InlineData("""{"type":"string","minLength":2,"maxLength":4}""")]
    [InlineData("""{"type":"string","pattern":"^[A-Z]{2}-\\d{1,3}(x|yz)?$"}""")]
    [InlineData("""{"type":"string","pattern":"b+"}""")]
    [InlineData("""{"type":"string","format":"date"}""")]
    [InlineData("""{"type":"string","format":"uuid"}""")]
    [InlineData("""{"type":"string","format":"ipv4"}""")]
    [InlineData("""{"type":"string","format":"email"}""")]
    [InlineData("""{"type":"array","items":{"type":"boolean"},"minItems":2,"maxItems":3}""")]
    [InlineData("""{"type":"array","prefixItems":[{"const":1},{"type":"null"}],"items":false}""")]
    [InlineData("""{"type":"object","additionalProperties":{"type":"integer","maximum":9,"minimum":0},"properties":{"a":{"type":"null"}}}""")]
    [InlineData("""{"type":["null","boolean"]}""")]
    [InlineData("""{"enum":["a \"b\"",1,null,{"k":[1]}]}""")]
    [InlineData("""{"allOf":[{"type":"object","properties":{"a":{"const":1}},"required":["a"]},{"properties":{"b":{"const":2}}}]}""")]
    [InlineData("""{"$ref":"#/$defs/n","$defs":{"n":{"type":"object","properties":{"v":{"type":"boolean"},"next":{"anyOf":[{"$ref":"#/$defs/n"},{"type":"null"}]}},"required":["v","next"]}}}""")]
    public async Task EveryKeywordHolds(string schema)
    {
        using JsonDocument s = JsonDocument.Parse(schema);
        await Task.WhenAll(Enumerable.Range(0, 6).Select(async seed =>
        {
            Answer answer = await engine.RunAsync(Request($$$"""{"type":"json_object","schema":{{{schema}}}}""", seed) with { MaxTokens = 300 });
            if (answer.Result!.Reason != FinishReason.Stop)
                return;
            using JsonDocument value = JsonDocument.Parse(answer.Text);
            string? fault = SimpleValidator.Check(s.RootElement, value.RootElement, s.RootElement);
            Assert.True(fault is null, $"{fault}: {answer.Text}");
        }));
    }

    [Theory]
    [InlineData("""{"type":"object","properties":{"a":{"type":"array","uniqueItems":true}}}""", "#/properties/a: the keyword uniqueItems")]
    [InlineData("""{"type":"number","multipleOf":3}""", "#: the keyword multipleOf")]
    [InlineData("""{"not":{"type":"null"}}""", "#: the keyword not")]
    [InlineData("""{"type":"object","patternProperties":{}}""", "patternProperties")]
    [InlineData("""{"type":"string","pattern":"(?=a)b"}""", "pattern is not supported: look-around")]
    [InlineData("""{"type":"string","format":"duration"}""", "format duration")]
    [InlineData("""{"type":"text"}""", "unknown type text")]
    [InlineData("""{"$ref":"#/$defs/x"}""", "points to nothing")]
    [InlineData("""{"$ref":"http://x/y"}""", "leaves the schema")]
    [InlineData("""{"type":"integer","minimum":5,"maximum":4}""", "no number")]
    [InlineData("""{"type":"string","maxLength":1001}""", "maxLength must be a whole number from 0 to 1000")]
    [InlineData("""{"enum":[]}""", "enum")]
    [InlineData("false", "allows nothing")]
    public async Task AnUnsupportedSchemaIsRefusedByNameAndPlace(string schema, string message)
    {
        EngineException e = await Assert.ThrowsAsync<EngineException>(() => engine.RunAsync(Request($$$"""{"type":"json_object","schema":{{{schema}}}}""", 1)));
        Assert.Equal((EngineErrorKind.InvalidRequest, "response_format"), (e.Kind, e.Param));
        Assert.Contains(message, e.Message);
    }

    [Fact]
    public void IntegerRangesHoldExactlyTheirNumbers()
    {
        Random random = new(3);
        for (int round = 0; round < 400; round++)
        {
            long min = random.Next(-1200, 1200);
            long max = min + random.Next(0, 1500);
            System.Text.RegularExpressions.Regex regex = new(ToRegex(NumberRange.Integers(min, max)!));
            for (int i = 0; i < 40; i++)
            {
                long probe = i switch { 0 => min - 1, 1 => min, 2 => max, 3 => max + 1, _ => random.Next(-3000, 3000) };
                Assert.True(regex.IsMatch(probe.ToString(CultureInfo.InvariantCulture)) == (probe >= min && probe <= max), $"{probe} in {min}..{max}");
            }
        }

        static string ToRegex(string gbnf) => "^(" + gbnf.Replace("\"", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal) + ")$";
    }

    private static GenerationRequest Request(string format, int seed) => EngineFixture.Ask("Give me a JSON object with name Alice and age 30.") with
    {
        ResponseFormatJson = Encoding.UTF8.GetBytes(format),
        MaxTokens = 500,
        Sampling = new SamplingOptions { Temperature = 1.0f, Seed = (uint)seed, TopK = 0, TopP = 1, MinP = 0.02f },
    };

    private sealed class RandomSchema(Random random)
    {
        public JsonObject Next(int depth = 0) => random.Next(depth < 3 ? 11 : 7) switch
        {
            0 => new JsonObject { ["type"] = "boolean" },
            1 => Bounded("integer", random.Next(-500, 500), random.Next(0, 900)),
            2 => Bounded("number", random.Next(-50, 50), random.Next(1, 90)),
            3 => new JsonObject { ["type"] = "string", ["minLength"] = random.Next(0, 3), ["maxLength"] = random.Next(3, 12) },
            4 => new JsonObject { ["enum"] = new JsonArray("x", random.Next(100), null, "ä\n\"") },
            5 => new JsonObject { ["type"] = "string", ["format"] = new[] { "date", "date-time", "uuid", "ipv4", "email", "uri" }[random.Next(6)] },
            6 => new JsonObject { ["type"] = "string", ["pattern"] = new[] { "^a[bc]+$", "^\\d{3}-\\w{1,4}$", "^(on|off)$", "x?y" }[random.Next(4)] },
            7 => new JsonObject { ["anyOf"] = new JsonArray(Next(depth + 1), Next(depth + 1)) },
            8 => new JsonObject { ["type"] = "array", ["items"] = Next(depth + 1), ["minItems"] = random.Next(0, 2), ["maxItems"] = random.Next(2, 4) },
            _ => Object(depth),
        };

        private static JsonObject Bounded(string type, int min, int width) => new() { ["type"] = type, ["minimum"] = min, ["maximum"] = min + width };

        private JsonObject Object(int depth)
        {
            JsonObject properties = [];
            JsonArray required = [];
            for (int i = random.Next(1, 5); i > 0; i--)
            {
                string name = $"p{i}" + (random.Next(4) == 0 ? "\"é" : "");
                properties[name] = Next(depth + 1);
                if (random.Next(2) == 0)
                    required.Add(name);
            }
            JsonObject schema = new() { ["type"] = "object", ["properties"] = properties, ["required"] = required };
            if (random.Next(3) == 0)
                schema["additionalProperties"] = random.Next(2) == 0 ? false : new JsonObject { ["type"] = "boolean" };
            return schema;
        }
    }
}
