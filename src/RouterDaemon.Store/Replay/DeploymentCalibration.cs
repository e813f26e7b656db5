namespace RouterDaemon.Store.Replay;

/// <summary>Predicted against actual for one deployment.</summary>
/// <param name="DeploymentId"><c>model/backend</c>.</param>
/// <param name="Requests">Requests that it served or failed.</param>
/// <param name="Failed">Of these, without a whole answer.</param>
/// <param name="Ttft">Time to the first token.</param>
/// <param name="Itl">Time between tokens.</param>
public sealed record DeploymentCalibration(string DeploymentId, int Requests, int Failed, PredictionError Ttft, PredictionError Itl)
{
    /// <summary>One row for each deployment, by its id.</summary>
    public static List<DeploymentCalibration> Of(IReadOnlyList<RecordedRequest> requests)
    {
        var groups = new SortedDictionary<string, List<RecordedRequest>>(StringComparer.Ordinal);
        foreach (var request in requests)
        {
            if (!groups.TryGetValue(request.DeploymentId, out var group))
            {
                groups[request.DeploymentId] = group = [];
            }

            group.Add(request);
        }

        var rows = new List<DeploymentCalibration>(groups.Count);
        foreach (var (id, group) in groups)
        {
            var comparable = group.FindAll(static r => r.IsComparable);
            rows.Add(new DeploymentCalibration(
                id, group.Count, group.FindAll(static r => !r.Succeeded).Count,
                PredictionError.Of(comparable, static r => r.PredictedTtftMs, static r => r.TtftMs),
                PredictionError.Of(comparable, static r => r.PredictedItlMs, static r => r.ItlMs)));
        }

        return rows;
    }
}
