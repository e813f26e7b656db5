using System.Text;
using RouterDaemon.Config;
using Xunit;

namespace RouterDaemon.Tests.Config;

/// <summary>Whatever is done to the sample, reading it ends with a configuration or with located errors, never with an exception.</summary>
public sealed class MutationTests
{
    private const int Mutations = 2_000;

    private static readonly string[] Scraps =
    [
        "{", "}", "[", "]", ":", ": ", "- ", "\n", "\t", "  ", "'", "\"", "#", "&a ", "*a", "<<: *a", "!x ", "${", "${X}", "$${", "|", ">", "?", "%YAML 1.1\n", "---\n", "...\n",
        "\0", "\u0085", "\u2028", "\ufeff", "\ud83d\ude00", "-1", "99999999999999999999", "1e999", "nan", "null", "~", "\\x", "@", "`", ",",
    ];

    [Fact]
    public void AnyMutationIsAConfigurationOrALocatedError()
    {
        var sample = ConfigFixture.Sample;
        for (var seed = 1; seed <= Mutations; seed++)
        {
            var bytes = Mutate(sample, new Random(seed));
            var fixture = new ConfigFixture().With("");
            fixture.FilesByPath["/etc/ada/routerd.yaml"] = bytes;
            ConfigResult result;
            try
            {
                result = fixture.Load();
            }
            catch (Exception thrown)
            {
                throw new InvalidOperationException($"seed {seed}: {thrown.GetType().Name} from\n{Encoding.UTF8.GetString(bytes)}", thrown);
            }

            var errors = result.Faults.Where(f => f.Severity == FaultSeverity.Error).ToList();
            Assert.True(result.Loaded is not null == (errors.Count == 0), $"seed {seed}");
            Assert.All(errors, e => Assert.True(e.Line > 0 && e.Column > 0 && e.Message.Length > 0 && !e.ToString().Contains('\n'), $"seed {seed}: {e}"));
            if (result.Loaded is { } loaded)
            {
                Assert.NotEmpty(ConfigPrinter.ShowYaml(loaded.Config));
            }
        }
    }

    [Fact]
    public void WhatIsShownCanBeReadAgainWhateverTheNamesAre()
    {
        foreach (var name in new[] { "true", "null", "1e3", "0x1f", "a:b", "a#b", "-", "?", "*", "é", "\u00ff\u4e2d", "a'b", "a\"b", "a\\b", "@x", "12:30", "2001-01-01", "${A}", "!t", "&a", "%" })
        {
            // Single quotes: nothing but ' itself is special in them.
            var yaml = $"models: [{{ id: '{name.Replace("'", "''", StringComparison.Ordinal).Replace("${", "$${", StringComparison.Ordinal)}', file: x }}]";
            var shown = ConfigPrinter.ShowYaml(ConfigFixture.Good(yaml));
            Assert.Equal(name, ConfigFixture.Good(shown).Models[0].Id);
        }
    }

    private static byte[] Mutate(string sample, Random random)
    {
        var text = new StringBuilder(sample);
        for (var i = random.Next(1, 5); i > 0; i--)
        {
            var at = random.Next(text.Length);
            switch (random.Next(6))
            {
                case 0:
                    text.Remove(at, Math.Min(random.Next(1, 20), text.Length - at));
                    break;
                case 1:
                    text.Insert(at, Scraps[random.Next(Scraps.Length)]);
                    break;
                case 2:
                    var length = Math.Min(random.Next(1, 60), sample.Length - 60);
                    text.Insert(at, sample.AsSpan(random.Next(sample.Length - length), length));
                    break;
                case 3:
                    text[at] = (char)random.Next(1, 0x250);
                    break;
                case 4:
                    text.Length = Math.Max(at, 1);
                    break;
                default:
                    text.Replace(random.Next(2) == 0 ? "true" : "2s", Scraps[random.Next(Scraps.Length)]);
                    break;
            }
        }

        var bytes = Encoding.UTF8.GetBytes(text.ToString());
        if (random.Next(20) == 0)
        {
            bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
        }

        return bytes;
    }
}
