// Drives the official Anthropic client against the daemon and prints what it saw as one JSON object.
import Anthropic from "@anthropic-ai/sdk";
import { answerSchema, baseURL, errorOf, model, onDevice, png, rest, weather } from "./shared.mjs";

const client = new Anthropic({ apiKey: "not-needed", baseURL, maxRetries: 0 });
const ask = (content, more = {}) => client.messages.create({ model, max_tokens: 64, temperature: 0, messages: [{ role: "user", content }], ...more });
const textOf = (message) => message.content.filter((b) => b.type === "text").map((b) => b.text).join("");
const seen = {};

const chat = await ask("What is 7 + 8?");
seen.chat = { text: textOf(chat), type: chat.type, role: chat.role, stop: chat.stop_reason, usage: chat.usage };

const stream = client.messages.stream({ model, max_tokens: 64, temperature: 0, system: [{ type: "text", text: "Be brief." }], messages: [{ role: "user", content: "Count to 10." }] });
seen.stream = { pieces: 0, types: [] };
for await (const event of stream) {
  if (event.type === "content_block_delta") seen.stream.pieces++;
  if (seen.stream.types.at(-1) !== event.type) seen.stream.types.push(event.type);
}
const final = await stream.finalMessage();
Object.assign(seen.stream, { text: textOf(final), stop: final.stop_reason, usage: final.usage });

seen.tokens = (await client.messages.countTokens({ model, messages: [{ role: "user", content: "How many tokens are these?" }] })).input_tokens;

seen.models = (await client.models.list()).data.map((m) => m.id);

seen.notFound = await errorOf(() => ask("hi", { model: "no-such-model" }));
seen.badRequest = await errorOf(() => client.messages.create({ model, max_tokens: 5, messages: [{ role: "robot", content: "hi" }] }));

const controller = new AbortController();
const aborted = await client.messages.create({ model, max_tokens: 500, stream: true, messages: [{ role: "user", content: onDevice ? "Tell me a story about a dragon." : "stall" }] }, { signal: controller.signal });
for await (const event of aborted) {
  if (event.type === "content_block_delta") {
    controller.abort();
    break;
  }
}
seen.aborted = true;

// A model of this size cannot be trusted to call: on the device it is told to, and its grammar holds it to the schema.
const caller = process.env.TOOLS;
const tools = [{ name: weather.name, description: weather.description, input_schema: weather.schema }];
const question = { role: "user", content: "Weather in Paris?" };
const first = await client.messages.stream({ model: caller, max_tokens: 200, temperature: 0, tools, tool_choice: { type: onDevice ? "any" : "auto" }, messages: [question] }).finalMessage();
const call = first.content.find((b) => b.type === "tool_use");
const second = await client.messages.create({
  model: caller, max_tokens: 64, temperature: 0, tools, tool_choice: { type: "none" },
  messages: [question, { role: "assistant", content: first.content }, { role: "user", content: [{ type: "tool_result", tool_use_id: call.id, content: "Sunny." }] }],
});
seen.tools = { stop: first.stop_reason, name: call.name, input: call.input, answer: textOf(second) };

const structured = await ask("An answer, please.", { output_config: { format: { type: "json_schema", schema: answerSchema } } });
seen.structured = JSON.parse(textOf(structured));

if (!onDevice) {
  const image = await ask([{ type: "image", source: { type: "base64", media_type: "image/png", data: png } }, { type: "text", text: "What is it?" }]);
  seen.image = textOf(image);

  const thinking = await client.messages.stream({ model, max_tokens: 4096, thinking: { type: "enabled", budget_tokens: 1024 }, messages: [{ role: "user", content: "Think." }] }).finalMessage();
  seen.thinking = thinking.content.find((b) => b.type === "thinking")?.thinking;

  seen.refused = await errorOf(() => ask("fail 400"));
  seen.torn = await errorOf(async () => { for await (const _ of await client.messages.create({ model, max_tokens: 64, stream: true, messages: [{ role: "user", content: "tear" }] })) { } });
  seen.rateLimited = await errorOf(() => ask("fail 429"));
  await rest();
}

console.log(JSON.stringify(seen));
