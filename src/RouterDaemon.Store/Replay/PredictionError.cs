namespace RouterDaemon.Store.Replay;

/// <summary>How well one quantity was predicted. Milliseconds; NaN when there is no sample.</summary>
/// <param name="Samples">Requests with both a prediction and a measurement.</param>
/// <param name="BiasMs">Mean of predicted minus measured: above 0 = too pessimistic.</param>
/// <param name="P50ErrorMs">Median of the absolute difference.</param>
/// <param name="P90ErrorMs">90 % of the absolute differences are at most this.</param>
/// <param name="MedianRatio">Median of measured by predicted; 1 = right in the middle.</param>
/// <param name="P50MeasuredMs">Median of what was measured, for scale.</param>
public sealed record PredictionError(int Samples, double BiasMs, double P50ErrorMs, double P90ErrorMs, double MedianRatio, double P50MeasuredMs)
{
    /// <summary>The error of pairs of a prediction and a measurement; pairs that lack one are left out.</summary>
    public static PredictionError Of(IEnumerable<RecordedRequest> requests, Func<RecordedRequest, double> predicted, Func<RecordedRequest, double> measured)
    {
        var errors = new List<double>();
        var ratios = new List<double>();
        var values = new List<double>();
        var sum = 0.0;
        foreach (var request in requests)
        {
            var (p, m) = (predicted(request), measured(request));
            if (!double.IsFinite(p) || !double.IsFinite(m))
            {
                continue;
            }

            sum += p - m;
            errors.Add(Math.Abs(p - m));
            values.Add(m);
            if (p > 0)
            {
                ratios.Add(m / p);
            }
        }

        return new PredictionError(
            errors.Count, errors.Count > 0 ? sum / errors.Count : double.NaN, Quantile(errors, 0.5), Quantile(errors, 0.9), Quantile(ratios, 0.5), Quantile(values, 0.5));
    }

    /// <summary>The smallest value that a share <paramref name="p"/> of all does not exceed; sorts the list. NaN when it is empty.</summary>
    internal static double Quantile(List<double> values, double p)
    {
        if (values.Count == 0)
        {
            return double.NaN;
        }

        values.Sort();
        return values[Math.Clamp((int)Math.Ceiling(p * values.Count) - 1, 0, values.Count - 1)];
    }
}
