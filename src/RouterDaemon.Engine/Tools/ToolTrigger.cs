using System.Text;
using RouterDaemon.Engine.Answers;
using RouterDaemon.Engine.Sampling;
using RouterDaemon.Native;

namespace RouterDaemon.Engine.Tools;

/// <summary>
/// Watches a free answer for the beginning of a tool call and then gives the grammar for what is left of it. llama.cpp's own lazy
/// grammars match regular expressions by recursion over the whole answer, which a long answer turns into a stack overflow.
/// </summary>
/// <param name="tools">The tools and their grammar.</param>
/// <param name="model">Whose vocabulary the text is made of.</param>
/// <param name="reasoning">Takes what the model thinks out of the answer; null = it has no such form.</param>
internal sealed class ToolTrigger(ToolCatalog tools, LlamaModel model, ReasoningReader? reasoning) : IGrammarTrigger
{
    private const int KeptChars = 64;

    private readonly StringBuilder _text = new();
    private bool _done;

    public LlamaSampler? Push(ReadOnlySpan<byte> piece)
    {
        if (_done)
            return null;
        string answer = Encoding.UTF8.GetString(piece);
        _text.Append(reasoning is null ? answer : reasoning.Push(answer).Content);
        string text = _text.ToString();
        int at = tools.CallStart(text);
        if (at < 0)
        {
            _done = tools.CallsStartAnswers && text.Length > KeptChars;
            if (!tools.CallsStartAnswers && _text.Length > KeptChars)
                _text.Remove(0, _text.Length - KeptChars);
            return null;
        }
        _done = true;
        string? gbnf = tools.ToGrammar(text[at..]);
        try
        {
            return gbnf is null ? null : LlamaSampler.CreateGrammar(model, gbnf);
        }
        catch (FormatException e)
        {
            throw new EngineException(EngineErrorKind.Internal, $"the grammar of the tools failed: {e.Message}", "tools", e);
        }
    }

    public void Dispose()
    {
    }
}
