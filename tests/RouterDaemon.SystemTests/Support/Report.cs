using Xunit;

namespace RouterDaemon.SystemTests.Support;

/// <summary>Figures worth reading after a green run: into the test's output and, when ROUTERD_TEST_REPORT names a file, to its end.</summary>
public static class Report
{
    public static void Line(string text)
    {
        TestContext.Current.TestOutputHelper?.WriteLine(text);
        if (Environment.GetEnvironmentVariable("ROUTERD_TEST_REPORT") is { Length: > 0 } file)
            File.AppendAllText(file, text + "\n");
    }
}
