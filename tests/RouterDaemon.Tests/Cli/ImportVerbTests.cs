using System.Text;
using System.Text.Json;
using RouterDaemon.Config;
using RouterDaemon.Config.Import;
using RouterDaemon.Tests.Config;
using Xunit;

namespace RouterDaemon.Tests.Cli;

public sealed class ImportVerbTests
{
    private const string LiteLlm = """
        model_list:
          - model_name: gpt-4o
            litellm_params: { model: openai/gpt-4o, api_key: os.environ/MY_KEY, rpm: 60, input_cost_per_token: 0.0000025, output_cost_per_token: 0.00001 }
            model_info: { max_input_tokens: 128000, mode: chat }
          - model_name: gpt-4o
            litellm_params: { model: groq/llama-3.3-70b, api_key: sk-hunter2, max_parallel_requests: 8, weight: 3 }
          - model_name: claude
            litellm_params: { model: anthropic/claude-sonnet-4 }
          - model_name: azure-gpt
            litellm_params: { model: azure/gpt-4o, api_base: https://x.example }
          - model_name: mine
            litellm_params: { model: hosted_vllm/meta/llama, api_base: http://10.0.0.7:8000/v1, timeout: 90 }
          - model_name: "*"
            litellm_params: { model: "openai/*" }
        router_settings:
          routing_strategy: least-busy
          num_retries: 2
          model_group_alias: { best: claude, gone: nothing }
          redis_host: r
        litellm_settings:
          fallbacks: [{ gpt-4o: [claude, azure-gpt] }, { claude: [gpt-4o] }]
          cache: true
          cache_params: { type: redis, ttl: 600 }
          drop_params: true
        general_settings: { master_key: sk-hunter2, database_url: "postgres://u:hunter2@x" }
        """;

    private const string LlamaSwap = """
        healthCheckTimeout: 60
        macros: { server: "/opt/llama-server --port ${PORT}" }
        models:
          qwen:
            cmd: |
              ${server} -m "/models/Qwen 3.gguf" \
                -c 32768 --parallel 4 -ngl 999 --threads=8 --flash-attn on
            aliases: [q, small]
            ttl: 300
          tiny:
            cmd: ${server} --model /models/tiny.gguf
            env: [A=b]
          vllm:
            cmd: docker run vllm
            proxy: http://127.0.0.1:9999
            useModelName: meta/llama
          odd:
            cmd: docker run odd
        groups: { g: { members: [qwen] } }
        hooks: { on_startup: { preload: [tiny] } }
        """;

    private const string Modelfile = """"
        # mine
        FROM ./llama-3-8B-Q4_K_M.gguf
        PARAMETER num_ctx 8192
        PARAMETER num_gpu -1
        PARAMETER temperature 0.7
        TEMPLATE """
        {{ .Prompt }}
        FROM nothing
        """
        SYSTEM You are Mario.
        """";

    public static TheoryData<string, string> Samples => new() { { "litellm", LiteLlm }, { "llama-swap", LlamaSwap }, { "ollama", Modelfile }, { "ollama", "FROM llama3.2:3b" } };

    [Fact]
    public async Task LiteLlm_IsCarriedOverWithAReport()
    {
        var run = await Import("litellm", LiteLlm);
        Assert.Equal(0, run.Exit);
        Assert.Equal(
            """
            retries:
              max_attempts: 3
            routing:
              policy: least_request
            cache:
              enabled: true
              ttl: 10m
            admin:
              key_env: ROUTERD_ADMIN_KEY
            backends:
              - id: openai
                kind: openai
                url: https://api.openai.com/v1
                api_key_env: MY_KEY
                deployments:
                  - model: gpt-4o
                    context: 128000
                    price:
                      input: 2.5
                      output: 10
              - id: groq
                kind: openai
                url: https://api.groq.com/openai/v1
                api_key_env: GROQ_API_KEY
                deployments:
                  - model: gpt-4o
                    upstream_model: llama-3.3-70b
                    max_in_flight: 8
                    weight: 3
              - id: anthropic
                kind: anthropic
                url: https://api.anthropic.com
                api_key_env: ANTHROPIC_API_KEY
                deployments:
                  - model: claude
                    upstream_model: claude-sonnet-4
              - id: hosted-vllm
                kind: openai
                url: http://10.0.0.7:8000/v1
                api_key_env: HOSTED_VLLM_API_KEY
                timeouts:
                  total: 90s
                deployments:
                  - model: mine
                    upstream_model: meta/llama
            virtual_models:
              best:
                deployments: [claude]
              gpt-4o:
                deployments: ["gpt-4o/*"]
                fallbacks: [claude]

            """,
            run.Out);
        Assert.Equal(
            """
            import.txt:3: exact: model_list[0]: deployment gpt-4o/openai
            import.txt:3: unsupported: model_list[0].litellm_params.rpm: has no counterpart
            import.txt:6: approximate: model_list[1].litellm_params.api_key: keys are not copied: put it into the environment variable GROQ_API_KEY
            import.txt:6: exact: model_list[1]: deployment gpt-4o/groq
            import.txt:8: exact: model_list[2]: deployment claude/anthropic
            import.txt:10: unsupported: model_list[3]: the provider of "azure/gpt-4o" has no counterpart
            import.txt:12: exact: model_list[4]: deployment mine/hosted-vllm
            import.txt:14: unsupported: model_list[5]: wildcard names have no counterpart; leave out "deployments" to discover models
            import.txt:16: approximate: router_settings.routing_strategy: routing.policy: least_request
            import.txt:17: exact: router_settings.num_retries: retries.max_attempts: 3, the first included
            import.txt:18: exact: router_settings.model_group_alias.best: virtual model best
            import.txt:18: unsupported: router_settings.model_group_alias.gone: names no imported model
            import.txt:19: unsupported: router_settings.redis_host: has no counterpart
            import.txt:21: approximate: litellm_settings.fallbacks[0].gpt-4o: virtual model gpt-4o with fallbacks claude
            import.txt:21: unsupported: litellm_settings.fallbacks[1].claude: names no imported model
            import.txt:22: approximate: litellm_settings.cache: the exact cache, in memory; set REDIS_URL to share it
            import.txt:24: unsupported: litellm_settings.drop_params: has no counterpart
            import.txt:25: approximate: general_settings.master_key: keys are not copied: put it into the environment variable ROUTERD_ADMIN_KEY
            import.txt:25: unsupported: general_settings.database_url: has no counterpart
            6 exact, 5 approximate, 8 unsupported

            """,
            run.Error);
        Assert.DoesNotContain("hunter2", run.Out + run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task LlamaSwap_IsCarriedOverWithAReport()
    {
        var run = await Import("llama-swap", LlamaSwap);
        Assert.Equal(0, run.Exit);
        Assert.Equal(
            """
            models:
              - id: qwen
                file: "/models/Qwen 3.gguf"
                context: 8192
                slots: 4
                gpu_layers: all
                threads: 8
                keep_alive: 5m
                aliases: [q, small]
              - id: tiny
                file: /models/tiny.gguf
                slots: 1
                keep_alive: -1
                preload: true
            backends:
              - id: vllm
                kind: openai
                url: http://127.0.0.1:9999
                deployments:
                  - model: vllm
                    upstream_model: meta/llama

            """,
            run.Out);
        Assert.Equal(
            """
            import.txt:1: unsupported: healthCheckTimeout: has no counterpart
            import.txt:5: approximate: models.qwen: deployment qwen/local, loaded by this daemon instead of a llama-server
            import.txt:5: unsupported: models.qwen.cmd: the option --flash-attn has no counterpart
            import.txt:11: approximate: models.tiny: deployment tiny/local, loaded by this daemon instead of a llama-server
            import.txt:12: unsupported: models.tiny.env: has no counterpart
            import.txt:14: approximate: models.vllm: deployment vllm/vllm; start its server yourself, this daemon does not run commands
            import.txt:18: unsupported: models.odd: its command names no GGUF file, and there is no proxy URL to reach it
            import.txt:19: approximate: groups: models are loaded side by side as memory allows, and unloaded when others need it
            0 exact, 4 approximate, 4 unsupported

            """,
            run.Error);
    }

    [Fact]
    public async Task Modelfile_IsCarriedOverWithAReport()
    {
        var run = await Import("ollama", Modelfile);
        Assert.Equal(
            """
            models:
              - id: llama-3-8B
                file: "./llama-3-8B-Q4_K_M.gguf"
                context: 8192
                gpu_layers: auto

            """,
            run.Out);
        Assert.Equal(
            """
            import.txt:2: exact: FROM: deployment llama-3-8B/local
            import.txt:3: exact: PARAMETER num_ctx: context: 8192
            import.txt:4: exact: PARAMETER num_gpu: gpu_layers: auto
            import.txt:5: unsupported: PARAMETER temperature: is a matter of each request
            import.txt:6: approximate: TEMPLATE: the chat template inside the GGUF file is used
            import.txt:10: unsupported: SYSTEM: clients send their own messages
            3 exact, 1 approximate, 2 unsupported

            """,
            run.Error);
    }

    [Fact]
    public async Task AdaptersOfAModelfileAreCarriedOver()
    {
        var run = await Import("ollama", "FROM ./m.gguf\nADAPTER ./style.gguf\nADAPTER ./safetensors-folder\n");
        Assert.Contains("    lora:\n      - file: \"./style.gguf\"\n", run.Out, StringComparison.Ordinal);
        Assert.Contains("import.txt:2: exact: ADAPTER: lora\nimport.txt:3: unsupported: ADAPTER: only adapters in GGUF files", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--lora a.gguf", "a.gguf", 1)]
    [InlineData("--lora x.gguf,a.gguf", "a.gguf", 1)]
    [InlineData("--lora-scaled a.gguf:0.5", "a.gguf", 0.5)]
    [InlineData("--lora-scaled=x.gguf:2,a.gguf:-1.5", "a.gguf", -1.5)]
    [InlineData("--lora-scaled c:a.gguf", "c:a.gguf", 1)]
    public void AdaptersOfLlamaServerAreCarriedOver(string option, string file, double scale)
    {
        var arguments = LlamaServerArguments.Parse($"llama-server -m m.gguf {option} -c 512");
        Assert.Equal(new LoraConfig { FilePath = file, Scale = scale }, arguments.Adapters[^1]);
        Assert.Equal((512, 0), (arguments.ContextTokens, arguments.Others.Count));
    }

    [Fact]
    public async Task AdaptersOfLlamaSwapAreCarriedOver()
    {
        var run = await Import("llama-swap", "models: { a: { cmd: llama-server -m /a.gguf --lora /b.gguf --lora-scaled /c.gguf:0.5 } }");
        Assert.Contains("    lora:\n      - file: /b.gguf\n        scale: 1\n      - file: /c.gguf\n        scale: 0.5\n", run.Out, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public async Task WhatIsImportedLoads(string format, string text)
    {
        var imported = (await Import(format, text)).Out;
        var result = ConfigFixture.Read(imported);
        Assert.True(result.Loaded is not null, string.Join('\n', result.Faults) + "\n" + imported);
    }

    [Fact]
    public async Task AsJsonTheReportIsData()
    {
        var run = await Import("ollama", "FROM llama3.2:3b", "--json");
        Assert.Equal((0, ""), (run.Exit, run.Error));
        using var json = JsonDocument.Parse(run.Out);
        Assert.Contains("kind: ollama", json.RootElement.GetProperty("yaml").GetString(), StringComparison.Ordinal);
        Assert.Equal("approximate", json.RootElement.GetProperty("report")[0].GetProperty("level").GetString());
    }

    [Theory]
    [InlineData("litellm", "[a]", "import.txt:1:1: a list stands here, expected a mapping\n")]
    [InlineData("litellm", "", "import.txt: nothing stands here, expected a mapping\n")]
    [InlineData("llama-swap", "a: *b", "import.txt:1:4: the alias \"*b\" names no anchor above it\n")]
    [InlineData("ollama", "PARAMETER a b", "import.txt: there is no FROM: this is no Modelfile\n")]
    public async Task AFileOfAnotherKindIsAnError(string format, string text, string error) => Assert.Equal(new CliRun(1, "", error), await Import(format, text));

    [Fact]
    public async Task AnUnknownFormatOrFileIsAnError()
    {
        Assert.Equal(2, (await Import("nginx", "x")).Exit);
        Assert.Equal(new CliRun(1, "", "nowhere.yaml: there is no such file\n"), await CliRun.Of("config", "import", "litellm", "nowhere.yaml"));
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void NoMutationMakesAnImportThrow(string format, string text)
    {
        var import = Importers.Table.First(i => i.Name == format).Import;
        for (var seed = 1; seed <= 500; seed++)
        {
            var random = new Random(seed);
            var mutated = new StringBuilder(text);
            for (var i = random.Next(1, 4); i > 0 && mutated.Length > 0; i--)
            {
                var at = random.Next(mutated.Length);
                switch (random.Next(4))
                {
                    case 0:
                        mutated.Remove(at, Math.Min(random.Next(1, 12), mutated.Length - at));
                        break;
                    case 1:
                        mutated.Insert(at, text.AsSpan(random.Next(text.Length / 2), random.Next(text.Length / 2)));
                        break;
                    case 2:
                        mutated[at] = "{}[]:-'\"#&*!|>\n\t ${0"[random.Next(20)];
                        break;
                    default:
                        mutated.Insert(at, "1e400");
                        break;
                }
            }

            var result = import("import.txt", Encoding.UTF8.GetBytes(mutated.ToString()));
            Assert.True(result.Config is not null || result.Faults.Count > 0, $"seed {seed}");
            if (result.Config is not null)
            {
                var loaded = ConfigFixture.Read(ConfigPrinter.Yaml(result.Config));
                Assert.True(loaded.Loaded is not null, $"seed {seed}: {string.Join('\n', loaded.Faults)}\n{ConfigPrinter.Yaml(result.Config)}\nfrom\n{mutated}");
            }
        }
    }

    private static Task<CliRun> Import(string format, string text, params string[] options)
    {
        var fixture = new ConfigFixture();
        fixture.FilesByPath["/etc/ada/import.txt"] = Encoding.UTF8.GetBytes(text);
        return CliRun.With(fixture, ["config", "import", format, "import.txt", .. options]);
    }
}
