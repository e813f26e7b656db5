using RouterDaemon.Core.Routing;
using RouterDaemon.Fleet;
using RouterDaemon.Store.Journal;

namespace RouterDaemon.Telemetry.Sections;

/// <summary>The daemon itself: decisions, journal, memory.</summary>
internal sealed class ProcessSection(Router router, DecisionRecorder decisions, RequestJournal journal) : IMetricsSection
{
    public void Write(PrometheusText text, FleetState fleet)
    {
        text.Single("routerd_decisions_total", "counter", "Routing decisions, retries and hedges included.", router.Decisions);
        text.Single("routerd_decision_samples_discarded_total", "counter", "Decisions whose record was dropped because a state moved meanwhile.", decisions.Discarded);
        text.Single("routerd_hedges_total", "counter", "Requests sent to a second deployment because the first token was late.", router.Hedges);
        text.Single("routerd_journal_backlog", "gauge", "Records not yet in SQLite.", journal.Backlog);
        text.Single("routerd_journal_dropped_total", "counter", "Records that found the journal full.", journal.Dropped);
        text.Single("routerd_allocated_bytes_total", "counter", "Managed memory allocated since the start.", GC.GetTotalAllocatedBytes());
        text.Single("routerd_collections_total", "counter", "Garbage collections since the start.", GC.CollectionCount(0));
        text.Single("routerd_collection_pause_microseconds_total", "counter", "Time that requests stood still for them.", (long)GC.GetTotalPauseDuration().TotalMicroseconds);
    }
}
