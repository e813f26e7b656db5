using System.Text;
using RouterDaemon.Engine.Sampling;
using RouterDaemon.Native;

namespace RouterDaemon.Engine.Tools;

/// <summary>
/// Watches a free answer for the beginning of a tool call and then gives the grammar for what is left of it. llama.cpp's own lazy
/// grammars match regular expressions by recursion over the whole answer, which a long answer turns into a stack overflow.
/// </summary>
internal sealed class ToolTrigger(ToolCatalog tools, LlamaModel model) : IGrammarTrigger
{
    private const int KeptChars = 64;

    private readonly StringBuilder _text = new();
    private bool _done;

    public LlamaSampler? Push(ReadOnlySpan<byte> piece)
    {
        if (_done)
            return null;
        _text.Append(Encoding.UTF8.GetString(piece));
        string text = _text.ToString();
        int at = tools.CallStart(text);
        if (at < 0)
        {
            // A Llama 3 call starts the answer or there is none.
            _done = tools.Style == ToolStyle.Llama3 && text.Length > KeptChars;
            if (tools.Style != ToolStyle.Llama3 && _text.Length > KeptChars)
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
