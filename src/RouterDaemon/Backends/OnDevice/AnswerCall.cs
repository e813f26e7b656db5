using System.Text;

namespace RouterDaemon.Backends.OnDevice;

/// <summary>One tool call of an answer.</summary>
/// <param name="Id">Its id, unique in the conversation.</param>
/// <param name="Name">The function's name.</param>
internal sealed record AnswerCall(string Id, string Name)
{
    /// <summary>The arguments so far, as JSON text.</summary>
    public StringBuilder Arguments { get; } = new();
}
