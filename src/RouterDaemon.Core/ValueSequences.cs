namespace RouterDaemon;

/// <summary>
/// <c>Select</c> and <c>Where</c> over or into value types, for every namespace of this project in place of LINQ's.
/// </summary>
/// <remarks>
/// LINQ's iterators have a generic virtual <c>Select</c>: native code holds it once for every pair of a source's and
/// a result's value type in the whole program, used or not, and two dozen such types cost 2.4 MB.
/// These compile once for each pair that is in use. The inner namespace wins, so nobody has to remember them.
/// </remarks>
public static class ValueSequences
{
    /// <summary>The results of <paramref name="selector"/>, lazily, in order.</summary>
    /// <typeparam name="T">A value type.</typeparam>
    /// <typeparam name="TResult">Any type.</typeparam>
    public static IEnumerable<TResult> Select<T, TResult>(this IEnumerable<T> source, Func<T, TResult> selector)
        where T : struct
    {
        foreach (T item in source)
        {
            yield return selector(item);
        }
    }

    /// <summary>The items for which <paramref name="predicate"/> holds, lazily, in order.</summary>
    /// <typeparam name="T">A value type.</typeparam>
    public static IEnumerable<T> Where<T>(this IEnumerable<T> source, Func<T, bool> predicate)
        where T : struct
    {
        foreach (T item in source)
        {
            if (predicate(item))
            {
                yield return item;
            }
        }
    }
}
