namespace RouterDaemon;

/// <summary><c>Select</c> from a reference type into a value type; the reason is that of <see cref="ValueSequences"/>.</summary>
public static class ValueResults
{
    /// <summary>The results of <paramref name="selector"/>, lazily, in order.</summary>
    /// <typeparam name="T">A reference type.</typeparam>
    /// <typeparam name="TResult">A value type.</typeparam>
    public static IEnumerable<TResult> Select<T, TResult>(this IEnumerable<T> source, Func<T, TResult> selector)
        where T : class?
        where TResult : struct
    {
        foreach (T item in source)
        {
            yield return selector(item);
        }
    }
}
