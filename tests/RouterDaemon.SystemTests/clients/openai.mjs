// Drives chat completions and embeddings of the official OpenAI client against the daemon and prints what it saw as one JSON object.
import OpenAI from "openai";
import { answerSchema, baseURL, errorOf, model, onDevice, png, rest, weather } from "./shared.mjs";

const client = new OpenAI({ apiKey: "not-needed", baseURL: `${baseURL}/v1`, maxRetries: 0 });
const ask = (content, more = {}) => client.chat.completions.create({ model, temperature: 0, messages: [{ role: "user", content }], ...more });
const textOf = (completion) => completion.choices[0].message.content;
const seen = {};

const chat = await ask("What is 7 + 8?");
seen.chat = { text: textOf(chat), finish: chat.choices[0].finish_reason, usage: chat.usage };

seen.stream = { text: "", chunks: 0, usage: null };
for await (const chunk of await ask("Count to 10.", { stream: true, stream_options: { include_usage: true } })) {
  seen.stream.chunks++;
  seen.stream.text += chunk.choices[0]?.delta?.content ?? "";
  seen.stream.usage = chunk.usage ?? seen.stream.usage;
}

seen.models = (await client.models.list()).data.map((m) => m.id);
seen.model = (await client.models.retrieve(model)).id;
seen.notFound = await errorOf(() => ask("hi", { model: "no-such-model" }));
seen.badRequest = await errorOf(() => client.chat.completions.create({ model, messages: "hi" }));

const controller = new AbortController();
const stream = await client.chat.completions.create(
  { model, stream: true, messages: [{ role: "user", content: onDevice ? "Tell me a story about a dragon." : "stall" }] }, { signal: controller.signal });
for await (const chunk of stream) {
  if (chunk.choices[0]?.delta?.content) {
    controller.abort();
    break;
  }
}
seen.aborted = true;

// A model of this size cannot be trusted to call: on the device it is told to, and its grammar holds it to the schema.
const caller = process.env.TOOLS;
const tools = [{ type: "function", function: { name: weather.name, description: weather.description, parameters: weather.schema, strict: true } }];
const question = { role: "user", content: "Weather in Paris?" };
const first = await client.chat.completions.stream({ model: caller, tools, temperature: 0, tool_choice: onDevice ? "required" : "auto", messages: [question] }).finalChatCompletion();
const call = first.choices[0].message.tool_calls[0];
const second = await client.chat.completions.create({
  model: caller, tools, temperature: 0, max_tokens: 40, tool_choice: "none",
  messages: [question, first.choices[0].message, { role: "tool", tool_call_id: call.id, content: "Sunny." }],
});
seen.tools = { finish: first.choices[0].finish_reason, name: call.function.name, arguments: JSON.parse(call.function.arguments), answer: textOf(second) };

const structured = await ask("An answer, please.", { response_format: { type: "json_schema", json_schema: { name: "answer", strict: true, schema: answerSchema } } });
seen.structured = JSON.parse(textOf(structured));

if (process.env.EMBEDDINGS) {
  const embedded = await client.embeddings.create({ model: process.env.EMBEDDINGS, input: ["a"] });
  seen.embeddings = { count: embedded.data.length, vector: embedded.data[0].embedding };
}

if (!onDevice) {
  seen.image = textOf(await ask([{ type: "image_url", image_url: { url: `data:image/png;base64,${png}` } }, { type: "text", text: "What is it?" }]));
  seen.thinking = (await ask("Think.", { reasoning_effort: "low" })).choices[0].message.reasoning_content;
  seen.refused = await errorOf(() => ask("fail 400"));
  seen.torn = await errorOf(async () => { for await (const _ of await ask("tear", { stream: true })) { } });
  seen.rateLimited = await errorOf(() => ask("fail 429"));
  await rest();
}

console.log(JSON.stringify(seen));
