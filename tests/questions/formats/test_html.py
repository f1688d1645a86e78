import re

import pytest
from hypothesis import given, settings

from questions.formats.html import (
    MAX_DEPTH,
    MAX_HTML,
    MAX_TAGS,
    HtmlReader,
    Unconvertible,
    escape_markdown,
    inner_html,
    plain_to_markdown,
    to_elements,
)
from questions.formats.texts import Unreadable
from questions.rendering import render_inline, render_markdown
from tests.questions.formats.strategies import texts
from tests.questions.formats.xml_samples import bank_texts


def to_markdown(html):
    return HtmlReader().to_markdown(html)[0]


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("", ""),
        ("plain", "plain"),
        ("<p>one</p>", "one"),
        ('<p dir="ltr" style="text-align: left;">one<br></p>', "one"),
        ("<p>one</p>\n<p>two</p>", "one\n\ntwo"),
        ("one<br>two<br/>three", "one  \ntwo  \nthree"),
        ("<b>a</b> <strong>b</strong> <i>c</i> <em>d</em>", "**a** **b** *c* *d*"),
        ("<s>a</s> <del>b</del>", "~~a~~ ~~b~~"),
        ("<code>x = 1</code>", "`x = 1`"),
        ("<code>a`b</code>", "`` a`b ``"),
        ("<pre>a\n  b</pre>", "```\na\n  b\n```"),
        ("<pre><code>a\n\n```\nb</code></pre>", "````\na\n\n```\nb\n````"),
        ("<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul>", "- a\n- b\n  - c"),
        ('<ol start="3"><li>a</li><li>b</li></ol>', "3. a\n4. b"),
        ("<blockquote><p>a</p><p>b</p></blockquote>", "> a\n>\n> b"),
        ("<h1>Title</h1><p>text</p>", "**Title**\n\ntext"),
        ("a<hr>b", "a\n\n---\n\nb"),
        ("<div>a<div>b</div></div>", "a\n\nb"),
        ('<span style="x">a</span><font color="red">b</font>', "ab"),
        ("x<sup>2</sup> + H<sub>2</sub>O", "x² \\+ H₂O"),
        ("e<sup>ab</sup> x<sub>ij</sub>", "e^(ab) x\\_(ij)"),
        ('<a href="https://example.org/a_b">text</a>', "[text](https://example.org/a_b)"),
        ('<a href="https://example.org/a (b)">t</a>', "[t](https://example.org/a%20\\(b\\))"),
        ('<a href="javascript:alert(1)">text</a>', "text"),
        ("a<script>alert(1)</script><style>p {}</style><!-- c -->b", "ab"),
        ("a &lt;b&gt; &amp; c &nbsp;d", "a \\<b> & c \xa0d"),
        ("<table><tr><th>a</th><th>b</th></tr><tr><td>1|2</td><td><code>x|y</code></td></tr></table>",
         "| a | b |\n| --- | --- |\n| 1\\|2 | `x\\|y` |"),
        ("<table><tbody><tr><td>a</td><td>b</td></tr></tbody></table>", "|  |  |\n| --- | --- |\n| a | b |"),
        (
            '<table><tr><th class="align-right">a</th><th align="center">b</th></tr></table>',
            "| a | b |\n| ---: | :---: |",
        ),
        ("<ol start='²'><li>a</li></ol>", "1. a"),
        ("http://example.org", "http://example.org"),
        ("file.txt", "file.txt"),
        ("<b>unclosed", "**unclosed**"),
        ("a <> b < c", "a <> b < c"),
    ],
)  # fmt: skip
def test_html_becomes_markdown(html, markdown):
    assert to_markdown(html) == markdown


@pytest.mark.parametrize(
    ("html", "note"),
    [
        ('<p>a <img src="x.png" alt="A  map"> b</p>', "<img> (“A map”) is not taken over: texts only."),
        ("<p>a <img src=x> b</p>", "<img> is not taken over: texts only."),
        ("<p>a <video><source src=x></video> b</p>", "<video> is not taken over: texts only."),
        ("<p>a <object><img alt=y></object> b</p>", "<object> is not taken over: texts only."),
        ("<p>a <math><mi>x</mi></math> b</p>", "<math> is not taken over: texts only."),
    ],
)
def test_media_are_named_and_left_out(html, note):
    text, notes = HtmlReader().to_markdown(html)

    assert (text.split(), notes) == (["a", "b"], [note])


@pytest.mark.parametrize(
    "text",
    [
        *("# no heading", "- no list", "+ no list", "* no list", "1. no list", "2) no list", "> no quotation", "---"),
        *("===", "a\n---", "a\n===", "*a*", "_a_", "__a__", "a*b*c", "`a`", "[a](b)", "[a]: b", "[a][b]", "<b>a</b>"),
        *("<https://example.org>", "&amp;", "&#38;", "~~a~~", "~~~", "a | b\n--- | ---", "\\*", "a\\", "a\\\nb"),
        *("![a](b)", "snake_case", "2 * 3 * 4", "5 < 6 > 4", "C:\\temp", "f(x)[0]", "~/.bashrc"),
        *("a - b", "a # b", "1.5", "2026-11-21"),
        *("- - -", "***", "&copy", "&nosuch;", "a_", "_b", "`", "``` a", "\\", "a]("),
    ],
)  # fmt: skip
def test_no_character_gets_a_meaning(text):
    shown = HtmlReader().to_markdown(render_markdown(escape_markdown(text)))[0]

    assert render_inline(escape_markdown(text)).replace("\n", " ") == _escaped(text).replace("\n", " ")
    assert shown == escape_markdown(text)


def _escaped(text):
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


@pytest.mark.parametrize("text", ["snake_case", "2 > 1", "f(x)[0]", "a - b", "5 < 6", "a # b", "C:\\temp", "R&D", "~5"])
def test_escaping_leaves_ordinary_texts_alone(text):
    assert escape_markdown(text) == text


def test_plain_text_keeps_its_lines_and_paragraphs():
    assert plain_to_markdown("a *b*\r\n- c\n\n\nd\n") == "a \\*b\\*  \n\\- c\n\nd"


def test_every_text_of_the_bank_comes_back_showing_the_same():
    bank = bank_texts()
    different = [text for text in bank if render_markdown(to_markdown(render_markdown(text))) != render_markdown(text)]

    assert (different, len(bank) > 2_000) == ([], True)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(texts)
def test_any_text_comes_back_showing_the_same(text):
    shown = inner_html(to_elements(render_markdown(text)))
    again = inner_html(to_elements(render_markdown(to_markdown(shown))))

    assert _without_paragraphs(again) == _without_paragraphs(shown)


def _without_paragraphs(html):
    """Return HTML with a sign between paragraphs: items of lists may have them or not, and headings become some."""
    signs = re.sub(r"(?:</?p>)+", "¶", html)
    blocks = r"¶?(</?(?:ul|ol|li|blockquote|pre|table|hr)\b[^>]*>)¶?"
    bare = re.sub(blocks, r"\1", re.sub(blocks, r"\1", signs)).strip("¶")
    return re.sub(r"<(\w+)></\1>", "", re.sub(r"<(\w+)></\1>", "", bare))  # nothing to see


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("<p>a\n b</p>", "<p>a b</p>"),
        ("<ul>\n<li>a</li>\n</ul>", "<ul><li>a</li></ul>"),
        ('<pre tabindex="0"><code>a\n  b</code></pre>', "<pre><code>a\n  b</code></pre>"),
        ('<span class="line-through">a</span>', "<s>a</s>"),
        ('<th class="align-right other">a</th>', '<th class="align-right">a</th>'),
    ],
)
def test_same_meaning_has_one_form(first, second):
    assert inner_html(to_elements(first)) == inner_html(to_elements(second))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("<p>a b</p>", "<p>ab</p>"),
        ("<p>a</p><p>b</p>", "<p>a b</p>"),
        ("<em>a</em> b", "<em>a</em>b"),
        ("<pre>a\nb</pre>", "<pre>a b</pre>"),
        ('<a href="https://a.example">x</a>', '<a href="https://b.example">x</a>'),
        ("&lt;b&gt;a", "<b>a</b>"),
    ],
)
def test_different_meanings_have_different_forms(first, second):
    assert inner_html(to_elements(first)) != inner_html(to_elements(second))


@pytest.mark.parametrize(
    ("html", "message"),
    [
        ("x" * (MAX_HTML + 1), "100,001 characters of HTML; the limit is 100,000."),
        ("<b>" * (MAX_DEPTH + 1), "elements, or 50 in each other"),
        ("<b>x</b>" * (MAX_TAGS + 1), "more than 3,000 elements"),
        ("<![", "is not HTML"),
    ],
)
def test_monsters_are_refused(html, message):
    with pytest.raises(Unconvertible, match=message):
        to_markdown(html)


def test_texts_of_a_file_are_counted_together(monkeypatch):
    monkeypatch.setattr("questions.formats.html.MAX_TAGS_IN_FILE", 1_000)
    reader = HtmlReader()
    for _ in range(10):
        reader.to_markdown("<b>x</b>" * 100)

    with pytest.raises(Unreadable, match="more than 1,000 HTML elements together; split the file"):
        reader.to_markdown("<b>x</b>")


@pytest.mark.parametrize("html", ["<b>x</b>" + " " * 90_000 + "y", "<b>x</b>" + "\n " * 45_000, "*" * 90_000])
def test_long_runs_take_no_time(html):
    assert to_markdown(html)[-1] in "xy*"
