// Drives the official OpenAI client against the daemon named by BASE_URL and prints what it saw as one JSON object.
import OpenAI from "openai";

const client = new OpenAI({ apiKey: "not-needed", baseURL: `${process.env.BASE_URL}/v1`, maxRetries: 0 });
const seen = {};

const chat = await client.chat.completions.create({
  model: "auto",
  temperature: 0,
  messages: [{ role: "user", content: "What is 7 + 8?" }],
});
seen.chat = { text: chat.choices[0].message.content, finish: chat.choices[0].finish_reason, usage: chat.usage };

const stream = await client.chat.completions.create({
  model: "auto",
  temperature: 0,
  stream: true,
  stream_options: { include_usage: true },
  messages: [{ role: "user", content: "Count to 10." }],
});
seen.stream = { text: "", chunks: 0, usage: null };
for await (const chunk of stream) {
  seen.stream.chunks++;
  seen.stream.text += chunk.choices[0]?.delta?.content ?? "";
  seen.stream.usage = chunk.usage ?? seen.stream.usage;
}

seen.models = (await client.models.list()).data.map((m) => m.id);
seen.model = (await client.models.retrieve("tiny/local")).id;

try {
  await client.chat.completions.create({ model: "tinny", messages: [{ role: "user", content: "hi" }] });
} catch (e) {
  seen.notFound = { type: e.constructor.name, status: e.status, code: e.code, message: e.message };
}
try {
  await client.chat.completions.create({ model: "tiny", messages: "hi" });
} catch (e) {
  seen.badRequest = { type: e.constructor.name, status: e.status, param: e.param };
}

const controller = new AbortController();
const aborted = await client.chat.completions.create(
  { model: "tiny", stream: true, messages: [{ role: "user", content: "Tell me a story about a dragon." }] },
  { signal: controller.signal },
);
for await (const chunk of aborted) {
  if (chunk.choices[0]?.delta?.content) {
    controller.abort();
    break;
  }
}
seen.aborted = true;

console.log(JSON.stringify(seen));
