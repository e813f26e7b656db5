namespace RouterDaemon.RandomModel;

/// <summary>Makes LoRA adapters of random weights for a model: they change its answers, and nothing else is known of them.</summary>
internal static class RandomAdapterFile
{
    /// <param name="path">File to write.</param>
    /// <param name="model">Model that the adapter is for: its architecture, and a pair of matrices for each matrix of its blocks.</param>
    /// <param name="rank">Inner dimension of the pairs.</param>
    /// <param name="seed">Equal seeds give equal adapters.</param>
    /// <returns>Number of weights.</returns>
    public static long Write(string path, string model, int rank, ulong seed)
    {
        GgufImage image = GgufImage.Read(model);
        List<GgufTensorData> matrices = image.Tensors.FindAll(t => t.Dimensions.Length == 2 && t.Name.StartsWith("blk.", StringComparison.Ordinal));
        image.Tensors.Clear();
        image.KeepOnly("general.architecture");
        image.Set("general.type", "adapter");
        image.Set("general.name", "random adapter");
        image.Set("adapter.type", "lora");
        // The product of a pair is as large as the matrix it is added to; the scale is alpha over rank.
        image.Set("adapter.lora.alpha", (float)rank);
        RandomWeights random = new(seed);
        foreach (GgufTensorData matrix in matrices)
        {
            image.Tensors.Add(random.Matrix(matrix.Name + ".lora_a", (int)matrix.Dimensions[0], rank, TensorType.F32));
            image.Tensors.Add(random.Matrix(matrix.Name + ".lora_b", rank, (int)matrix.Dimensions[1], TensorType.F32));
        }
        image.Write(path);
        return image.Tensors.Sum(t => t.Dimensions.Aggregate(1L, static (a, b) => a * b));
    }
}
