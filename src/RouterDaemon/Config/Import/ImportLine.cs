namespace RouterDaemon.Config.Import;

/// <summary>What became of one setting.</summary>
/// <param name="Level">How well it was carried over.</param>
/// <param name="Line">Line of the imported file, from 1.</param>
/// <param name="Path">Where it stood, for example <c>model_list[0].litellm_params.rpm</c>.</param>
/// <param name="Note">What it is here, what differs, or why it was left out. Never a secret.</param>
internal sealed record ImportLine(ImportLevel Level, int Line, string Path, string Note);
