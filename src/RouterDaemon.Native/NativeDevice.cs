namespace RouterDaemon.Native;

/// <summary>A compute device that ggml registered.</summary>
/// <param name="Name">Short name, for example <c>CPU</c>, <c>CUDA0</c>, <c>Metal</c>.</param>
/// <param name="Description">The vendor's name of the device.</param>
/// <param name="IsGpu">True for discrete and integrated GPUs.</param>
/// <param name="FreeBytes">Free memory as the backend reports it; for the CPU on Linux this equals the total and means nothing.</param>
/// <param name="TotalBytes">Total memory in bytes, 0 when the backend does not say.</param>
public sealed record NativeDevice(string Name, string Description, bool IsGpu, long FreeBytes, long TotalBytes);
