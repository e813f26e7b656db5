using System.Text;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace RouterDaemon.Config.Yaml;

/// <summary>
/// YAML text to <see cref="ConfigNode"/>s, from the parser's events rather than YamlDotNet's own tree: that one stops at the first
/// duplicate key and puts no bound on what aliases expand to.
/// </summary>
internal sealed class YamlReader
{
    /// <summary>Largest file.</summary>
    public const int MaxFileBytes = 1 << 20;

    /// <summary>Deepest nesting.</summary>
    public const int MaxDepth = 32;

    /// <summary>Most values, with what aliases stand for counted each time.</summary>
    public const int MaxExpandedNodes = 50_000;

    private readonly string _source;
    private readonly List<ConfigFault> _faults;
    private readonly Dictionary<string, ConfigNode> _anchors = new(StringComparer.Ordinal);
    private readonly HashSet<string> _openAnchors = new(StringComparer.Ordinal);
    private readonly Scanner _scanner;
    private readonly Parser _parser;
    private long _nodes;

    private YamlReader(string source, string text, List<ConfigFault> faults)
    {
        _source = source;
        _faults = faults;
        _scanner = new Scanner(new StringReader(text), skipComments: true);
        _parser = new Parser(_scanner);
    }

    /// <summary>The document, or null when it is empty or cannot be read at all (then there is an error among the faults).</summary>
    public static ConfigNode? Read(string source, ReadOnlySpan<byte> utf8, List<ConfigFault> faults)
    {
        if (utf8.Length > MaxFileBytes)
        {
            faults.Add(new ConfigFault(FaultSeverity.Error, source, 0, 0, "", $"the file is larger than {MaxFileBytes} bytes"));
            return null;
        }

        if (utf8.StartsWith(Encoding.UTF8.Preamble))
        {
            utf8 = utf8[Encoding.UTF8.Preamble.Length..];
        }

        if (!IsUtf8(source, utf8, faults))
        {
            return null;
        }

        try
        {
            return new YamlReader(source, Encoding.UTF8.GetString(utf8), faults).ReadStream();
        }
        catch (FatalFaultException fatal)
        {
            faults.Add(fatal.Fault);
        }

        return null;
    }

    private static bool IsUtf8(string source, ReadOnlySpan<byte> bytes, List<ConfigFault> faults)
    {
        int line = 1, column = 1;
        for (var rest = bytes; rest.Length > 0;)
        {
            if (Rune.DecodeFromUtf8(rest, out var rune, out var length) != System.Buffers.OperationStatus.Done)
            {
                faults.Add(new ConfigFault(FaultSeverity.Error, source, line, column, "", "not UTF-8 text"));
                return false;
            }

            (line, column) = rune.Value == '\n' ? (line + 1, 1) : (line, column + 1);
            rest = rest[length..];
        }

        return true;
    }

    private static string Message(YamlException broken)
    {
        var text = broken.Message.ReplaceLineEndings(" ").TrimEnd('.', ' ');
        return text.Length == 0 ? "unexpected text" : char.ToLowerInvariant(text[0]) + text[1..];
    }

    private static ConfigFault Fault(string source, in Mark at, string message) =>
        new(FaultSeverity.Error, source, Math.Max(1, (int)at.Line), Math.Max(1, (int)at.Column), "", message);

    private FatalFaultException Fatal(in Mark at, string message) => new(Fault(_source, at, message));

    // For some malformed text YamlDotNet's scanner throws what its own code fails with, instead of a YamlException.
    private void Next()
    {
        try
        {
            _parser.MoveNext();
        }
        catch (YamlException broken)
        {
            // The exception's own place may be where the construct began, lines above the character at fault.
            var at = _scanner.CurrentPosition.Line > broken.End.Line ? _scanner.CurrentPosition : broken.End;
            throw Fatal(at, $"not valid YAML: {Message(broken)}");
        }
        catch (Exception)
        {
            throw Fatal(_scanner.CurrentPosition, "not valid YAML: text that has no meaning here");
        }
    }

    private ConfigNode? ReadStream()
    {
        Expect<StreamStart>();
        if (_parser.Current is StreamEnd)
        {
            return null;
        }

        Expect<DocumentStart>();
        var root = ReadNode(1);
        Expect<DocumentEnd>();
        if (_parser.Current is DocumentStart second)
        {
            throw Fatal(second.Start, "a second document; one file is one document");
        }

        return root is ConfigScalar { IsNull: true } ? null : root;
    }

    private void Expect<T>()
        where T : ParsingEvent
    {
        if (_parser.Current is null)
        {
            Next();
        }

        if (_parser.Current is not T)
        {
            throw Fatal(_parser.Current?.Start ?? Mark.Empty, "not valid YAML: unexpected end");
        }

        Next();
    }

    private ConfigNode ReadNode(int depth)
    {
        var current = _parser.Current ?? throw Fatal(Mark.Empty, "not valid YAML: unexpected end");
        if (depth > MaxDepth)
        {
            throw Fatal(current.Start, $"nested deeper than {MaxDepth} levels");
        }

        if (current is AnchorAlias alias)
        {
            return ReadAlias(alias, depth);
        }

        if (current is not NodeEvent start)
        {
            throw Fatal(current.Start, "not valid YAML: a value is missing");
        }

        if (!start.Tag.IsEmpty && !start.Tag.IsNonSpecific && !start.Tag.Value.StartsWith("tag:yaml.org,2002:", StringComparison.Ordinal))
        {
            throw Fatal(start.Start, $"the tag \"{start.Tag.Value}\" means nothing here");
        }

        Count(1, start.Start);
        var anchor = start.Anchor.IsEmpty ? null : start.Anchor.Value;
        if (anchor is not null)
        {
            _openAnchors.Add(anchor);
        }

        ConfigNode node = start switch
        {
            Scalar scalar => ReadScalar(scalar),
            SequenceStart sequence => ReadSequence(sequence, depth),
            MappingStart mapping => ReadMapping(mapping, depth),
            _ => throw Fatal(start.Start, "not valid YAML: a value is missing"),
        };
        if (anchor is not null)
        {
            _openAnchors.Remove(anchor);
            _anchors[anchor] = node;
        }

        return node;
    }

    private ConfigNode ReadAlias(AnchorAlias alias, int depth)
    {
        var name = alias.Value.Value;
        if (_openAnchors.Contains(name))
        {
            throw Fatal(alias.Start, $"the alias \"*{name}\" stands inside the value it names");
        }

        if (!_anchors.TryGetValue(name, out var node))
        {
            throw Fatal(alias.Start, $"the alias \"*{name}\" names no anchor above it");
        }

        if (depth + node.Height - 1 > MaxDepth)
        {
            throw Fatal(alias.Start, $"nested deeper than {MaxDepth} levels");
        }

        Count(node.ExpandedNodes, alias.Start);
        Next();
        return node;
    }

    private void Count(long nodes, in Mark at)
    {
        _nodes += nodes;
        if (_nodes > MaxExpandedNodes)
        {
            throw Fatal(at, $"more than {MaxExpandedNodes} values, those that aliases stand for included");
        }
    }

    private ConfigScalar ReadScalar(Scalar scalar)
    {
        Next();
        return new ConfigScalar((int)scalar.Start.Line, (int)scalar.Start.Column, scalar.Value, scalar.Style == ScalarStyle.Plain);
    }

    private ConfigSequence ReadSequence(SequenceStart start, int depth)
    {
        Next();
        var items = new List<ConfigNode>();
        while (_parser.Current is not SequenceEnd)
        {
            items.Add(ReadNode(depth + 1));
        }

        Next();
        return new ConfigSequence((int)start.Start.Line, (int)start.Start.Column, items);
    }

    private ConfigMapping ReadMapping(MappingStart start, int depth)
    {
        Next();
        var entries = new List<KeyValuePair<ConfigScalar, ConfigNode>>();
        var seen = new Dictionary<string, ConfigScalar>(StringComparer.Ordinal);
        var merges = new List<ConfigNode>();
        while (_parser.Current is not MappingEnd)
        {
            var at = _parser.Current!.Start;
            if (ReadNode(depth + 1) is not ConfigScalar key)
            {
                throw Fatal(at, "a key must be a single word or text");
            }

            var value = ReadNode(depth + 1);
            if (key.Text == "<<")
            {
                merges.Add(value);
            }
            else if (seen.TryAdd(key.Text, key))
            {
                entries.Add(new(key, value));
            }
            else
            {
                _faults.Add(Fault(_source, at, $"the key \"{key.Text}\" is given twice (first in line {seen[key.Text].Line})"));
            }
        }

        foreach (var merge in merges)
        {
            Merge(merge, seen, entries);
        }

        Next();
        return new ConfigMapping((int)start.Start.Line, (int)start.Start.Column, entries);
    }

    // The merge key: what is written in the mapping itself wins.
    private void Merge(ConfigNode from, Dictionary<string, ConfigScalar> seen, List<KeyValuePair<ConfigScalar, ConfigNode>> entries)
    {
        switch (from)
        {
            case ConfigMapping mapping:
                foreach (var entry in mapping.Entries)
                {
                    if (seen.TryAdd(entry.Key.Text, entry.Key))
                    {
                        entries.Add(entry);
                    }
                }

                break;
            case ConfigSequence { Items: var items } when items.All(i => i is ConfigMapping):
                foreach (var item in items)
                {
                    Merge(item, seen, entries);
                }

                break;
            default:
                _faults.Add(new ConfigFault(FaultSeverity.Error, _source, from.Line, from.Column, "", "\"<<\" takes a mapping or a list of mappings"));
                break;
        }
    }

    private sealed class FatalFaultException(ConfigFault fault) : Exception
    {
        public ConfigFault Fault { get; } = fault;
    }
}
