using System.Runtime.InteropServices;

namespace RouterDaemon.Store.Journal;

/// <summary>The priced terms of one candidate, all in USD; 24 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
public struct DecisionTerms
{
    /// <summary>Tokens at their price.</summary>
    public float MoneyUsd;

    /// <summary>The user's time.</summary>
    public float TimeUsd;

    /// <summary>Delay caused to requests already running there.</summary>
    public float ExternalityUsd;

    /// <summary>Risk of missing the SLO and of failure.</summary>
    public float RiskUsd;

    /// <summary>Expected loss of quality.</summary>
    public float QualityUsd;

    /// <summary>The sum that was compared.</summary>
    public float TotalUsd;
}
