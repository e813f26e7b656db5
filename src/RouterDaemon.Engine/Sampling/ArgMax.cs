using System.Numerics;
using System.Runtime.InteropServices;

namespace RouterDaemon.Engine.Sampling;

/// <summary>Index of the largest logit, the lowest index on a tie.</summary>
internal static class ArgMax
{
    /// <returns>-1 when there is no comparable value (all NaN or empty).</returns>
    public static int Of(ReadOnlySpan<float> values)
    {
        float best = Max(values);
        // NaN never equals itself, so a row of NaN gives -1; IndexOf over float would not be vectorised, the bits are.
        int bits = BitConverter.SingleToInt32Bits(best);
        int index = MemoryMarshal.Cast<float, int>(values).IndexOf(bits);
        if (index >= 0 && best != 0)
            return float.IsNaN(best) ? -1 : index;
        for (int i = 0; i < values.Length; i++)
        {
            if (values[i] == best)
                return i;
        }
        return -1;
    }

    public static float Max(ReadOnlySpan<float> values)
    {
        float best = float.NegativeInfinity;
        int done = 0;
        if (values.Length >= Vector<float>.Count)
        {
            ReadOnlySpan<Vector<float>> vectors = MemoryMarshal.Cast<float, Vector<float>>(values);
            Vector<float> max = new(float.NegativeInfinity);
            foreach (Vector<float> v in vectors)
                max = Vector.ConditionalSelect(Vector.GreaterThan(v, max), v, max);
            for (int i = 0; i < Vector<float>.Count; i++)
                best = Math.Max(best, max[i]);
            done = vectors.Length * Vector<float>.Count;
        }
        for (; done < values.Length; done++)
            best = values[done] > best ? values[done] : best;
        return best;
    }
}
