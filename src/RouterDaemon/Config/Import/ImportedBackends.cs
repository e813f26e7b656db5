using System.Globalization;
using System.Text.Json.Nodes;

namespace RouterDaemon.Config.Import;

/// <summary>Gathers deployments into backends: one for each place, key and set of settings.</summary>
internal sealed class ImportedBackends
{
    private readonly List<(string Place, JsonObject Backend)> _backends = [];

    /// <summary>As the value of <c>backends</c>.</summary>
    public JsonArray ToJson() => new([.. _backends.Select(b => b.Backend)]);

    public bool Any => _backends.Count > 0;

    /// <summary>
    /// Adds a deployment and answers its id. A backend holds a model once: the second of the same name at the same place gets a backend
    /// of its own.
    /// </summary>
    /// <param name="name">Id for the backend, made unique when it is taken.</param>
    /// <param name="settings">Keys of the backend besides id and deployments.</param>
    /// <param name="deployment">Keys of the deployment, <c>model</c> among them.</param>
    public string Add(string name, JsonObject settings, JsonObject deployment)
    {
        var place = settings.ToJsonString();
        var model = deployment["model"]!.GetValue<string>();
        var backend = _backends.Find(b => b.Place == place && !Has(b.Backend, model)).Backend;
        if (backend is null)
        {
            backend = new JsonObject { ["id"] = Unique(name) };
            foreach (var (key, value) in settings)
            {
                backend[key] = value?.DeepClone();
            }

            backend["deployments"] = new JsonArray();
            _backends.Add((place, backend));
        }

        backend["deployments"]!.AsArray().Add((JsonNode)deployment);
        return $"{model}/{backend["id"]!.GetValue<string>()}";
    }

    private static bool Has(JsonObject backend, string model) => backend["deployments"]!.AsArray().Any(d => d!["model"]!.GetValue<string>() == model);

    private string Unique(string name)
    {
        var id = string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' ? c : '-'));
        id = id is "" or Names.LocalBackend ? id + "-backend" : id;
        for (var n = 1; ; n++)
        {
            var candidate = n == 1 ? id : string.Create(CultureInfo.InvariantCulture, $"{id}-{n}");
            if (!_backends.Exists(b => b.Backend["id"]!.GetValue<string>() == candidate))
            {
                return candidate;
            }
        }
    }
}
