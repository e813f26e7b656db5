namespace RouterDaemon.RandomModel;

/// <summary>Weight types that this tool writes; values of <c>ggml_type</c> in ggml.h.</summary>
internal enum TensorType : uint
{
    /// <summary>32-bit floats.</summary>
    F32 = 0,

    /// <summary>16-bit floats.</summary>
    F16 = 1,

    /// <summary>Blocks of 32 4-bit integers with one 16-bit scale.</summary>
    Q4_0 = 2,

    /// <summary>Blocks of 32 8-bit integers with one 16-bit scale.</summary>
    Q8_0 = 8,
}
