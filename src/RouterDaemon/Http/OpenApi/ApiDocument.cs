using System.Text.Json;

namespace RouterDaemon.Http.OpenApi;

/// <summary><c>GET /openapi.json</c>: the route table as an OpenAPI 3.1 document.</summary>
internal sealed class ApiDocument(Utf8JsonWriter json)
{
    private const string Json = "application/json";

    /// <summary>Answers with the document.</summary>
    public static ValueTask GetAsync(RequestContext context, IReadOnlyList<Route> routes) =>
        JsonAnswer.WriteAsync(context, 200, json => new ApiDocument(json).Write(routes));

    /// <summary>Writes the document.</summary>
    public void Write(IReadOnlyList<Route> routes)
    {
        json.WriteStartObject();
        json.WriteString("openapi", "3.1.0");
        json.WriteStartObject("info");
        json.WriteString("title", "RouterDaemon");
        json.WriteString("version", BuildInfo.Version);
        json.WriteString("description", "One endpoint in front of on-device models, llm-d clusters and providers. Bodies may hold further fields: they go on to the backend.");
        json.WriteEndObject();
        json.WriteStartObject("paths");
        for (var i = 0; i < routes.Count; i++)
        {
            WritePath(routes, i);
        }

        json.WriteEndObject();
        WriteComponents();
        json.WriteEndObject();
    }

    private static string ErrorOf(Dialect dialect) => dialect switch
    {
        Dialect.Anthropic => "AnthropicError",
        Dialect.Ollama => "OllamaError",
        _ => "OpenAiError",
    };

    private static string ParameterId(string header) => header.Replace("-", "", StringComparison.Ordinal);

    /// <summary>The path of a row with all its methods, at the first row that has it.</summary>
    private void WritePath(IReadOnlyList<Route> routes, int first)
    {
        for (var i = 0; i < first; i++)
        {
            if (routes[i].Path == routes[first].Path)
            {
                return;
            }
        }

        json.WriteStartObject(routes[first].Path);
        for (var i = first; i < routes.Count; i++)
        {
            if (routes[i].Path == routes[first].Path && RouteDocs.All.GetValueOrDefault($"{routes[i].Method} {routes[i].Path}") is { } doc)
            {
                WriteOperation(routes[i], doc);
            }
        }

        json.WriteEndObject();
    }

    private void WriteOperation(Route route, RouteDoc doc)
    {
        json.WriteStartObject(route.Method.ToLowerInvariant());
        json.WriteString("operationId", doc.Id);
        json.WriteString("summary", doc.Summary);
        WriteSecurity(route.Access);
        json.WriteStartArray("parameters");
        if (doc.Parameter is { } parameter)
        {
            json.WriteStartObject();
            json.WriteString("name", "id");
            json.WriteString("in", "path");
            json.WriteBoolean("required", true);
            json.WriteString("description", parameter);
            WriteStringSchema();
            json.WriteEndObject();
        }

        foreach (var (name, _) in doc.IsRouted ? RouteDocs.RequestHeaders : [])
        {
            WriteRef("parameters", ParameterId(name));
        }

        json.WriteEndArray();
        if (doc.Request is { } request)
        {
            json.WriteStartObject("requestBody");
            json.WriteBoolean("required", request.Contains('!', StringComparison.Ordinal));
            json.WriteStartObject("content");
            WriteContent(Json, request);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteStartObject("responses");
        json.WriteStartObject("200");
        json.WriteString("description", "Done.");
        json.WriteStartObject("headers");
        foreach (var (name, _) in RouteDocs.ResponseHeaders)
        {
            if (doc.IsRouted || name == "x-request-id")
            {
                json.WriteStartObject(name);
                json.WriteString("$ref", "#/components/headers/" + name);
                json.WriteEndObject();
            }
        }

        json.WriteEndObject();
        json.WriteStartObject("content");
        if (doc.Response is { } response)
        {
            WriteContent(Json, response);
        }

        if (doc.OtherContentType is { } other)
        {
            json.WriteStartObject(other);
            WriteStringSchema();
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteStartObject("default");
        json.WriteString("$ref", "#/components/responses/" + ErrorOf(route.Dialect));
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>Callers need a key once there are keys, administration once there is an admin key: until then nothing is needed.</summary>
    private void WriteSecurity(Access access)
    {
        json.WriteStartArray("security");
        if (access != Access.Open)
        {
            json.WriteStartObject();
            json.WriteEndObject();
            foreach (var scheme in new[] { "bearer", "apiKey" })
            {
                json.WriteStartObject();
                json.WriteStartArray(scheme);
                json.WriteEndArray();
                json.WriteEndObject();
            }
        }

        json.WriteEndArray();
    }

    private void WriteComponents()
    {
        json.WriteStartObject("components");
        json.WriteStartObject("securitySchemes");
        json.WriteStartObject("bearer");
        json.WriteString("type", "http");
        json.WriteString("scheme", "bearer");
        json.WriteEndObject();
        json.WriteStartObject("apiKey");
        json.WriteString("type", "apiKey");
        json.WriteString("in", "header");
        json.WriteString("name", "x-api-key");
        json.WriteEndObject();
        json.WriteEndObject();

        json.WriteStartObject("parameters");
        foreach (var (name, description) in RouteDocs.RequestHeaders)
        {
            json.WriteStartObject(ParameterId(name));
            json.WriteString("name", name);
            json.WriteString("in", "header");
            json.WriteString("description", description);
            WriteStringSchema();
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteStartObject("headers");
        foreach (var (name, description) in RouteDocs.ResponseHeaders)
        {
            json.WriteStartObject(name);
            json.WriteString("description", description);
            WriteStringSchema();
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteStartObject("responses");
        foreach (var dialect in new[] { Dialect.OpenAi, Dialect.Anthropic, Dialect.Ollama })
        {
            json.WriteStartObject(ErrorOf(dialect));
            json.WriteString("description", "Refused or failed.");
            json.WriteStartObject("content");
            json.WriteStartObject(Json);
            WriteRefMember("schema", "schemas", ErrorOf(dialect));
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteStartObject("schemas");
        WriteSchema("OpenAiError", "error:OpenAiErrorBody!");
        WriteSchema("OpenAiErrorBody", "message:string! type:string! param:any! code:any!");
        WriteSchema("AnthropicError", "type:string! error:AnthropicErrorBody!");
        WriteSchema("AnthropicErrorBody", "type:string! message:string!");
        WriteSchema("OllamaError", "error:string!");
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private void WriteContent(string mediaType, string fields)
    {
        json.WriteStartObject(mediaType);
        WriteSchema("schema", fields);
        json.WriteEndObject();
    }

    /// <summary>An object with these fields, see <see cref="RouteDoc.Request"/>; a type in capitals names another schema, "*" = anything.</summary>
    private void WriteSchema(string name, string fields)
    {
        json.WriteStartObject(name);
        if (fields == "*")
        {
            json.WriteEndObject();
            return;
        }

        var all = fields.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        json.WriteString("type", "object");
        json.WriteStartObject("properties");
        foreach (var field in all)
        {
            var colon = field.IndexOf(':', StringComparison.Ordinal);
            var type = field[(colon + 1)..].TrimEnd('!');
            if (char.IsUpper(type[0]))
            {
                WriteRefMember(field[..colon], "schemas", type);
                continue;
            }

            json.WriteStartObject(field[..colon]);
            if (type != "any")
            {
                json.WriteString("type", type);
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteStartArray("required");
        foreach (var field in all)
        {
            if (field[^1] == '!')
            {
                json.WriteStringValue(field.AsSpan(0, field.IndexOf(':', StringComparison.Ordinal)));
            }
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private void WriteStringSchema()
    {
        json.WriteStartObject("schema");
        json.WriteString("type", "string");
        json.WriteEndObject();
    }

    private void WriteRef(string kind, string name)
    {
        json.WriteStartObject();
        json.WriteString("$ref", $"#/components/{kind}/{name}");
        json.WriteEndObject();
    }

    private void WriteRefMember(string member, string kind, string name)
    {
        json.WritePropertyName(member);
        WriteRef(kind, name);
    }
}
