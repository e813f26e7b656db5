// What the scripts of this folder share: the daemon's address, the model asked for, a tool, a schema, an image.
export const baseURL = process.env.BASE_URL;
export const model = process.env.MODEL;
export const onDevice = process.env.ON_DEVICE === "1";
export const png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
export const weather = {
  name: "get_weather",
  description: "The weather of a city",
  schema: { type: "object", properties: { city: { type: "string" } }, required: ["city"], additionalProperties: false },
};
export const answerSchema = {
  type: "object", properties: { answer: { type: "integer" } }, required: ["answer"], additionalProperties: false,
};

// After a 429 the router leaves the upstream alone for the second that it asked for.
export const rest = () => new Promise((resolve) => setTimeout(resolve, 1200));

// The class of the error that a call ends with, its status and its message.
export async function errorOf(call) {
  try {
    await call();
    return null;
  } catch (e) {
    return { type: e.constructor.name, status: e.status ?? e.status_code ?? e.statusCode ?? null, message: String(e.message) };
  }
}
