namespace RouterDaemon.Cli.Doctor;

/// <summary>One line of <c>routerd doctor</c>.</summary>
/// <param name="Check">What was looked at.</param>
/// <param name="State">Good, a warning, or bad: something does not work.</param>
/// <param name="Detail">What was found.</param>
/// <param name="Advice">What to do; empty when good.</param>
internal sealed record Finding(string Check, FindingState State, string Detail, string Advice = "");
