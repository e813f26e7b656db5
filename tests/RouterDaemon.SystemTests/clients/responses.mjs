// Drives OpenAI's Responses of the official client against the daemon and prints what it saw as one JSON object.
import OpenAI from "openai";
import { answerSchema, baseURL, errorOf, model, onDevice, png, rest, weather } from "./shared.mjs";

const client = new OpenAI({ apiKey: "not-needed", baseURL: `${baseURL}/v1`, maxRetries: 0 });
const seen = {};

const chat = await client.responses.create({ model, temperature: 0, instructions: "Be brief.", input: "What is 7 + 8?" });
seen.chat = { text: chat.output_text, status: chat.status, usage: chat.usage, instructions: chat.instructions };

seen.stream = { text: "", deltas: 0, types: [] };
for await (const event of await client.responses.create({ model, temperature: 0, stream: true, input: [{ role: "user", content: "Count to 10." }] })) {
  if (event.type === "response.output_text.delta") {
    seen.stream.deltas++;
    seen.stream.text += event.delta;
  }
  if (seen.stream.types.at(-1) !== event.type) seen.stream.types.push(event.type);
  if (event.type === "response.completed") seen.stream.final = event.response.output_text ?? event.response.output.at(-1).content[0].text;
}

const next = await client.responses.create({ model, temperature: 0, previous_response_id: chat.id, input: "And again: what is 7 + 8?" });
seen.next = { text: next.output_text, previous: next.previous_response_id === chat.id, moreInput: next.usage.input_tokens > chat.usage.input_tokens };
const again = await client.responses.retrieve(chat.id);
seen.again = { same: JSON.stringify(again.output) === JSON.stringify(chat.output), text: again.output_text, usage: again.usage.total_tokens === chat.usage.total_tokens };
await client.responses.delete(next.id);
seen.deleted = await errorOf(() => client.responses.retrieve(next.id));
seen.lost = await errorOf(() => client.responses.create({ model, previous_response_id: "resp_lost", input: "hi" }));
seen.notFound = await errorOf(() => client.responses.create({ model: "no-such-model", input: "hi" }));
seen.untranslatable = await errorOf(() => client.responses.create({ model, input: "hi", tools: [{ type: "web_search" }] }));

const controller = new AbortController();
for await (const event of await client.responses.create({ model, stream: true, input: onDevice ? "Tell me a story about a dragon." : "stall" }, { signal: controller.signal })) {
  if (event.type === "response.output_text.delta") {
    controller.abort();
    break;
  }
}
seen.aborted = true;

// A model of this size cannot be trusted to call: on the device it is told to, and its grammar holds it to the schema.
const caller = process.env.TOOLS;
const tools = [{ type: "function", name: weather.name, description: weather.description, parameters: weather.schema, strict: true }];
const events = client.responses.stream({ model: caller, tools, temperature: 0, tool_choice: onDevice ? "required" : "auto", input: "Weather in Paris?" });
const first = await events.finalResponse();
const call = first.output.find((o) => o.type === "function_call");
const second = await client.responses.create({ model: caller, tools, temperature: 0, tool_choice: "none", max_output_tokens: 64, previous_response_id: first.id, input: [{ type: "function_call_output", call_id: call.call_id, output: "Sunny." }] });
seen.tools = { name: call.name, arguments: JSON.parse(call.arguments), answer: second.output_text };

const structured = await client.responses.create({ model, temperature: 0, input: "An answer, please.", text: { format: { type: "json_schema", name: "answer", schema: answerSchema, strict: true } } });
seen.structured = JSON.parse(structured.output_text);

if (!onDevice) {
  const image = await client.responses.create({ model, input: [{ role: "user", content: [{ type: "input_image", image_url: `data:image/png;base64,${png}`, detail: "auto" }, { type: "input_text", text: "What is it?" }] }] });
  seen.image = image.output_text;

  const thinking = await client.responses.create({ model, reasoning: { effort: "low", summary: "auto" }, input: "Think." });
  seen.thinking = thinking.output.find((o) => o.type === "reasoning")?.summary[0]?.text;

  seen.refused = await errorOf(() => client.responses.create({ model, input: "fail 400" }));
  seen.torn = await errorOf(async () => { for await (const _ of await client.responses.create({ model, stream: true, input: "tear" })) { } });
  seen.rateLimited = await errorOf(() => client.responses.create({ model, input: "fail 429" }));
  await rest();
}

console.log(JSON.stringify(seen));
