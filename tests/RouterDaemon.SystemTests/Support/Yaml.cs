using System.Text;
using RouterDaemon.Bench.Mock;

namespace RouterDaemon.SystemTests.Support;

/// <summary>Configuration files for fleets of mock upstreams.</summary>
public static class Yaml
{
    /// <summary>One backend for each mock (<c>b0</c>, <c>b1</c>, ...), each with one deployment of the model <c>m</c>, and the virtual model
    /// <c>pool</c> over the first <paramref name="pooled"/> (negative = all) of them.</summary>
    public static string Fleet(IReadOnlyList<MockUpstream> upstreams, string kind = "openai", IReadOnlyList<string>? kinds = null, int pooled = -1, string timeouts = "connect: 1s, first_token: 5s, between_tokens: 3s, total: 60s", string more = "")
    {
        var text = new StringBuilder("backends:\n");
        for (int i = 0; i < upstreams.Count; i++)
        {
            string of = kinds is null ? kind : kinds[i];
            text.Append($$"""
                  - id: b{{i}}
                    kind: {{of}}
                    url: {{upstreams[i].Url.ToString().TrimEnd('/')}}{{(of == "openai" ? "/v1" : "")}}
                    trust: private
                    timeouts: { {{timeouts}} }
                    deployments:
                      - model: m
                        upstream_model: up-{{i}}
                        context: 32768
                        capabilities: [chat, tools, json_schema, vision, embeddings]

                """);
        }

        text.Append("virtual_models:\n  pool: { deployments: [").AppendJoin(", ", Enumerable.Range(0, pooled < 0 ? upstreams.Count : pooled).Select(i => $"m/b{i}")).Append("] }\n");
        return text.Append(more).ToString();
    }
}
