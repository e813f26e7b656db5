using System.Globalization;

namespace RouterDaemon.RandomModel;

/// <summary>Makes models of random weights: their answers are noise, their cost is that of real ones.</summary>
internal static class RandomModelFile
{
    private const uint Rank = 4;

    /// <summary>Answers of a reranker; the first one's probability is the score.</summary>
    private static readonly string[] RankLabels = ["yes", "no"];

    /// <param name="path">File to write.</param>
    /// <param name="vocabularyFrom">Model whose tokenizer and chat template are taken over.</param>
    /// <param name="shape">What to make.</param>
    /// <returns>Number of weights.</returns>
    public static long Write(string path, string vocabularyFrom, ModelShape shape)
    {
        GgufImage image = GgufImage.Read(vocabularyFrom);
        image.Tensors.Clear();
        foreach (string key in (string[])["author", "organization", "version", "description", "license", "size_label", "languages", "tags", "file_type"])
            image.Remove($"general.{key}");
        foreach (string key in (string[])["vocab_size", "context_length", "embedding_length", "block_count", "feed_forward_length", "attention.head_count",
            "attention.head_count_kv", "attention.layer_norm_rms_epsilon", "rope.dimension_count", "rope.freq_base"])
            image.Remove($"llama.{key}");
        image.Set("general.name", "random weights");
        int vocabulary = SetVocabulary(image, shape.Vocabulary);
        SetShape(image, shape, vocabulary);
        AddTensors(image, shape, vocabulary);
        image.Write(path);
        return image.Tensors.Sum(t => t.Dimensions.Aggregate(1L, static (a, b) => a * b));
    }

    private static int SetVocabulary(GgufImage image, int wanted)
    {
        List<string> tokens = image.Texts("tokenizer.ggml.tokens");
        List<int> types = image.Integers("tokenizer.ggml.token_type");
        while (tokens.Count < wanted)
        {
            tokens.Add(string.Create(CultureInfo.InvariantCulture, $"unused{tokens.Count}"));
            types.Add(1);
        }
        image.Set("tokenizer.ggml.tokens", tokens);
        image.Set("tokenizer.ggml.token_type", types);
        return tokens.Count;
    }

    private static void SetShape(GgufImage image, ModelShape shape, int vocabulary)
    {
        string a = shape.Architecture;
        image.Set("general.architecture", a);
        image.Set($"{a}.vocab_size", (uint)vocabulary);
        image.Set($"{a}.context_length", (uint)shape.ContextTokens);
        image.Set($"{a}.embedding_length", (uint)shape.Embedding);
        image.Set($"{a}.block_count", (uint)shape.Layers);
        image.Set($"{a}.feed_forward_length", (uint)shape.FeedForward);
        image.Set($"{a}.attention.head_count", (uint)shape.Heads);
        image.Set($"{a}.attention.head_count_kv", (uint)shape.KeyValueHeads);
        image.Set($"{a}.attention.layer_norm_rms_epsilon", 1e-5f);
        image.Set($"{a}.attention.key_length", (uint)(shape.Embedding / shape.Heads));
        image.Set($"{a}.attention.value_length", (uint)(shape.Embedding / shape.Heads));
        image.Set($"{a}.rope.dimension_count", (uint)(shape.Embedding / shape.Heads));
        image.Set($"{a}.rope.freq_base", 10_000f);
        if (shape.Pooling > 0)
            image.Set($"{a}.pooling_type", shape.Pooling);
        if (shape.Pooling == Rank)
            image.Set($"{a}.classifier.output_labels", RankLabels);
    }

    private static void AddTensors(GgufImage image, ModelShape shape, int vocabulary)
    {
        RandomWeights random = new(shape.Seed);
        int width = shape.Embedding;
        int head = width / shape.Heads;
        int keys = head * shape.KeyValueHeads;
        void Matrix(string name, int inputs, int outputs) => image.Tensors.Add(random.Matrix(name, inputs, outputs, shape.Type));
        void Norm(string name, int length) => image.Tensors.Add(RandomWeights.Ones(name, length));

        Matrix("token_embd.weight", width, vocabulary);
        for (int layer = 0; layer < shape.Layers; layer++)
        {
            string block = string.Create(CultureInfo.InvariantCulture, $"blk.{layer}.");
            Norm(block + "attn_norm.weight", width);
            Matrix(block + "attn_q.weight", width, width);
            Matrix(block + "attn_k.weight", width, keys);
            Matrix(block + "attn_v.weight", width, keys);
            Matrix(block + "attn_output.weight", width, width);
            if (shape.Architecture == "qwen3")
            {
                Norm(block + "attn_q_norm.weight", head);
                Norm(block + "attn_k_norm.weight", head);
            }
            Norm(block + "ffn_norm.weight", width);
            Matrix(block + "ffn_gate.weight", width, shape.FeedForward);
            Matrix(block + "ffn_up.weight", width, shape.FeedForward);
            Matrix(block + "ffn_down.weight", shape.FeedForward, width);
        }
        Norm("output_norm.weight", width);
        Matrix("output.weight", width, vocabulary);
        if (shape.Pooling == Rank)
            image.Tensors.Add(random.Matrix("cls.output.weight", width, RankLabels.Length, TensorType.F32));
    }
}
