using RouterDaemon.Config.Schema;

namespace RouterDaemon.Config;

/// <summary>
/// Names in virtual models and budgets must lead somewhere. What discovery could still bring (a backend without a list, a file in the
/// models folder) is a warning, anything else an error.
/// </summary>
internal sealed class ReferenceChecks
{
    private readonly BindContext _context;
    private readonly RouterdConfig _config;
    private readonly HashSet<string> _deploymentIds;
    private readonly HashSet<string> _modelIds;
    private readonly HashSet<string> _virtualIds;
    private readonly List<(string Model, string Backend)> _deployments;
    private readonly bool _anyDiscovery;

    private ReferenceChecks(RouterdConfig config, BindContext context)
    {
        _config = config;
        _context = context;
        _deployments =
        [
            .. config.Models.Select(m => (m.Id, Names.LocalBackend)),
            .. config.Backends.SelectMany(b => (b.Deployments ?? []).Select(d => (d.Model, b.Id))),
        ];
        _deploymentIds = [.. _deployments.Select(d => $"{d.Model}/{d.Backend}")];
        _modelIds =
        [
            .. _deployments.Select(d => d.Model),
            .. config.Models.SelectMany(m => m.Aliases),
            .. config.Backends.SelectMany(b => b.Deployments ?? []).SelectMany(d => d.Aliases),
        ];
        _virtualIds = [.. config.VirtualModels.Select(v => v.Id)];
        _anyDiscovery = config.Backends.Any(b => b.Deployments is null);
    }

    public static void Check(RouterdConfig config, BindContext context)
    {
        // Where an id itself is at fault, every mention of it would be called wrong too.
        var idsKnown = config.Models.All(m => m.Id.Length > 0)
            && config.Backends.All(b => b.Id.Length > 0 && (b.Deployments ?? []).All(d => d.Model.Length > 0))
            && !context.Faults.Exists(f => f.Path is "models" or "backends" || f.Path.EndsWith(".deployments", StringComparison.Ordinal));
        new ReferenceChecks(config, context).Run(idsKnown);
    }

    private void Run(bool idsKnown)
    {
        foreach (var model in _config.VirtualModels)
        {
            var path = Quoted.Key("virtual_models", model.Id);
            var stands = model.Deployments.Any(p => _deployments.Exists(d => d.Model == model.Id && DeploymentPattern.IsMatch(p, d.Model, d.Backend)));
            if (_modelIds.Contains(model.Id) && !stands)
            {
                _context.Report(FaultSeverity.Warning, path, "a model has the same name: requests for it get this virtual model, which does not include it");
            }

            if (idsKnown)
            {
                Deployments(model.Deployments, path + ".deployments");
                Fallbacks(model, path + ".fallbacks");
            }

            Cycle(model, path);
        }

        for (var i = 0; idsKnown && i < _config.Budgets.Count; i++)
        {
            Deployments(_config.Budgets[i].Deployments, $"budgets[{i}].deployments");
        }
    }

    private void Deployments(IReadOnlyList<string> patterns, string path)
    {
        for (var i = 0; i < patterns.Count; i++)
        {
            var at = Quoted.Index(path, i);
            var pattern = patterns[i];
            if (_virtualIds.Contains(pattern) && !_modelIds.Contains(pattern))
            {
                _context.Report(FaultSeverity.Error, at, $"{Quoted.Text(pattern)} is a virtual model; only \"fallbacks\" may name one");
            }
            else if (DeploymentPattern.IsExact(pattern))
            {
                Exact(pattern, at, _deploymentIds.Concat(_modelIds));
            }
            else if (pattern != "*" && !_deployments.Exists(d => DeploymentPattern.IsMatch(pattern, d.Model, d.Backend)))
            {
                _context.Report(FaultSeverity.Warning, at, $"{Quoted.Text(pattern)} matches none of the configured deployments");
            }
        }
    }

    private void Fallbacks(VirtualModelConfig model, string path)
    {
        for (var i = 0; i < model.Fallbacks.Count; i++)
        {
            if (!_virtualIds.Contains(model.Fallbacks[i]))
            {
                Exact(model.Fallbacks[i], Quoted.Index(path, i), _virtualIds.Concat(_deploymentIds).Concat(_modelIds));
            }
        }
    }

    private void Exact(string name, string path, IEnumerable<string> known)
    {
        if (_deploymentIds.Contains(name) || _modelIds.Contains(name))
        {
            return;
        }

        if (MayBeDiscovered(name))
        {
            _context.Report(FaultSeverity.Warning, path, $"{Quoted.Text(name)} is not configured; it counts once it is discovered");
            return;
        }

        var near = NearestName.Find(name, known);
        _context.Report(FaultSeverity.Error, path, $"{Quoted.Text(name)} names no deployment and no model" + (near is null ? "" : $", did you mean \"{near}\"?"));
    }

    private bool MayBeDiscovered(string name)
    {
        var slash = name.LastIndexOf('/');
        if (slash < 0)
        {
            // A file of that name may lie in the models folder, unless it is a slip of a name that is written here.
            return _anyDiscovery || NearestName.Find(name, _modelIds.Concat(_virtualIds)) is null;
        }

        var backend = name[(slash + 1)..];
        return backend == Names.LocalBackend || (_config.Backends.FirstOrDefault(b => b.Id == backend) is { } known ? known.Deployments is null : _anyDiscovery);
    }

    private void Cycle(VirtualModelConfig start, string path)
    {
        var byId = _config.VirtualModels.DistinctBy(v => v.Id).ToDictionary(v => v.Id, StringComparer.Ordinal);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var open = new Stack<VirtualModelConfig>([start]);
        while (open.TryPop(out var model))
        {
            foreach (var next in model.Fallbacks)
            {
                if (next == start.Id)
                {
                    _context.Report(FaultSeverity.Error, path + ".fallbacks", $"the fallbacks lead back to \"{start.Id}\"");
                    return;
                }

                if (seen.Add(next) && byId.TryGetValue(next, out var virtualModel))
                {
                    open.Push(virtualModel);
                }
            }
        }
    }
}
