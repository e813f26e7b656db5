using RouterDaemon.Backends.Gauges;
using RouterDaemon.Backends.Http1;
using RouterDaemon.Backends.OpenAiCompatible;

namespace RouterDaemon.Backends.LlmD;

/// <summary>
/// An llm-d cluster behind its gateway: OpenAI's surface, plain-text errors of the endpoint picker, a reason header for
/// refusals and scheduling hints on requests (llm-d-router, <c>pkg/epp/metadata/consts.go</c>).
/// </summary>
internal sealed class LlmDBackend(Uri url, string? apiKey, HttpMessageInvoker http, Http1Client? plain) : OpenAiCompatibleBackend(url, apiKey, http, plain)
{
    private const int MaxTokenLength = 1024;
    private const string SessionToken = "x-session-token";
    private const string DroppedReason = "x-llm-d-request-dropped-reason";

    public override bool ContinuesByFlag => true;

    protected override bool TakesHints => true;

    protected override string? DroppedReasonOf(HttpResponseMessage response) =>
        response.Headers.TryGetValues(DroppedReason, out var values) ? values.FirstOrDefault() : null;

    protected override string? SessionTokenOf(HttpResponseMessage response) =>
        response.Headers.TryGetValues(SessionToken, out var values) && values.FirstOrDefault() is { Length: <= MaxTokenLength } token ? token : null;

    protected override LoadGauges LoadOf(HttpResponseMessage response) =>
        response.Headers.TryGetValues(LoadHeader.Name, out var values) ? LoadHeader.Read(values.FirstOrDefault()) : new LoadGauges();
}
