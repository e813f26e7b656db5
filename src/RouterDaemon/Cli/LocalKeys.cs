using System.Buffers;
using System.Text.Json;
using RouterDaemon.Config;
using RouterDaemon.Http;
using RouterDaemon.Http.Admin;
using RouterDaemon.Keys;
using RouterDaemon.Store;

namespace RouterDaemon.Cli;

/// <summary><c>/admin/keys</c> while no daemon runs: the same registry on the same files, in this process.</summary>
internal static class LocalKeys
{
    /// <summary>The answer's body.</summary>
    /// <param name="config">Names the files.</param>
    /// <param name="body">Body of a key to be made; null = list, or revoke.</param>
    /// <param name="revokeId">Id of the key to revoke; null = none.</param>
    /// <exception cref="ApiException">The request is refused.</exception>
    public static async Task<byte[]> SendAsync(RouterdConfig config, string? body, string? revokeId)
    {
        var answers = new KeyJson(TimeProvider.System);
        var registry = new KeyRegistry(config.EffectiveModelsDatabasePath, TimeProvider.System);
        await using (registry.ConfigureAwait(false))
        {
            var store = ContextStore.Open(config.EffectiveContextDatabasePath, TimeProvider.System);
            await using (store.ConfigureAwait(false))
            {
                await registry.AttachAsync(store).ConfigureAwait(false);
                if (body is not null)
                {
                    using var document = JsonDocument.Parse(body);
                    var (key, text) = await registry.CreateAsync(answers.Read(document.RootElement)).ConfigureAwait(false);
                    return ToBytes(json => answers.Write(json, key, text));
                }

                if (revokeId is null)
                {
                    return ToBytes(json => answers.WriteAll(json, registry.All));
                }

                if (!await registry.RevokeAsync(revokeId).ConfigureAwait(false))
                {
                    throw new ApiException(AdminKeys.NoSuchKey(revokeId));
                }

                return ToBytes(json =>
                {
                    json.WriteStartObject();
                    json.WriteString("id", revokeId);
                    json.WriteBoolean("revoked", true);
                    json.WriteEndObject();
                });
            }
        }
    }

    private static byte[] ToBytes(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            write(json);
        }

        return buffer.WrittenSpan.ToArray();
    }
}
