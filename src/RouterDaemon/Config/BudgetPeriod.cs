namespace RouterDaemon.Config;

internal enum BudgetPeriod : byte
{
    Hour,
    Day,
    Month,
}
