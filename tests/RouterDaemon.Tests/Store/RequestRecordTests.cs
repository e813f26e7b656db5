using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using RouterDaemon.Store.Journal;
using Xunit;

namespace RouterDaemon.Tests.Store;

public sealed class RequestRecordTests
{
    [Fact]
    public void LayoutIsFrozen()
    {
        // Persisted: a change needs a new RequestRecord.CurrentVersion.
        Assert.Equal(RequestRecord.SizeBytes, Unsafe.SizeOf<RequestRecord>());
        Assert.True(RequestRecord.SizeBytes <= 512);
        Assert.Equal(1, RequestRecord.CurrentVersion);
        Assert.Equal(16, Offset(nameof(RequestRecord.Id)));
        Assert.Equal(32, Offset(nameof(RequestRecord.StartUnixMicros)));
        Assert.Equal(96, Offset(nameof(RequestRecord.DeploymentName)));
        Assert.Equal(152, Offset(nameof(RequestRecord.HttpStatus)));
        Assert.Equal(160, Offset(nameof(RequestRecord.Winner)));
        Assert.Equal(208, Offset(nameof(RequestRecord.Options)));
        Assert.Equal(336, 208 + (ConsideredOptions.Capacity * Unsafe.SizeOf<ConsideredOption>()));
    }

    [Theory]
    [InlineData(RequestOutcome.Success, 0)]
    [InlineData(RequestOutcome.Error, 1)]
    [InlineData(RequestOutcome.Timeout, 2)]
    [InlineData(RequestOutcome.Cancelled, 3)]
    [InlineData(RequestOutcome.Refused, 4)]
    [InlineData(RequestOutcome.Masked, 5)]
    [InlineData(RequestOutcome.Cached, 6)]
    [InlineData(RequestOutcome.RateLimited, 7)]
    public void OutcomeNumbersAreFrozen(RequestOutcome outcome, byte number) => Assert.Equal(number, (byte)outcome);

    [Fact]
    public void IdRoundTrips()
    {
        var id = RequestId.Create(1_705_334_400_000, 0xFFFF_1234, 0xFEDC_BA98_7654_3210);
        var text = id.ToString();
        Assert.Equal("req_018d0dd9e4001234fedcba9876543210", text);
        Assert.True(RequestId.TryParse(text, out var parsed));
        Assert.Equal(id, parsed);
        Assert.False(RequestId.TryParse("req_abc123", out _));
        Assert.False(RequestId.TryParse("req_018d0dd9e4001234fedcba987654321g", out _));
    }

    [Fact]
    public void EveryByteBehindTheHeaderChangesTheChecksum()
    {
        var record = default(RequestRecord);
        var original = RecordChecksum.Of(record, 7);
        Assert.NotEqual(original, RecordChecksum.Of(record, 8));
        for (var i = 16; i < RequestRecord.SizeBytes; i++)
        {
            var copy = record;
            MemoryMarshal.AsBytes(MemoryMarshal.CreateSpan(ref copy, 1))[i] = 1;
            Assert.NotEqual(original, RecordChecksum.Of(copy, 7));
        }
    }

    private static int Offset(string field) => (int)Marshal.OffsetOf<RequestRecord>(field);
}
