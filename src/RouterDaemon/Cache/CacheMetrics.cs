using System.Globalization;
using System.Text;

namespace RouterDaemon.Cache;

/// <summary>The cache's part of <c>/metrics</c>.</summary>
internal static class CacheMetrics
{
    /// <summary>Writes all series; <c>routerd_redis_up</c> only where Redis is used.</summary>
    public static void Write(StringBuilder text, ResponseCache cache)
    {
        Single(text, "routerd_cache_hits_total", "counter", "Requests answered from the response cache.", cache.Hits);
        Single(text, "routerd_cache_misses_total", "counter", "Requests that the response cache could have answered and did not.", cache.Misses);
        Single(text, "routerd_cache_coalesced_total", "counter", "Requests that waited for an identical one and got its answer.", cache.Coalesced);
        Single(text, "routerd_cache_bytes", "gauge", "Memory of the response cache, bytes.", cache.Bytes);
        Single(text, "routerd_cache_entries", "gauge", "Answers in the response cache.", cache.Entries);
        if (cache.IsRedisUp is { } isUp)
        {
            Single(text, "routerd_redis_up", "gauge", "1 while Redis can be used.", isUp ? 1 : 0);
        }
    }

    private static void Single(StringBuilder text, string name, string type, string help, long value) =>
        text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} {type}\n{name} {value}\n");
}
