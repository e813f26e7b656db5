using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using RouterDaemon.Config;
using RouterDaemon.Http;
using RouterDaemon.Store;

namespace RouterDaemon.Cli;

/// <summary><c>routerd keys create | list | revoke</c>: through the running daemon, or straight into its files while none runs.</summary>
internal static class KeysVerb
{
    public static Command Create(CliHost host) => new("keys", "API keys: who may use this daemon, and how much.") { Make(host), List(host), Revoke(host) };

    private static Command Make(CliHost host)
    {
        var json = GlobalOptions.Json();
        var name = new Argument<string>("NAME") { Description = "What to call the key." };
        var user = Text("--user", "ID", "User of the context store; default the key's name.");
        var tier = Text("--tier", "TIER", "The user's tier: premium, standard or budget.");
        var expires = Text("--expires-in", "TIME", "When it ends, e.g. 30d; default never.");
        var models = Text("--models", "A,B", "Models that may be asked for, * for any characters; default all.");
        var privacy = Text("--privacy", "LEVEL", "Least trust level of a deployment: device, private or public.");
        var day = new Option<double?>("--budget-per-day") { Description = "USD a UTC day.", HelpName = "USD" };
        var month = new Option<double?>("--budget-per-month") { Description = "USD a UTC month.", HelpName = "USD" };
        var userDay = new Option<double?>("--user-budget-per-day") { Description = "USD a UTC day for all keys of the user.", HelpName = "USD" };
        var requests = Count("--requests-per-minute", "Requests in any 60 s.");
        var tokens = Count("--tokens-per-minute", "Prompt and answer tokens in any 60 s.");
        var parallel = Count("--max-parallel", "Requests at once.");
        var command = new Command("create", "Make a key. It is shown once and stored as a hash.")
        {
            name, user, tier, expires, models, privacy, day, month, userDay, requests, tokens, parallel, json,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            var limits = new JsonObject();
            Set(limits, "requests_per_minute", parsed.GetValue(requests));
            Set(limits, "tokens_per_minute", parsed.GetValue(tokens));
            Set(limits, "max_parallel", parsed.GetValue(parallel));
            Set(limits, "budget_usd_per_day", parsed.GetValue(day));
            Set(limits, "budget_usd_per_month", parsed.GetValue(month));
            Set(limits, "privacy", parsed.GetValue(privacy));
            if (parsed.GetValue(models) is { } list)
            {
                var names = new JsonArray();
                foreach (var one in list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
                {
                    names.Add((JsonNode)JsonValue.Create(one));
                }

                limits["models"] = names;
            }

            var body = new JsonObject { ["name"] = parsed.GetValue(name), ["limits"] = limits };
            Set(body, "user", parsed.GetValue(user));
            Set(body, "tier", parsed.GetValue(tier));
            Set(body, "expires_in", parsed.GetValue(expires));
            Set(body, "daily_budget_usd", parsed.GetValue(userDay));
            return await RunAsync(host, parsed, body.ToJsonString(), null, parsed.GetValue(json), answer =>
            {
                host.Out.WriteLine(answer.GetProperty("key").GetString());
                host.Error.WriteLine($"routerd: {answer.GetProperty("id").GetString()} for user {answer.GetProperty("user").GetString()}; the key is not shown again");
            }, cancellation).ConfigureAwait(false);
        });
        return command;
    }

    private static Command List(CliHost host)
    {
        var json = GlobalOptions.Json();
        var command = new Command("list", "Every key with its limits, never its text.") { json };
        command.SetAction((parsed, cancellation) => RunAsync(host, parsed, null, null, parsed.GetValue(json), answer =>
        {
            var table = new CliTable("id", "prefix", "name", "user", "tier", "state", "last used", "limits");
            foreach (var key in answer.GetProperty("keys").EnumerateArray())
            {
                var state = key.GetProperty("state").GetString()!;
                table.Add(
                    (Of(key, "id"), Tone.Plain), (Of(key, "prefix") + "...", Tone.Dim), (Of(key, "name"), Tone.Plain), (Of(key, "user"), Tone.Plain),
                    (Of(key, "tier"), Tone.Plain), (state, state == "live" ? Tone.Good : Tone.Dim), (Of(key, "last_used_at"), Tone.Dim),
                    (Short(key.GetProperty("limits")), Tone.Plain));
            }

            table.Write(host);
        }, cancellation));
        return command;
    }

    private static Command Revoke(CliHost host)
    {
        var json = GlobalOptions.Json();
        var id = new Argument<string>("ID") { Description = "Id of the key, as listed." };
        var command = new Command("revoke", "End a key at once.") { id, json };
        command.SetAction((parsed, cancellation) => RunAsync(
            host, parsed, null, parsed.GetValue(id)!, parsed.GetValue(json),
            answer => host.Error.WriteLine($"routerd: {Of(answer, "id")} is revoked"), cancellation));
        return command;
    }

    private static async Task<int> RunAsync(
        CliHost host, ParseResult parsed, string? body, string? revokeId, bool asJson, Action<JsonElement> show, CancellationToken cancellation)
    {
        if (host.Load(parsed.GetValue(GlobalOptions.Config), out _) is not { } loaded)
        {
            return ExitCode.BadConfiguration;
        }

        byte[] answer;
        try
        {
            answer = await SendAsync(loaded.Config, body, revokeId, cancellation).ConfigureAwait(false);
        }
        catch (ApiException e)
        {
            await host.Error.WriteLineAsync($"routerd: {e.Error.Message}").ConfigureAwait(false);
            return e.Error.Status == 400 ? ExitCode.WrongUsage : ExitCode.Failed;
        }
        catch (StoreException e)
        {
            await host.Error.WriteLineAsync($"routerd: {e.Message}").ConfigureAwait(false);
            return ExitCode.Failed;
        }

        if (asJson)
        {
            await host.Out.WriteLineAsync(Encoding.UTF8.GetString(answer)).ConfigureAwait(false);
            return ExitCode.Done;
        }

        using var document = JsonDocument.Parse(answer);
        show(document.RootElement);
        return ExitCode.Done;
    }

    /// <summary>The daemon owns its files while it runs.</summary>
    /// <exception cref="ApiException">The daemon refused.</exception>
    private static async Task<byte[]> SendAsync(RouterdConfig config, string? body, string? revokeId, CancellationToken cancellation)
    {
        var method = body is not null ? HttpMethod.Post : revokeId is not null ? HttpMethod.Delete : HttpMethod.Get;
        var path = revokeId is null ? "/admin/keys" : "/admin/keys/" + Uri.EscapeDataString(revokeId);
        using var daemon = new DaemonClient(config, null);
        (HttpStatusCode Status, byte[] Body) answer;
        try
        {
            answer = await daemon.SendAsync(method, path, body, cancellation).ConfigureAwait(false);
        }
        catch (IOException)
        {
            return await LocalKeys.SendAsync(config, body, revokeId).ConfigureAwait(false);
        }

        if ((int)answer.Status < 400)
        {
            return answer.Body;
        }

        using var document = JsonDocument.Parse(answer.Body);
        throw new ApiException(new ApiError((int)answer.Status, "", null, document.RootElement.GetProperty("error").GetProperty("message").GetString() ?? ""));
    }

    private static string Short(JsonElement limits)
    {
        var text = new StringBuilder();
        foreach (var limit in limits.EnumerateObject())
        {
            text.Append(text.Length > 0 ? ", " : "").Append(limit.Name).Append(' ').Append(limit.Value.GetRawText());
        }

        return text.Length > 0 ? text.ToString() : "none";
    }

    private static string Of(JsonElement json, string name) => json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    private static void Set(JsonObject json, string name, string? value)
    {
        if (value is not null)
        {
            json[name] = value;
        }
    }

    private static void Set(JsonObject json, string name, double? value)
    {
        if (value is { } number)
        {
            json[name] = number;
        }
    }

    private static Option<string?> Text(string name, string help, string description) => new(name) { Description = description, HelpName = help };

    private static Option<int?> Count(string name, string description)
    {
        var option = new Option<int?>(name) { Description = description, HelpName = "N" };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var text }] && (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number < 1))
            {
                result.AddError($"{name}: '{text}' is not a whole number from 1 on.");
            }
        });
        return option;
    }
}
