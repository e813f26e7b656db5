namespace RouterDaemon.Agents.Tools;

/// <summary>THE table of context tools. The first eight and the two SQL tools are a contract; the rest are additions.</summary>
public static class Tools
{
    /// <summary>In the order they are listed to people and models.</summary>
    public static readonly IReadOnlyList<ContextTool> All =
    [
        GetDeploymentStatus.Tool,
        GetActiveIncidents.Tool,
        GetRecentRequests.Tool,
        GetRequestDetail.Tool,
        GetUserContext.Tool,
        GetLatencyTrends.Tool,
        GetQualitySummary.Tool,
        GetRequestVolume.Tool,
        GenerateSql.Tool,
        RunSql.Tool,
        ExplainChange.Tool,
        CostReport.Tool,
        ComparePolicies.Tool,
    ];
}
