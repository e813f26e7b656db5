namespace RouterDaemon.Backends;

/// <summary>
/// An attempt as those who work for it see it: where they can be stopped. One worker at a time attaches itself, which costs a
/// compare-and-swap; a token is made only for who needs one.
/// </summary>
internal interface IAbortSource
{
    /// <summary>Stop this one when the attempt is cancelled. False: it was cancelled already.</summary>
    bool TryAttach(IAbortable target);

    /// <summary>It is done. False: it was stopped, or is being stopped at this moment.</summary>
    bool TryDetach(IAbortable target);

    /// <summary>Cancelled with the attempt.</summary>
    CancellationToken CreateToken();
}
