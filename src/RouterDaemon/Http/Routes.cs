using RouterDaemon.Http.Ollama;
using RouterDaemon.Http.OpenApi;

namespace RouterDaemon.Http;

/// <summary>THE route table: every endpoint of the daemon, one line each.</summary>
internal static class Routes
{
    /// <summary>All rows.</summary>
    public static IReadOnlyList<Route> All(Endpoints e) =>
    [
        new("GET", "/", Heat.Cold, Access.Open, Dialect.OpenAi, Root.GetAsync),
        new("GET", "/openapi.json", Heat.Cold, Access.Open, Dialect.OpenAi, context => ApiDocument.GetAsync(context, All(e))),
        new("GET", "/health/live", Heat.Hot, Access.Open, Dialect.OpenAi, Health.LiveAsync),
        new("GET", "/health/ready", Heat.Cold, Access.Open, Dialect.OpenAi, e.Health.ReadyAsync),
        new("GET", "/metrics", Heat.Cold, Access.Admin, Dialect.OpenAi, e.Metrics.GetAsync),
        new("POST", "/v1/chat/completions", Heat.Hot, Access.Caller, Dialect.OpenAi, e.Completions.ChatAsync),
        new("POST", "/v1/completions", Heat.Hot, Access.Caller, Dialect.OpenAi, e.Completions.TextAsync),
        new("POST", "/v1/embeddings", Heat.Hot, Access.Caller, Dialect.OpenAi, e.Completions.EmbeddingsAsync),
        new("POST", "/v1/responses", Heat.Cold, Access.Caller, Dialect.OpenAi, e.Responses.CreateAsync),
        new("GET", "/v1/responses/{id}", Heat.Cold, Access.Caller, Dialect.OpenAi, e.Responses.GetAsync),
        new("DELETE", "/v1/responses/{id}", Heat.Cold, Access.Caller, Dialect.OpenAi, e.Responses.DeleteAsync),
        new("POST", "/v1/messages", Heat.Hot, Access.Caller, Dialect.Anthropic, e.Messages.CreateAsync),
        new("POST", "/v1/messages/count_tokens", Heat.Cold, Access.Caller, Dialect.Anthropic, e.Messages.CountTokensAsync),
        new("POST", "/v1/rerank", Heat.Hot, Access.Caller, Dialect.OpenAi, e.Completions.RerankAsync),
        new("POST", "/tokenize", Heat.Cold, Access.Caller, Dialect.OpenAi, e.Tokens.TokenizeAsync),
        new("POST", "/detokenize", Heat.Cold, Access.Caller, Dialect.OpenAi, e.Tokens.DetokenizeAsync),
        new("POST", "/apply-template", Heat.Cold, Access.Caller, Dialect.OpenAi, e.Tokens.ApplyTemplateAsync),
        new("GET", "/lora-adapters", Heat.Cold, Access.Caller, Dialect.OpenAi, e.Tokens.AdaptersAsync),
        new("GET", "/v1/models", Heat.Cold, Access.Caller, Dialect.OpenAi, e.Models.ListAsync),
        new("GET", "/v1/models/{id}", Heat.Cold, Access.Caller, Dialect.OpenAi, e.Models.GetAsync),
        new("POST", "/api/chat", Heat.Hot, Access.Caller, Dialect.Ollama, e.Ollama.ChatAsync),
        new("POST", "/api/generate", Heat.Hot, Access.Caller, Dialect.Ollama, e.Ollama.GenerateAsync),
        new("POST", "/api/embed", Heat.Hot, Access.Caller, Dialect.Ollama, e.Ollama.EmbedAsync),
        new("GET", "/api/tags", Heat.Cold, Access.Caller, Dialect.Ollama, e.OllamaListing.TagsAsync),
        new("GET", "/api/ps", Heat.Cold, Access.Caller, Dialect.Ollama, e.OllamaListing.PsAsync),
        new("POST", "/api/show", Heat.Cold, Access.Caller, Dialect.Ollama, e.OllamaListing.ShowAsync),
        new("GET", "/api/version", Heat.Hot, Access.Open, Dialect.Ollama, Listing.VersionAsync),
        new("POST", "/infer", Heat.Hot, Access.Caller, Dialect.OpenAi, e.Infer.RunAsync),
        new("POST", "/register", Heat.Cold, Access.Open, Dialect.OpenAi, e.Registration.RegisterAsync),
        new("POST", "/heartbeat", Heat.Cold, Access.Open, Dialect.OpenAi, e.Registration.HeartbeatAsync),
        new("POST", "/v1/route/explain", Heat.Cold, Access.Admin, Dialect.OpenAi, e.RouteExplain.RunAsync),
        new("GET", "/context/tools", Heat.Cold, Access.Admin, Dialect.OpenAi, e.ContextTools.ListAsync),
        new("POST", "/context/tools/{id}", Heat.Cold, Access.Admin, Dialect.OpenAi, e.ContextTools.InvokeAsync),
        new("POST", "/context/ask", Heat.Cold, Access.Admin, Dialect.OpenAi, e.ContextTools.AskAsync),
        new("POST", "/context/quality", Heat.Cold, Access.Admin, Dialect.OpenAi, e.ContextTools.QualityAsync),
        new("GET", "/admin/deployments", Heat.Cold, Access.Admin, Dialect.OpenAi, e.AdminFleet.ListAsync),
        new("POST", "/admin/drain/{id}", Heat.Cold, Access.Admin, Dialect.OpenAi, e.AdminFleet.DrainAsync),
        new("POST", "/admin/undrain/{id}", Heat.Cold, Access.Admin, Dialect.OpenAi, e.AdminFleet.UndrainAsync),
        new("GET", "/admin/slots", Heat.Cold, Access.Admin, Dialect.OpenAi, e.AdminFleet.SlotsAsync),
        new("GET", "/admin/decisions", Heat.Cold, Access.Admin, Dialect.OpenAi, e.AdminDaemon.DecisionsAsync),
        new("GET", "/admin/config", Heat.Cold, Access.Admin, Dialect.OpenAi, e.AdminDaemon.ConfigAsync),
        new("POST", "/admin/reload", Heat.Cold, Access.Admin, Dialect.OpenAi, e.AdminDaemon.ReloadAsync),
        new("GET", "/admin/keys", Heat.Cold, Access.Admin, Dialect.OpenAi, e.AdminKeys.ListAsync),
        new("POST", "/admin/keys", Heat.Cold, Access.Admin, Dialect.OpenAi, e.AdminKeys.CreateAsync),
        new("DELETE", "/admin/keys/{id}", Heat.Cold, Access.Admin, Dialect.OpenAi, e.AdminKeys.RevokeAsync),
        new("POST", "/mcp", Heat.Cold, Access.Admin, Dialect.OpenAi, e.Mcp.PostAsync),
    ];
}
