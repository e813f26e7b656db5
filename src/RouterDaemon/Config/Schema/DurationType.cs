using System.Text.Json.Nodes;

namespace RouterDaemon.Config.Schema;

/// <summary>A time span with its unit. <c>-1</c> = never where that is allowed.</summary>
internal sealed class DurationType(TimeSpan min, TimeSpan max, bool allowNever = false) : ScalarType<TimeSpan>
{
    protected override string Expected => "a duration";

    protected override string? TryParse(BindContext context, string text, out TimeSpan value)
    {
        if (text == "-1" && allowNever)
        {
            value = Timeout.InfiniteTimeSpan;
            return null;
        }

        if (!DurationText.TryParse(text, out value))
        {
            return allowNever
                ? "{} is not a duration (examples: 500ms, 2s, 30m, -1 for never)"
                : "{} is not a duration (examples: 500ms, 2s)";
        }

        return value < min || value > max
            ? $"{{}} is out of range (from {DurationText.Format(min)} to {DurationText.Format(max)}{(allowNever ? ", or -1 for never" : "")})"
            : null;
    }

    public override JsonObject Schema() => new() { ["$ref"] = "#/$defs/duration" };

    public override JsonNode Show(TimeSpan value) =>
        value == Timeout.InfiniteTimeSpan ? JsonValue.Create(-1) : value == TimeSpan.Zero ? JsonValue.Create(0) : JsonValue.Create(DurationText.Format(value));
}
