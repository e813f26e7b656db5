using System.Text;
using RouterDaemon.Core.Fleet;
using RouterDaemon.Relay;

namespace RouterDaemon.Telemetry.Tracing;

/// <summary>One attempt at one deployment, as a span below its request's.</summary>
internal sealed class AttemptSpan(ulong spanId, DeploymentEntry deployment, long startNs)
{
    private const int MaxModelBytes = 256;

    /// <summary>Its id; upstreams see it as their parent.</summary>
    public ulong SpanId => spanId;

    /// <summary>Where it went.</summary>
    public DeploymentEntry Deployment => deployment;

    /// <summary>Begin, nanoseconds after the request came in.</summary>
    public long StartNs => startNs;

    /// <summary>End, nanoseconds after the request came in.</summary>
    public long EndNs { get; private set; }

    /// <summary>What it failed of.</summary>
    public RelayError Error { get; private set; }

    /// <summary>The upstream's status when it was an error; 0 = there was none.</summary>
    public int Status { get; private set; }

    /// <summary>The model that says it answered; null = the answer does not say.</summary>
    public string? ResponseModel { get; private set; }

    /// <summary>Takes the model's name from an answer: a JSON string with its quotes.</summary>
    public void TakeModel(ReadOnlySpan<byte> json)
    {
        if (ResponseModel is null && json.Length is > 2 and <= MaxModelBytes && json[0] == (byte)'"' && !json.Contains((byte)'\\'))
        {
            ResponseModel = Encoding.UTF8.GetString(json[1..^1]);
        }
    }

    /// <summary>The attempt is over.</summary>
    public void End(in AttemptResult result, long endNs) => (Error, Status, EndNs) = (result.Error, result.Status, endNs);
}
