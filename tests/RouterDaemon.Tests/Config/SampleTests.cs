using RouterDaemon.Config;
using RouterDaemon.Core.Fleet;
using Xunit;

namespace RouterDaemon.Tests.Config;

public sealed class SampleTests
{
    [Fact]
    public void EveryValueOfTheSampleArrives()
    {
        var result = ConfigFixture.Read(ConfigFixture.Sample, ("CLUSTER_KEY", "sk-cluster"), ("EPP_TOKEN", "t"), ("ROUTERD_ADMIN_KEY", "adm"));
        Assert.Equal(
            ["routerd.yaml:5:11: warning: models[0].file: there is no file /etc/ada/models/routerd-tiny-1m.gguf"],
            result.Faults.Select(f => f.ToString()));
        var config = result.Loaded!.Config;

        Assert.Equal(["http://127.0.0.1:8000"], config.Listen.Select(l => l.Url));
        Assert.Equal("/etc/ada/data", config.DataDirectory);
        var model = Assert.Single(config.Models);
        Assert.Equal(
            ("tiny", "/etc/ada/models/routerd-tiny-1m.gguf", 1024, 4, null, TimeSpan.FromMinutes(30), true, IsolationMode.Auto, false, true),
            (model.Id, model.FilePath, model.ContextTokens, model.Slots, model.GpuLayers, model.KeepAlive, model.Preload, model.Isolation, model.Deterministic, model.LastResort));

        var backend = Assert.Single(config.Backends);
        Assert.Equal(
            ("cluster", BackendKind.LlmD, "http://10.0.0.5:8081", "http://10.0.0.5:8081/v1", "CLUSTER_KEY", TrustLevel.Private, 64),
            (backend.Id, backend.Kind, backend.RootUrl, backend.OpenAiUrl, backend.ApiKeyEnv, backend.Trust, backend.MaxInFlight));
        Assert.Equal("sk-cluster", backend.ApiKey!.Reveal());
        Assert.Equal(
            new TimeoutsConfig
            {
                Connect = TimeSpan.FromSeconds(2),
                ModelLoad = TimeSpan.FromSeconds(120),
                FirstToken = TimeSpan.FromSeconds(60),
                BetweenTokens = TimeSpan.FromSeconds(30),
                Total = TimeSpan.FromMinutes(10),
            },
            backend.Timeouts);
        Assert.Equal(("http://10.0.0.5:9090/metrics", "EPP_TOKEN", "t"), (backend.Metrics!.Url!.AbsoluteUri, backend.Metrics.TokenEnv, backend.Metrics.Token!.Reveal()));
        var deployment = Assert.Single(backend.Deployments!);
        Assert.Equal(
            ("llama-70b", "meta-llama/Llama-3.3-70B-Instruct", 131072, 0.82, Capability.Chat | Capability.Tools | Capability.JsonSchema | Capability.Vision | Capability.Embeddings),
            (deployment.Model, deployment.UpstreamModel, deployment.ContextTokens, deployment.Quality, deployment.Capabilities));
        Assert.Equal(new PriceConfig { CachedInputUsdPerMillion = 0 }, deployment.Price);

        Assert.Equal(["auto", "fast"], config.VirtualModels.Select(v => v.Id));
        Assert.Equal(["*"], config.VirtualModels[0].Deployments);
        Assert.Equal(["tiny/local", "llama-70b/cluster"], config.VirtualModels[1].Deployments);
        Assert.Equal(("priced", RoutingPresetName.Interactive), (config.VirtualModels[1].Policy, config.VirtualModels[1].Preset));
        Assert.Equal(new RoutingConfig { Policy = "priced", Preset = RoutingPresetName.Balanced, Hedge = new HedgeConfig { BudgetFraction = 0.02 } }, config.Routing);
        Assert.Equal(new RetriesConfig { MaxAttempts = 3, Backoff = TimeSpan.FromMilliseconds(50) }, config.Retries);
        Assert.Equal(new AuthConfig(), config.Auth);
        Assert.Equal("adm", config.Admin.Key!.Reveal());
        Assert.Equal(new RegistrationConfig(), config.Registration);
        Assert.Empty(config.Budgets);
        Assert.Equal(new CacheConfig { MaxBytes = 256 << 20, TimeToLive = TimeSpan.FromMinutes(5) }, config.Cache);
        Assert.Equal(new TelemetryConfig(), config.Telemetry);
    }

    [Fact]
    public void TheSampleLoadsWhereItsVariablesAreNotSet()
    {
        var faults = ConfigFixture.Read(ConfigFixture.Sample).Faults;
        Assert.All(faults, f => Assert.Equal(FaultSeverity.Warning, f.Severity));
        Assert.Contains(faults, f => f.ToString() == "routerd.yaml:17:18: warning: backends[0].api_key_env: the environment variable CLUSTER_KEY is not set: requests go there without a key");
    }

    [Fact]
    public void TheFaultOfTheContractReadsAsPromised()
    {
        var broken = ConfigFixture.Sample.Replace("connect: 2s", "connect: 2x", StringComparison.Ordinal);
        var fault = Assert.Single(ConfigFixture.Read(broken).Faults, f => f.Severity == FaultSeverity.Error);
        Assert.Equal("routerd.yaml:20:26: backends[0].timeouts.connect: \"2x\" is not a duration (examples: 500ms, 2s)", fault.ToString());
    }

    [Fact]
    public void TheBundledModelStandsInForTheSamplesFile()
    {
        var fixture = new ConfigFixture { BundledModelPath = "/opt/routerd/models/routerd-tiny-1m.gguf" }.With(ConfigFixture.Sample);
        var model = Assert.Single(fixture.Load().Loaded!.Config.Models);
        Assert.Equal("/opt/routerd/models/routerd-tiny-1m.gguf", model.FilePath);
    }

    [Fact]
    public void ShownConfigurationReadsBackAsItself()
    {
        var config = ConfigFixture.Good(ConfigFixture.Sample);
        var shown = ConfigPrinter.ShowYaml(config);
        Assert.Equal(shown, ConfigPrinter.ShowYaml(ConfigFixture.Good(shown)));
    }
}
