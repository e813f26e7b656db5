using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace RouterDaemon.Bench.Engines;

/// <summary>
/// Records what llama-server's greedy decoding gives, with the number of leading tokens that are sure: from the first place on where the two
/// best logits are closer than <see cref="MinGap"/>, another order of additions may choose otherwise.
/// </summary>
internal static class GreedyRecorder
{
    /// <summary>Smallest gap between the two best logits at which equality is asked for.</summary>
    public const double MinGap = 0.01;

    private static readonly string[] Questions =
    [
        "What is {0} + {1}?", "What is {0} - {1}?", "Count to {0}.", "Who are you?", "What is RouterDaemon?", "Tell me a story about {0} dragons.",
        "What is the capital of France?", "Say hello {0} times.", "How do I start the daemon on port {0}?", "Which colour has the number {1}?",
    ];

    /// <summary>Writes one JSON line for each of <paramref name="count"/> prompts: a chat question for the bundled model's template, or token ids.</summary>
    public static async Task RecordAsync(string url, int count, int tokens, bool asTokens, string path)
    {
        using HttpClient http = new() { Timeout = TimeSpan.FromMinutes(5) };
        await using StreamWriter output = new(path, false, new UTF8Encoding(false)) { NewLine = "\n" };
        Random random = new(7);
        for (int i = 0; i < count; i++)
        {
            JsonNode prompt = asTokens
                ? new JsonArray([.. Enumerable.Range(0, 8 + random.Next(40)).Select(_ => (JsonNode)JsonValue.Create(random.Next(16, 1280)))])
                : JsonValue.Create($"<|im_start|>user\n{string.Format(System.Globalization.CultureInfo.InvariantCulture, Questions[i % Questions.Length], random.Next(1, 60), random.Next(1, 60))}<|im_end|>\n<|im_start|>assistant\n");
            JsonObject body = new()
            {
                ["prompt"] = prompt,
                ["n_predict"] = tokens,
                ["temperature"] = 0,
                ["n_probs"] = 2,
                ["return_tokens"] = true,
                ["cache_prompt"] = false,
            };
            using HttpResponseMessage response = await http.PostAsync(new Uri(url + "/completion"), new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json"));
            JsonNode answer = JsonNode.Parse(await response.EnsureSuccessStatusCode().Content.ReadAsStringAsync())!;
            JsonArray steps = answer["completion_probabilities"]!.AsArray();
            JsonArray sampled = answer["tokens"]!.AsArray();
            int sure = 0;
            // Tokens that end within a character have no step of their own in the answer: from there on the two lists differ.
            while (sure < steps.Count && sure < sampled.Count && (int)steps[sure]!["id"]! == (int)sampled[sure]! && Gap(steps[sure]!) > MinGap)
                sure++;
            JsonObject line = new()
            {
                ["prompt"] = body["prompt"]!.DeepClone(),
                ["tokens"] = sampled.DeepClone(),
                ["sure"] = sure,
            };
            await output.WriteLineAsync(line.ToJsonString(new JsonSerializerOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }));
        }
    }

    private static double Gap(JsonNode step)
    {
        JsonArray top = step["top_logprobs"]!.AsArray();
        return top.Count < 2 ? 0 : top[0]!["logprob"]!.GetValue<double>() - top[1]!["logprob"]!.GetValue<double>();
    }
}
