using RouterDaemon.Fleet;
using RouterDaemon.Fleet.Hub;
using RouterDaemon.SystemTests.Support;
using RouterDaemon.Tests.Engine;
using Xunit;

namespace RouterDaemon.Tests.Fleet.Hub;

/// <summary>Pulls that fail, each with one clear sentence.</summary>
public sealed class PullRefusalTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(401, "RepoNotFound", false, "there is no such public repository on 127.0.0.1; a private one needs HF_TOKEN")]
    [InlineData(401, "", true, "127.0.0.1 does not accept the token in HF_TOKEN, or there is no such repository")]
    [InlineData(401, "GatedRepo", false, "accept its conditions on 127.0.0.1, then set HF_TOKEN")]
    [InlineData(403, "GatedRepo", true, "accept its conditions on 127.0.0.1")]
    [InlineData(403, "", false, "refuses access (status 403); HF_TOKEN is not set")]
    [InlineData(404, "RepoNotFound", true, "ada/model-GGUF: not found on 127.0.0.1")]
    [InlineData(418, "", false, "answers with status 418")]
    public async Task ARefusalIsExplainedAndNotRepeated(int status, string code, bool hasToken, string message)
    {
        await using var pull = await PullFixture.StartAsync();
        pull.Hub.Refusals.Enqueue((status, code.Length > 0 ? new() { ["X-Error-Code"] = code } : []));
        Assert.Contains(message, await pull.RefusedAsync(hasToken: hasToken), StringComparison.Ordinal);
        Assert.Single(pull.Hub.Requests);
        pull.AssertEmpty();
    }

    [Fact]
    public async Task AWaitThatIsTooLongIsSaid()
    {
        await using var pull = await PullFixture.StartAsync();
        pull.Hub.Refusals.Enqueue((429, new() { ["Retry-After"] = "121" }));
        Assert.EndsWith("with HF_TOKEN its limits are higher, for 121 s", await pull.RefusedAsync(), StringComparison.Ordinal);
        Assert.Single(pull.Hub.Requests);
    }

    [Theory]
    [InlineData(Retries.MaxTries - 1, true)]
    [InlineData(Retries.MaxTries, false)]
    [InlineData(Retries.MaxTries + 1, false)]
    public async Task TriesAreCounted(int faults, bool succeeds)
    {
        await using var pull = await PullFixture.StartAsync();
        for (var i = 0; i < faults; i++)
        {
            pull.Hub.Refusals.Enqueue((503, []));
        }

        if (succeeds)
        {
            await pull.PullAsync();
            pull.AssertComplete();
        }
        else
        {
            Assert.Contains("answers with status 503", await pull.RefusedAsync(), StringComparison.Ordinal);
            Assert.Equal(Retries.MaxTries, pull.Hub.Requests.Count);
        }
    }

    [Fact]
    public async Task AServerThatAlwaysBreaksOffAtOnePlaceIsGivenUp()
    {
        await using var pull = await PullFixture.StartAsync();
        pull.Hub.HasRanges = false;
        for (var i = 0; i < Retries.MaxTries + 2; i++)
        {
            pull.Hub.Cuts.Enqueue(100_000);
        }

        Assert.StartsWith("127.0.0.1: ", await pull.RefusedAsync(), StringComparison.Ordinal);
        // The first brought something new.
        Assert.Equal(Retries.MaxTries, pull.Hub.FileRequests.Count);
        Assert.Equal(100_000, new FileInfo(pull.Part).Length);
    }

    [Fact]
    public async Task NobodyThereIsSaid()
    {
        await using var pull = await PullFixture.StartAsync();
        Assert.Contains("127.0.0.1: Connection refused", await pull.RefusedAsync("http://127.0.0.1:1/x.gguf"), StringComparison.Ordinal);
        pull.AssertEmpty();
    }

    [Fact]
    public async Task AWrongChecksumDeletesThePart()
    {
        await using var pull = await PullFixture.StartAsync();
        pull.Hub.ListedSha256 = new string('a', 64);
        Assert.Contains($"SHA-256 is {FakeHub.Sha256(PullFixture.Model)}, {new string('a', 64)} is listed", await pull.RefusedAsync(), StringComparison.Ordinal);
        pull.AssertEmpty();
        Assert.Empty(pull.Rows);
    }

    [Fact]
    public async Task AFileThatChangesBetweenListAndDownloadIsNoticed()
    {
        await using var pull = await PullFixture.StartAsync();
        pull.Hub.Cdn = pull.Hub.Url;
        pull.Hub.ListedSha256 = new string('a', 64);
        Assert.Contains("was changed on 127.0.0.1 after it was listed", await pull.RefusedAsync(), StringComparison.Ordinal);
        Assert.False(File.Exists(pull.File));
    }

    [Theory]
    [InlineData("<!doctype html>", "it starts with 0x6f64213c, not with \"GGUF\"")]
    [InlineData("GGUF", "it ends at byte 4 inside the version")]
    public async Task WhatIsNoModelIsRefused(string content, string message)
    {
        await using var pull = await PullFixture.StartAsync();
        pull.Hub.Files[PullFixture.FileName] = System.Text.Encoding.ASCII.GetBytes(content);
        Assert.Contains(message, await pull.RefusedAsync(pull.FileUrl.AbsoluteUri), StringComparison.Ordinal);
        pull.AssertEmpty();
    }

    [Fact]
    public async Task ATruncatedModelIsRefusedThoughItsChecksumIsRight()
    {
        await using var pull = await PullFixture.StartAsync();
        pull.Hub.Files[PullFixture.FileName] = PullFixture.Model[..^1000];
        Assert.Contains("truncated", await pull.RefusedAsync(), StringComparison.Ordinal);
        pull.AssertEmpty();
        pull.Hub.HasContentLength = false;
        Assert.Contains("truncated", await pull.RefusedAsync(pull.FileUrl.AbsoluteUri), StringComparison.Ordinal);
        pull.AssertEmpty();
    }

    [Fact]
    public async Task AnEmptyFileIsRefused()
    {
        await using var pull = await PullFixture.StartAsync();
        pull.Hub.Files[PullFixture.FileName] = [];
        Assert.Contains("is empty on localhost", await pull.RefusedAsync(pull.FileUrl.AbsoluteUri), StringComparison.Ordinal);
        pull.AssertEmpty();
    }

    [Fact]
    public async Task ASecondPullOfTheSameFileSaysSo()
    {
        await using var pull = await PullFixture.StartAsync();
        var open = new TaskCompletionSource();
        pull.Hub.Gate = open.Task;
        var first = pull.PullAsync();
        while (!File.Exists(pull.Part))
        {
            await Task.Delay(5, Ct);
        }

        Assert.Contains($"{PullFixture.FileName} is being pulled by another routerd", await pull.RefusedAsync(), StringComparison.Ordinal);
        open.SetResult();
        await first;
        pull.AssertComplete();
    }

    [Fact]
    public async Task AnotherFileOfThatNameStays()
    {
        await using var pull = await PullFixture.StartAsync();
        Directory.CreateDirectory(pull.Folder);
        await File.WriteAllTextAsync(pull.File, "mine", Ct);
        Assert.Contains("is another file of that name: move it away first", await pull.RefusedAsync(), StringComparison.Ordinal);
        Assert.Contains("is another file of that name: move it away first", await pull.RefusedAsync(pull.FileUrl.AbsoluteUri), StringComparison.Ordinal);
        Assert.Equal("mine", await File.ReadAllTextAsync(pull.File, Ct));
    }

    [Fact]
    public async Task AFullDiskIsNoticedBeforeTheFirstByte()
    {
        await using var pull = await PullFixture.StartAsync();
        var message = await pull.RefusedAsync(change: o => o with { FreeDiskBytes = _ => DiskRoom.ReserveBytes + PullFixture.Model.Length - 1 });
        Assert.StartsWith("2.2 MiB more are needed in ", message, StringComparison.Ordinal);
        Assert.Empty(pull.Hub.FileRequests);
        Assert.StartsWith("2.2 MiB more are needed in ", await pull.RefusedAsync(pull.FileUrl.AbsoluteUri, o => o with { FreeDiskBytes = _ => DiskRoom.ReserveBytes }), StringComparison.Ordinal);
        pull.AssertEmpty();
    }

    [Theory]
    [InlineData(-1, true)]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public void RoomIsCountedToTheByte(long more, bool fits) =>
        Assert.Equal(fits, DiskRoom.Problem(1_000_000 + more, DiskRoom.ReserveBytes + 1_000_000, "/models") is null);

    [Fact]
    public async Task RedirectsEndAndStayOnTheWeb()
    {
        await using var pull = await PullFixture.StartAsync();
        pull.Hub.Refusals.Enqueue((302, new() { ["Location"] = "file:///etc/passwd" }));
        Assert.Contains("redirects to an address that is not https", await pull.RefusedAsync(), StringComparison.Ordinal);
        for (var i = 0; i < 11; i++)
        {
            pull.Hub.Refusals.Enqueue((307, new() { ["Location"] = "/api/models/ada/model-GGUF/tree/main" }));
        }

        Assert.Contains("redirects more than 10 times", await pull.RefusedAsync(), StringComparison.Ordinal);
        for (var i = 0; i < 10; i++)
        {
            pull.Hub.Refusals.Enqueue((307, new() { ["Location"] = "/api/models/ada/model-GGUF/tree/main" }));
        }

        await pull.PullAsync();
        pull.AssertComplete();
    }

    [Fact]
    public async Task WhatIsNoHubIsSaid()
    {
        await using var pull = await PullFixture.StartAsync();
        pull.Hub.Refusals.Enqueue((200, []));
        Assert.Contains("not a list of files: is HF_ENDPOINT right?", await pull.RefusedAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AMissingPartEndsThePullAndKeepsTheOthers()
    {
        await using var pull = await PullFixture.StartAsync();
        foreach (var (name, bytes) in SplitModel.Of(EngineFixture.ModelPath, "big-Q4_K_M", 3).Take(2))
        {
            pull.Hub.Files[name] = bytes;
        }

        var first = pull.FileUrl.AbsoluteUri.Replace(PullFixture.FileName, "big-Q4_K_M-00001-of-00003.gguf", StringComparison.Ordinal);
        Assert.Contains("big-Q4_K_M-00003-of-00003.gguf: not found on localhost", await pull.RefusedAsync(first), StringComparison.Ordinal);
        Assert.Empty(ModelsFolder.Scan(pull.Folder));
        Assert.Equal(2, Directory.GetFiles(pull.Folder, "*.part").Length);
    }

    [Theory]
    [InlineData(ModelPull.MaxParts, "not found")]
    [InlineData(ModelPull.MaxParts + 1, "claims 257 parts, the limit is 256")]
    public async Task PartsAreLimited(int parts, string message)
    {
        await using var pull = await PullFixture.StartAsync();
        var first = pull.FileUrl.AbsoluteUri.Replace(PullFixture.FileName, $"big-00001-of-{parts:00000}.gguf", StringComparison.Ordinal);
        Assert.Contains(message, await pull.RefusedAsync(first), StringComparison.Ordinal);
        pull.AssertEmpty();
    }
}
