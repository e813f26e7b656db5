using RouterDaemon.Cache;
using RouterDaemon.Cache.Redis;
using RouterDaemon.Config;
using Xunit;

namespace RouterDaemon.Tests.Cache;

public sealed class SharedAnswerTests
{
    [Theory]
    [InlineData(0, false)]
    [InlineData(5000, true)]
    public void AnAnswerComesBackAsItWas(int bytes, bool stream)
    {
        CachedAnswer answer = Answers.Of(bytes, 1234567890123, stream);
        CachedAnswer back = SharedAnswer.Read(SharedAnswer.Write(answer))!;
        Assert.Equal(
            (answer.Dialect, answer.IsStream, answer.DeploymentId, answer.StoredUnixMs, answer.Usage),
            (back.Dialect, back.IsStream, back.DeploymentId, back.StoredUnixMs, back.Usage));
        Assert.Equal(answer.Body, back.Body);
    }

    [Fact]
    public void MalformedValuesAreNoAnswers()
    {
        byte[] whole = SharedAnswer.Write(Answers.Of(20, 1));
        for (int length = 0; length < whole.Length; length++)
            Assert.Null(SharedAnswer.Read(whole.AsSpan(0, length)));
        Assert.Null(SharedAnswer.Read([.. whole, 0]));
        Assert.Null(SharedAnswer.Read([2, .. whole[1..]]));

        var random = new Random(9);
        for (int i = 0; i < 50_000; i++)
        {
            byte[] bytes = [.. whole];
            for (int n = random.Next(1, 4); n > 0; n--)
                bytes[random.Next(30)] = (byte)random.Next(256);
            SharedAnswer.Read(bytes);
        }
    }

    [Theory]
    [InlineData("redis://localhost", "localhost:6379/0", null, null, false)]
    [InlineData("redis://h:1234/7", "h:1234/7", null, null, false)]
    [InlineData("rediss://u:p%40%3As@h", "h:6379/0", "u", "p@:s", true)]
    [InlineData("redis://:secret@[::1]:77", "::1:77/0", null, "secret", false)]
    public void AddressesAreRead(string url, string text, string? user, string? password, bool secure)
    {
        Assert.True(RedisAddress.TryParse(new Secret(url), out RedisAddress? address));
        Assert.Equal((text, user, password, secure), (address.ToString().Replace("[", "").Replace("]", ""), address.User, address.Password?.Reveal(), address.IsSecure));
    }

    [Theory]
    [InlineData("localhost:6379")]
    [InlineData("http://localhost")]
    [InlineData("redis://")]
    [InlineData("redis://h/x")]
    [InlineData("redis://h/-1")]
    public void WhatIsNoAddressIsRefused(string url) => Assert.False(RedisAddress.TryParse(new Secret(url), out _));
}
