namespace RouterDaemon.Core.Simulation;

/// <summary>Hears what an engine produces.</summary>
internal interface ISimSink
{
    void FirstToken(int request, int cachedTokens, long nowNs);

    void Tokens(int request, int tokens, long nowNs);

    void Finished(int request, long nowNs);
}
