namespace RouterDaemon.Http;

/// <summary>Answers one request.</summary>
internal delegate ValueTask RouteHandler(RequestContext context);

/// <summary>One row of <see cref="Routes"/>.</summary>
/// <param name="Method">GET or POST; GET also answers HEAD.</param>
/// <param name="Path">Exact path; a last segment <c>{id}</c> takes the rest of the path, slashes included.</param>
/// <param name="Heat">Where the handler runs.</param>
/// <param name="Access">Who may call it.</param>
/// <param name="Dialect">Shape of its errors.</param>
/// <param name="Handler">The endpoint.</param>
internal sealed record Route(string Method, string Path, Heat Heat, Access Access, Dialect Dialect, RouteHandler Handler);
