using System.Runtime.InteropServices;

namespace RouterDaemon.Store.Journal;

/// <summary>One deployment that was weighed for a request; 16 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
public struct ConsideredOption
{
    /// <summary>Interned deployment id.</summary>
    public int DeploymentName;

    /// <summary>Predicted end-to-end latency in milliseconds; NaN = not estimated.</summary>
    public float EstimatedLatencyMs;

    /// <summary>Interned reason of a mask, e.g. <c>context too small</c>; 0 = none.</summary>
    public int ReasonName;

    /// <summary>1 when it could have been chosen.</summary>
    public int Available;
}
