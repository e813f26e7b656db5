using RouterDaemon.Fleet;

namespace RouterDaemon.Telemetry.Sections;

/// <summary>What may be spent, and what was.</summary>
internal sealed class BudgetSection(Budgets budgets) : IMetricsSection
{
    public void Write(PrometheusText text, FleetState fleet)
    {
        if (budgets.All.Count == 0)
        {
            return;
        }

        Gauge(text, "routerd_budget_limit_usd", "Most money of the present period.", static b => b.State.LimitUsd);
        Gauge(text, "routerd_budget_spent_usd", "Money spent in the present period.", static b => b.State.SpentUsd);
        Gauge(text, "routerd_budget_pressure", "How much dearer money counts because it is spent too fast.", static b => b.State.Pressure);
    }

    private void Gauge(PrometheusText text, string name, string help, Func<Budget, double> value)
    {
        text.Head(name, "gauge", help);
        foreach (var budget in budgets.All)
        {
            text.Sample(name, PrometheusText.Label("budget", budget.Config.Id), value(budget));
        }
    }
}
