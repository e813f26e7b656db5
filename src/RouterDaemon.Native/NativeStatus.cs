namespace RouterDaemon.Native;

/// <summary>What is known about the native llama.cpp libraries of this process.</summary>
/// <param name="Available">True when the libraries are loaded and their ABI is the one this build was written for.</param>
/// <param name="Directory">The directory looked at (absolute), whether or not it holds the libraries.</param>
/// <param name="LlamaVersion">What <c>llama_version()</c> says, for example <c>0.5.0-dev</c>; null when not loaded.</param>
/// <param name="GgmlVersion">What <c>ggml_version()</c> says; null when not loaded.</param>
/// <param name="Devices">The compute devices found, the CPU included; a missing GPU driver shows here as a missing GPU.</param>
/// <param name="Error">Why the libraries are not available, one line that says what to do; null when available.</param>
public sealed record NativeStatus(
    bool Available,
    string Directory,
    string? LlamaVersion,
    string? GgmlVersion,
    IReadOnlyList<NativeDevice> Devices,
    string? Error);
