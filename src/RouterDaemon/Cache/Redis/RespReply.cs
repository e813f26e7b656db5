using System.Text;

namespace RouterDaemon.Cache.Redis;

/// <summary>One reply of Redis.</summary>
internal sealed class RespReply(RespKind kind, byte[] data)
{
    /// <summary>What it is.</summary>
    public RespKind Kind => kind;

    /// <summary>The bytes of a bulk, or the line of the others without its mark.</summary>
    public byte[] Data => data;

    /// <summary><see cref="Data"/> as text.</summary>
    public string Text => Encoding.UTF8.GetString(data);
}
