using RouterDaemon.Engine;
using RouterDaemon.Fleet;

namespace RouterDaemon.Telemetry.Sections;

/// <summary>On-device models: slots, queue, memory, speculative decoding.</summary>
internal sealed class ModelSection(EngineHost engine) : IMetricsSection
{
    private static readonly (string Name, string Type, string Help, Func<EngineModelStatus, double> Value)[] Rows =
    [
        ("routerd_model_resident_bytes", "gauge", "Weights and KV cache of an on-device model while it is loaded, bytes.", static s => s.ResidentBytes),
        ("routerd_model_prefix_cache_bytes", "gauge", "Prefixes whose slots were given to other requests, bytes.", static s => s.PrefixCacheBytes),
        ("routerd_model_active_requests", "gauge", "Requests in a slot of an on-device model.", static s => s.Active),
        ("routerd_model_queued_requests", "gauge", "Requests that wait for a slot or the load of an on-device model.", static s => s.QueueDepth),
        ("routerd_model_threads", "gauge", "Compute threads of an on-device model.", static s => s.Threads),
        ("routerd_model_draft_tokens_total", "counter", "Tokens that speculative decoding guessed, since the model was loaded.", static s => s.DraftTokens),
        ("routerd_model_accepted_draft_tokens_total", "counter", "Guessed tokens that became part of an answer, since the model was loaded.", static s => s.AcceptedDraftTokens),
    ];

    public void Write(PrometheusText text, FleetState fleet)
    {
        var models = engine.Status();
        if (models.Count == 0)
        {
            return;
        }

        foreach (var (name, type, help, value) in Rows)
        {
            text.Head(name, type, help);
            foreach (var model in models)
            {
                text.Sample(name, PrometheusText.Label("model", model.Id), value(model));
            }
        }
    }
}
