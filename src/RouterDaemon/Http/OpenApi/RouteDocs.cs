namespace RouterDaemon.Http.OpenApi;

/// <summary>A description for every row of <see cref="Routes"/>, by "METHOD path". A row without one, or one without a row, fails a test.</summary>
internal static class RouteDocs
{
    private const string EventStream = "text/event-stream";
    private const string Ndjson = "application/x-ndjson";
    private const string Generating = "stream:boolean max_tokens:integer temperature:number tools:array route:object models:array fallbacks:array";

    /// <summary>All descriptions.</summary>
    public static IReadOnlyDictionary<string, RouteDoc> All { get; } = new Dictionary<string, RouteDoc>(StringComparer.Ordinal)
    {
        ["GET /"] = new("getRoot", "Name and version of the daemon") { Response = "name:string! version:string! api:string! models:string!" },
        ["GET /openapi.json"] = new("getOpenApi", "This document") { Response = "openapi:string! info:object! paths:object!" },
        ["GET /health/live"] = new("getLiveness", "Answers while the process runs") { Response = "status:string!" },
        ["GET /health/ready"] = new("getReadiness", "200 when a deployment is usable and the store is open, else 503 with reasons") { Response = "status:string!" },
        ["GET /metrics"] = new("getMetrics", "Everything that is counted, in Prometheus' text format") { OtherContentType = "text/plain; version=0.0.4" },

        ["POST /register"] = new("registerAgent", "A remote agent joins, with the shared secret as bearer token; 404 while registration is off")
        {
            Request = "name:string! endpoint:string! models:array api_key:string",
            Response = "status:string!",
        },
        ["POST /heartbeat"] = new("beatAgent", "An agent that joined says that it lives; after three missed beats of 30 s it is dropped")
        {
            Request = "name:string!",
            Response = "status:string!",
        },
        ["GET /admin/deployments"] = new("listAdminDeployments", "Every deployment with its breaker, load and latencies") { Response = "deployments:array!" },
        ["POST /admin/drain/{id}"] = new("drainDeployment", "Takes a deployment out: what runs goes on, nothing new comes")
        {
            Parameter = "Id of the deployment, model/backend",
            Response = "id:string! drained:boolean!",
        },
        ["POST /admin/undrain/{id}"] = new("undrainDeployment", "Puts a drained deployment back")
        {
            Parameter = "Id of the deployment, model/backend",
            Response = "id:string! drained:boolean!",
        },
        ["GET /admin/slots"] = new("listSlots", "On-device models with their slots: what each holds, does, and for which key") { Response = "models:array!" },
        ["GET /admin/decisions"] = new("listDecisions", "The newest requests with their decisions (limit, 1 to 200)") { Response = "requests:array" },
        ["GET /admin/config"] = new("getConfig", "The configuration in force, with defaults and without secrets") { Response = "listen:array" },
        ["POST /admin/reload"] = new("reloadConfig", "Reads the configuration file again; 422 with every fault, and nothing changed, when it cannot be used")
        {
            Response = "reloaded:boolean! warnings:array faults:array",
        },
        ["GET /admin/keys"] = new("listKeys", "Every API key with its limits, never its text") { Response = "keys:array!" },
        ["POST /admin/keys"] = new("createKey", "Makes an API key; its text is in this answer only")
        {
            Request = "name:string! user:string tier:string latency_sla_ms:integer daily_budget_usd:number expires_at:string expires_in:string limits:object",
            Response = "id:string! key:string! prefix:string! name:string! user:string! limits:object!",
        },
        ["DELETE /admin/keys/{id}"] = new("revokeKey", "Ends an API key at once") { Parameter = "Id of the key", Response = "id:string! revoked:boolean!" },

        ["POST /v1/chat/completions"] = new("createChatCompletion", "OpenAI chat completion")
        {
            Request = "model:string! messages:array! response_format:object " + Generating,
            Response = "id:string object:string created:integer model:string choices:array! usage:object",
            OtherContentType = EventStream,
            IsRouted = true,
        },
        ["POST /v1/completions"] = new("createCompletion", "OpenAI text completion")
        {
            Request = "model:string! prompt:any! suffix:string " + Generating,
            Response = "id:string object:string created:integer model:string choices:array! usage:object",
            OtherContentType = EventStream,
            IsRouted = true,
        },
        ["POST /v1/embeddings"] = new("createEmbeddings", "OpenAI embeddings")
        {
            Request = "model:string! input:any! encoding_format:string dimensions:integer",
            Response = "object:string data:array! model:string usage:object",
            IsRouted = true,
        },
        ["GET /v1/responses/{id}"] = new("getResponse", "A stored response of the caller, as it was sent") { Parameter = "Id of the response", Response = "id:string! object:string! status:string! output:array! usage:object" },
        ["DELETE /v1/responses/{id}"] = new("deleteResponse", "Forgets a stored response of the caller") { Parameter = "Id of the response", Response = "id:string! object:string! deleted:boolean!" },
        ["POST /v1/responses"] = new("createResponse", "OpenAI Responses")
        {
            Request = "model:string! input:any! instructions:string previous_response_id:string store:boolean max_output_tokens:integer stream:boolean tools:array",
            Response = "id:string! object:string! status:string! output:array! usage:object",
            OtherContentType = EventStream,
            IsRouted = true,
        },
        ["POST /v1/messages"] = new("createMessage", "Anthropic Messages")
        {
            Request = "model:string! messages:array! max_tokens:integer! system:any stream:boolean tools:array temperature:number",
            Response = "id:string! type:string! role:string! content:array! model:string stop_reason:any usage:object!",
            OtherContentType = EventStream,
            IsRouted = true,
        },
        ["POST /v1/messages/count_tokens"] = new("countMessageTokens", "Input tokens of an Anthropic message")
        {
            Request = "model:string! messages:array! system:any tools:array",
            Response = "input_tokens:integer!",
        },
        ["POST /v1/rerank"] = new("createRerank", "Scores documents against a query")
        {
            Request = "model:string! query:string! documents:array! top_n:integer",
            Response = "model:string results:array! usage:object",
            IsRouted = true,
        },
        ["POST /tokenize"] = new("tokenize", "Text to tokens of an on-device model")
        {
            Request = "model:string content:string! add_special:boolean parse_special:boolean with_pieces:boolean",
            Response = "tokens:array!",
        },
        ["POST /detokenize"] = new("detokenize", "Tokens of an on-device model to text") { Request = "model:string tokens:array!", Response = "content:string!" },
        ["POST /apply-template"] = new("applyTemplate", "Messages as the prompt that an on-device model gets") { Request = "model:string messages:array!", Response = "prompt:string!" },
        ["GET /lora-adapters"] = new("listLoraAdapters", "LoRA adapters of the on-device model that ?model= names: an array with id, path and scale of each")
        {
            OtherContentType = "application/json",
        },
        ["GET /v1/models"] = new("listModels", "Models, deployments and virtual models") { Response = "object:string data:array!" },
        ["GET /v1/models/{id}"] = new("getModel", "One model") { Parameter = "A model, deployment or virtual model; slashes may stand in it.", Response = "id:string! object:string" },

        ["POST /api/chat"] = new("ollamaChat", "Ollama chat; streams unless stream is false")
        {
            Request = "model:string! messages:array stream:boolean tools:array format:any options:object keep_alive:any",
            Response = "model:string! message:object done:boolean!",
            OtherContentType = Ndjson,
            IsRouted = true,
        },
        ["POST /api/generate"] = new("ollamaGenerate", "Ollama completion; streams unless stream is false")
        {
            Request = "model:string! prompt:string suffix:string system:string stream:boolean format:any options:object keep_alive:any",
            Response = "model:string! response:string done:boolean!",
            OtherContentType = Ndjson,
            IsRouted = true,
        },
        ["POST /api/embed"] = new("ollamaEmbed", "Ollama embeddings") { Request = "model:string! input:any!", Response = "model:string! embeddings:array!", IsRouted = true },
        ["GET /api/tags"] = new("ollamaTags", "Models, as Ollama lists them") { Response = "models:array!" },
        ["GET /api/ps"] = new("ollamaPs", "Loaded models, as Ollama lists them") { Response = "models:array!" },
        ["POST /api/show"] = new("ollamaShow", "One model, as Ollama describes it") { Request = "model:string!", Response = "details:object model_info:object capabilities:array" },
        ["GET /api/version"] = new("ollamaVersion", "Version, as Ollama says it") { Response = "version:string!" },

        ["POST /infer"] = new("infer", "The contract of a local agent")
        {
            Request = "prompt:string messages:array model:string max_tokens:integer temperature:number stream:boolean",
            Response = "text:string! model:string! finish_reason:string! usage:object! timing:object!",
            OtherContentType = EventStream,
            IsRouted = true,
        },
        ["POST /v1/route/explain"] = new("explainRoute", "The decision for a completion, without running it") { Request = "model:string! messages:array! " + Generating, Response = "*" },
        ["GET /context/tools"] = new("listContextTools", "Context tools and their parameters") { Response = "*" },
        ["POST /context/tools/{id}"] = new("invokeContextTool", "Runs a context tool; the body is its parameters") { Parameter = "A tool's name.", Request = "", Response = "*" },
        ["POST /context/ask"] = new("askContext", "A question about the daemon's records, answered step by step")
        {
            Request = "question:string! model:string planner:boolean",
            OtherContentType = EventStream,
        },
        ["POST /context/quality"] = new("addQualityScore", "An evaluator's score for a request")
        {
            Request = "request_id:string! score:number! evaluated_at:string",
            Response = "status:string!",
        },
        ["POST /mcp"] = new("mcp", "Model Context Protocol, streamable HTTP: one JSON-RPC message") { Request = "jsonrpc:string! method:string id:any params:object", Response = "*" },
    };

    /// <summary>Request headers of routed requests.</summary>
    public static IReadOnlyList<(string Name, string Description)> RequestHeaders { get; } =
    [
        ("x-routerd-privacy", "Least trust: device, private or public."),
        ("x-routerd-preset", "interactive, balanced or batch."),
        ("x-routerd-policy", "Name of a routing policy."),
        ("x-routerd-max-cost-usd", "Most money that the request may cost, USD."),
        ("x-routerd-slo-ttft-ms", "Wanted time to the first token, milliseconds."),
        ("x-routerd-slo-tpot-ms", "Wanted time between tokens, milliseconds."),
        ("x-routerd-cache", "1 = the answer may come from the cache, and be kept in it, though the temperature is not 0."),
        ("x-routerd-deadline-ms", "The request ends by then, milliseconds after its arrival."),
        ("x-routerd-session", "Requests of one session prefer one deployment, and share the slots of a device with other clients as one."),
        ("x-routerd-tags", "Tags that a deployment must carry, separated by commas."),
        ("x-routerd-no-cache", "1 = the response cache is left alone."),
        ("x-routerd-explain", "1 = the answer carries the decision as its member routerd."),
    ];

    /// <summary>Response headers of routed requests.</summary>
    public static IReadOnlyList<(string Name, string Description)> ResponseHeaders { get; } =
    [
        ("x-request-id", "The request's id, on every answer: the key of its record."),
        ("x-routerd-deployment", "Who answered, model/backend."),
        ("x-routerd-decision", "chosen, fallback, hedged or cached."),
        ("x-routerd-reason", "One line: what was predicted, and the runner-up."),
        ("x-routerd-attempts", "Attempts begun."),
    ];
}
