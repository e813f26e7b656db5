using System.Globalization;
using System.Text;
using RouterDaemon.Backends;
using RouterDaemon.Core.Fleet;

namespace RouterDaemon.Relay;

/// <summary>The limit on the answer that goes along where a key's tokens or money are limited and the client set none.</summary>
internal static class AnswerCap
{
    /// <summary>The member with its comma, cut to what fits the deployment's context; empty = none is needed.</summary>
    public static ReadOnlyMemory<byte> MemberFor(InferenceCall call, DeploymentEntry deployment, Backend backend)
    {
        if (call.Route.CapTokens == 0)
        {
            return default;
        }

        var room = deployment.ContextTokens > 0 ? Math.Max(1, deployment.ContextTokens - call.Route.PromptTokens) : int.MaxValue;
        var name = backend.WantsMaxCompletionTokens && call.Operation == Operation.Chat ? "max_completion_tokens" : "max_tokens";
        return Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"\"{name}\":{Math.Min(call.Route.CapTokens, room)},"));
    }
}
