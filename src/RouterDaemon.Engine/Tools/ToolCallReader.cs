using System.Text;
using System.Text.RegularExpressions;
using RouterDaemon.Engine.Answers;

namespace RouterDaemon.Engine.Tools;

/// <summary>Splits the text of an answer into content and tool calls while it arrives. Feed it every event's text, then finish it.</summary>
internal sealed partial class ToolCallReader
{
    /// <summary>How an answer in the generic form may begin, blanks left out.</summary>
    private static readonly string[] GenericOpenings = ["{\"tool_calls\":", "```{\"tool_calls\":", "```json{\"tool_calls\":"];

    private readonly ToolStyle _style;
    private readonly StringBuilder _held = new();
    private State _state;
    private int _depth;
    private bool _inString;
    private bool _escaped;

    public ToolCallReader(ToolStyle style)
    {
        _style = style;
        _state = StartsAnswer ? State.Start : State.Content;
    }

    private enum State
    {
        Start,
        Content,
        BeforeCall,
        Arguments,
        AfterCall,
    }

    /// <summary>Calls seen so far.</summary>
    public int Calls { get; private set; }

    private bool StartsAnswer => _style is ToolStyle.Llama3 or ToolStyle.Generic;

    private string Tag => _style == ToolStyle.Hermes ? "<tool_call>" : "[TOOL_CALLS]";

    /// <summary>Adds text and returns what is certain now.</summary>
    public IReadOnlyList<ToolDelta> Push(string text)
    {
        List<ToolDelta> deltas = [];
        _held.Append(text);
        while (Step(deltas))
        {
        }
        return deltas;
    }

    /// <summary>Returns what was held back; a call that was cut short stays as far as it came.</summary>
    public IReadOnlyList<ToolDelta> Finish()
    {
        string rest = _held.ToString();
        _held.Clear();
        bool text = _state is State.Start or State.Content || (_state == State.BeforeCall && Calls == 0);
        return text && rest.Length > 0 ? [new ToolDelta((_state == State.BeforeCall && !StartsAnswer ? Tag : "") + rest, -1, null, "")] : [];
    }

    private bool Step(List<ToolDelta> deltas) => _state switch
    {
        State.Start => Start(),
        State.Content => Content(deltas),
        State.BeforeCall => BeforeCall(deltas),
        State.Arguments => Arguments(deltas),
        _ => AfterCall(),
    };

    /// <summary>Where calls start answers, they are the whole answer or nothing.</summary>
    private bool Start()
    {
        string text = _held.ToString().TrimStart();
        const string Python = "<|python_tag|>";
        if (_style == ToolStyle.Llama3 && text.Length < Python.Length && Python.StartsWith(text, StringComparison.Ordinal))
            return false;
        if (_style == ToolStyle.Llama3 && text.StartsWith(Python, StringComparison.Ordinal))
            text = text[Python.Length..].TrimStart();
        if (text.Length == 0)
            return false;
        _state = text[0] == '{' || (_style == ToolStyle.Generic && text[0] == '`') ? State.BeforeCall : State.Content;
        if (_state == State.BeforeCall)
            _held.Clear().Append(text);
        return true;
    }

    private bool Content(List<ToolDelta> deltas)
    {
        string text = _held.ToString();
        int at = StartsAnswer ? -1 : text.IndexOf(Tag, StringComparison.Ordinal);
        int certain = at >= 0 ? at : StartsAnswer ? text.Length : text.Length - PartialMark.Length(text, Tag);
        if (certain > 0)
            deltas.Add(new ToolDelta(text[..certain], -1, null, ""));
        _held.Remove(0, at >= 0 ? at + Tag.Length : certain);
        if (at < 0)
            return false;
        _state = State.BeforeCall;
        return true;
    }

    private bool BeforeCall(List<ToolDelta> deltas)
    {
        string text = _held.ToString();
        Match head = (_style == ToolStyle.Generic && Calls == 0 ? FirstGeneric() : CallHead()).Match(text);
        if (head.Success)
        {
            string name = Regex.Unescape(head.Groups[1].Value);
            deltas.Add(new ToolDelta("", Calls++, name, ""));
            _held.Remove(0, head.Length);
            _state = State.Arguments;
            (_depth, _inString, _escaped) = (0, false, false);
            return true;
        }
        if (_style == ToolStyle.Llama3 ? !CallPrefix().IsMatch(text) : _style == ToolStyle.Generic && Calls == 0 && !MayBeGeneric(text))
        {
            // An answer that merely begins like JSON.
            _state = State.Content;
            return true;
        }
        return false;
    }

    private static bool MayBeGeneric(string text)
    {
        if (GenericHead().IsMatch(text))
            return true;
        string compact = string.Concat(text.Where(c => !char.IsWhiteSpace(c)));
        return GenericOpenings.Any(o => o.StartsWith(compact, StringComparison.Ordinal));
    }

    /// <summary>Hands on the JSON value of the arguments up to the brace that closes it.</summary>
    private bool Arguments(List<ToolDelta> deltas)
    {
        for (int i = 0; i < _held.Length; i++)
        {
            char c = _held[i];
            if (_inString)
            {
                _inString = _escaped || c != '"';
                _escaped = !_escaped && c == '\\';
                continue;
            }
            _inString = c == '"';
            _depth += c is '{' or '[' ? 1 : c is '}' or ']' ? -1 : 0;
            if (_depth == 0 && (c is '}' or ']'))
            {
                Emit(deltas, i + 1);
                _state = State.AfterCall;
                return true;
            }
        }
        Emit(deltas, _held.Length);
        return false;
    }

    private bool AfterCall()
    {
        string text = _held.ToString();
        Match next = (_style == ToolStyle.Hermes ? NextHermes() : NextInArray()).Match(text);
        if (!next.Success)
            return false;
        _held.Remove(0, next.Length);
        _state = State.BeforeCall;
        return true;
    }

    private void Emit(List<ToolDelta> deltas, int length)
    {
        if (length > 0)
            deltas.Add(new ToolDelta("", Calls - 1, null, _held.ToString(0, length)));
        _held.Remove(0, length);
    }

    [GeneratedRegex("^[\\s\\[]*\\{\\s*\"name\"\\s*:\\s*\"((?:[^\"\\\\]|\\\\.)*)\"\\s*,\\s*\"(?:arguments|parameters)\"\\s*:\\s*(?=[{\\[])")]
    private static partial Regex CallHead();

    [GeneratedRegex("^(?:```(?:json)?\\s*)?\\{\\s*\"tool_calls\"\\s*:")]
    private static partial Regex GenericHead();

    [GeneratedRegex("^(?:```(?:json)?\\s*)?\\{\\s*\"tool_calls\"\\s*:\\s*\\[\\s*\\{\\s*\"name\"\\s*:\\s*\"((?:[^\"\\\\]|\\\\.)*)\"\\s*,\\s*\"arguments\"\\s*:\\s*(?=[{\\[])")]
    private static partial Regex FirstGeneric();

    [GeneratedRegex("^\\{\\s*($|\"($|n($|a($|m($|e($|\")))))).*", RegexOptions.Singleline)]
    private static partial Regex CallPrefix();

    [GeneratedRegex("^\\s*\\}\\s*</tool_call>\\s*<tool_call>")]
    private static partial Regex NextHermes();

    [GeneratedRegex("^\\s*\\}\\s*[,;]\\s*(?=\\{)")]
    private static partial Regex NextInArray();
}
