namespace RouterDaemon.RandomModel;

/// <summary>A tensor to write.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Dimensions">Its dimensions, the contiguous one first.</param>
/// <param name="Type">Value of <c>ggml_type</c>.</param>
/// <param name="Bytes">Size of its data.</param>
/// <param name="Write">Writes exactly that many bytes.</param>
internal sealed record GgufTensorData(string Name, long[] Dimensions, uint Type, long Bytes, Action<Stream> Write);
