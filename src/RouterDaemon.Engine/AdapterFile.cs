using RouterDaemon.Engine.Gguf;

namespace RouterDaemon.Engine;

/// <summary>A LoRA adapter as configured.</summary>
/// <param name="Path">Absolute path of its GGUF file.</param>
/// <param name="Scale">How strongly it applies to requests that say nothing: 1 = as trained, 0 = not at all.</param>
public sealed record AdapterFile(string Path, float Scale)
{
    /// <summary>Reads the file's header and checks that it is an adapter for a model of an architecture.</summary>
    /// <returns>Bytes of its weights.</returns>
    /// <exception cref="InvalidDataException">It is missing, no adapter, or made for another architecture; the message names the file.</exception>
    public long Check(string architecture)
    {
        try
        {
            return Check(GgufHeader.Read(Path), architecture);
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw Refused(e);
        }
    }

    /// <summary>What is told about a file that cannot be used.</summary>
    internal InvalidDataException Refused(Exception e) =>
        new(e.Message.Contains(Path, StringComparison.Ordinal) ? $"adapter: {e.Message}" : $"adapter {Path}: {e.Message}", e);

    /// <summary>llama.cpp ends the process when one of these values has another type, so they are looked at here first.</summary>
    private static long Check(GgufHeader header, string architecture)
    {
        if (header.Text("general.type") != "adapter")
            throw new InvalidDataException($"it is not an adapter (general.type is {Shown(header, "general.type")})");
        if (header.Text("adapter.type") != "lora")
            throw new InvalidDataException($"it is not a LoRA adapter (adapter.type is {Shown(header, "adapter.type")})");
        if (header.Architecture != architecture)
            throw new InvalidDataException($"it is made for the architecture {Shown(header, "general.architecture")}, the model's is {architecture}");
        if (header.Values.TryGetValue("adapter.lora.alpha", out object? alpha) && alpha is not double)
            throw new InvalidDataException("its adapter.lora.alpha is not a floating-point number");
        if (header.Values.ContainsKey("adapter.alora.invocation_tokens"))
            throw new InvalidDataException("it is an activated LoRA adapter, which is not supported");
        return header.WeightBytes;
    }

    private static string Shown(GgufHeader header, string key) => header.Values.TryGetValue(key, out object? value) ? value as string ?? "not a text" : "not given";
}
