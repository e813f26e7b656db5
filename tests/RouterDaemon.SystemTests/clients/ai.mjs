// Drives the AI SDK with its OpenAI-compatible, OpenAI (Responses) and Anthropic providers against the daemon.
import { createAnthropic } from "@ai-sdk/anthropic";
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { embed, generateText, jsonSchema, Output, stepCountIs, streamText, tool } from "ai";
import { answerSchema, baseURL, errorOf, model, png, weather } from "./shared.mjs";

globalThis.AI_SDK_LOG_WARNINGS = false;
const compatible = createOpenAICompatible({ name: "routerd", baseURL: `${baseURL}/v1`, includeUsage: true, supportsStructuredOutputs: true });
const providers = {
  compatible: compatible.chatModel(model),
  responses: createOpenAI({ apiKey: "not-needed", baseURL: `${baseURL}/v1` }).responses(model),
  anthropic: createAnthropic({ apiKey: "not-needed", baseURL: `${baseURL}/v1` })(model),
};
const seen = {};
for (const [name, languageModel] of Object.entries(providers)) {
  const chat = await generateText({ model: languageModel, prompt: "Hello", maxRetries: 0 });
  const streamed = streamText({ model: languageModel, prompt: "Hello", maxRetries: 0 });
  let text = "";
  for await (const piece of streamed.textStream) text += piece;
  const tools = await generateText({
    model: languageModel, prompt: "Weather in Paris?", maxRetries: 0, stopWhen: stepCountIs(3),
    tools: { [weather.name]: tool({ description: weather.description, inputSchema: jsonSchema(weather.schema), execute: async ({ city }) => `Sunny in ${city}.` }) },
  });
  const structured = await generateText({ model: languageModel, prompt: "An answer, please.", maxRetries: 0, experimental_output: Output.object({ schema: jsonSchema(answerSchema) }) });
  const image = await generateText({ model: languageModel, maxRetries: 0, messages: [{ role: "user", content: [{ type: "image", image: Buffer.from(png, "base64") }, { type: "text", text: "What is it?" }] }] });
  const missing = await errorOf(() => generateText({ model: languageModel, prompt: "fail 400", maxRetries: 0 }));
  seen[name] = { chat: chat.text, finish: chat.finishReason, usage: chat.usage.outputTokens, stream: text, tools: tools.text, steps: tools.steps.length, structured: structured.experimental_output, image: image.text, refused: missing };
}
if (process.env.EMBEDDINGS) seen.embedding = (await embed({ model: compatible.embeddingModel(process.env.EMBEDDINGS), value: "a", maxRetries: 0 })).embedding;
console.log(JSON.stringify(seen));
