using System.Text.Json;

namespace RouterDaemon.Engine.Templates;

/// <summary>Renders messages into the prompt that a model was trained on.</summary>
internal interface IChatTemplate
{
    /// <summary>Why this template cannot be used, null when it can.</summary>
    string? Problem { get; }

    /// <param name="messages">Checked array of OpenAI messages.</param>
    /// <param name="request">For tools and other variables.</param>
    /// <exception cref="EngineException">The template refuses the messages or cannot be rendered.</exception>
    string Render(JsonElement messages, GenerationRequest request);
}
