using System.Text;
using BenchmarkDotNet.Attributes;
using RouterDaemon.Core.Wire;

namespace RouterDaemon.Benchmarks;

/// <summary>What is read of every request and every streamed chunk.</summary>
[MemoryDiagnoser]
public class WireBenchmarks
{
    private readonly byte[] _body = Body(4096);
    private readonly byte[] _prompt = Encoding.UTF8.GetBytes(new string('p', 48 * 1024));
    private readonly ulong[] _hashes = new ulong[PrefixHasher.MaxHashes];
    private readonly byte[] _stream = Encoding.UTF8.GetBytes(
        "data: {\"id\":\"chatcmpl-123\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\" token\"},\"finish_reason\":null}]}\n\n");
    private ChunkFacts _facts;

    /// <summary>4 KB chat body, four messages.</summary>
    [Benchmark]
    public bool Peek4KB() => RequestPeeker.TryPeek(_body, [], 0, out _, out _);

    /// <summary>The same with prefix hashes.</summary>
    [Benchmark]
    public bool Peek4KBWithHashes() => RequestPeeker.TryPeek(_body, _hashes, 0, out _, out _);

    /// <summary>48 KB of prompt; bytes per second = 49,152 / time.</summary>
    [Benchmark]
    public int Hash48KB()
    {
        var hasher = new PrefixHasher(1, _hashes.Length);
        hasher.Append(_prompt, _hashes);
        return hasher.Count;
    }

    /// <summary>One event found.</summary>
    [Benchmark]
    public int ScanEvent()
    {
        SseScanner.TryReadEvent(_stream, out var e);
        return e.Length;
    }

    /// <summary>One event found and its chunk read.</summary>
    [Benchmark]
    public int ScanEventAndChunk()
    {
        SseScanner.TryReadEvent(_stream, out var e);
        ChatChunkScanner.Scan(e.Data.Of(_stream), ref _facts);
        return _facts.ContentBytes;
    }

    private static byte[] Body(int bytes)
    {
        var text = new string('w', (bytes - 260) / 4);
        return Encoding.UTF8.GetBytes(
            $$"""{"model":"auto","stream":true,"max_tokens":256,"temperature":0.7,"messages":[{"role":"system","content":"{{text}}"},{"role":"user","content":"{{text}}"},{"role":"assistant","content":"{{text}}"},{"role":"user","content":"{{text}}"}]}""");
    }
}
