namespace RouterDaemon.Engine.Gguf;

/// <summary>A tensor as the header describes it.</summary>
/// <param name="Name">For example <c>blk.0.attn_q.weight</c>.</param>
/// <param name="Type">ggml type number.</param>
/// <param name="Elements">Product of the dimensions.</param>
/// <param name="Offset">Bytes from the start of the data section.</param>
/// <param name="Bytes">Size in the file; 0 when the type is not known here.</param>
public readonly record struct GgufTensor(string Name, uint Type, long Elements, long Offset, long Bytes);
