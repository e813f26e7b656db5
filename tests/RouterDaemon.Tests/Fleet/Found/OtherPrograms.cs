using System.Text.Json.Nodes;
using RouterDaemon.RandomModel;
using RouterDaemon.Tests.Engine;
using RouterDaemon.Tests.Fleet.Hub;
using RouterDaemon.Tests.Store;

namespace RouterDaemon.Tests.Fleet.Found;

/// <summary>A user's folder with what Ollama, LM Studio, llama.cpp and Hugging Face's tools leave in it, made of the bundled model.</summary>
internal sealed class OtherPrograms : IDisposable
{
    private readonly TempFolder _user = new();

    public string User => _user.Path;

    public string ModelsFolder => _user.File("models");

    /// <summary>No variable that names a folder, but Ollama's: its service's folder on this machine is none of the tests' business.</summary>
    public Dictionary<string, string> Environment => new() { ["OLLAMA_MODELS"] = Path("ollama") };

    public string Path(params string[] steps) => System.IO.Path.Combine([User, .. steps]);

    /// <summary>A model in Ollama's store. Answers with the blob's path.</summary>
    public string Ollama(string manifest, Action<GgufImage>? edit = null, long? listedBytes = null)
    {
        var bytes = Model(edit);
        var digest = FakeHub.Sha256(bytes);
        var blob = Write(bytes, "ollama", "blobs", "sha256-" + digest);
        var json = new JsonObject
        {
            ["schemaVersion"] = 2,
            ["layers"] = new JsonArray(
                new JsonObject { ["mediaType"] = "application/vnd.ollama.image.template", ["digest"] = "sha256:" + new string('0', 64), ["size"] = 3 },
                new JsonObject { ["mediaType"] = "application/vnd.ollama.image.model", ["digest"] = "sha256:" + digest, ["size"] = listedBytes ?? bytes.Length }),
        };
        Write(System.Text.Encoding.UTF8.GetBytes(json.ToJsonString()), ["ollama", "manifests", .. manifest.Split('/')]);
        return blob;
    }

    /// <summary>A file of the hub's cache, a link to its blob. Answers with the link's path.</summary>
    public string HubCache(string repository, string revision, string name, Action<GgufImage>? edit = null)
    {
        var bytes = Model(edit);
        var folder = "models--" + repository.Replace("/", "--", StringComparison.Ordinal);
        var blob = Write(bytes, ".cache", "huggingface", "hub", folder, "blobs", FakeHub.Sha256(bytes));
        var link = Path(".cache", "huggingface", "hub", folder, "snapshots", revision, name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(link)!);
        File.CreateSymbolicLink(link, System.IO.Path.GetRelativePath(System.IO.Path.GetDirectoryName(link)!, blob));
        return link;
    }

    public string Write(byte[] bytes, params string[] steps)
    {
        var path = Path(steps);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    /// <summary>The bundled model, different from its other copies when it is edited.</summary>
    public byte[] Model(Action<GgufImage>? edit = null)
    {
        var image = GgufImage.Read(EngineFixture.ModelPath);
        edit?.Invoke(image);
        var path = _user.File("edited.gguf");
        image.Write(path);
        var bytes = File.ReadAllBytes(path);
        File.Delete(path);
        return bytes;
    }

    public void Dispose() => _user.Dispose();
}
