namespace RouterDaemon.Core.Wire;

/// <summary>What is wrong with a body and where.</summary>
/// <param name="Kind">The kind of fault.</param>
/// <param name="Offset">Byte offset in the body where it was noticed.</param>
/// <param name="Key">The key it is about; "" when it is about no key.</param>
/// <param name="Expected">What the key must be, as the end of the sentence "must be ..."; "" when there is nothing to say.</param>
public readonly record struct PeekError(PeekErrorKind Kind, long Offset, string Key, string Expected);
