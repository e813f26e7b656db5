using Microsoft.Data.Sqlite;
using RouterDaemon.Core.Replay;
using RouterDaemon.Core.Routing;

namespace RouterDaemon.Store.Replay;

/// <summary>
/// Replays recorded traffic: how well was predicted, do sampled decisions come out the same, and what would other policies have chosen. Reads only;
/// runs on any connection of a context store, a demo one included (which has no samples).
/// </summary>
public static class DecisionReplay
{
    /// <summary>Name of the row of what was chosen.</summary>
    public const string Recorded = "recorded";

    private const int MaxDifferent = 100;

    /// <summary>
    /// Replays what was recorded from <paramref name="since"/> to before <paramref name="until"/>. <see cref="ArgumentException"/>: a policy that does not exist.
    /// </summary>
    /// <param name="connection">A context store.</param>
    /// <param name="since">First moment.</param>
    /// <param name="until">First moment that is not replayed.</param>
    /// <param name="policies">Names of <see cref="RoutingPolicies.Table"/>; empty = calibration only.</param>
    /// <param name="progress">Share of the samples done; null = nobody listens.</param>
    /// <param name="newestSamples">Only so many of the newest samples, and only their requests: an answer in little time from a log of any size. 0 = all.</param>
    /// <param name="cancellation">Ends it between two samples.</param>
    public static ReplayReport Run(
        SqliteConnection connection, DateTimeOffset since, DateTimeOffset until, IReadOnlyList<string> policies, IProgress<double>? progress = null,
        int newestSamples = 0, CancellationToken cancellation = default)
    {
        var rows = new List<PolicyTally>(policies.Count + 1) { new(Recorded, -1) };
        foreach (var name in policies)
        {
            var index = RoutingPolicies.IndexOf(name);
            rows.Add(index >= 0 ? new PolicyTally(name, index) : throw new ArgumentException($"policy \"{name}\" does not exist", nameof(policies)));
        }

        var samples = DecisionSamples(connection, since, until, newestSamples);
        var requests = newestSamples > 0
            ? RecordedRequests.Read(connection, samples.ConvertAll(static s => s.RequestId))
            : RecordedRequests.Read(connection, since, until);
        var calibration = DeploymentCalibration.Of(requests);
        var measured = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var request in requests)
        {
            if (request.IsComparable && double.IsFinite(request.TtftMs))
            {
                measured[request.Id] = request.TtftMs;
            }
        }

        var ratios = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var row in calibration)
        {
            ratios[row.DeploymentId] = double.IsFinite(row.Ttft.MedianRatio) ? row.Ttft.MedianRatio : 1;
        }

        var (reproduced, otherFormat) = (0, 0);
        var different = new List<string>();
        for (var i = 0; i < samples.Count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            Thread.Yield(); // a daemon that is asked serves requests meanwhile
            progress?.Report((double)i / samples.Count);
            if (DecisionInputs.Read(samples[i].Format, samples[i].Inputs) is not { } inputs)
            {
                otherFormat++;
                continue;
            }

            if (inputs.Reproduces())
            {
                reproduced++;
            }
            else if (different.Count < MaxDifferent)
            {
                different.Add(samples[i].RequestId);
            }

            var actual = measured.GetValueOrDefault(samples[i].RequestId, double.NaN);
            foreach (var row in rows)
            {
                var choice = row.Policy < 0 ? inputs.Recorded() : inputs.Choose(row.Policy);
                var agrees = choice.Candidate == inputs.Winner;
                var ttft = agrees && double.IsFinite(actual) ? actual : choice.Terms.TtftMs * ratios.GetValueOrDefault(choice.DeploymentId, 1);
                row.Add(choice, agrees, ttft);
            }
        }

        progress?.Report(1);
        return new ReplayReport
        {
            Since = since,
            Until = until,
            Requests = requests.Count,
            Calibration = calibration,
            Samples = samples.Count,
            OtherFormat = otherFormat,
            Reproduced = reproduced,
            Different = different,
            Policies = rows.ConvertAll(static r => r.ToComparison()),
        };
    }

    private static List<(string RequestId, int Format, byte[] Inputs)> DecisionSamples(
        SqliteConnection connection, DateTimeOffset since, DateTimeOffset until, int newest)
    {
        var samples = connection.Query(
            "SELECT request_id, format, inputs FROM r_decisions WHERE created_at >= $since AND created_at < $until ORDER BY seq DESC LIMIT $limit",
            static row => (row.GetString(0), row.GetInt32(1), row.GetFieldValue<byte[]>(2)),
            ("$since", Rfc3339.Format(since)), ("$until", Rfc3339.Format(until)), ("$limit", newest > 0 ? newest : -1));
        samples.Reverse();
        return samples;
    }

    private sealed class PolicyTally(string name, int policy)
    {
        private readonly List<double> _ttft = [];
        private readonly List<double> _regret = [];
        private readonly SortedDictionary<string, int> _choices = new(StringComparer.Ordinal);
        private double _cost;
        private int _agreed;
        private int _worse;

        public int Policy => policy;

        public void Add(in ReplayedChoice choice, bool agrees, double ttftMs)
        {
            _ttft.Add(ttftMs);
            _regret.Add(choice.RegretUsd);
            _cost += choice.Terms.CostUsd;
            _agreed += agrees ? 1 : 0;
            _worse += choice.RegretUsd > 1e-3 * Math.Abs(choice.Terms.TotalUsd) ? 1 : 0;
            _choices[choice.DeploymentId] = _choices.GetValueOrDefault(choice.DeploymentId) + 1;
        }

        public PolicyComparison ToComparison()
        {
            var n = _ttft.Count;
            return new PolicyComparison(name)
            {
                Decisions = n,
                Agreement = Share(_agreed, n),
                TtftMeanMs = Share(Sum(_ttft), n),
                TtftP50Ms = PredictionError.Quantile(_ttft, 0.5),
                TtftP90Ms = PredictionError.Quantile(_ttft, 0.9),
                CostUsdPer1k = Share(_cost * 1000, n),
                RegretUsdPer1k = Share(Sum(_regret) * 1000, n),
                RegretP90Usd = PredictionError.Quantile(_regret, 0.9),
                Worse = _worse,
                Choices = _choices,
            };
        }

        private static double Share(double part, int of) => of > 0 ? part / of : double.NaN;

        private static double Sum(List<double> values)
        {
            var sum = 0.0;
            foreach (var value in values)
            {
                sum += value;
            }

            return sum;
        }
    }
}
