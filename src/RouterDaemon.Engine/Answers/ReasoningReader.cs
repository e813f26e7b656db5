using System.Text;

namespace RouterDaemon.Engine.Answers;

/// <summary>
/// Splits an answer into what the model thought and the rest, while it arrives. Reasoning stands at the beginning or nowhere, and the
/// white space around its marks is part of neither.
/// </summary>
/// <param name="marks">How the model frames it.</param>
/// <param name="inside">The prompt has opened it already.</param>
internal sealed class ReasoningReader(ReasoningMarks marks, bool inside)
{
    private readonly StringBuilder _held = new();
    private State _state = inside ? State.BeforeText : State.Start;

    private enum State
    {
        Start,
        BeforeText,
        Inside,
        BeforeContent,
        Content,
    }

    /// <summary>Adds text and returns what is certain now of either.</summary>
    public (string Reasoning, string Content) Push(string text)
    {
        if (_state == State.Content)
            return ("", text);
        _held.Append(text);
        string reasoning = "";
        while (_state switch
        {
            State.Start => Start(),
            State.BeforeText => Skip(State.Inside),
            State.Inside => Inside(ref reasoning),
            State.BeforeContent => Skip(State.Content),
            _ => false,
        })
        {
        }
        return (reasoning, _state == State.Content ? TakeAll() : "");
    }

    /// <summary>Returns what was held back. An answer cut short inside its reasoning is reasoning.</summary>
    public (string Reasoning, string Content) Finish()
    {
        string rest = TakeAll();
        return _state switch
        {
            State.BeforeText or State.Inside => (rest.TrimEnd(), ""),
            State.BeforeContent => ("", ""),
            _ => ("", rest),
        };
    }

    private bool Start()
    {
        string text = _held.ToString();
        string begun = text.TrimStart();
        if (begun.StartsWith(marks.Open, StringComparison.Ordinal))
        {
            _held.Clear().Append(begun, marks.Open.Length, begun.Length - marks.Open.Length);
            _state = State.BeforeText;
            return true;
        }
        if (begun.Length < marks.Open.Length && marks.Open.StartsWith(begun, StringComparison.Ordinal))
            return false;
        _state = State.Content;
        return true;
    }

    private bool Skip(State next)
    {
        string text = _held.ToString().TrimStart();
        _held.Clear().Append(text);
        if (text.Length == 0)
            return false;
        _state = next;
        return true;
    }

    private bool Inside(ref string reasoning)
    {
        string text = _held.ToString();
        int at = text.IndexOf(marks.Close, StringComparison.Ordinal);
        if (at >= 0)
        {
            reasoning += text[..at].TrimEnd();
            _held.Remove(0, at + marks.Close.Length);
            _state = State.BeforeContent;
            return true;
        }
        // The white space before a mark may turn out to be the frame's.
        int certain = text.AsSpan(0, text.Length - PartialMark.Length(text, marks.Close)).TrimEnd().Length;
        reasoning += text[..certain];
        _held.Remove(0, certain);
        return false;
    }

    private string TakeAll()
    {
        string text = _held.ToString();
        _held.Clear();
        return text;
    }
}
