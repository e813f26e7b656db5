using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using RouterDaemon.Config;
using RouterDaemon.Config.Schema;
using RouterDaemon.Fleet;
using RouterDaemon.Http.Admin;

namespace RouterDaemon.Http.LocalAgent;

/// <summary><c>POST /register</c> and <c>/heartbeat</c>: remote agents join and stay. Off without a shared secret.</summary>
internal sealed class Registration(FleetManager fleet, JoinedAgents agents)
{
    /// <summary>
    /// Body: <c>{"name", "endpoint", "models": [...], "api_key"}</c>; without models the agent's <c>/v1/models</c> is asked, and
    /// the key, which is kept in memory alone, is what the agent wants to see.
    /// </summary>
    public async ValueTask RegisterAsync(RequestContext context)
    {
        CheckSecret(context, "/register");
        using var body = await AdminBody.ReadAsync(context).ConfigureAwait(false);
        var name = Name(body.RootElement);
        if (HttpUrlType.TryParse(AdminBody.Text(body.RootElement, "endpoint", 2048) ?? "", out var endpoint) is not null)
        {
            throw Bad("endpoint", "must be an http or https URL without password, query and fragment");
        }

        var models = Models(body.RootElement);
        foreach (var backend in fleet.Current.Config.Backends)
        {
            if (backend.Id == name)
            {
                throw new ApiException(new ApiError(409, "invalid_request_error", "name_taken", $"\"{name}\" is a backend of the configuration; an agent cannot stand in for it.", "name"));
            }
        }

        var key = AdminBody.Text(body.RootElement, "api_key", 1024);
        if (!agents.Register(name, endpoint, models, key is null ? null : new Secret(key)))
        {
            throw new ApiException(ApiError.TooManyRequests($"There are {JoinedAgents.MaxAgents} agents, and no more are taken.", JoinedAgents.HeartbeatPeriod));
        }

        await OkAsync(context).ConfigureAwait(false);
    }

    /// <summary>Body: <c>{"name"}</c>. 404 tells an agent that was dropped to register again.</summary>
    public async ValueTask HeartbeatAsync(RequestContext context)
    {
        CheckSecret(context, "/heartbeat");
        using var body = await AdminBody.ReadAsync(context).ConfigureAwait(false);
        var name = Name(body.RootElement);
        if (!agents.Beat(name))
        {
            throw new ApiException(new ApiError(404, "invalid_request_error", "not_registered", $"There is no agent \"{name}\": register again.", "name"));
        }

        await OkAsync(context).ConfigureAwait(false);
    }

    private void CheckSecret(RequestContext context, string path)
    {
        if (fleet.Current.Config.Registration.Secret is not { } secret)
        {
            throw new ApiException(ApiError.NotFound(path));
        }

        var given = context.Http.Request.Headers.Authorization.ToString();
        given = given.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? given[7..].Trim() : "";
        if (!CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), Encoding.UTF8.GetBytes(secret.Reveal())))
        {
            throw new ApiException(ApiError.Unauthorized("This route wants the shared secret: send it as \"Authorization: Bearer ...\"."));
        }
    }

    private static string Name(JsonElement body)
    {
        var name = AdminBody.Text(body, "name", Names.MaxLength) ?? throw Bad("name", "is missing");
        return Names.CheckBackend(name) is null ? name : throw Bad("name", "takes letters, digits, \"-\", \"_\" and \".\" only, and is not \"local\"");
    }

    private static List<string> Models(JsonElement body)
    {
        var models = new List<string>();
        if (!body.TryGetProperty("models", out var list) || list.ValueKind == JsonValueKind.Null)
        {
            return models;
        }

        if (list.ValueKind != JsonValueKind.Array || list.GetArrayLength() > JoinedAgents.MaxModels)
        {
            throw Bad("models", $"must be a list of at most {JoinedAgents.MaxModels} names");
        }

        foreach (var model in list.EnumerateArray())
        {
            if (model.ValueKind != JsonValueKind.String || Names.CheckModel(model.GetString()!) is not null)
            {
                throw Bad("models", "must hold names without spaces");
            }

            if (!models.Contains(model.GetString()!))
            {
                models.Add(model.GetString()!);
            }
        }

        return models;
    }

    private static ValueTask OkAsync(RequestContext context) => JsonAnswer.WriteAsync(context, 200, static json =>
    {
        json.WriteStartObject();
        json.WriteString("status", "ok");
        json.WriteEndObject();
    });

    private static ApiException Bad(string field, string what) => new(ApiError.BadRequest($"\"{field}\" {what}.", field, "invalid_value"));
}
