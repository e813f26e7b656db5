// Drives the official Ollama client against the daemon and prints what it saw as one JSON object.
import { Ollama } from "ollama";
import { answerSchema, baseURL, errorOf, model, onDevice, png, weather } from "./shared.mjs";

const client = new Ollama({ host: baseURL });
const ask = (content, more = {}) => client.chat({ model, messages: [{ role: "user", content }], options: { temperature: 0 }, ...more });
const seen = {};

const chat = await ask("What is 7 + 8?");
seen.chat = { text: chat.message.content, done: chat.done, reason: chat.done_reason, counts: chat.prompt_eval_count > 0 && chat.eval_count > 0, duration: chat.total_duration };

seen.stream = { text: "", pieces: 0 };
for await (const part of await ask("Count to 10.", { stream: true })) {
  seen.stream.text += part.message.content;
  seen.stream.pieces++;
  seen.stream.done = part.done;
}

seen.generate = (await client.generate({ model, prompt: "What is 7 + 8?", system: "Be brief.", options: { temperature: 0 } })).response;
seen.generateStream = "";
for await (const part of await client.generate({ model, prompt: "What is 7 + 8?", stream: true, options: { temperature: 0 } })) seen.generateStream += part.response;

seen.version = (await client.version()).version;
seen.list = (await client.list()).models.map((m) => m.name);
seen.ps = (await client.ps()).models.map((m) => m.name);
const show = await client.show({ model });
seen.show = { capabilities: show.capabilities, family: show.details.family };
seen.load = (await client.generate({ model, prompt: "" })).done_reason;
seen.notFound = await errorOf(() => ask("hi", { model: "no-such-model" }));

const aborting = await client.chat({ model, stream: true, messages: [{ role: "user", content: onDevice ? "Tell me a story about a dragon." : "stall" }] });
try {
  for await (const part of aborting) if (part.message.content) aborting.abort();
} catch (e) {
  seen.aborted = e.name;
}

seen.structured = JSON.parse((await ask("An answer, please.", { format: answerSchema })).message.content);

if (!onDevice) {
  const tools = [{ type: "function", function: { name: weather.name, description: weather.description, parameters: weather.schema } }];
  const question = { role: "user", content: "Weather in Paris?" };
  let call, content = "";
  for await (const part of await client.chat({ model, stream: true, tools, messages: [question] })) {
    content += part.message.content;
    call = part.message.tool_calls?.[0] ?? call;
  }
  const second = await client.chat({ model, tools, messages: [question, { role: "assistant", content, tool_calls: [call] }, { role: "tool", tool_name: call.function.name, content: "Sunny." }] });
  seen.tools = { name: call.function.name, arguments: call.function.arguments, answer: second.message.content };

  seen.image = (await client.chat({ model, messages: [{ role: "user", content: "What is it?", images: [png] }] })).message.content;
  seen.thinking = (await ask("Think.", { think: "low" })).message.thinking;
  seen.refused = await errorOf(() => ask("fail 400"));
  seen.torn = await errorOf(async () => { for await (const _ of await ask("tear", { stream: true })) { } });
}
if (process.env.EMBEDDINGS) seen.embeddings = (await client.embed({ model: process.env.EMBEDDINGS, input: ["a"] })).embeddings;

console.log(JSON.stringify(seen));
