using RouterDaemon.Config;

namespace RouterDaemon.Cli.Doctor;

/// <summary>Files of on-device models.</summary>
internal static class ModelChecks
{
    public static Task<IReadOnlyList<Finding>> ModelsAsync(RouterdConfig config, CancellationToken cancellation)
    {
        var reports = ModelReport.All(config);
        IReadOnlyList<Finding> findings = reports.Count > 0
            ? [.. reports.Select(Model)]
            : [new Finding("models", FindingState.Warning, "no on-device model", $"put a GGUF file into {config.ModelsDirectory}")];
        return Task.FromResult(findings);
    }

    private static Finding Model(ModelReport report)
    {
        var check = $"model {report.Model.Id}/local";
        return report.Header is null
            ? new Finding(check, FindingState.Bad, report.Problem ?? "cannot be read", "download the file again or remove it")
            : report.Fits
                ? new Finding(check, FindingState.Good, $"needs {ByteText.Bytes(report.NeededBytes)} of {ByteText.Bytes(ModelReport.MachineBytes)}")
                : new Finding(check, FindingState.Warning, $"needs {ByteText.Bytes(report.NeededBytes)}, there are {ByteText.Bytes(ModelReport.MachineBytes)}", "lower \"context\" or \"slots\", or take a smaller quantisation");
    }
}
