using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using RouterDaemon.Agents.Planning;
using RouterDaemon.Agents.Tools;
using RouterDaemon.Core;

namespace RouterDaemon.Agents.Loop;

/// <summary>
/// Answers questions about the router from its context store: a model that calls the registry's tools, bounded in steps, time and
/// money; the deterministic planner when no tool-capable model is at hand or it fails.
/// </summary>
public sealed class ContextAgent(ToolRegistry registry, IInference? inference, TimeProvider time, AgentOptions? options = null)
{
    private const string Instructions =
        "You answer questions about an LLM inference router from its statistics. Use the tools; never guess figures. Be concise. "
        + "Cite what the answer rests on: deployment ids, request ids, incident ids, with their figures. "
        + "When a tool answers an error, say its message and code.";

    // A long list of rows would fill a small model's context.
    private const int MaxResultCharacters = 24_000;

    private readonly AgentOptions _options = options ?? new AgentOptions();

    /// <summary>Every step as it happens; the last event is the answer. Only a cancellation is thrown.</summary>
    public async IAsyncEnumerable<AgentEvent> AskAsync(string question, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        if (_options.PlannerOnly || inference is not { HasToolModel: true })
        {
            yield return Note("No tool-capable model is used: a fixed planner picks the tools and writes the answer from their rows.");
            await foreach (var step in PlanAsync(question, cancellation).ConfigureAwait(false))
            {
                yield return step;
            }

            yield break;
        }

        using var timeout = new CancellationTokenSource(_options.Timeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timeout.Token);
        var messages = new JsonArray(Message("system", Instructions), Message("user", question));
        var evidence = new Evidence();
        var cost = 0.0;
        for (var step = 0; step < _options.MaxSteps; step++)
        {
            var (turn, failure) = await CompleteAsync(messages, _options.MaxCostUsd - cost, linked.Token, cancellation).ConfigureAwait(false);
            if (failure is not null)
            {
                yield return Note($"The model could not answer ({failure}); the fixed planner takes over.");
                await foreach (var planned in PlanAsync(question, cancellation).ConfigureAwait(false))
                {
                    yield return planned;
                }

                yield break;
            }

            cost += turn.CostUsd;
            if (turn.Calls.Count == 0)
            {
                yield return Answer(turn.Text, turn.Deployment, cost, evidence);
                yield break;
            }

            if (cost >= _options.MaxCostUsd)
            {
                yield return Answer($"Stopped: the answer cost {cost:0.####} USD already, the limit is {_options.MaxCostUsd:0.####} USD.", turn.Deployment, cost, evidence);
                yield break;
            }

            messages.Add((JsonNode)AssistantMessage(turn));
            foreach (var call in turn.Calls)
            {
                yield return new AgentEvent(AgentEventKind.ToolCall) { Tool = call.ToolName, Data = ParseObject(call.ArgumentsJson) };
                var result = await InvokeAsync(call, cancellation).ConfigureAwait(false);
                evidence.Add(call.ToolName, result);
                yield return new AgentEvent(AgentEventKind.ToolResult) { Tool = call.ToolName, Data = result };
                messages.Add((JsonNode)new JsonObject { ["role"] = "tool", ["tool_call_id"] = call.ToolCallId, ["content"] = Shorten(result) });
            }
        }

        yield return Answer($"Stopped: no answer after {_options.MaxSteps} steps (max steps reached).", "", cost, evidence);
    }

    private async IAsyncEnumerable<AgentEvent> PlanAsync(string question, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var status = await registry.InvokeAsync("get_deployment_status", default, cancellation).ConfigureAwait(false);
        var plan = Planner.Plan(question, status);
        var results = new List<JsonObject>();
        var evidence = new Evidence();
        foreach (var call in plan.Calls)
        {
            yield return new AgentEvent(AgentEventKind.ToolCall) { Tool = call.Tool, Data = call.Arguments };
            var result = await registry.InvokeAsync(call.Tool, ToElement(call.Arguments), cancellation).ConfigureAwait(false);
            results.Add(result);
            evidence.Add(call.Tool, result);
            yield return new AgentEvent(AgentEventKind.ToolResult) { Tool = call.Tool, Data = result };
            if (call.Tool == "generate_sql" && !ToolRegistry.IsError(result))
            {
                var run = new JsonObject { ["sql"] = result["sql"]!.DeepClone(), ["params"] = result["params"]!.DeepClone() };
                yield return new AgentEvent(AgentEventKind.ToolCall) { Tool = "run_sql", Data = run };
                var rows = await registry.InvokeAsync("run_sql", ToElement(run), cancellation).ConfigureAwait(false);
                results.Add(rows);
                evidence.Add("run_sql", rows);
                yield return new AgentEvent(AgentEventKind.ToolResult) { Tool = "run_sql", Data = rows };
            }
        }

        yield return Answer(AnswerWriter.Write(plan, results), "planner", 0, evidence);
    }

    private async Task<(Turn Turn, string? Failure)> CompleteAsync(JsonArray messages, double budgetUsd, CancellationToken bounded, CancellationToken callers)
    {
        var turn = new Turn();
        var text = new StringBuilder();
        try
        {
            var request = new InferenceRequest
            {
                Model = _options.Model,
                MessagesJson = messages.ToJsonString(),
                ToolsJson = registry.Definitions.ToJsonString(),
                MaxCostUsd = budgetUsd,
            };
            await foreach (var step in inference!.ChatAsync(request, bounded).ConfigureAwait(false))
            {
                text.Append(step.Text);
                if (step.Kind == InferenceEventKind.ToolCall)
                {
                    turn.Calls.Add(step);
                }
                else if (step.Kind == InferenceEventKind.Finished)
                {
                    turn.CostUsd += step.CostUsd;
                    turn.Deployment = step.Deployment;
                }
            }
        }
        catch (InferenceException e)
        {
            return (turn, e.Message);
        }
        catch (OperationCanceledException) when (!callers.IsCancellationRequested)
        {
            return (turn, $"no answer within {_options.Timeout.TotalSeconds:0} s");
        }

        turn.Text = text.ToString();
        return (turn, turn.Calls.Count == 0 && string.IsNullOrWhiteSpace(turn.Text) ? "it said nothing" : null);
    }

    private async Task<JsonObject> InvokeAsync(InferenceEvent call, CancellationToken cancellation)
    {
        if (ToolRegistry.Find(call.ToolName) is null)
        {
            return new JsonObject { ["error"] = "unknown_tool" };
        }

        try
        {
            using var arguments = JsonDocument.Parse(string.IsNullOrWhiteSpace(call.ArgumentsJson) ? "{}" : call.ArgumentsJson);
            return await registry.InvokeAsync(call.ToolName, arguments.RootElement, cancellation).ConfigureAwait(false);
        }
        catch (JsonException e)
        {
            return ToolRegistry.Envelope(new(Store.Context.ContextErrorCode.InvalidParameter, $"Arguments are not JSON: {e.Message}"));
        }
    }

    private static JsonObject AssistantMessage(Turn turn) => new()
    {
        ["role"] = "assistant",
        ["content"] = turn.Text,
        ["tool_calls"] = new JsonArray([.. turn.Calls.Select(call => (JsonNode)new JsonObject
        {
            ["id"] = call.ToolCallId,
            ["type"] = "function",
            ["function"] = new JsonObject { ["name"] = call.ToolName, ["arguments"] = call.ArgumentsJson },
        })]),
    };

    private static string Shorten(JsonObject result)
    {
        var text = CompactText.Of(result);
        return text.Length <= MaxResultCharacters ? text : text[..MaxResultCharacters] + "… (cut, ask for fewer rows)";
    }

    private static JsonObject? ParseObject(string json)
    {
        try
        {
            return JsonNode.Parse(json) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static JsonElement ToElement(JsonObject value)
    {
        using var document = JsonDocument.Parse(value.ToJsonString());
        return document.RootElement.Clone();
    }

    private static JsonObject Message(string role, string content) => new() { ["role"] = role, ["content"] = content };

    private static AgentEvent Note(string text) => new(AgentEventKind.Note) { Text = text };

    private static AgentEvent Answer(string text, string by, double cost, Evidence evidence) =>
        new(AgentEventKind.Answer) { Text = text, By = by, CostUsd = cost, Rows = evidence.CitedBy(text) };

    private sealed class Turn
    {
        public List<InferenceEvent> Calls { get; } = [];

        public string Text { get; set; } = "";

        public string Deployment { get; set; } = "";

        public double CostUsd { get; set; }
    }
}
