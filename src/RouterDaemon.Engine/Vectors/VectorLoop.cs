using System.Collections.Concurrent;
using RouterDaemon.Native;

namespace RouterDaemon.Engine.Vectors;

/// <summary>The thread that makes vectors with one model: as many whole sequences in a batch as fit. Owns the context.</summary>
internal sealed class VectorLoop : IDisposable
{
    private const int StackBytes = 4 << 20;

    private readonly LlamaContext _context;
    private readonly bool _scores;
    private readonly TokenBatch _batch;
    private readonly BlockingCollection<VectorJob> _inbox = [];
    private readonly List<VectorJob> _running = [];
    private readonly Thread _thread;
    private VectorJob? _next;

    /// <param name="context">Made for this loop, which disposes it at the end.</param>
    /// <param name="id">The model's id, for the thread's name.</param>
    public VectorLoop(LlamaContext context, string id)
    {
        _context = context;
        _scores = context.PoolingType == (int)PoolingKind.Rank;
        _batch = new TokenBatch(context.BatchTokens);
        _thread = new Thread(Run, StackBytes) { IsBackground = true, Name = $"vectors {id}" };
        _thread.Start();
    }

    /// <summary>Most tokens of one sequence.</summary>
    public int MaxTokens => _batch.Capacity;

    /// <exception cref="InvalidOperationException">The loop has ended.</exception>
    public void Submit(VectorJob job) => _inbox.Add(job);

    /// <summary>Ends the thread after the running batch; jobs still inside fail.</summary>
    public void Dispose()
    {
        _inbox.CompleteAdding();
        _thread.Join();
        _inbox.Dispose();
    }

    private void Run()
    {
        foreach (VectorJob job in _inbox.GetConsumingEnumerable())
        {
            _next = job;
            while (_next is not null)
                RunBatch();
        }
        _context.Dispose();
    }

    /// <summary>Computes the job at hand together with those that wait and fit.</summary>
    private void RunBatch()
    {
        _batch.Clear();
        _running.Clear();
        while (_next is { } job && _running.Count < _context.MaxSequences && _batch.Count + job.Tokens.Length <= _batch.Capacity)
        {
            if (job.Cancelled)
            {
                job.Cancel();
            }
            else
            {
                for (int i = 0; i < job.Tokens.Length; i++)
                    _batch.Add(job.Tokens[i], i, _running.Count, output: true);
                _running.Add(job);
            }
            _next = _inbox.TryTake(out VectorJob? waiting) ? waiting : null;
        }
        if (_running.Count == 0)
            return;
        try
        {
            int result = _context.Decode(_batch);
            for (int i = 0; i < _running.Count; i++)
            {
                if (result == 0)
                    _running[i].Complete(Read(i));
                else
                    _running[i].Fail(new EngineException(EngineErrorKind.Internal, $"llama_decode failed with code {result}"));
                _context.Clear(i);
            }
        }
        catch (Exception e)
        {
            foreach (VectorJob job in _running)
                job.Fail(e);
        }
    }

    private float[] Read(int sequence) => _scores ? [_context.SequenceScore(sequence)] : _context.SequenceEmbedding(sequence).ToArray();
}
