using RouterDaemon.Engine.Templates.Jinja;
using Xunit;

namespace RouterDaemon.Tests.Engine.Templates;

public sealed class JinjaTests
{
    // Expected texts are what Python Jinja2 3.1 gives with trim_blocks and lstrip_blocks.
    [Theory]
    [InlineData("a\n  {% if true %}\nb\n  {% endif %}\nc\n", "a\nb\nc")]
    [InlineData("a {%- if true -%} b {%- endif -%} c", "abc")]
    [InlineData("a\n  {%+ if true %}b{% endif %}", "a\n  b")]
    [InlineData("{# x #}\ny", "y")]
    [InlineData("{% raw %}{{ x }}{% endraw %}", "{{ x }}")]
    [InlineData("{{ 'a' ~ 1 ~ 2.0 ~ none ~ true }}", "a12.0NoneTrue")]
    [InlineData("{{ [1, 'a', {'k': none}] }}", "[1, 'a', {'k': None}]")]
    [InlineData("{{ (1, 2)[1] }} {{ 'abc'[::-1] }} {{ [1,2,3][1:] }} {{ [1,2,3][-1] }}", "2 cba [2, 3] 3")]
    [InlineData("{{ 7 // 2 }} {{ -7 // 2 }} {{ -7 % 3 }} {{ 7 / 2 }} {{ 2 ** 3 }}", "3 -4 2 3.5 8")]
    [InlineData("{% for x in [1,2,3] if x != 2 %}{{ loop.index }}:{{ x }}{{ ',' if not loop.last }}{% endfor %}", "1:1,2:3")]
    [InlineData("{% for x in [] %}a{% else %}none{% endfor %}", "none")]
    [InlineData("{% for k, v in {'a': 1, 'b': 2}.items() %}{{ k }}{{ v }}{% endfor %}", "a1b2")]
    [InlineData("{% for x in [1,2,3,4] %}{% if x == 2 %}{% continue %}{% endif %}{% if x == 4 %}{% break %}{% endif %}{{ x }}{% endfor %}", "13")]
    [InlineData("{% set n = namespace(c=0) %}{% for x in [1,2] %}{% set n.c = n.c + x %}{% endfor %}{{ n.c }}", "3")]
    [InlineData("{% set c = 0 %}{% for x in [1,2] %}{% set c = c + x %}{% endfor %}{{ c }}", "0")]
    [InlineData("{% macro m(a, b='z') %}[{{ a }}{{ b }}]{% endmacro %}{{ m(1) }}{{ m(1, b=2) }}", "[1z][12]")]
    [InlineData("{% macro m() %}<{{ caller() }}>{% endmacro %}{% call m() %}x{% endcall %}", "<x>")]
    [InlineData("{% set x %}a{{ 1 }}{% endset %}{{ x | upper }}", "A1")]
    [InlineData("{% filter upper %}ab{% endfilter %}", "AB")]
    [InlineData("{{ missing }}|{{ missing is defined }}|{{ missing | default('d') }}", "|False|d")]
    [InlineData("{{ 'x' if false }}", "")]
    [InlineData("{{ {'a': [1, 2.5, none, true, 'é\"']} | tojson }}", "{\"a\": [1, 2.5, null, true, \"é\\\"\"]}")]
    [InlineData("{{ {'b': 1, 'a': []} | tojson(indent=2) }}", "{\n  \"b\": 1,\n  \"a\": []\n}")]
    [InlineData("{{ [{'n': 2}, {'n': 1}] | map(attribute='n') | sort | join('-') }}", "1-2")]
    [InlineData("{{ [{'r': 'a', 'v': 1}, {'r': 'b', 'v': 2}] | selectattr('r', 'equalto', 'b') | map(attribute='v') | first }}", "2")]
    [InlineData("{{ '  x '.strip() }}{{ 'a-b'.split('-')[1] }}{{ 'abc'.startswith('ab') }}", "xbTrue")]
    [InlineData("{{ 1 < 2 < 3 }} {{ 'a' in 'abc' }} {{ 1 not in [2] }} {{ not true and false }}", "True True True False")]
    [InlineData("{{ 5 is divisibleby 5 }} {{ 'x' is string }} {{ {} is mapping }} {{ 3 is odd }}", "True True True True")]
    [InlineData("{{ '%s-%02d' % ('a', 7) }} {{ '%.2f' | format(1.5) }}", "a-07 1.50")]
    [InlineData("{% for x in [[1, [2]], [3]] recursive %}{% if x is iterable %}({{ loop(x) }}){% else %}{{ x }}{% endif %}{% endfor %}", "(1(2))(3)")]
    [InlineData("{% set a, b = 1, 2 %}{{ b }}{{ a }}", "21")]
    [InlineData("{{ strftime_now('%d %b %Y') }}", "04 Mar 2026")]
    [InlineData("{{ range(3) | list }} {{ range(5, 1, -2) | list }}", "[0, 1, 2] [5, 3]")]
    [InlineData("{%- with x = 2 %}{{ x }}{% endwith %}", "2")]
    public void RendersLikeJinja(string template, string expected) => Assert.Equal(expected, Render(template));

    [Theory]
    [InlineData("{{ raise_exception('no') }}", "no")]
    [InlineData("a\n{{ missing.x }}", "line 2: 'missing' is undefined")]
    [InlineData("{{ missing + 'x' }}", "'missing' is undefined")]
    [InlineData("{{ 1 + 'x' }}", "+ cannot be applied to int and str")]
    [InlineData("{{ 1 / 0 }}", "division by zero")]
    [InlineData("{% for x in 5 %}{% endfor %}", "int cannot be iterated over")]
    [InlineData("{% if x %}", "{% endif %} is missing")]
    [InlineData("{{ x", "not closed")]
    [InlineData("{{ x | nothing }}", "there is no filter nothing")]
    [InlineData("{% include 'x' %}", "{% include %} is not supported")]
    [InlineData("{{ ''.__class__ }}{{ ''.__class__.__mro__ }}", "undefined")]
    public void RefusesWithAReason(string template, string message) =>
        Assert.Contains(message, Assert.Throws<JinjaException>(() => Render(template)).Message);

    [Theory]
    [InlineData("{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}", "steps")]
    [InlineData("{% set x = 'aaaaaaaaaa' * 10000000 %}", "too long")]
    [InlineData("{% set n = namespace(s='aaaaaaaaaa') %}{% for i in range(60) %}{% set n.s = n.s + n.s %}{% endfor %}", "too long")]
    [InlineData("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "deeper than")]
    [InlineData("{{ range(100001) }}", "longer than 100000")]
    [InlineData("{{ 9 ** 99 }}", "too large")]
    public void BoundsWhatATemplateMayCost(string template, string message) =>
        Assert.Contains(message, Assert.Throws<JinjaException>(() => Render(template)).Message);

    [Fact]
    public void DeepNestingIsRefusedNotAnOverflow()
    {
        Assert.Throws<JinjaException>(() => Render("{{ " + new string('(', 100_000) + "1" + new string(')', 100_000) + " }}"));
        Assert.Throws<JinjaException>(() => Render("{{ " + string.Concat(Enumerable.Repeat("not ", 100_000)) + "1 }}"));
        Assert.Throws<JinjaException>(() => Render("{{ " + new string('-', 100_000) + "1 }}"));
        Assert.Throws<JinjaException>(() => Render(string.Concat(Enumerable.Repeat("{% if 1 %}", 50_000))));
    }

    private static string Render(string template) =>
        JinjaTemplate.Parse(template).Render([], new DateTimeOffset(2026, 3, 4, 15, 6, 7, TimeSpan.Zero));
}
