using Xunit;

// Daemons measure themselves and time out: tests that share two cores would test the scheduler.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
