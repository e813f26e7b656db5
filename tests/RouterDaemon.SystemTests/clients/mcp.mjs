// Drives the official MCP client over the transport that argv names; the calls come as JSON in CALLS. Prints what it saw as one JSON object.
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

const transport = process.argv[2] === "http"
  ? new StreamableHTTPClientTransport(new URL(`${process.env.BASE_URL}/mcp`))
  : new StdioClientTransport({ command: process.env.ROUTERD, args: ["mcp"], env: { ...process.env } });
const client = new Client({ name: "routerd-tests", version: "1.0.0" });
await client.connect(transport);

const seen = { server: client.getServerVersion().name, tools: (await client.listTools()).tools.map((t) => t.name), results: {} };
for (const [name, args] of Object.entries(JSON.parse(process.env.CALLS))) {
  const result = await client.callTool({ name, arguments: args });
  seen.results[name] = { isError: result.isError, value: result.structuredContent, same: JSON.stringify(JSON.parse(result.content[0].text)) === JSON.stringify(result.structuredContent) };
}
seen.missing = (await client.callTool({ name: "get_user_context", arguments: { user_id: "nobody" } })).structuredContent.code;
try {
  await client.callTool({ name: "no_such_tool", arguments: {} });
} catch (e) {
  seen.unknown = e.code;
}
await client.close();
console.log(JSON.stringify(seen));
