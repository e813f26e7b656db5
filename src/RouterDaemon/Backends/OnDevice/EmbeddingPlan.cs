using System.Buffers.Binary;
using System.Text.Json;
using RouterDaemon.Engine.Vectors;
using static RouterDaemon.Backends.OnDevice.JsonFields;

namespace RouterDaemon.Backends.OnDevice;

/// <summary>What a body of <c>/v1/embeddings</c> asks for, and its answer.</summary>
internal sealed record EmbeddingPlan(IReadOnlyList<VectorInput> Inputs, bool IsBase64, int Dimensions, int Norm)
{
    private const string Expected = "must be a string, an array of strings, an array of token ids, or an array of such arrays";

    /// <summary>llama-server's <c>embd_normalize</c>: Euclidean.</summary>
    private const int Euclidean = 2;

    /// <exception cref="UpstreamException">Carries the 400 that names the field.</exception>
    public static EmbeddingPlan Read(ReadOnlyMemory<byte> body)
    {
        using var document = JsonDocument.Parse(body);
        var root = document.RootElement;
        var format = Text(root, "encoding_format") ?? "float";
        if (format is not ("float" or "base64"))
        {
            throw Bad("encoding_format", "must be float or base64");
        }

        var norm = Int(root, "embd_normalize") ?? Euclidean;
        if (norm is not (-1 or 1 or Euclidean))
        {
            throw Bad("embd_normalize", "must be -1 (as it is), 1 (taxicab) or 2 (Euclidean)");
        }

        return new EmbeddingPlan(ReadInputs(root.GetProperty("input")), format == "base64", Int(root, "dimensions") ?? 0, norm);
    }

    /// <summary>Writes the answer in OpenAI's shape.</summary>
    /// <exception cref="UpstreamException">Another number of dimensions was asked for than the model has.</exception>
    public void Write(Utf8JsonWriter json, string model, VectorResult result)
    {
        var length = result.Vectors[0].Length;
        if (Dimensions != 0 && Dimensions != length)
        {
            throw Bad("dimensions", $"is {Dimensions}: this model's embeddings have {length} and cannot be shortened");
        }

        json.WriteStartObject();
        json.WriteString("object", "list");
        json.WriteStartArray("data");
        for (var i = 0; i < result.Vectors.Count; i++)
        {
            json.WriteStartObject();
            json.WriteString("object", "embedding");
            json.WriteNumber("index", i);
            WriteVector(json, result.Vectors[i]);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteString("model", model);
        json.WriteStartObject("usage");
        json.WriteNumber("prompt_tokens", result.Tokens);
        json.WriteNumber("total_tokens", result.Tokens);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private void WriteVector(Utf8JsonWriter json, float[] vector)
    {
        Normalise(vector);
        if (IsBase64)
        {
            var bytes = new byte[vector.Length * sizeof(float)];
            for (var i = 0; i < vector.Length; i++)
            {
                BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), vector[i]);
            }

            json.WriteBase64String("embedding", bytes);
            return;
        }

        json.WriteStartArray("embedding");
        foreach (var value in vector)
        {
            json.WriteNumberValue(value);
        }

        json.WriteEndArray();
    }

    private void Normalise(float[] vector)
    {
        if (Norm < 0)
        {
            return;
        }

        double sum = 0;
        foreach (var value in vector)
        {
            sum += Norm == Euclidean ? (double)value * value : Math.Abs(value);
        }

        var length = Norm == Euclidean ? Math.Sqrt(sum) : sum;
        for (var i = 0; i < vector.Length && length > 0; i++)
        {
            vector[i] = (float)(vector[i] / length);
        }
    }

    private static List<VectorInput> ReadInputs(JsonElement input)
    {
        if (input.ValueKind == JsonValueKind.String)
        {
            return [new VectorInput(input.GetString())];
        }

        if (input.ValueKind != JsonValueKind.Array || input.GetArrayLength() == 0)
        {
            throw Bad("input", Expected);
        }

        if (input[0].ValueKind == JsonValueKind.Number)
        {
            return [ReadTokens(input)];
        }

        var inputs = new List<VectorInput>(input.GetArrayLength());
        foreach (var item in input.EnumerateArray())
        {
            inputs.Add(item.ValueKind switch
            {
                JsonValueKind.String => new VectorInput(item.GetString()),
                JsonValueKind.Array => ReadTokens(item),
                _ => throw Bad("input", Expected),
            });
        }

        return inputs;
    }

    private static VectorInput ReadTokens(JsonElement array)
    {
        var tokens = new int[array.GetArrayLength()];
        for (var i = 0; i < tokens.Length; i++)
        {
            tokens[i] = array[i].ValueKind == JsonValueKind.Number && array[i].TryGetInt32(out var token) ? token : throw Bad("input", Expected);
        }

        return new VectorInput(null, tokens);
    }
}
