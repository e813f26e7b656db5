namespace RouterDaemon.Engine.Vectors;

/// <summary>One sequence on its way through the vector thread.</summary>
internal sealed class VectorJob(int[] tokens, CancellationToken ct)
{
    private readonly TaskCompletionSource<float[]> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public int[] Tokens { get; } = tokens;

    /// <summary>Its vector, or its score alone.</summary>
    public Task<float[]> Result => _done.Task;

    /// <summary>The client has gone: it is not worth computing.</summary>
    public bool Cancelled => ct.IsCancellationRequested;

    public void Complete(float[] values) => _done.TrySetResult(values);

    public void Fail(Exception error) => _done.TrySetException(error);

    public void Cancel() => _done.TrySetCanceled(ct);
}
