using Microsoft.Extensions.Logging.Abstractions;
using RouterDaemon.Config;
using RouterDaemon.Fleet;
using RouterDaemon.Tests.Engine;
using Xunit;

namespace RouterDaemon.Tests.Fleet;

/// <summary>Agents that joined, by a clock that the tests turn.</summary>
public sealed class JoinedAgentsTests : IAsyncDisposable
{
    private static readonly TimeSpan Limit = JoinedAgents.HeartbeatPeriod * JoinedAgents.MissedBeats;
    private readonly ManualTime _time = new();
    private readonly JoinedAgents _agents;
    private IReadOnlyList<BackendConfig> _published = [];
    private int _publications;

    public JoinedAgentsTests() => _agents = new JoinedAgents(joined => (_published, _publications) = (joined, _publications + 1), _time, NullLogger.Instance);

    public ValueTask DisposeAsync() => _agents.DisposeAsync();

    [Theory]
    [InlineData(-1, true)]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public void AnAgentIsDroppedAfterThreeMissedBeats(int ticksBeyond, bool stays)
    {
        Register("mac");
        _time.Advance(Limit + TimeSpan.FromTicks(ticksBeyond));
        _agents.DropSilent();
        Assert.Equal(stays, _published.Any(b => b.Id == "mac"));
        Assert.Equal(stays, _agents.Beat("mac"));
    }

    [Fact]
    public void ABeatKeepsItsAgentAlone()
    {
        Register("mac");
        Register("pc");
        _time.Advance(Limit);
        Assert.True(_agents.Beat("mac"));
        _time.Advance(TimeSpan.FromSeconds(1));
        _agents.DropSilent();
        Assert.Equal(["mac"], _published.Select(b => b.Id));
        Assert.False(_agents.Beat("pc"));
        Register("pc");
        Assert.Equal(["mac", "pc"], _published.Select(b => b.Id));
    }

    [Fact]
    public void TheClockAloneDropsWhoIsSilent()
    {
        Register("mac");
        for (var second = 0; second < 91; second++)
            _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Empty(_published);
    }

    [Fact]
    public void TheSameWordsAgainChangeNothing()
    {
        Register("mac", "k");
        var config = _published[0];
        Register("mac", "k");
        Assert.Same(config, _published[0]);
        Assert.Equal(1, _publications);
        Register("mac", "other key");
        Assert.Equal((2, "other key"), (_publications, _published[0].ApiKey!.Reveal()));
    }

    [Fact]
    public void NoMoreThanTheLimitJoin()
    {
        for (var i = 0; i < JoinedAgents.MaxAgents; i++)
            Assert.True(Register($"agent{i}"));
        Assert.False(Register("one-too-many"));
        Assert.True(Register("agent0"));
        Assert.Equal(JoinedAgents.MaxAgents, _published.Count);
    }

    private bool Register(string name, string? key = null) => _agents.Register(name, new Uri($"http://{name}:8080"), ["m"], key is null ? null : new Secret(key));
}
