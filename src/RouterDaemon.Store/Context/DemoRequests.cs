using System.Globalization;
using System.Text;
using System.Text.Json;

namespace RouterDaemon.Store.Context;

/// <summary>Generates the demo's requests and scores; the same list on every run.</summary>
internal static class DemoRequests
{
    private const ulong Seed = 42;
    private const double BaseErrorRate = 0.02;
    private const double BaseTimeoutRate = 0.01;
    private static readonly TimeSpan EarliestEvaluation = TimeSpan.FromHours(1);
    private static readonly TimeSpan LatestEvaluation = TimeSpan.FromHours(8);

    public static List<DemoRequest> Generate()
    {
        var random = new SeedRandom(Seed);
        var step = (DemoFleet.Now - DemoFleet.Start) / DemoFleet.RequestCount;
        var requests = new List<DemoRequest>(DemoFleet.RequestCount);
        for (var i = 0; i < DemoFleet.RequestCount; i++)
        {
            // One request in each equal slice of the week: spread, but not regular.
            var createdAt = DemoFleet.Start + (step * (i + random.Next()));
            createdAt = new DateTimeOffset(createdAt.UtcTicks - (createdAt.UtcTicks % TimeSpan.TicksPerSecond), TimeSpan.Zero);
            requests.Add(One(random, i, createdAt));
        }

        Name(requests);
        Score(random, requests);
        return requests;
    }

    private static DemoRequest One(SeedRandom random, int index, DateTimeOffset createdAt)
    {
        var user = random.Pick(DemoFleet.Users);
        var id = random.Pick(DemoFleet.SharesOf(user.Tier));
        var deployment = DemoFleet.Deployments.Single(d => d.Id == id);
        var incident = DemoFleet.InIncident(id, createdAt);
        var input = random.Between(120, 2600);
        var output = random.Between(40, 900);
        var roll = random.Next();
        var (errors, timeouts) = incident ? (0.30, 0.15) : (BaseErrorRate, BaseTimeoutRate);
        var status = roll < errors ? "error" : roll < errors + timeouts ? "timeout" : "success";
        var latency = LatencyOf(random, deployment, createdAt, incident, status);
        var experiment = createdAt >= DemoFleet.ExperimentStart && random.Chance(0.25) ? DemoFleet.Experiment : null;
        return new DemoRequest
        {
            Id = string.Create(CultureInfo.InvariantCulture, $"req_{index + 1:d6}"),
            User = user,
            Deployment = deployment,
            TaskType = random.Pick(DemoFleet.TaskTypes),
            InputTokens = input,
            OutputTokens = output,
            CostUsd = Math.Round((input + output) / 1000.0 * deployment.CostPer1k, 6),
            LatencyMs = latency,
            Status = status,
            RouterVersion = createdAt < DemoFleet.VersionChange ? DemoFleet.OldVersion : DemoFleet.NewVersion,
            Experiment = experiment,
            RoutingReason = Reason(random, user, deployment, latency, createdAt),
            CreatedAt = createdAt,
        };
    }

    private static int LatencyOf(SeedRandom random, DemoFleet.Deployment deployment, DateTimeOffset createdAt, bool incident, string status)
    {
        if (status == "timeout")
        {
            return 30_000;
        }

        // A long tail over the deployment's median. gpt-4/k8s was healthy until the last two days, neocloud until its incident.
        var median = deployment.Id switch
        {
            "gpt-4/k8s" when createdAt < DemoFleet.Now.AddDays(-2) => 620,
            "llama-70b/neocloud" when createdAt < DemoFleet.ActiveStart => 760,
            _ => deployment.P50Ms,
        };
        var tail = 0.75 + (0.5 * random.Next()) + (random.Chance(0.08) ? random.Between(0.5, 1.1) : 0);
        return (int)(median * tail * (incident ? 1.6 : 1));
    }

    private static string Reason(SeedRandom random, DemoFleet.User user, DemoFleet.Deployment chosen, int latency, DateTimeOffset createdAt)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteString("user_tier", user.Tier);
            json.WriteNumber("latency_sla_ms", user.SlaMs);
            json.WriteStartArray("options_considered");
            foreach (var (id, _) in DemoFleet.SharesOf(user.Tier))
            {
                var option = DemoFleet.Deployments.Single(d => d.Id == id);
                var down = id != chosen.Id && DemoFleet.InIncident(id, createdAt) && option.Status == "down";
                json.WriteStartObject();
                json.WriteString("deployment", id);
                if (down)
                {
                    json.WriteNull("estimated_latency_ms");
                    json.WriteBoolean("available", false);
                    json.WriteString("reason", "deployment down");
                }
                else
                {
                    json.WriteNumber("estimated_latency_ms", id == chosen.Id ? Math.Min(latency, 10_000) : (int)(option.P50Ms * random.Between(0.9, 1.1)));
                    json.WriteBoolean("available", true);
                }

                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteString("decision", $"chose {chosen.Id}: best fit for tier {user.Tier} with a latency SLA of {user.SlaMs} ms");
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    // The request that the demo asks about by name: a premium one on aws of the day before.
    private static void Name(List<DemoRequest> requests)
    {
        var index = requests.FindIndex(r =>
            r.CreatedAt >= DemoFleet.Now.AddDays(-1) && r.User.Tier == "premium" && r.Deployment.Id == "gpt-4/aws" && r.Status == "success");
        requests[index] = requests[index] with { Id = DemoFleet.NamedRequest };
    }

    private static void Score(SeedRandom random, List<DemoRequest> requests)
    {
        var scorable = requests.Where(r => r.Status == "success" && r.CreatedAt <= DemoFleet.Now - EarliestEvaluation).ToList();
        // Everything inside an incident is scored, the rest is drawn, until there are exactly as many as promised.
        var chosen = scorable.Where(r => DemoFleet.InIncident(r.Deployment.Id, r.CreatedAt)).ToHashSet();
        while (chosen.Count < DemoFleet.ScoreCount)
        {
            chosen.Add(random.Pick(scorable));
        }

        foreach (var request in scorable.Where(chosen.Contains))
        {
            var incident = DemoFleet.InIncident(request.Deployment.Id, request.CreatedAt);
            var quality = request.Deployment.Quality;
            request.Score = Math.Round(incident ? random.Between(0.35, 0.75) : random.Between(Math.Max(0.70, quality - 0.12), Math.Min(0.98, quality + 0.10)), 3);
            var longest = DemoFleet.Now - request.CreatedAt < LatestEvaluation ? DemoFleet.Now - request.CreatedAt : LatestEvaluation;
            request.EvaluatedAt = request.CreatedAt.AddSeconds((int)random.Between(EarliestEvaluation.TotalSeconds, longest.TotalSeconds));
        }
    }
}
