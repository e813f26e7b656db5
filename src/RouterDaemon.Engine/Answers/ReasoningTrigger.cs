using System.Text;
using RouterDaemon.Engine.Sampling;
using RouterDaemon.Native;

namespace RouterDaemon.Engine.Answers;

/// <summary>Leaves a model free while it thinks: the grammar of its answer binds from the end of the reasoning on.</summary>
/// <param name="marks">How the model frames its reasoning.</param>
/// <param name="grammar">Owned by this object until it is handed out.</param>
internal sealed class ReasoningTrigger(ReasoningMarks marks, LlamaSampler grammar) : IGrammarTrigger
{
    private readonly StringBuilder _text = new();
    private LlamaSampler? _grammar = grammar;

    public LlamaSampler? Push(ReadOnlySpan<byte> piece)
    {
        if (_grammar is null)
            return null;
        _text.Append(Encoding.UTF8.GetString(piece));
        string text = _text.ToString();
        if (!text.Contains(marks.Close, StringComparison.Ordinal))
        {
            _text.Clear().Append(text, text.Length - PartialMark.Length(text, marks.Close), PartialMark.Length(text, marks.Close));
            return null;
        }
        LlamaSampler handed = _grammar;
        _grammar = null;
        return handed;
    }

    public void Dispose() => _grammar?.Dispose();
}
