using System.Buffers;
using System.Runtime.CompilerServices;
using RouterDaemon.Backends;
using RouterDaemon.Core;
using RouterDaemon.Core.Fleet;
using RouterDaemon.Fleet;
using RouterDaemon.Relay;

namespace RouterDaemon.Inference;

/// <summary>Models for the daemon's own agents: through the router in this process, chosen, retried and recorded like any request.</summary>
internal sealed class RouterInference(InferenceRelay relay, FleetManager fleet, Clock clock) : IInference
{
    private readonly ulong _random = BitConverter.ToUInt64(Guid.NewGuid().ToByteArray(), 8);
    private ulong _count;

    /// <inheritdoc/>
    public bool HasToolModel
    {
        get
        {
            var now = clock.NowNs;
            foreach (var deployment in fleet.Current.Snapshot.Deployments)
            {
                if ((deployment.Capabilities & Capability.Tools) != 0 && !deployment.LastResort && deployment.State.UsableFromNs <= now)
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<InferenceEvent> ChatAsync(InferenceRequest request, [EnumeratorCancellation] CancellationToken cancellation)
    {
        // As the connections do: an odd multiplier walks over all 64-bit values without meeting one twice.
        var random = _random + (Interlocked.Increment(ref _count) * 0x9E3779B97F4A7C15UL);
        var exchange = new InProcessExchange("/v1/chat/completions", ChatBody.Write(request), clock.Time, random, cancellation);
        await using (exchange.ConfigureAwait(false))
        {
            var headers = exchange.Context.Http.Request.Headers;
            headers[ChatBody.ExplainHeader] = "1";
            if (ChatBody.MaxCost(request) is { } maxCost)
            {
                headers[ChatBody.MaxCostHeader] = maxCost;
            }

            exchange.Start(context => relay.RunAsync(context, Operation.Chat));
            await ThrowIfRefusedAsync(exchange, cancellation).ConfigureAwait(false);
            await foreach (var step in ChatEvents.ReadAsync(exchange.Answer, cancellation).ConfigureAwait(false))
            {
                yield return step;
            }
        }
    }

    private static async Task ThrowIfRefusedAsync(InProcessExchange exchange, CancellationToken cancellation)
    {
        var first = await exchange.Answer.ReadAsync(cancellation).ConfigureAwait(false);
        exchange.Answer.AdvanceTo(first.Buffer.Start);
        var status = exchange.Context.Http.Response.StatusCode;
        if (status == 200)
        {
            return;
        }

        var body = await exchange.Answer.ReadAtLeastAsync(int.MaxValue, cancellation).ConfigureAwait(false);
        throw new InferenceException(ChatEvents.ErrorOf(status, body.Buffer.ToArray()));
    }
}
