namespace RouterDaemon.Config;

/// <summary>
/// How a list names deployments: <c>*</c> stands for any run of characters, slashes included. A pattern is tried on the deployment's id
/// (<c>model/backend</c>) and on its model's id alone, so <c>gpt-4</c> means every backend's.
/// </summary>
internal static class DeploymentPattern
{
    public static bool IsExact(string pattern) => !pattern.Contains('*');

    /// <summary>True when the pattern names the deployment of this model on this backend.</summary>
    public static bool IsMatch(string pattern, string modelId, string backendId) =>
        Glob(pattern, $"{modelId}/{backendId}") || Glob(pattern, modelId);

    /// <summary>True when the pattern names this very name.</summary>
    public static bool IsNameMatch(string pattern, string name) => Glob(pattern, name);

    // Greedy with one point to go back to: linear in the usual case, never exponential.
    private static bool Glob(ReadOnlySpan<char> pattern, ReadOnlySpan<char> text)
    {
        int p = 0, t = 0, star = -1, mark = 0;
        while (t < text.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                star = p++;
                mark = t;
            }
            else if (p < pattern.Length && pattern[p] == text[t])
            {
                p++;
                t++;
            }
            else if (star >= 0)
            {
                p = star + 1;
                t = ++mark;
            }
            else
            {
                return false;
            }
        }

        while (p < pattern.Length && pattern[p] == '*')
        {
            p++;
        }

        return p == pattern.Length;
    }
}
