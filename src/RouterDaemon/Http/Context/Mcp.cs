using RouterDaemon.Agents.Mcp;

namespace RouterDaemon.Http.Context;

/// <summary>
/// <c>POST /mcp</c>: MCP's streamable HTTP. Every request stands alone: there are no sessions to delete and no stream that a GET could open, so
/// those methods get 405, as the protocol has it for such servers.
/// </summary>
internal sealed class Mcp(McpServer server)
{
    private const long MaxBodyBytes = McpStdio.MaxMessageBytes;

    public async ValueTask PostAsync(RequestContext context)
    {
        using var body = await RequestBody.ReadAsync(context, MaxBodyBytes).ConfigureAwait(false);
        var headers = context.Http.Request.Headers;
        var answer = await server.AnswerAsync(
            body.Memory,
            new McpHeaders(One(headers["MCP-Protocol-Version"]), One(headers["Mcp-Method"]), One(headers["Mcp-Name"])),
            context.Http.RequestAborted).ConfigureAwait(false);
        if (answer.Body is { } json)
        {
            await JsonAnswer.WriteAsync(context, answer.HttpStatus, writer => json.WriteTo(writer)).ConfigureAwait(false);
            return;
        }

        context.Http.Response.StatusCode = answer.HttpStatus;
        context.Http.Response.ContentLength = 0;
    }

    private static string? One(Microsoft.Extensions.Primitives.StringValues values) => values.Count == 0 ? null : values.ToString();
}
