namespace RouterDaemon.Agents.Tools;

/// <summary>Parameters that several tools share.</summary>
internal static class Parameters
{
    public static readonly ToolParameter DeploymentId = new("deployment_id", "string", "Deployment id such as gpt-4/aws");
    public static readonly ToolParameter ModelId = new("model_id", "string", "Model id such as gpt-4");
    public static readonly ToolParameter BackendId = new("backend_id", "string", "Backend id such as aws");

    public static ToolParameter Since(string? standard) => new("since", "string", TimeText("Start, inclusive")) { Default = standard };

    public static ToolParameter Until(string? standard) => new("until", "string", TimeText("End, inclusive")) { Default = standard };

    public static ToolParameter Choice(string name, string description, string[] values, string? standard = null) =>
        new(name, "string", description) { Values = values, Default = standard };

    public static ToolParameter Granularity(string standard) => Choice("granularity", "Length of a bucket", ["hour", "day"], standard);

    private static string TimeText(string what) => $"{what}: RFC 3339 time, or now, today, yesterday, '24 hours ago', '7 days ago'";
}
