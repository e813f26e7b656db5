using Microsoft.Extensions.Logging.Abstractions;
using RouterDaemon.Config;
using RouterDaemon.Fleet;
using RouterDaemon.Tests.Engine;
using RouterDaemon.Tests.Store;
using Xunit;

namespace RouterDaemon.Tests.Fleet;

public sealed class ModelFilesTests
{
    [Fact]
    public void AChangeOfTheFileBehindALinkIsNoticed()
    {
        using var folder = new TempFolder();
        var (file, link) = (folder.File("blob"), folder.File("m.gguf"));
        File.Copy(EngineFixture.ModelPath, file);
        File.CreateSymbolicLink(link, file);
        var files = new ModelFiles(NullLogger.Instance);
        var models = new[] { new OnDeviceModelConfig { Id = "m", FilePath = link } };
        Assert.True(files.TraitsOf(models[0])!.Generates);
        Assert.False(files.HaveChanged(models));
        File.WriteAllBytes(file, File.ReadAllBytes(file)[..^1]);
        Assert.True(files.HaveChanged(models));
        Assert.Null(files.TraitsOf(models[0]));
        Assert.Single(ModelsFolder.Scan(folder.Path));
        File.Delete(file);
        Assert.Empty(ModelsFolder.Scan(folder.Path));
        Assert.True(files.HaveChanged(models));
        Assert.Null(files.TraitsOf(models[0]));
        Assert.False(files.HaveChanged(models));
    }
}
