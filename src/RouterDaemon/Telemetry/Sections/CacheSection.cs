using RouterDaemon.Cache;
using RouterDaemon.Fleet;

namespace RouterDaemon.Telemetry.Sections;

/// <summary>The response cache; <c>routerd_redis_up</c> only where Redis is used.</summary>
internal sealed class CacheSection(ResponseCache cache) : IMetricsSection
{
    public void Write(PrometheusText text, FleetState fleet)
    {
        text.Single("routerd_cache_hits_total", "counter", "Requests answered from the response cache.", cache.Hits);
        text.Single("routerd_cache_misses_total", "counter", "Requests that the response cache could have answered and did not.", cache.Misses);
        text.Single("routerd_cache_coalesced_total", "counter", "Requests that waited for an identical one and got its answer.", cache.Coalesced);
        text.Single("routerd_cache_bytes", "gauge", "Memory of the response cache, bytes.", cache.Bytes);
        text.Single("routerd_cache_entries", "gauge", "Answers in the response cache.", cache.Entries);
        if (cache.IsRedisUp is { } isUp)
        {
            text.Single("routerd_redis_up", "gauge", "1 while Redis can be used.", isUp ? 1 : 0);
        }
    }
}
