using Microsoft.Extensions.Logging;
using RouterDaemon.Config;
using RouterDaemon.Core.Fleet;
using Xunit;

namespace RouterDaemon.Tests.Config;

public sealed class LoaderTests
{
    private const string OpenSentence = "anyone who can reach this address may spend my keys";

    private static RouterdConfig Good(ConfigFixture fixture)
    {
        var result = fixture.Load();
        Assert.True(result.Loaded is not null, string.Join('\n', result.Faults));
        return result.Loaded.Config;
    }

    private static ConfigFixture With(params (string Name, string Value)[] environment)
    {
        var fixture = new ConfigFixture();
        foreach (var (name, value) in environment)
        {
            fixture.Environment[name] = value;
        }

        return fixture;
    }

    [Fact]
    public void WithNothingAtAllThereIsAWorkingDefault()
    {
        var result = new ConfigFixture { BundledModelPath = "/opt/models/routerd-tiny-1m.gguf" }.Load();
        Assert.Empty(result.Faults);
        Assert.Equal((null, ConfigFixture.Home), (result.Loaded!.FilePath, result.Loaded.HomeDirectory));
        var config = result.Loaded.Config;
        Assert.Equal(["http://127.0.0.1:8000"], config.Listen.Select(a => a.ToString()));
        Assert.Equal((ConfigFixture.Home + "/data", ConfigFixture.Home + "/models"), (config.DataDirectory, config.ModelsDirectory));
        Assert.Equal(
            (ConfigFixture.Home + "/data/models.db", ConfigFixture.Home + "/data/context.db"),
            (config.EffectiveModelsDatabasePath, config.EffectiveContextDatabasePath));
        Assert.Equal([("tiny", "/opt/models/routerd-tiny-1m.gguf", true)], config.Models.Select(m => (m.Id, m.FilePath, m.LastResort)));
        Assert.Equal(["auto"], config.VirtualModels.Select(v => v.Id));
        Assert.Empty(config.Backends);
        Assert.Equal(32 << 20, config.Limits.MaxBodyBytes);
    }

    [Fact]
    public void AnEmptyFileIsTheDefaultToo()
    {
        foreach (var yaml in new[] { "", "# nothing\n", "---\n", "{}", "null", "\ufeff" })
        {
            Assert.Equal(ConfigPrinter.ShowYaml(ConfigFixture.Good("{}")), ConfigPrinter.ShowYaml(ConfigFixture.Good(yaml)));
        }
    }

    [Fact]
    public void FilesAreLookedForInOrderAndNeverInTheWorkingDirectory()
    {
        var fixture = new ConfigFixture();
        fixture.FilesByPath["routerd.yaml"] = "retries: { max_attempts: 9 }"u8.ToArray();
        Assert.Null(fixture.Load().Loaded!.FilePath);
        foreach (var path in new[] { ConfigLoader.SystemFile, ConfigFixture.Home + "/routerd.yaml", "/named.yaml", "/typed.yaml" })
        {
            fixture.FilesByPath[path] = "{}"u8.ToArray();
            fixture.ConfigPath = path == "/typed.yaml" ? path : null;
            if (path == "/named.yaml")
            {
                fixture.Environment["ROUTERD_CONFIG"] = path;
            }

            Assert.Equal(path, fixture.Load().Loaded!.FilePath);
        }
    }

    [Theory]
    [InlineData("ROUTERD_CONFIG", "routerd.yaml", "environment: ROUTERD_CONFIG: \"routerd.yaml\" is not an absolute path")]
    [InlineData("ROUTERD_CONFIG", "/nowhere.yaml", "/nowhere.yaml: there is no such file")]
    [InlineData("ROUTERD_HOME", "here", "environment: ROUTERD_HOME: \"here\" is not an absolute path")]
    [InlineData("LLMD_ENDPOINT", "gateway", "environment: LLMD_ENDPOINT: \"gateway\" is not an http or https URL (example: http://10.0.0.5:8081)")]
    [InlineData("ROUTERD_LISTEN", "8000", "environment: ROUTERD_LISTEN: \"8000\" is not an address to listen on (examples: http://127.0.0.1:8000, https://0.0.0.0:8443, unix:/run/routerd.sock)")]
    [InlineData("ROUTERD_LOG_LEVEL", "loud", "environment: ROUTERD_LOG_LEVEL: \"loud\" is not known, expected trace, debug, information, info, warning, warn, error, critical or none")]
    [InlineData("EXTERNAL_ACME_KEY", "k", "environment: warning: EXTERNAL_ACME_KEY: not used: the base URL of \"acme\" is not known, set EXTERNAL_ACME_BASE_URL")]
    [InlineData("EXTERNAL_GROQ_BASE_URL", "http://x", "environment: warning: EXTERNAL_GROQ_BASE_URL: not used: EXTERNAL_GROQ_KEY is not set")]
    public void AVariableThatIsWrongIsNamed(string name, string value, string expected) =>
        Assert.Equal(expected, Assert.Single(With((name, value)).Load().Faults).ToString());

    [Fact]
    public void AUserWithoutAFolderMustNameTheHome() => Assert.Equal(
        "environment: ROUTERD_HOME: not set, and this user has no folder of their own",
        Assert.Single(new ConfigFixture { UserDirectory = "" }.Load().Faults).ToString());

    [Theory]
    [InlineData(true, "/var/lib/routerd", null, "/var/lib/routerd")]
    [InlineData(true, "/var/lib/routerd:/var/lib/other", null, "/var/lib/routerd")]
    [InlineData(true, "/var/lib/routerd", "/srv/r", "/srv/r")]
    [InlineData(false, "/home/ada/.local/state/routerd", null, ConfigFixture.Home)]
    [InlineData(true, null, null, ConfigFixture.Home)]
    [InlineData(false, null, "~/r", "/home/ada/r")]
    public void TheHomeDependsOnWhoRuns(bool isRoot, string? stateDirectory, string? home, string expected)
    {
        var fixture = new ConfigFixture { IsRoot = isRoot };
        fixture.Environment["STATE_DIRECTORY"] = stateDirectory ?? "";
        fixture.Environment["ROUTERD_HOME"] = home ?? "";
        Assert.Equal(expected, fixture.Load().Loaded!.HomeDirectory);
    }

    [Fact]
    public void VariablesOverrideTheFile()
    {
        var fixture = With(
            ("ROUTERD_LISTEN", "http://127.0.0.1:1, unix:/run/r.sock"), ("ROUTERD_DATA", "/d"), ("ROUTERD_MODELS", "m"), ("ROUTERD_LOG_LEVEL", "debug"),
            ("SQLITE_DB_PATH", "/x/models.db"), ("CONTEXT_DB_PATH", "context.db"), ("REDIS_URL", "redis://:hunter2@r"), ("POSTGRES_URL", ""));
        var config = Good(fixture.With("listen: http://127.0.0.1:9\ndata: data\nlog: { level: error }\n"));
        Assert.Equal(["http://127.0.0.1:1", "unix:/run/r.sock"], config.Listen.Select(a => a.Url));
        Assert.Equal(
            ("/d", ConfigFixture.Home + "/m", LogLevel.Debug, "/x/models.db", ConfigFixture.Home + "/context.db", "redis://:hunter2@r", null),
            (config.DataDirectory, config.ModelsDirectory, config.Log.Level, config.EffectiveModelsDatabasePath, config.EffectiveContextDatabasePath, config.SharedState.RedisUrl!.Reveal(), config.SharedState.PostgresUrl));
        Assert.DoesNotContain("hunter2", ConfigPrinter.ShowYaml(config) + ConfigPrinter.ShowJson(config) + config, StringComparison.Ordinal);
    }

    [Fact]
    public void TheRouterToJoinComesFromTheEnvironment()
    {
        (string, string)[] spec = [("ROUTER_URL", "http://router:8080/"), ("AGENT_ENDPOINT", "http://mac.local:5000"), ("AGENT_NAME", "my mac"), ("MODEL_LIST", "a, b,"), ("HEARTBEAT_INTERVAL", "7"), ("ROUTER_SHARED_SECRET", "s3cret")];
        var registration = Good(With(spec)).Registration;
        var join = registration.Join!;
        Assert.Equal(
            ("http://router:8080/", "http://mac.local:5000/", "my-mac", TimeSpan.FromSeconds(7), "s3cret"),
            (join.Url!.AbsoluteUri, join.Endpoint!.AbsoluteUri, join.Name, join.Heartbeat, registration.Secret!.Reveal()));
        Assert.Equal(["a", "b"], join.Models);
        Assert.Null(Good(With(("ROUTER_SHARED_SECRET", "s3cret"))).Registration.Secret);
        var inFile = ConfigFixture.Good("registration: { secret_env: MINE, join: { url: http://r:1, endpoint: http://e:2, api_key_env: KEY } }", [.. spec, ("MINE", "mine"), ("KEY", "k")]).Registration;
        Assert.Equal(("mine", "http://r:1/", "k", 0), (inFile.Secret!.Reveal(), inFile.Join!.Url!.AbsoluteUri, inFile.Join.ApiKey!.Reveal(), inFile.Join.Models.Count));
    }

    [Theory]
    [InlineData("registration: { join: { endpoint: http://e:2 } }", "registration.join: the key \"url\" is missing")]
    [InlineData("registration: { join: { url: http://r:1 } }", "registration.join: the key \"endpoint\" is missing")]
    [InlineData("registration: { join: { url: http://r:1, endpoint: http://e:2, name: local } }", "registration.join.name: \"local\" is the backend of on-device models")]
    [InlineData("registration: { join: { url: http://r:1, endpoint: http://e:2, heartbeat: 31s } }", "registration.join.heartbeat")]
    [InlineData("registration: { join: { url: http://r:1, endpoint: http://e:2, heartbeat: 999ms } }", "registration.join.heartbeat")]
    [InlineData("registration: { join: { url: http://r:1, endpoint: http://e:2, api_key_env: KEY } }", "warning: registration.join.api_key_env: the environment variable KEY is not set")]
    public void FaultsOfJoiningNameTheirPlace(string yaml, string fault) => Assert.Contains(fault, ConfigFixture.Faults(yaml), StringComparison.Ordinal);

    [Theory]
    [InlineData("1s")]
    [InlineData("30s")]
    public void TheHeartbeatMayBe(string beat) =>
        Assert.NotNull(ConfigFixture.Good($"registration: {{ join: {{ url: http://r:1, endpoint: http://e:2, heartbeat: {beat} }} }}").Registration.Join);

    [Fact]
    public void BackendsComeFromTheEnvironment()
    {
        var config = Good(With(
            ("LLMD_ENDPOINT", "http://gw:8081/"), ("OLLAMA_HOST", "0.0.0.0"), ("EXTERNAL_OPENAI_KEY", "k1"), ("EXTERNAL_ANTHROPIC_KEY", "k2"),
            ("EXTERNAL_GEMINI_KEY", "k3"), ("EXTERNAL_MY_LAB_KEY", "k4"), ("EXTERNAL_MY_LAB_BASE_URL", "http://lab:1/api/"), ("EXTERNAL_GROQ_KEY", "")));
        Assert.Equal(
            [
                ("llm-d", BackendKind.LlmD, "http://gw:8081/v1", null),
                ("ollama", BackendKind.Ollama, "http://127.0.0.1:11434/v1", null),
                ("anthropic", BackendKind.Anthropic, "https://api.anthropic.com/v1", "k2"),
                ("gemini", BackendKind.OpenAi, "https://generativelanguage.googleapis.com/v1beta/openai", "k3"),
                ("my-lab", BackendKind.OpenAi, "http://lab:1/api", "k4"),
                ("openai", BackendKind.OpenAi, "https://api.openai.com/v1", "k1"),
            ],
            config.Backends.Select(b => (b.Id, b.Kind, b.OpenAiUrl, b.ApiKey?.Reveal())));
        Assert.All(config.Backends, b => Assert.Equal((TrustLevel.Public, null), (b.Trust, b.Deployments)));
    }

    [Theory]
    [InlineData("127.0.0.1", "http://127.0.0.1:11434")]
    [InlineData("box:1234", "http://box:1234")]
    [InlineData(":1234", "http://127.0.0.1:1234")]
    [InlineData("http://box", "http://box")]
    [InlineData("https://box:1/ollama/", "https://box:1/ollama")]
    [InlineData("[::]:1234", "http://127.0.0.1:1234")]
    public void OllamasOwnFormsOfItsVariableAreTaken(string host, string expected) =>
        Assert.Equal(expected, Assert.Single(Good(With(("OLLAMA_HOST", host))).Backends).RootUrl);

    [Theory]
    [InlineData("openai", "https://h", "https://h", "https://h/v1")]
    [InlineData("openai", "https://h/v1/", "https://h", "https://h/v1")]
    [InlineData("openai", "https://h/openai/v1", "https://h/openai", "https://h/openai/v1")]
    [InlineData("openai", "https://h/v1beta/openai", "https://h/v1beta/openai", "https://h/v1beta/openai")]
    [InlineData("llm-d", "http://h:1/prefix", "http://h:1/prefix", "http://h:1/prefix/v1")]
    [InlineData("anthropic", "https://h/v1", "https://h", "https://h/v1")]
    public void BaseUrlsAreCompleted(string kind, string url, string root, string openAi)
    {
        var backend = Assert.Single(ConfigFixture.Good($"backends: [{{ id: b, kind: {kind}, url: '{url}' }}]").Backends);
        Assert.Equal((root, openAi), (backend.RootUrl, backend.OpenAiUrl));
    }

    [Fact]
    public void AFileWithBackendsIsTheWholeList()
    {
        var result = ConfigFixture.Read("backends: [{ id: a, kind: openai }]", ("LLMD_ENDPOINT", "http://gw"), ("EXTERNAL_OPENAI_KEY", "k"));
        Assert.Equal(["a"], result.Loaded!.Config.Backends.Select(b => b.Id));
        Assert.Equal(
            [
                "environment: warning: LLMD_ENDPOINT: not used: the file has \"backends\", and \"llm-d\" is not among them",
                "environment: warning: EXTERNAL_OPENAI_KEY: not used: the file has \"backends\", and \"openai\" is not among them",
            ],
            result.Faults.Select(f => f.ToString()));
        Assert.Equal(["llm-d"], ConfigFixture.Good("retries: {}", ("LLMD_ENDPOINT", "http://gw")).Backends.Select(b => b.Id));
    }

    [Fact]
    public void VariablesAnchorsAndMergesWork()
    {
        const string Yaml = """
            x-timeouts: &slow { connect: 5s, total: 20m }
            data: ${BASE}/x/$${BASE}
            backends:
              - { id: a, kind: openai, url: "http://${HOST}:${PORT}", max_in_flight: "${N}", timeouts: *slow, api_key: "${KEY}" }
              - { id: b, kind: openai, timeouts: { <<: *slow, connect: 1s } }
            """;
        var config = ConfigFixture.Good(Yaml, ("BASE", "/b"), ("HOST", "h"), ("PORT", "81"), ("N", "7"), ("KEY", "hunter2"));
        Assert.Equal("/b/x/${BASE}", config.DataDirectory);
        Assert.Equal(("http://h:81", 7, "hunter2"), (config.Backends[0].RootUrl, config.Backends[0].MaxInFlight, config.Backends[0].ApiKey!.Reveal()));
        Assert.Equal((TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(20)), (config.Backends[0].Timeouts.Connect, config.Backends[0].Timeouts.Total));
        Assert.Equal((TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(20)), (config.Backends[1].Timeouts.Connect, config.Backends[1].Timeouts.Total));
        Assert.DoesNotContain("hunter2", ConfigPrinter.ShowYaml(config) + ConfigPrinter.ShowJson(config) + config, StringComparison.Ordinal);
        Assert.Contains("data: \"/b/x/$${BASE}\"", ConfigPrinter.ShowYaml(config), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("500ms", 500)]
    [InlineData("1.5s", 1500)]
    [InlineData("1h30m", 5_400_000)]
    [InlineData("2m", 120_000)]
    [InlineData("1d", 86_400_000)]
    public void DurationsHaveUnits(string text, double ms) =>
        Assert.Equal(TimeSpan.FromMilliseconds(ms), ConfigFixture.Good($"retries: {{ backoff: {text} }}").Retries.Backoff);

    [Fact]
    public void KeepAliveHasTwoWordsOfItsOwn()
    {
        var models = ConfigFixture.Good("models: [{ id: a, file: a, keep_alive: 0 }, { id: b, file: b, keep_alive: -1 }]").Models;
        Assert.Equal([TimeSpan.Zero, Timeout.InfiniteTimeSpan], models.Select(m => m.KeepAlive));
    }

    [Theory]
    [InlineData("65536", 65536)]
    [InlineData("256MiB", 256 << 20)]
    [InlineData("1.5 KiB", 1536)]
    [InlineData("2MB", 2_000_000)]
    public void SizesMayHaveUnits(string text, long bytes) => Assert.Equal(bytes, ConfigFixture.Good($"cache: {{ max_bytes: {text} }}").Cache.MaxBytes);

    [Fact]
    public void HttpsAndSocketsAreListenAddresses()
    {
        var listen = ConfigFixture.Good($"listen: [{{ url: 'https://[::1]:8443', certificate: c.pem, key: k.pem }}, 'unix:r.sock', 'http://localhost']").Listen;
        Assert.Equal(
            [
                (ListenKind.Https, "::1", 8443, null, "/etc/ada/c.pem", "/etc/ada/k.pem", true),
                (ListenKind.Unix, "", 0, "/etc/ada/r.sock", null, null, true),
                (ListenKind.Http, "localhost", 80, null, null, null, true),
            ],
            listen.Select(l => (l.Kind, l.Host, l.Port, l.SocketPath, l.CertificatePath, l.KeyPath, l.IsLoopback)));
    }

    [Theory]
    [InlineData(0, "", "routerd.yaml:1:9: listen: other machines reach http://0.0.0.0:8000 and there is no API key: make one (routerd keys create NAME), or set ROUTERD_ADMIN_KEY and auth.required: true, or write auth: { allow_open: \"anyone who can reach this address may spend my keys\" }")]
    [InlineData(0, "auth: { required: true }", "routerd.yaml:1:9: listen: other machines reach http://0.0.0.0:8000 and there is no API key: make one (routerd keys create NAME), or set ROUTERD_ADMIN_KEY and auth.required: true, or write auth: { allow_open: \"anyone who can reach this address may spend my keys\" }")]
    [InlineData(0, $"auth: {{ allow_open: '{OpenSentence}' }}", "")]
    [InlineData(1, "", "")]
    [InlineData(null, "", "routerd.yaml:1:9: warning: listen: other machines reach http://0.0.0.0:8000: the daemon starts only when an API key exists")]
    public void AnAddressThatOthersReachNeedsKeysOrASentence(int? keys, string auth, string expected)
    {
        var fixture = new ConfigFixture { CountKeys = _ => keys }.With("listen: http://0.0.0.0:8000\n" + auth);
        Assert.Equal(expected, string.Join('\n', fixture.Load().Faults.Select(f => f.ToString().Replace("listen[0]", "listen", StringComparison.Ordinal))));
    }

    [Fact]
    public void TheAdminKeyIsAKeyWhereKeysAreRequired()
    {
        var fixture = With(("ROUTERD_ADMIN_KEY", "adm"));
        fixture.CountKeys = _ => 0;
        Assert.Empty(fixture.With("listen: http://0.0.0.0:8000\nauth: { required: true }").Load().Faults);
        Assert.NotEmpty(fixture.With("listen: http://0.0.0.0:8000").Load().Faults);
        fixture.Environment["ROUTERD_LISTEN"] = "http://192.0.2.1:1";
        var fault = Assert.Single(fixture.With("listen: http://127.0.0.1:8000").Load().Faults);
        Assert.StartsWith("environment: ROUTERD_LISTEN: other machines reach http://192.0.2.1:1 ", fault.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, false, 0, true, false)]
    [InlineData(false, false, 1, true, true)]
    [InlineData(true, false, 0, true, true)]
    [InlineData(false, false, 0, false, true)]
    [InlineData(false, true, 0, false, false)]
    [InlineData(false, true, 1, false, true)]
    public void KeysAreRequiredWhen(bool required, bool allowOpen, int keys, bool loopback, bool expected)
    {
        var listen = ListenAddress.Default with { Host = loopback ? "127.0.0.1" : "192.0.2.1" };
        Assert.Equal(expected, new AuthConfig { Required = required, AllowOpen = allowOpen }.IsRequired([ListenAddress.Default, listen], keys));
    }

    [Theory]
    [InlineData("*", true)]
    [InlineData("gpt-4/aws", true)]
    [InlineData("gpt-4", true)]
    [InlineData("gpt-*", true)]
    [InlineData("*/aws", true)]
    [InlineData("g*4*s", true)]
    [InlineData("gpt-4/azure", false)]
    [InlineData("aws", false)]
    [InlineData("gpt", false)]
    [InlineData("", false)]
    [InlineData("*x*", false)]
    public void PatternsNameDeployments(string pattern, bool expected) => Assert.Equal(expected, DeploymentPattern.IsMatch(pattern, "gpt-4", "aws"));

    [Fact]
    public void ASecretTellsNobody()
    {
        var secret = new Secret("hunter2");
        Assert.Equal(("***", "***", "hunter2"), (secret.ToString(), $"{secret}", secret.Reveal()));
        Assert.True(secret.Matches("hunter2") && !secret.Matches("hunter3") && secret.Equals(new Secret("hunter2")));
        Assert.Equal("{}", System.Text.Json.JsonSerializer.Serialize(secret));
        Assert.DoesNotContain("hunter2", System.Text.Json.JsonSerializer.Serialize(new AdminConfig { Key = secret }), StringComparison.Ordinal);
    }
}
