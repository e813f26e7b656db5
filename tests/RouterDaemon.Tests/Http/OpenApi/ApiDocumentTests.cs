using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using RouterDaemon.Http;
using RouterDaemon.Http.OpenApi;
using RouterDaemon.Relay;
using Xunit;

namespace RouterDaemon.Tests.Http.OpenApi;

/// <summary>The document describes the route table, whole and nothing else, and is OpenAPI 3.1.</summary>
public sealed class ApiDocumentTests
{
    private static readonly string[] Methods = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];
    private static readonly IReadOnlyList<Route> Table = Routes.All(HeatTests.Nothing());
    private static readonly JsonObject Document = Write();

    [Fact]
    public void EveryRowIsDescribedAndEveryDescriptionHasARow() => Assert.Equal(
        Table.Select(r => $"{r.Method} {r.Path}").Order(StringComparer.Ordinal), RouteDocs.All.Keys.Order(StringComparer.Ordinal));

    [Fact]
    public void TheDocumentHoldsTheRowsOfTheTable()
    {
        var operations = Operations().Select(o => $"{o.Method.ToUpperInvariant()} {o.Path}").ToList();
        Assert.Equal(Table.Select(r => $"{r.Method} {r.Path}").Order(StringComparer.Ordinal), operations.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void RequiredMembersAreThere()
    {
        Assert.Matches(@"^3\.1\.\d+$", (string)Document["openapi"]!);
        Assert.All(["title", "version"], m => Assert.NotEmpty((string)Document["info"]![m]!));
        foreach (var (path, method, operation) in Operations())
        {
            Assert.StartsWith("/", path);
            Assert.Contains(method, Methods);
            Assert.NotEmpty((string)operation["summary"]!);
            var responses = operation["responses"]!.AsObject();
            Assert.Contains("default", responses);
            Assert.All(responses, r => Assert.True(r.Value!["$ref"] is not null || ((string)r.Value["description"]!).Length > 0));
            Assert.NotEmpty(responses["200"]!["content"]!.AsObject());
            foreach (JsonNode? parameter in operation["parameters"]!.AsArray())
                Assert.True(parameter!["$ref"] is not null || (parameter["name"] is not null && parameter["in"] is not null));
            Assert.Equal(path.Contains("{id}", StringComparison.Ordinal), operation["parameters"]!.AsArray().Any(p => (string?)p!["in"] == "path" && (bool)p["required"]!));
            Assert.All(operation["security"]!.AsArray().SelectMany(s => s!.AsObject()), s => Assert.NotNull(Document["components"]!["securitySchemes"]![s.Key]));
        }
    }

    [Fact]
    public void OperationIdsAreUnique()
    {
        string[] ids = [.. Operations().Select(o => (string)o.Operation["operationId"]!)];
        Assert.Equal(ids.Length, ids.Distinct().Count());
    }

    [Fact]
    public void EveryReferenceLeadsSomewhere()
    {
        var refs = new List<string>();
        Collect(Document, refs);
        Assert.True(refs.Count > 50);
        foreach (string reference in refs.Distinct())
        {
            JsonNode? node = Document;
            Assert.StartsWith("#/", reference);
            foreach (string part in reference[2..].Split('/'))
                node = node?[part];
            Assert.True(node is not null, reference);
        }
    }

    [Theory]
    [InlineData("/v1/chat/completions", "OpenAiError")]
    [InlineData("/v1/messages", "AnthropicError")]
    [InlineData("/api/chat", "OllamaError")]
    public void ErrorsHaveTheEnvelopeOfTheDialect(string path, string name)
    {
        Assert.Equal("#/components/responses/" + name, (string)Document["paths"]![path]!["post"]!["responses"]!["default"]!["$ref"]!);
        Assert.Equal("#/components/schemas/" + name, (string)Document["components"]!["responses"]![name]!["content"]!["application/json"]!["schema"]!["$ref"]!);
    }

    [Fact]
    public void EveryHintIsAParameterOfRoutedRequests()
    {
        Assert.Equal(RequestHints.HeaderNames.Order(StringComparer.Ordinal), RouteDocs.RequestHeaders.Select(h => h.Name).Order(StringComparer.Ordinal));
        Assert.Equal(RouteDocs.RequestHeaders.Count, Document["paths"]!["/v1/chat/completions"]!["post"]!["parameters"]!.AsArray().Count);
        Assert.Contains("x-routerd-reason", Document["paths"]!["/v1/chat/completions"]!["post"]!["responses"]!["200"]!["headers"]!.AsObject());
    }

    private static JsonObject Write()
    {
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output))
            new ApiDocument(json).Write(Table);
        return JsonNode.Parse(output.WrittenSpan, documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false })!.AsObject();
    }

    private static IEnumerable<(string Path, string Method, JsonObject Operation)> Operations() =>
        from path in Document["paths"]!.AsObject()
        from method in path.Value!.AsObject()
        select (path.Key, method.Key, method.Value!.AsObject());

    private static void Collect(JsonNode? node, List<string> refs)
    {
        if (node is JsonObject members)
        {
            foreach (var (name, value) in members)
            {
                if (name == "$ref")
                    refs.Add((string)value!);
                Collect(value, refs);
            }
        }
        else if (node is JsonArray items)
        {
            foreach (JsonNode? item in items)
                Collect(item, refs);
        }
    }
}
