using System.Text;
using System.Text.Json;
using RouterDaemon.Native;

namespace RouterDaemon.Engine.Templates;

/// <summary>A template that llama.cpp's fixed list recognises.</summary>
internal sealed class LlamaCppChatTemplate : IChatTemplate
{
    private readonly string? _template;

    public LlamaCppChatTemplate(string? template)
    {
        _template = template;
        if (template is null)
            Problem = "the file has no chat template";
        else if (ChatTemplates.Apply(template, [("user", "x")], true) is null)
            Problem = "its chat template is not one that this build can render";
    }

    public string? Problem { get; }

    public string Render(JsonElement messages, GenerationRequest request)
    {
        if (Problem is not null)
            throw new EngineException(EngineErrorKind.Unsupported, $"messages cannot be used with this model: {Problem}; send a prompt instead", "messages");
        if (!request.ToolsJson.IsEmpty)
            throw new EngineException(EngineErrorKind.Unsupported, "this model's template is rendered without tools", "tools");
        byte[] text = ChatTemplates.Apply(_template!, ChatMessages.ReadTexts(messages), request.AddGenerationPrompt)
            ?? throw new EngineException(EngineErrorKind.Internal, "the chat template was not rendered");
        return Encoding.UTF8.GetString(text);
    }
}
