using RouterDaemon.Backends.Gauges;
using Xunit;

namespace RouterDaemon.Tests.Backends;

public sealed class GaugePageTests
{
    [Theory]
    [InlineData("vllm:num_requests_waiting 3\nvllm:num_requests_running 5\nvllm:kv_cache_usage_perc 0.25\n", 3, 5, 0.25)]
    [InlineData("vllm:num_requests_waiting 3\nvllm:num_requests_running 5\nvllm:gpu_cache_usage_perc 0.25\n", 3, 5, 0.25)] // V0's name
    [InlineData("sglang:num_queue_reqs{x=\"y\"} 1\nsglang:num_running_reqs 2\nsglang:token_usage 0.5", 1, 2, 0.5)]
    [InlineData("llamacpp:requests_deferred 4\nllamacpp:requests_processing 1", 4, 1, double.NaN)]
    [InlineData("llm_d_epp_average_queue_size{name=\"pool\"} 2.5\nllm_d_epp_average_kv_cache_utilization{name=\"pool\"} 0.7 1700000000000\n", 2.5, double.NaN, 0.7)]
    [InlineData("inference_pool_average_queue_size{name=\"pool\"} 2.5\r\ninference_pool_average_running_requests 7\r\n", 2.5, 7, double.NaN)]
    public void KnowsTheNamesOfEachServer(string page, double waiting, double running, double kv)
    {
        LoadGauges load = GaugePage.Read(page, "m");
        Assert.Equal((waiting, running, kv), (load.Waiting, load.Running, load.KvUsage));
    }

    [Fact]
    public void AGaugeUnderBothNamesCountsOnce()
    {
        LoadGauges load = GaugePage.Read(
            "# TYPE vllm:kv_cache_usage_perc gauge\nvllm:kv_cache_usage_perc 0.4\nvllm:gpu_cache_usage_perc 0.4\nllm_d_epp_ready_endpoints 3\ninference_pool_ready_pods 3\n", "m");
        Assert.Equal((0.4, 3), (load.KvUsage, load.ReadyEndpoints));
    }

    [Fact]
    public void SamplesOfTheModelGoBeforeOthers()
    {
        const string Page = "vllm:num_requests_waiting{model_name=\"a\",engine=\"0\"} 2\nvllm:num_requests_waiting{model_name=\"a\",engine=\"1\"} 4\nvllm:num_requests_waiting{model_name=\"b\"} 90\n";
        Assert.Equal(3, GaugePage.Read(Page, "a").Waiting);
        Assert.Equal(90, GaugePage.Read(Page, "b").Waiting);
        Assert.Equal(32, GaugePage.Read(Page, "c").Waiting);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("vllm:num_requests_waiting")]
    [InlineData("vllm:num_requests_waiting{")]
    [InlineData("vllm:num_requests_waiting NaN\nvllm:num_requests_running +Inf\nvllm:kv_cache_usage_perc -1\n")]
    [InlineData("<html><body>login</body></html>")]
    [InlineData("vllm:num_requests_waiting{a=\"}\"} x")]
    public void WhatIsNoGaugeIsLeftOut(string page) => Assert.True(GaugePage.Read(page, "m").IsEmpty);

    [Fact]
    public void NothingMakesItFail()
    {
        const string Page = "# HELP x y\nvllm:num_requests_waiting{model_name=\"a b\",engine=\"0\"} 2 17\nllm_d_epp_ready_endpoints{} 1e1\n";
        var random = new Random(1);
        for (int i = 0; i < 20_000; i++)
        {
            char[] text = Page.ToCharArray();
            for (int k = random.Next(1, 6); k > 0; k--)
                text[random.Next(text.Length)] = (char)random.Next(1, 128);
            LoadGauges load = GaugePage.Read(text.AsSpan(0, random.Next(text.Length + 1)), "a b");
            Assert.False(load.Waiting < 0 || load.ReadyEndpoints < 0 || double.IsInfinity(load.Waiting));
        }
    }

    [Theory]
    [InlineData("TEXT named_metrics.kv_cache_usage_perc=0.4, named_metrics.num_requests_waiting=2", 2, 0.4)]
    [InlineData(" TEXT kv_cache_utilization=0.5,waiting_queue_size=1,rps=x,=", 1, 0.5)]
    [InlineData("TEXT", double.NaN, double.NaN)]
    [InlineData("JSON {\"named_metrics\":{}}", double.NaN, double.NaN)]
    [InlineData("TEXT named_metrics.num_requests_waiting=-1", double.NaN, double.NaN)]
    [InlineData("", double.NaN, double.NaN)]
    public void ReadsTheLoadHeader(string value, double waiting, double kv)
    {
        LoadGauges load = LoadHeader.Read(value);
        Assert.Equal((waiting, kv), (load.Waiting, load.KvUsage));
    }
}
