using System.Buffers.Binary;
using System.Text;
using RouterDaemon.Http;
using RouterDaemon.Relay;

namespace RouterDaemon.Cache.Redis;

/// <summary>An answer as a value in Redis: version, length of the rest, fixed fields, deployment, body. Anything else is no answer.</summary>
internal static class SharedAnswer
{
    private const byte Version = 1;
    private const int LengthOffset = 1;
    private const int DialectOffset = 5;
    private const int FlagsOffset = 6;
    private const int StoredOffset = 7;
    private const int PromptOffset = 15;
    private const int CachedOffset = 19;
    private const int CompletionOffset = 23;
    private const int NameLengthOffset = 27;
    private const int HeadBytes = 29;
    private const byte StreamFlag = 1;
    private const byte ReportedFlag = 2;

    /// <summary>Writes an answer.</summary>
    public static byte[] Write(CachedAnswer answer)
    {
        var name = Encoding.UTF8.GetBytes(answer.DeploymentId);
        var value = new byte[HeadBytes + name.Length + answer.Body.Length];
        var usage = answer.Usage;
        value[0] = Version;
        BinaryPrimitives.WriteInt32LittleEndian(value.AsSpan(LengthOffset), value.Length - DialectOffset);
        value[DialectOffset] = (byte)answer.Dialect;
        value[FlagsOffset] = (byte)((answer.IsStream ? StreamFlag : 0) | (usage.IsReported ? ReportedFlag : 0));
        BinaryPrimitives.WriteInt64LittleEndian(value.AsSpan(StoredOffset), answer.StoredUnixMs);
        BinaryPrimitives.WriteInt32LittleEndian(value.AsSpan(PromptOffset), usage.PromptTokens);
        BinaryPrimitives.WriteInt32LittleEndian(value.AsSpan(CachedOffset), usage.CachedTokens);
        BinaryPrimitives.WriteInt32LittleEndian(value.AsSpan(CompletionOffset), usage.CompletionTokens);
        BinaryPrimitives.WriteUInt16LittleEndian(value.AsSpan(NameLengthOffset), (ushort)name.Length);
        name.CopyTo(value, HeadBytes);
        answer.Body.CopyTo(value, HeadBytes + name.Length);
        return value;
    }

    /// <summary>Reads an answer; null = the bytes are none, or of another version.</summary>
    public static CachedAnswer? Read(ReadOnlySpan<byte> value)
    {
        if (value.Length < HeadBytes || value[0] != Version || BinaryPrimitives.ReadInt32LittleEndian(value[LengthOffset..]) != value.Length - DialectOffset)
        {
            return null;
        }

        int nameLength = BinaryPrimitives.ReadUInt16LittleEndian(value[NameLengthOffset..]);
        var flags = value[FlagsOffset];
        if (value[DialectOffset] > (byte)Dialect.Anthropic || flags > (StreamFlag | ReportedFlag) || nameLength == 0 || value.Length < HeadBytes + nameLength)
        {
            return null;
        }

        return new CachedAnswer
        {
            Body = value[(HeadBytes + nameLength)..].ToArray(),
            Dialect = (Dialect)value[DialectOffset],
            IsStream = (flags & StreamFlag) != 0,
            DeploymentId = Encoding.UTF8.GetString(value.Slice(HeadBytes, nameLength)),
            Usage = new TokenUsage
            {
                PromptTokens = Math.Max(0, BinaryPrimitives.ReadInt32LittleEndian(value[PromptOffset..])),
                CachedTokens = Math.Max(-1, BinaryPrimitives.ReadInt32LittleEndian(value[CachedOffset..])),
                CompletionTokens = Math.Max(0, BinaryPrimitives.ReadInt32LittleEndian(value[CompletionOffset..])),
                IsReported = (flags & ReportedFlag) != 0,
            },
            StoredUnixMs = BinaryPrimitives.ReadInt64LittleEndian(value[StoredOffset..]),
        };
    }
}
