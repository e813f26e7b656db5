using System.Net;
using RouterDaemon.Relay;

namespace RouterDaemon.Backends;

/// <summary>Whom a request comes from, as far as it is known. Holds what is there already, so that a request pays nothing for it.</summary>
/// <param name="KeyId">Id of the API key; null = none.</param>
/// <param name="Session">The session hint; null = none.</param>
/// <param name="Address">The remote address; null = a Unix socket, or this process.</param>
internal readonly record struct RequestSender(string? KeyId, string? Session, IPAddress? Address)
{
    private const string KeyPrefix = "key:";

    /// <summary>The sender of a call.</summary>
    public static RequestSender Of(InferenceCall call) => new(call.Context.KeyId, call.Hints.Session, call.Context.Http.Connection.RemoteIpAddress);

    /// <summary>
    /// What shares a device's slots fairly with others: the key, else the session, else the address; null = nothing is known. The
    /// prefix keeps a session that is named like somebody's key from standing in that one's line.
    /// </summary>
    public string? FairnessKey => KeyId is not null ? KeyPrefix + KeyId : Session is not null ? "session:" + Session : Address is not null ? "address:" + Address : null;

    /// <summary>The key's id in a <see cref="FairnessKey"/>; null = it is of no key.</summary>
    public static string? KeyIdOf(string? fairnessKey) =>
        fairnessKey?.StartsWith(KeyPrefix, StringComparison.Ordinal) == true ? fairnessKey[KeyPrefix.Length..] : null;
}
