namespace RouterDaemon.Fleet.Found;

/// <summary>A file that another program downloaded.</summary>
/// <param name="Program">Whose it is.</param>
/// <param name="Name">What it is to be called here, without <c>.gguf</c>.</param>
/// <param name="NameThere">What the program calls it.</param>
/// <param name="Path">Absolute path.</param>
/// <param name="ListedBytes">Size that the program expects; null = it does not say.</param>
internal sealed record FoundFile(FoundIn Program, string Name, string NameThere, string Path, long? ListedBytes = null);
