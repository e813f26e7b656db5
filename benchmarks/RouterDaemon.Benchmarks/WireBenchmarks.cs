using System.Globalization;
using System.Text;
using System.Text.Json;
using BenchmarkDotNet.Attributes;
using RouterDaemon.Core.Wire;

namespace RouterDaemon.Benchmarks;

/// <summary>What is read of every request and every streamed chunk.</summary>
public class WireBenchmarks
{
    private readonly byte[] _body = Body(4096);
    private readonly byte[] _prompt = Encoding.UTF8.GetBytes(new string('p', 48 * 1024));
    private readonly ulong[] _hashes = new ulong[PrefixHasher.MaxHashes];
    private readonly byte[] _stream = Encoding.UTF8.GetBytes(
        "data: {\"id\":\"chatcmpl-123\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\" token\"},\"finish_reason\":null}]}\n\n");
    private readonly byte[] _agentTurn = AgentTurn();
    private readonly byte[] _copy = new byte[48 * 1024];
    private ChunkFacts _facts;

    /// <summary>4 KB chat body, four messages.</summary>
    [Benchmark]
    public bool Peek4KB() => RequestPeeker.TryPeek(_body, [], 0, out _, out _);

    /// <summary>The same with prefix hashes.</summary>
    [Benchmark]
    public bool Peek4KBWithHashes() => RequestPeeker.TryPeek(_body, _hashes, 0, out _, out _);

    /// <summary>The same size in many small parts: two tools, parts of content, an assistant's call and its result.</summary>
    [Benchmark]
    public bool PeekAgentTurn() => RequestPeeker.TryPeek(_agentTurn, [], 0, out _, out _);

    /// <summary>What the library's tokenizer alone takes for the 4 KB chat body.</summary>
    [Benchmark]
    public int ReadTokens4KB()
    {
        var reader = new Utf8JsonReader(_body);
        var tokens = 0;
        while (reader.Read())
            tokens++;
        return tokens;
    }

    /// <summary>Memory speed beside <see cref="Hash48KB"/>.</summary>
    [Benchmark]
    public int Copy48KB()
    {
        _prompt.CopyTo(_copy, 0);
        return _copy[^1];
    }

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

    private static byte[] AgentTurn()
    {
        const string Tool = """{"type":"function","function":{"name":"tool_N","description":"Reads a file and \"quotes\" it","parameters":{"type":"object","properties":{"path":{"type":"string"},"limit":{"type":"integer","minimum":1}},"required":["path"]}}}""";
        const string Step = """{"role":"assistant","content":null,"tool_calls":[{"id":"call_N","type":"function","function":{"name":"tool_1","arguments":"{\"path\":\"src/N.cs\"}"}}]},{"role":"tool","tool_call_id":"call_N","content":[{"type":"text","text":"using System;\nclass N { }"}]}""";
        var turn = new StringBuilder("""{"model":"auto","stream":true,"tools":[""");
        for (var i = 0; i < 4; i++)
            turn.Append(i == 0 ? "" : ",").Append(Tool.Replace("N", i.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal));
        turn.Append("""],"messages":[{"role":"system","content":"You edit code.\nBe brief."}""");
        for (var i = 0; turn.Length < 3900; i++)
            turn.Append(',').Append(Step.Replace("N", i.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal));
        return Encoding.UTF8.GetBytes(turn.Append("]}").ToString());
    }

    private static byte[] Body(int bytes)
    {
        var text = new string('w', (bytes - 260) / 4);
        return Encoding.UTF8.GetBytes(
            $$"""{"model":"auto","stream":true,"max_tokens":256,"temperature":0.7,"messages":[{"role":"system","content":"{{text}}"},{"role":"user","content":"{{text}}"},{"role":"assistant","content":"{{text}}"},{"role":"user","content":"{{text}}"}]}""");
    }
}
