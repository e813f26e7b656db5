namespace RouterDaemon.Core.Wire;

/// <summary>Keys inside messages that decide how a string counts.</summary>
internal enum PartKey : byte
{
    /// <summary>Any other: the string is prompt text.</summary>
    None,
    Role,
    Type,

    /// <summary>Base64 or a link: no prompt text.</summary>
    Media,

    /// <summary>As <see cref="Media"/>, and proof of an image.</summary>
    Image,
}
