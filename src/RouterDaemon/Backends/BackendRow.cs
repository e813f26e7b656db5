using RouterDaemon.Config;

namespace RouterDaemon.Backends;

/// <summary>One kind of backend.</summary>
/// <param name="Kind">Its name in the configuration.</param>
/// <param name="WhenToChoose">One line for help texts.</param>
/// <param name="Create">Makes one.</param>
internal sealed record BackendRow(BackendKind Kind, string WhenToChoose, Func<BackendConfig, Backend> Create);
