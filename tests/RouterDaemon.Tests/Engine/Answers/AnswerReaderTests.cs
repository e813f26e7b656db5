using System.Text;
using RouterDaemon.Engine.Answers;
using RouterDaemon.Engine.Tools;
using Xunit;

namespace RouterDaemon.Tests.Engine.Answers;

public sealed class AnswerReaderTests
{
    [Theory]
    [InlineData(false, "<think>\nA < b.\n</think>\n\nSo it is.", "A < b.", "So it is.")]
    [InlineData(false, "\n<think></think>Yes", "", "Yes")]
    [InlineData(false, "No thought at all, 1 < 2.", "", "No thought at all, 1 < 2.")]
    [InlineData(false, "<thin ice", "", "<thin ice")]
    [InlineData(false, "  indented", "", "  indented")]
    [InlineData(true, "\nFirst </thin that, then this.\n</think>\n\n42", "First </thin that, then this.", "42")]
    [InlineData(true, "cut short  ", "cut short", "")]
    [InlineData(true, "</think> done ", "", "done ")]
    [InlineData(false, "x <think>later</think> y", "", "x <think>later</think> y")]
    public void ReasoningIsToldFromContentWhateverTheCuts(bool inPrompt, string text, string reasoning, string content)
    {
        Random random = new(3);
        for (int round = 0; round < 200; round++)
        {
            AnswerReader reader = new(new ReasoningReader(Marks, inPrompt), null);
            List<AnswerDelta> deltas = Read(reader, text, random);
            Assert.Equal(reasoning, Joined(deltas, AnswerDeltaKind.Reasoning));
            Assert.Equal(content, Joined(deltas, AnswerDeltaKind.Content));
        }
    }

    [Fact]
    public void CallsFollowReasoning()
    {
        Random random = new(4);
        const string Text = "<think>I need the <tool_call> tool.</think>\n\nLet me see.\n<tool_call>\n{\"name\": \"f\", \"arguments\": {\"a\": 1}}\n</tool_call>";
        for (int round = 0; round < 200; round++)
        {
            AnswerReader reader = new(new ReasoningReader(Marks, false), new ToolCallReader(ToolStyle.Hermes));
            List<AnswerDelta> deltas = Read(reader, Text, random);
            Assert.Equal("I need the <tool_call> tool.", Joined(deltas, AnswerDeltaKind.Reasoning));
            Assert.Equal("Let me see.\n", Joined(deltas, AnswerDeltaKind.Content));
            Assert.Equal("{\"a\": 1}", Joined(deltas, AnswerDeltaKind.Call));
            Assert.Equal(["f"], deltas.Select(d => d.CallName).OfType<string>());
            Assert.Equal(1, reader.Calls);
        }
    }

    [Theory]
    [InlineData("{% if x %}<think>{% endif %}", "<think>")]
    [InlineData("content.split('</think>')[-1]", "<think>")]
    [InlineData("[THINK] and [/THINK]", "[THINK]")]
    [InlineData("nothing of it", null)]
    [InlineData(null, null)]
    public void MarksAreReadOffTheTemplate(string? template, string? open) => Assert.Equal(open, ReasoningMarks.Of(template)?.Open);

    [Theory]
    [InlineData("<|im_start|>assistant\n<think>\n", true)]
    [InlineData("<|im_start|>assistant\n<think>\n\n</think>\n\n", false)]
    [InlineData("what is <think>?<|im_end|>\n<|im_start|>assistant\n", false)]
    public void APromptMayEndInsideReasoning(string prompt, bool open) => Assert.Equal(open, Marks.IsOpen(prompt));

    private static ReasoningMarks Marks { get; } = ReasoningMarks.Of("<think>")!;

    private static List<AnswerDelta> Read(AnswerReader reader, string text, Random random)
    {
        List<AnswerDelta> deltas = [];
        for (int at = 0; at < text.Length;)
        {
            int take = Math.Min(random.Next(1, 9), text.Length - at);
            deltas.AddRange(reader.Push(Encoding.UTF8.GetBytes(text.Substring(at, take))));
            at += take;
        }
        deltas.AddRange(reader.Finish());
        return deltas;
    }

    private static string Joined(List<AnswerDelta> deltas, AnswerDeltaKind kind) => string.Concat(deltas.Where(d => d.Kind == kind).Select(d => d.Text));
}
