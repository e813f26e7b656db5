using System.Text;
using RouterDaemon.Engine.Tools;

namespace RouterDaemon.Engine.Answers;

/// <summary>Splits the text of one answer into reasoning, content and tool calls while it arrives. Feed it every event's text, then finish it.</summary>
public sealed class AnswerReader
{
    private readonly ReasoningReader? _reasoning;
    private readonly ToolCallReader? _calls;

    internal AnswerReader(ReasoningReader? reasoning, ToolCallReader? calls)
    {
        _reasoning = reasoning;
        _calls = calls;
    }

    /// <summary>Calls seen so far.</summary>
    public int Calls => _calls?.Calls ?? 0;

    /// <summary>Adds whole characters and returns what is certain now.</summary>
    public IReadOnlyList<AnswerDelta> Push(ReadOnlySpan<byte> utf8)
    {
        List<AnswerDelta> deltas = [];
        string text = Encoding.UTF8.GetString(utf8);
        if (_reasoning is not null)
            text = Split(_reasoning.Push(text), deltas);
        AddAnswer(text, deltas);
        return deltas;
    }

    /// <summary>Returns what was held back; a call that was cut short stays as far as it came.</summary>
    public IReadOnlyList<AnswerDelta> Finish()
    {
        List<AnswerDelta> deltas = [];
        if (_reasoning is not null)
            AddAnswer(Split(_reasoning.Finish(), deltas), deltas);
        foreach (ToolDelta delta in _calls?.Finish() ?? [])
            deltas.Add(Convert(delta));
        return deltas;
    }

    private static string Split((string Reasoning, string Content) parts, List<AnswerDelta> deltas)
    {
        if (parts.Reasoning.Length > 0)
            deltas.Add(new AnswerDelta(AnswerDeltaKind.Reasoning, parts.Reasoning));
        return parts.Content;
    }

    private void AddAnswer(string text, List<AnswerDelta> deltas)
    {
        if (text.Length == 0)
            return;
        if (_calls is null)
        {
            deltas.Add(new AnswerDelta(AnswerDeltaKind.Content, text));
            return;
        }
        foreach (ToolDelta delta in _calls.Push(text))
            deltas.Add(Convert(delta));
    }

    private static AnswerDelta Convert(in ToolDelta delta) => delta.CallIndex < 0
        ? new AnswerDelta(AnswerDeltaKind.Content, delta.Content)
        : new AnswerDelta(AnswerDeltaKind.Call, delta.Arguments, delta.CallIndex, delta.Name);
}
