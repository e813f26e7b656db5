using System.Text.Json;
using System.Text.Json.Nodes;
using RouterDaemon.Agents.Tools;
using RouterDaemon.Store.Context;
using RouterDaemon.Store.Context.Sql;
using RouterDaemon.Tests.Store;

namespace RouterDaemon.Tests.Agents;

/// <summary>A seeded demo store with the registry over it.</summary>
public sealed class Demo : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly ContextReader _reader;

    public Demo()
    {
        File = _folder.File("context.db");
        DemoSeed.Write(File);
        _reader = new ContextReader(File, TimeProvider.System) { SqlLimits = new SqlLimits { MaxSteps = 5_000_000, Timeout = TimeSpan.FromSeconds(60) } };
        Registry = new ToolRegistry(_reader);
    }

    public string File { get; }

    public ToolRegistry Registry { get; }

    /// <summary>A file of the test's Data folder.</summary>
    public static string[] Lines(string name)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!System.IO.File.Exists(Path.Combine(folder.FullName, "RouterDaemon.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("the tests run outside the repository");
        }

        return System.IO.File.ReadAllLines(Path.Combine(folder.FullName, "tests/RouterDaemon.Tests/Agents/Data", name));
    }

    public Task<JsonObject> CallAsync(string tool, string arguments = "{}")
    {
        using var document = JsonDocument.Parse(arguments);
        return Registry.InvokeAsync(tool, document.RootElement.Clone(), Xunit.TestContext.Current.CancellationToken);
    }

    /// <summary>A call whose arguments are texts.</summary>
    public Task<JsonObject> CallAsync(string tool, params (string Name, string Value)[] arguments)
    {
        var json = new JsonObject();
        foreach (var (name, value) in arguments)
        {
            json[name] = value;
        }

        return CallAsync(tool, json.ToJsonString());
    }

    /// <summary>One value of the file.</summary>
    public object? Scalar(string sql)
    {
        using var connection = RouterDaemon.Store.SqliteFile.OpenReader(File);
        return RouterDaemon.Store.SqliteExtensions.Scalar(connection, sql);
    }

    /// <summary>First column of all rows.</summary>
    public List<string> Column(string sql)
    {
        using var connection = RouterDaemon.Store.SqliteFile.OpenReader(File);
        return RouterDaemon.Store.SqliteExtensions.Query(connection, sql, r => r.GetValue(0).ToString()!);
    }

    /// <summary>Changes the file: only for tests that own their demo.</summary>
    public void Change(string sql)
    {
        using var connection = RouterDaemon.Store.SqliteFile.OpenWriter(File, RouterDaemon.Store.Schema.Migrations.Context);
        RouterDaemon.Store.SqliteExtensions.Execute(connection, sql);
    }

    public void Dispose()
    {
        _reader.Dispose();
        _folder.Dispose();
    }
}
