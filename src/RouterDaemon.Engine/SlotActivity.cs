namespace RouterDaemon.Engine;

/// <summary>What happens in a slot.</summary>
public enum SlotActivity : byte
{
    /// <summary>No request; what it holds may serve the next one as a prefix.</summary>
    Idle,

    /// <summary>The prompt is being computed.</summary>
    Prefilling,

    /// <summary>Tokens are generated.</summary>
    Generating,

    /// <summary>The client is behind with reading: nothing is generated until it has caught up.</summary>
    WaitingForReader,
}
