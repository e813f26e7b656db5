using System.Globalization;
using RouterDaemon.RandomModel;

// A GGUF file of random weights: routerd-random-model OUT VOCABULARY_FROM [--layers N] [--embedding N] [--heads N] [--kv-heads N]
// [--feed-forward N] [--context N] [--vocabulary N] [--type Q8_0|Q4_0|F16|F32] [--pooling 0..4] [--architecture llama|qwen3] [--seed N]
// With --adapter-rank it is a LoRA adapter for the second file: routerd-random-model OUT MODEL --adapter-rank N [--seed N]
if (args.Length < 2 || args.Length % 2 != 0)
{
    Console.Error.WriteLine("usage: routerd-random-model OUT.gguf VOCABULARY_FROM.gguf [--layers N] [--embedding N] [--heads N] [--kv-heads N]"
        + " [--feed-forward N] [--context N] [--vocabulary N] [--type Q8_0|Q4_0|F16|F32] [--pooling 0..4] [--architecture llama|qwen3] [--seed N]"
        + "\n       routerd-random-model ADAPTER.gguf MODEL.gguf --adapter-rank N [--seed N]");
    return 2;
}

ModelShape shape = new();
int adapterRank = 0;
for (int i = 2; i < args.Length; i += 2)
{
    string value = args[i + 1];
    int number = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int parsed) ? parsed : -1;
    if (args[i] == "--adapter-rank" && number > 0)
    {
        adapterRank = number;
        continue;
    }
    shape = args[i] switch
    {
        "--layers" when number > 0 => shape with { Layers = number },
        "--embedding" when number > 0 => shape with { Embedding = number },
        "--heads" when number > 0 => shape with { Heads = number },
        "--kv-heads" when number > 0 => shape with { KeyValueHeads = number },
        "--feed-forward" when number > 0 => shape with { FeedForward = number },
        "--context" when number > 0 => shape with { ContextTokens = number },
        "--vocabulary" when number >= 0 => shape with { Vocabulary = number },
        "--pooling" when number is >= 0 and <= 4 => shape with { Pooling = (uint)number },
        "--seed" when number >= 0 => shape with { Seed = (ulong)number },
        "--architecture" when value is "llama" or "qwen3" => shape with { Architecture = value },
        "--type" when Enum.TryParse(value, out TensorType type) => shape with { Type = type },
        _ => throw new ArgumentException($"{args[i]} {value} is not understood"),
    };
}

long weights = adapterRank > 0 ? RandomAdapterFile.Write(args[0], args[1], adapterRank, shape.Seed) : RandomModelFile.Write(args[0], args[1], shape);
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{args[0]}: {weights / 1e6:F3} M weights, {new FileInfo(args[0]).Length / 1048576.0:F1} MiB"));
return 0;
