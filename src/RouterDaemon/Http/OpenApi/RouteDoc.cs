namespace RouterDaemon.Http.OpenApi;

/// <summary>What the OpenAPI document says of one route.</summary>
/// <param name="Id">The operation's id, unique.</param>
/// <param name="Summary">One line.</param>
internal sealed record RouteDoc(string Id, string Summary)
{
    /// <summary>
    /// Fields of the JSON request body that the router itself reads, <c>name:type</c> separated by spaces, <c>!</c> behind a required one.
    /// Types are JSON Schema's; <c>any</c> = no restriction. Null = there is no body. Further fields are allowed everywhere.
    /// </summary>
    public string? Request { get; init; }

    /// <summary>Fields of the JSON answer, as in <see cref="Request"/>; null = the answer is no JSON.</summary>
    public string? Response { get; init; }

    /// <summary>Content type of a streamed or textual answer; null = JSON only.</summary>
    public string? OtherContentType { get; init; }

    /// <summary>What <c>{id}</c> stands for.</summary>
    public string? Parameter { get; init; }

    /// <summary>True where requests are routed: hints come in, <c>x-routerd-*</c> headers go out.</summary>
    public bool IsRouted { get; init; }
}
