namespace RouterDaemon.Http;

/// <summary>Who may call a route.</summary>
internal enum Access : byte
{
    /// <summary>Anyone who may reach the daemon: health, version, the OpenAPI document.</summary>
    Open,

    /// <summary>Callers of the inference surface: an API key once keys exist.</summary>
    Caller,

    /// <summary>The admin key; while there is none, loopback without a browser.</summary>
    Admin,
}
