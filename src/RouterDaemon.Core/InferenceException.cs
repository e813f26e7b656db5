namespace RouterDaemon.Core;

/// <summary>No deployment could serve a completion.</summary>
public sealed class InferenceException(string message, Exception? inner = null) : Exception(message, inner);
