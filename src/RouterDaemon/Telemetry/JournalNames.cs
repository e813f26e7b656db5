using RouterDaemon.Core.Fleet;
using RouterDaemon.Store.Journal;

namespace RouterDaemon.Telemetry;

/// <summary>The journal's numbers for the names of one fleet, looked up once instead of with every record. Indexed as the snapshot's deployments are.</summary>
internal sealed class JournalNames
{
    public JournalNames(RequestJournal journal, FleetSnapshot fleet)
    {
        Deployments = Array.ConvertAll(fleet.Deployments, d => journal.Intern(d.Id));
        Models = Array.ConvertAll(fleet.Deployments, d => journal.Intern(d.ModelId));
        Backends = Array.ConvertAll(fleet.Deployments, d => journal.Intern(d.BackendId));
    }

    /// <summary>Ids of deployments.</summary>
    public int[] Deployments { get; }

    /// <summary>Ids of models.</summary>
    public int[] Models { get; }

    /// <summary>Ids of backends.</summary>
    public int[] Backends { get; }
}
