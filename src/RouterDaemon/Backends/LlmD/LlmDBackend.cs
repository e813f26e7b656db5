using RouterDaemon.Backends.Gauges;
using RouterDaemon.Backends.OpenAiCompatible;

namespace RouterDaemon.Backends.LlmD;

/// <summary>
/// An llm-d cluster behind its gateway: OpenAI's surface, plain-text errors of the endpoint picker, a reason header for
/// refusals and scheduling hints on requests (llm-d-router, <c>pkg/epp/metadata/consts.go</c>).
/// </summary>
internal sealed class LlmDBackend(Uri url, string? apiKey, HttpMessageInvoker http) : OpenAiCompatibleBackend(url, apiKey, http)
{
    private const int MaxTokenLength = 1024;
    private const string SessionToken = "x-session-token";
    private const string DroppedReason = "x-llm-d-request-dropped-reason";

    protected override void AddHeaders(HttpRequestMessage message, BackendRequest request)
    {
        base.AddHeaders(message, request);
        message.Headers.TryAddWithoutValidation(LoadHeader.FormatName, LoadHeader.Format);
        foreach (var (name, value) in request.Hints)
        {
            message.Headers.TryAddWithoutValidation(name, value);
        }
    }

    protected override string? DroppedReasonOf(HttpResponseMessage response) =>
        response.Headers.TryGetValues(DroppedReason, out var values) ? values.FirstOrDefault() : null;

    protected override string? SessionTokenOf(HttpResponseMessage response) =>
        response.Headers.TryGetValues(SessionToken, out var values) && values.FirstOrDefault() is { Length: <= MaxTokenLength } token ? token : null;

    protected override LoadGauges LoadOf(HttpResponseMessage response) =>
        response.Headers.TryGetValues(LoadHeader.Name, out var values) ? LoadHeader.Read(values.FirstOrDefault()) : new LoadGauges();
}
