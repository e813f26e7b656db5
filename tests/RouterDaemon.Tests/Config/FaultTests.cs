using Xunit;

namespace RouterDaemon.Tests.Config;

/// <summary>Every kind of fault with its whole line.</summary>
public sealed class FaultTests
{
    [Theory]

    // Wrong kinds of value.
    [InlineData("retries: { max_attempts: x }", "routerd.yaml:1:26: retries.max_attempts: \"x\" is not a whole number (from 1 to 10)")]
    [InlineData("retries: { max_attempts: 1.5 }", "routerd.yaml:1:26: retries.max_attempts: \"1.5\" is not a whole number (from 1 to 10)")]
    [InlineData("retries: { max_attempts: [1] }", "routerd.yaml:1:26: retries.max_attempts: a list stands here, expected a whole number")]
    [InlineData("retries: { backoff: { a: 1 } }", "routerd.yaml:1:21: retries.backoff: a mapping stands here, expected a duration")]
    [InlineData("retries: 3", "routerd.yaml:1:10: retries: a single value stands here, expected a mapping")]
    [InlineData("backends: { id: a }", "routerd.yaml:1:11: backends: a mapping stands here, expected a list")]
    [InlineData("virtual_models: [a]", "routerd.yaml:1:17: virtual_models: a list stands here, expected a mapping")]
    [InlineData("[a, b]", "routerd.yaml:1:1: a list stands here, expected a mapping")]
    [InlineData("just text", "routerd.yaml:1:1: a single value stands here, expected a mapping")]
    [InlineData("cache: { enabled: yes }", "routerd.yaml:1:19: cache.enabled: \"yes\" is neither true nor false")]
    [InlineData("routing: { hedge: { budget: much } }", "routerd.yaml:1:29: routing.hedge.budget: \"much\" is not a number (from 0 to 1)")]
    [InlineData("routing: { preset: balancd }", "routerd.yaml:1:20: routing.preset: \"balancd\" is not known, expected interactive, balanced or batch (did you mean \"balanced\"?)")]
    [InlineData("log: { format: xml }", "routerd.yaml:1:16: log.format: \"xml\" is not known, expected auto, plain, systemd or json")]
    [InlineData("cache: { max_bytes: 3 cats }", "routerd.yaml:1:21: cache.max_bytes: \"3 cats\" is not a size (examples: 256MiB, 1GB, 65536)")]
    [InlineData("cache: { ttl: 5 }", "routerd.yaml:1:15: cache.ttl: \"5\" is not a duration (examples: 500ms, 2s)")]
    [InlineData("data: ''", "routerd.yaml:1:7: data: \"\" is empty, expected a path")]

    // Unknown, missing and repeated keys.
    [InlineData("retrys: {}", "routerd.yaml:1:1: retrys: unknown key, did you mean \"retries\"?")]
    [InlineData("retries: { max-attempts: 1 }", "routerd.yaml:1:12: retries.max-attempts: unknown key, did you mean \"max_attempts\"?")]
    [InlineData("retries: { zzz: 1 }", "routerd.yaml:1:12: retries.zzz: unknown key (known here: max_attempts, backoff, max_wait, rescue)")]
    [InlineData("retries: { 'a b.c': 1 }", "routerd.yaml:1:12: retries[\"a b.c\"]: unknown key (known here: max_attempts, backoff, max_wait, rescue)")]
    [InlineData("retries: {}\ncache: {}\nretries: {}", "routerd.yaml:3:1: the key \"retries\" is given twice (first in line 1)")]
    [InlineData("budgets:\n  - id: a", "routerd.yaml:2:5: budgets[0]: the key \"usd\" is missing")]
    [InlineData("backends:\n  - id: a\n    kind: llm-d", "routerd.yaml:2:5: backends[0]: the key \"url\" is missing")]

    // Addresses, URLs, names.
    [InlineData("listen: []", "routerd.yaml:1:9: listen: at least 1 entry is needed")]
    [InlineData("listen: [8000]", "routerd.yaml:1:10: listen[0]: \"8000\" is not an address to listen on (examples: http://127.0.0.1:8000, https://0.0.0.0:8443, unix:/run/routerd.sock)")]
    [InlineData("listen: ['http://127.0.0.1:70000']", "routerd.yaml:1:10: listen[0]: \"http://127.0.0.1:70000\" has no valid port (from 0 to 65535; 0 = any free one)")]
    [InlineData("listen: ['https://127.0.0.1:8443']", "routerd.yaml:1:10: listen[0]: https needs a certificate: { url: https://host:port, certificate: FILE, key: FILE }")]
    [InlineData("listen: [{ url: 'http://127.0.0.1:1', certificate: a.pem }]", "routerd.yaml:1:10: listen[0]: a certificate or key goes with an https URL only")]
    [InlineData("listen: ['unix:']", "routerd.yaml:1:10: listen[0]: \"unix:\" names no socket (example: unix:/run/routerd.sock)")]
    [InlineData("listen: [http://127.0.0.1:1, http://127.0.0.1:1]", "routerd.yaml:1:30: listen[1]: the address \"http://127.0.0.1:1\" is taken by listen[0]")]
    [InlineData("telemetry: { otlp: 'ftp://x' }", "routerd.yaml:1:20: telemetry.otlp: \"ftp://x\" is not an http or https URL (example: http://10.0.0.5:8081)")]
    [InlineData("telemetry: { otlp: 'http://x/?a=b' }", "routerd.yaml:1:20: telemetry.otlp: \"http://x/?a=b\" has a query or a fragment; a base URL ends with its path")]
    [InlineData("telemetry: { otlp: 'http://u:hunter2@x' }", "routerd.yaml:1:20: telemetry.otlp: a URL must not hold a user name or password; name the variable of the key in \"api_key_env\"")]
    [InlineData("admin: { key_env: sk-hunter2 }", "routerd.yaml:1:19: admin.key_env: not the name of an environment variable (letters, digits and \"_\"); the key itself does not belong here")]
    [InlineData("models: [{ id: 'a b', file: x }]", "routerd.yaml:1:16: models[0].id: \"a b\" is not a name: no spaces or control characters")]
    [InlineData("backends: [{ id: a/b, kind: openai }]", "routerd.yaml:1:18: backends[0].id: \"a/b\" is not a name here: letters, digits, \"-\", \"_\" and \".\" only")]
    [InlineData("backends: [{ id: local, kind: openai }]", "routerd.yaml:1:18: backends[0].id: \"local\" is the backend of on-device models; choose another name")]
    [InlineData("backends: [{ id: a, kind: openai, tags: ['a b'] }]", "routerd.yaml:1:42: backends[0].tags[0]: \"a b\" is not a tag: letters, digits, \"-\", \"_\", \".\" and \":\" only")]
    [InlineData("http: { allowed_hosts: ['http://a'] }", "routerd.yaml:1:25: http.allowed_hosts[0]: \"http://a\" is not a host name or address (without scheme and port)")]
    [InlineData("http: { allowed_origins: ['https://a/b'] }", "routerd.yaml:1:27: http.allowed_origins[0]: \"https://a/b\" is not an origin: scheme, host and port, no path (example: https://app.example)")]
    [InlineData("auth: { allow_open: yes }", "routerd.yaml:1:21: auth.allow_open: \"yes\" is not the sentence it takes: \"anyone who can reach this address may spend my keys\"")]
    [InlineData("models: [{ id: a, file: x, gpu_layers: some }]", "routerd.yaml:1:40: models[0].gpu_layers: \"some\" is neither auto nor all nor a number of layers (from 0 to 10000)")]
    [InlineData("models: [{ id: a, file: x, keep_alive: -2 }]", "routerd.yaml:1:40: models[0].keep_alive: \"-2\" is not a duration (examples: 500ms, 2s, 30m, -1 for never)")]

    // Ids and references.
    [InlineData("backends: [{ id: a, kind: openai }, { id: a, kind: openai }]", "routerd.yaml:1:43: backends[1].id: the id \"a\" is taken by backends[0].id")]
    [InlineData("backends: [{ id: a, kind: openai, deployments: [{ model: m }, { model: m }] }]", "routerd.yaml:1:72: backends[0].deployments[1].model: the model \"m\" is taken by backends[0].deployments[0].model")]
    [InlineData("virtual_models: { 'a b': { deployments: ['*'] } }", "routerd.yaml:1:19: virtual_models[\"a b\"]: \"a b\" is not a name: no spaces or control characters")]
    [InlineData("virtual_models: { v: { deployments: [] } }", "routerd.yaml:1:37: virtual_models.v.deployments: at least 1 entry is needed")]
    [InlineData("virtual_models: { v: }", "routerd.yaml:1:22: virtual_models.v: nothing stands here, expected a mapping")]
    [InlineData("virtual_models: { v: { deployments: [m/elsewhere] } }", "routerd.yaml:1:38: virtual_models.v.deployments[0]: \"m/elsewhere\" names no deployment and no model")]
    [InlineData("backends: [{ id: aws, kind: openai, deployments: [{ model: gpt-4 }] }]\nvirtual_models: { v: { deployments: [gtp-4/aws] } }", "routerd.yaml:2:38: virtual_models.v.deployments[0]: \"gtp-4/aws\" names no deployment and no model, did you mean \"gpt-4/aws\"?")]
    [InlineData("virtual_models: { v: { deployments: [auto] } }", "routerd.yaml:1:38: virtual_models.v.deployments[0]: \"auto\" is a virtual model; only \"fallbacks\" may name one")]
    [InlineData("virtual_models: { v: { deployments: ['*'], fallbacks: [v] } }", "routerd.yaml:1:55: virtual_models.v.fallbacks: the fallbacks lead back to \"v\"")]
    [InlineData("backends: [{ id: a, kind: openai, api_key: k, api_key_env: K }]", "routerd.yaml:1:44: backends[0].api_key: the key is given twice: here and by \"api_key_env\"\nrouterd.yaml:1:60: warning: backends[0].api_key_env: the environment variable K is not set: requests go there without a key")]

    // Variables.
    [InlineData("data: ${NOPE}/x", "routerd.yaml:1:7: data: the environment variable NOPE is not set")]
    [InlineData("data: ${NOPE", "routerd.yaml:1:7: data: \"${\" without \"}\" (write $${ for the characters themselves)")]
    [InlineData("data: '${A B}'", "routerd.yaml:1:7: data: \"A B\" is not a variable's name (write $${ for the characters themselves)")]

    // YAML itself.
    [InlineData("a: *b", "routerd.yaml:1:4: the alias \"*b\" names no anchor above it")]
    [InlineData("x-a: &a [*a]", "routerd.yaml:1:10: the alias \"*a\" stands inside the value it names")]
    [InlineData("{ [a]: b }", "routerd.yaml:1:3: a key must be a single word or text")]
    [InlineData("a: !thing b", "routerd.yaml:1:4: the tag \"!thing\" means nothing here")]
    [InlineData("--- {}\n--- {}", "routerd.yaml:2:1: a second document; one file is one document")]
    [InlineData("x-a: { <<: 3 }", "routerd.yaml:1:12: \"<<\" takes a mapping or a list of mappings")]
    public void SaysWhatIsWrongAndWhere(string yaml, string expected) => Assert.Equal(expected, ConfigFixture.Faults(yaml));

    [Theory]
    [InlineData("listen: [http://127.0.0.1:1\n", "routerd.yaml:2:1: not valid YAML: ")]
    [InlineData("a:\n\tb: 1\n", "routerd.yaml:2:1: not valid YAML: ")]
    [InlineData("a: \"x\n", "routerd.yaml:")]
    public void BrokenYamlIsOneLocatedLine(string yaml, string start)
    {
        var fault = Assert.Single(ConfigFixture.Read(yaml).Faults);
        Assert.StartsWith(start, fault.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain('\n', fault.ToString());
    }

    [Fact]
    public void AllFaultsOfAFileAreReportedInItsOrder()
    {
        const string Yaml = """
            listen: [nonsense]
            retries: { max_attempts: 0, backof: 1s }
            backends:
              - id: a
                kind: opneai
                timeouts: { connect: 2x }
              - id: a
                kind: openai
                weight: -1
            virtual_models:
              v: { deployments: [x/a], polcy: priced }
            """;
        Assert.Equal(
            [
                "routerd.yaml:1:10: listen[0]: \"nonsense\" is not an address to listen on (examples: http://127.0.0.1:8000, https://0.0.0.0:8443, unix:/run/routerd.sock)",
                "routerd.yaml:2:26: retries.max_attempts: \"0\" is out of range (from 1 to 10)",
                "routerd.yaml:2:29: retries.backof: unknown key, did you mean \"backoff\"?",
                "routerd.yaml:5:11: backends[0].kind: \"opneai\" is not known, expected llm-d, openai, anthropic, ollama or routerd (did you mean \"openai\"?)",
                "routerd.yaml:6:26: backends[0].timeouts.connect: \"2x\" is not a duration (examples: 500ms, 2s)",
                "routerd.yaml:7:9: backends[1].id: the id \"a\" is taken by backends[0].id",
                "routerd.yaml:9:13: backends[1].weight: \"-1\" is out of range (from 0 to 1000000)",
                "routerd.yaml:11:22: warning: virtual_models.v.deployments[0]: \"x/a\" is not configured; it counts once it is discovered",
                "routerd.yaml:11:28: virtual_models.v.polcy: unknown key, did you mean \"policy\"?",
            ],
            ConfigFixture.Read(Yaml).Faults.Select(f => f.ToString()));
    }

    [Fact]
    public void AValueFromAVariableIsNeverPrinted()
    {
        var faults = ConfigFixture.Faults("retries: { max_attempts: \"${KEY}\" }\ntelemetry: { otlp: \"${KEY}\" }", ("KEY", "hunter2"));
        Assert.DoesNotContain("hunter2", faults, StringComparison.Ordinal);
        Assert.Equal(
            "routerd.yaml:1:26: retries.max_attempts: \"${KEY}\" is not a whole number (from 1 to 10)\n"
            + "routerd.yaml:2:20: telemetry.otlp: \"${KEY}\" is not an http or https URL (example: http://10.0.0.5:8081)",
            faults);
    }

    [Fact]
    public void BytesThatAreNotTextAreLocated()
    {
        var fixture = new ConfigFixture().With("");
        fixture.FilesByPath["/etc/ada/routerd.yaml"] = [.. "data: x\n# "u8, 0xff, 0xfe];
        Assert.Equal("routerd.yaml:2:3: not UTF-8 text", Assert.Single(fixture.Load().Faults).ToString());
    }
}
