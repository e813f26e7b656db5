using System.Text;
using RouterDaemon.Engine.Text;
using Xunit;

namespace RouterDaemon.Tests.Engine;

public sealed class TextAssemblerTests
{
    [Fact]
    public void HoldsBackIncompleteCharacters()
    {
        TextAssembler text = new([]);
        byte[] smile = "😀"u8.ToArray();
        Assert.Empty(text.Push(smile.AsSpan(0, 1)));
        Assert.Empty(text.Push(smile.AsSpan(1, 2)));
        Assert.Equal(smile, text.Push(smile.AsSpan(3)));
        Assert.Empty(text.Flush());
    }

    [Fact]
    public void ReplacesBytesThatAreNotUtf8()
    {
        TextAssembler text = new([]);
        Assert.Equal("a\uFFFDb", Encoding.UTF8.GetString([.. text.Push([(byte)'a', 0xFF]), .. text.Push([(byte)'b'])]));
        Assert.Empty(text.Push([0xE2, 0x82]));
        Assert.Equal("\uFFFD", Encoding.UTF8.GetString(text.Flush()));
    }

    [Fact]
    public void FindsAStopAcrossPushesAndGivesBackAFalseStart()
    {
        TextAssembler text = new(["END"]);
        Assert.Equal("x", Encoding.UTF8.GetString(text.Push("xE"u8)));
        Assert.Empty(text.Push("N"u8));
        Assert.Equal("EN", Encoding.UTF8.GetString(text.Push("EN"u8)));
        Assert.Empty(text.Push("D"u8));
        Assert.Equal("END", text.StopMet);
    }

    [Fact]
    public void AgreesWithSearchingTheWholeTextForRandomInput()
    {
        Random random = new(5);
        string[] alphabet = ["a", "b", "c", "ä", "€", "😀", "\n"];
        for (int round = 0; round < 20_000; round++)
        {
            string whole = Pick(random.Next(0, 14));
            string[] stops = [.. Enumerable.Range(0, random.Next(0, 4)).Select(_ => Pick(random.Next(1, 5))).Distinct()];
            (int End, int Start)[] met = [.. stops.Select(s => (Start: whole.IndexOf(s, StringComparison.Ordinal), s.Length))
                .Where(m => m.Start >= 0).Select(m => (m.Start + m.Length, m.Start)).Order()];
            int expectedEnd = met.Length > 0 ? met[0].Start : whole.Length;
            TextAssembler text = new(stops);
            List<byte> sent = [];
            ReadOnlySpan<byte> rest = Encoding.UTF8.GetBytes(whole);
            while (!rest.IsEmpty && text.StopMet is null)
            {
                int take = Math.Min(rest.Length, random.Next(1, 6));
                sent.AddRange(text.Push(rest[..take]));
                // Whatever has been sent so far must be a prefix of the right answer: nothing leaks, not even for a moment.
                Assert.StartsWith(new UTF8Encoding(false, true).GetString([.. sent]), whole[..expectedEnd], StringComparison.Ordinal);
                rest = rest[take..];
            }
            if (text.StopMet is null)
                sent.AddRange(text.Flush());
            Assert.Equal(whole[..expectedEnd], Encoding.UTF8.GetString([.. sent]));
            Assert.Equal(met.Length > 0, text.StopMet is not null);
        }

        string Pick(int length) => string.Concat(Enumerable.Range(0, length).Select(_ => alphabet[random.Next(alphabet.Length)]));
    }
}
