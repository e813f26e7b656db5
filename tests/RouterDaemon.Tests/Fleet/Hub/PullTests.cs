using RouterDaemon.Engine.Gguf;
using RouterDaemon.Fleet;
using RouterDaemon.Fleet.Hub;
using RouterDaemon.SystemTests.Support;
using RouterDaemon.Tests.Engine;
using Xunit;

namespace RouterDaemon.Tests.Fleet.Hub;

/// <summary>Pulls that succeed, on whatever way.</summary>
public sealed class PullTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AModelComesWholeAndChecked()
    {
        await using var pull = await PullFixture.StartAsync();
        pull.Hub.Files["tiny-Q8_0.gguf"] = [1, 2, 3];
        pull.Hub.FilesPerPage = 1;
        var seen = 0;
        var pulled = await pull.PullAsync(change: o => o with { Progress = _ => seen = Math.Max(seen, ModelsFolder.Scan(pull.Folder).Count) });
        pull.AssertComplete();
        Assert.Equal(0, seen);
        var file = Assert.Single(pulled.Files);
        Assert.Equal((pull.File, PullFixture.Model.LongLength, FakeHub.Sha256(PullFixture.Model), true), (file.Path, file.SizeBytes, file.Sha256, file.IsVerified));
        var row = Assert.Single(pull.Rows).Value;
        Assert.Equal(("tiny-Q4_K_M", pull.File, file.SizeBytes, file.Sha256, $"{pull.Hub.Url}ada/model-GGUF/resolve/main/{PullFixture.FileName}"), (row.Id, row.File, row.SizeBytes, row.Sha256, row.Source));
        Assert.Contains(pull.Notes, n => n.StartsWith("it will need ", StringComparison.Ordinal));

        // Once more there is nothing to do.
        var requests = pull.Hub.FileRequests.Count;
        Assert.True((await pull.PullAsync()).WasThere);
        Assert.Equal(requests, pull.Hub.FileRequests.Count);
    }

    [Fact]
    public async Task ABrokenConnectionGoesOnWhereItBroke()
    {
        await using var pull = await PullFixture.StartAsync();
        pull.Hub.Cuts.Enqueue(700_000);
        pull.Hub.Cuts.Enqueue(300_000);
        var pulled = await pull.PullAsync();
        pull.AssertComplete();
        Assert.True(pulled.Files[0].IsVerified);
        Assert.Equal([null, "bytes=700000-", "bytes=1000000-"], pull.Hub.FileRequests.Select(r => r.Range));
        Assert.Equal([null, "\"v1\"", "\"v1\""], pull.Hub.FileRequests.Select(r => r.IfRange));
    }

    [Fact]
    public async Task AStoppedPullGoesOnInTheNextOne()
    {
        await using var pull = await PullFixture.StartAsync();
        pull.Hub.Gate = Task.Delay(Timeout.Infinite, Ct);
        using var stop = new CancellationTokenSource();
        var running = pull.PullAsync(change: o => o with { Progress = done => { if (done > 0) stop.Cancel(); } }, cancellation: stop.Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        var kept = new FileInfo(pull.Part).Length;
        Assert.InRange(kept, 1, 65_536);
        pull.Hub.Gate = Task.CompletedTask;
        await pull.PullAsync();
        pull.AssertComplete();
        Assert.Equal($"bytes={kept}-", pull.Hub.FileRequests[^1].Range);
        Assert.Contains(pull.Notes, n => n.Contains($"goes on after {kept} bytes", StringComparison.Ordinal));
    }

    [Fact]
    public async Task AConnectionThatBringsNothingIsBroken()
    {
        await using var pull = await PullFixture.StartAsync();
        pull.Hub.Gate = Task.Delay(TimeSpan.FromSeconds(2), Ct);
        await pull.PullAsync(change: o => o with { IdleTimeout = TimeSpan.FromMilliseconds(200), FirstPause = TimeSpan.FromSeconds(1) });
        pull.AssertComplete();
        Assert.Contains(pull.Notes, n => n.Contains("no answer in time; trying again in 1 s", StringComparison.Ordinal));
        Assert.Contains(pull.Hub.FileRequests, r => r.Range == "bytes=65536-");
    }

    [Fact]
    public async Task WithoutRangesItStartsOver()
    {
        await using var pull = await PullFixture.StartAsync();
        pull.Hub.HasRanges = false;
        pull.Hub.Cuts.Enqueue(500_000);
        await pull.PullAsync();
        pull.AssertComplete();
        Assert.Contains(pull.Notes, n => n.EndsWith("cannot go on in the middle; from the start", StringComparison.Ordinal));
    }

    [Fact]
    public async Task AFileThatWasChangedAtItsAddressStartsOver()
    {
        await using var pull = await PullFixture.StartAsync();
        pull.Hub.Files[PullFixture.FileName] = [.. PullFixture.Model[..100_000], .. new byte[PullFixture.Model.Length - 100_000]];
        pull.Hub.Cuts.Enqueue(800_000);
        using var stop = new CancellationTokenSource();
        var stopped = pull.PullAsync(pull.FileUrl.AbsoluteUri, o => o with { Note = n => { if (n.Contains("trying again", StringComparison.Ordinal)) stop.Cancel(); } }, cancellation: stop.Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stopped);
        Assert.Equal(800_000, new FileInfo(pull.Part).Length);
        (pull.Hub.Files[PullFixture.FileName], pull.Hub.ETag) = (PullFixture.Model, "\"v2\"");
        await pull.PullAsync(pull.FileUrl.AbsoluteUri);
        pull.AssertComplete();
        Assert.Equal(("bytes=800000-", "\"v1\""), (pull.Hub.FileRequests[^1].Range, pull.Hub.FileRequests[^1].IfRange));
        Assert.Contains(pull.Notes, n => n.EndsWith("was changed; from the start", StringComparison.Ordinal));
    }

    [Fact]
    public async Task AFileThatWasChangedOnTheHubStartsOver()
    {
        await using var pull = await PullFixture.StartAsync();
        Directory.CreateDirectory(pull.Folder);
        await File.WriteAllBytesAsync(pull.Part, new byte[900_000], Ct);
        new PartOrigin($"{pull.Hub.Url}ada/model-GGUF/resolve/main/{PullFixture.FileName}", FakeHub.Sha256([1]), "\"v1\"").Write(pull.Part + ".json");
        await pull.PullAsync();
        pull.AssertComplete();
        Assert.Null(Assert.Single(pull.Hub.FileRequests).Range);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task APartThatIsWholeIsOnlyChecked(bool isRight)
    {
        await using var pull = await PullFixture.StartAsync();
        Directory.CreateDirectory(pull.Folder);
        await File.WriteAllBytesAsync(pull.Part, isRight ? PullFixture.Model : new byte[PullFixture.Model.Length], Ct);
        new PartOrigin($"{pull.Hub.Url}ada/model-GGUF/resolve/main/{PullFixture.FileName}", FakeHub.Sha256(PullFixture.Model), null).Write(pull.Part + ".json");
        if (isRight)
        {
            await pull.PullAsync();
            pull.AssertComplete();
        }
        else
        {
            Assert.Contains("SHA-256 is", await pull.RefusedAsync(), StringComparison.Ordinal);
            pull.AssertEmpty();
        }

        Assert.Empty(pull.Hub.FileRequests);
    }

    [Fact]
    public async Task AnAddressNeedsNoHub()
    {
        await using var pull = await PullFixture.StartAsync();
        pull.Hub.HasContentLength = false;
        var pulled = await pull.PullAsync(pull.FileUrl.AbsoluteUri + "?key=secret");
        pull.AssertComplete();
        Assert.Equal((FakeHub.Sha256(PullFixture.Model), false), (pulled.Files[0].Sha256, pulled.Files[0].IsVerified));
        Assert.Equal(pull.FileUrl.AbsoluteUri, Assert.Single(pull.Rows).Value.Source);
        Assert.True((await pull.PullAsync(pull.FileUrl.AbsoluteUri)).WasThere);
    }

    [Fact]
    public async Task TheTokenGoesToTheHubAlone()
    {
        await using var pull = await PullFixture.StartAsync();
        await using var cdn = await FakeHub.StartAsync();
        cdn.Files[PullFixture.FileName] = PullFixture.Model;
        cdn.Cuts.Enqueue(1_000_000);
        pull.Hub.Cdn = cdn.Url;
        await pull.PullAsync(hasToken: true);
        pull.AssertComplete();
        Assert.All(pull.Hub.Requests, r => Assert.Equal("Bearer " + PullFixture.Token, r.Authorization));
        Assert.Equal(2, cdn.Requests.Count);
        Assert.All(cdn.Requests, r => Assert.Null(r.Authorization));
        Assert.Equal("bytes=1000000-", cdn.FileRequests[^1].Range);
        Assert.DoesNotContain(pull.Notes, n => n.Contains(PullFixture.Token, StringComparison.Ordinal) || n.Contains("signature", StringComparison.Ordinal));
        Assert.DoesNotContain("signature", Assert.Single(pull.Rows).Value.Source, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TooManyRequestsWaitAsAsked()
    {
        await using var pull = await PullFixture.StartAsync();
        pull.Hub.Refusals.Enqueue((429, new() { ["Retry-After"] = "1" }));
        pull.Hub.Refusals.Enqueue((500, []));
        await pull.PullAsync();
        pull.AssertComplete();
        Assert.Contains(pull.Notes, n => n.Contains("asks to wait (status 429)", StringComparison.Ordinal) && n.EndsWith("trying again in 1 s", StringComparison.Ordinal));
    }

    [Fact]
    public async Task AChangedModelReplacesTheOneThatWasPulled()
    {
        await using var pull = await PullFixture.StartAsync();
        await pull.PullAsync();
        byte[] newer = [.. PullFixture.Model];
        newer[^1] ^= 1;
        pull.Hub.Files[PullFixture.FileName] = newer;
        Assert.False((await pull.PullAsync()).WasThere);
        Assert.Equal(newer, await File.ReadAllBytesAsync(pull.File, Ct));
        Assert.Equal(FakeHub.Sha256(newer), Assert.Single(pull.Rows).Value.Sha256);
    }

    [Theory]
    [InlineData(1L << 40, "it will need ")]
    [InlineData(1L << 20, "warning: it will not run on this machine as it is now: its weights need 2 MiB, 1 MiB are free")]
    public async Task MemoryIsSpokenOf(long freeBytes, string note)
    {
        await using var pull = await PullFixture.StartAsync();
        await pull.PullAsync(change: o => o with { FreeMemoryBytes = () => freeBytes });
        pull.AssertComplete();
        Assert.Single(pull.Notes, n => n.StartsWith(note, StringComparison.Ordinal));
    }

    [Fact]
    public async Task ALinkThatLeadsNowhereIsReplaced()
    {
        await using var pull = await PullFixture.StartAsync();
        Directory.CreateDirectory(pull.Folder);
        File.CreateSymbolicLink(pull.File, Path.Combine(pull.Folder, "gone"));
        await pull.PullAsync();
        pull.AssertComplete();
        Assert.Null(new FileInfo(pull.File).LinkTarget);
    }

    [Fact]
    public async Task AnAddressWithoutATagIsNotContinued()
    {
        await using var pull = await PullFixture.StartAsync();
        pull.Hub.ETag = null;
        pull.Hub.Cuts.Enqueue(500_000);
        await pull.PullAsync(pull.FileUrl.AbsoluteUri);
        pull.AssertComplete();
        Assert.Equal([null, null], pull.Hub.FileRequests.Select(r => r.Range));
    }

    [Theory]
    [InlineData("ada/model-GGUF:Q4_K_M")]
    [InlineData("ada/model-GGUF/big-Q4_K_M-00002-of-00003.gguf")]
    [InlineData("address")]
    public async Task ASplitModelComesWithAllItsParts(string name)
    {
        await using var pull = await PullFixture.StartAsync();
        pull.Hub.Files.Clear();
        var files = SplitModel.Of(EngineFixture.ModelPath, "big-Q4_K_M", 3);
        foreach (var (file, bytes) in files)
        {
            pull.Hub.Files[file] = bytes;
        }

        name = name == "address" ? pull.FileUrl.AbsoluteUri.Replace(PullFixture.FileName, files[0].Name, StringComparison.Ordinal) : name;
        pull.Hub.Cuts.Enqueue(100_000);
        var seen = 0;
        var done = 0.0;
        var pulled = await pull.PullAsync(name, o => o with { Progress = p => (seen, done) = (Math.Max(seen, ModelsFolder.Scan(pull.Folder).Count), p) });
        Assert.Equal((0, 1.0), (seen, done));
        Assert.Equal(files.Select(f => f.Name), pulled.Files.Select(f => Path.GetFileName(f.Path)));
        Assert.Equal(files.Select(f => f.Name).Order(StringComparer.Ordinal), Directory.GetFiles(pull.Folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        var model = Assert.Single(ModelsFolder.Scan(pull.Folder));
        Assert.Equal("big", model.Id);
        Assert.Equal(2_299_392, GgufHeader.Read(model.FilePath).WeightBytes);
        Assert.Equal(3, pull.Rows.Count);
    }
}
