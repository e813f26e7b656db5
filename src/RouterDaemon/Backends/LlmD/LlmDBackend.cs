using RouterDaemon.Backends.Http1;
using RouterDaemon.Backends.OpenAiCompatible;

namespace RouterDaemon.Backends.LlmD;

/// <summary>
/// An llm-d cluster behind its gateway: OpenAI's surface, plain-text errors of the endpoint picker, a reason header for
/// refusals and scheduling hints on requests (llm-d-router, <c>pkg/epp/metadata/consts.go</c>).
/// </summary>
internal sealed class LlmDBackend(Uri url, string? apiKey, HttpMessageInvoker http, Http1Client? plain) : OpenAiCompatibleBackend(url, apiKey, http, plain)
{
    private const string DroppedReason = "x-llm-d-request-dropped-reason";

    public override bool ContinuesByFlag => true;

    protected override bool TakesHints => true;

    protected override string? DroppedReasonOf(HttpResponseMessage response) =>
        response.Headers.TryGetValues(DroppedReason, out var values) ? values.FirstOrDefault() : null;
}
