"""What citizens send, however hostile, reads well and harms nobody."""

import time

import pytest

from fedichat.text.html import (
    MAX_HTML_BYTES,
    MAX_PLAIN_BYTES,
    _bare_formatting,
    clean,
    clean_line,
    escape,
    markdown_html,
    matrix_html,
    plain_text,
)

LONG = "https://www.example.org/ein/langer/pfad?x=1&amp;y=2"
LONG_LINK = (
    '<a href="https://www.example.org/ein/langer/pfad?x=1&amp;y=2" rel="nofollow">'
    '<span class="invisible">https://www.</span><span class="ellipsis">example.org/ein/langer/pf</span>'
    '<span class="invisible">ad?x=1&amp;y=2</span></a>'
)
MENTION = (
    '<span class="h-card"><a href="https://social.example/@bsi" class="u-url mention">@<span>bsi</span></a></span>'
)
JOINED = "👩\u200d👩\u200d👧 می\u200cخواهم 🏴\U000e0067\U000e007f"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("<p>Hallo</p>", "<p>Hallo</p>"),
        ("Hallo &amp; <b>gut</b> &lt;b&gt;", "Hallo &amp; <b>gut</b> &lt;b&gt;"),
        ("<script>alert(1)</script>a", "a"),
        ("<style>p{}</style><title>x</title>a", "a"),
        ('<p onclick="x()" style="color:red" class="x" id="y">a</p>', "<p>a</p>"),
        ('<img src="https://evil.example/pixel.png" alt="x">a', "a"),
        ('<video src="https://evil.example/v"></video><audio></audio><svg><a href="x">s</a></svg>a', "a"),
        ("<mx-reply>In reply to @anna</mx-reply>a", "a"),
        ('<a href="javascript:alert(1)">a</a>', "a"),
        ('<a href="JaVa\tScript:alert(1)">a</a>', "a"),
        ('<a href="data:text/html,x">a</a>', "a"),
        ('<a href="mxc://example.org/abc">a</a>', "a"),
        ('<a href="/local">a</a><a href="//evil.example">b</a><a href="#x">c</a>', "abc"),
        (
            '<a href="https://x.example/?a=1&amp;b=2" rel="me" target="_blank">x</a>',
            '<a href="https://x.example/?a=1&amp;b=2">x</a>',
        ),
        ('<a href="mailto:a@x.example">x</a>', '<a href="mailto:a@x.example">x</a>'),
        ('<a href="https://matrix.to/#/@anna:example.org">Anna</a>', "Anna"),
        ('<a href="https://MATRIX.TO/#/@anna:example.org">Anna</a>', "Anna"),
        ('<a href="http://www.matrix.to./#/#room:example.org"><b>Anna</b></a>', "<b>Anna</b>"),
        ('<a href="matrix:u/anna:example.org">Anna</a>', "Anna"),
        ('<a href="https://[bad">x</a>', "x"),
        ("https://matrix.to/#/@anna:example.org", "https://matrix\u2060.to/#/@anna:example.org"),
        ("@room @anna:example.org", "@room @anna:example.org"),
        (LONG_LINK, f'<a href="{LONG}">{LONG}</a>'),
        (MENTION, '<a href="https://social.example/@bsi">@bsi</a>'),
        ("<p>a<p>b<ul><li>c<li>d", "<p>a</p><p>b</p><ul><li>c</li><li>d</li></ul>"),
        ("<b><i>x</b>y</i>", "<b><i>x</i></b><i>y</i>"),
        ("</p></div>a<", "<p></p>a&lt;"),
        ('<ol start="3"><li>a</li></ol>', '<ol start="3"><li>a</li></ol>'),
        ('<ol start="x"><li>a</li></ol>', "<ol><li>a</li></ol>"),
        ('<code class="language-py evil">x</code>', '<code class="language-py">x</code>'),
        ("<h1>GROSS</h1><hr><details><summary>s</summary>t</details>", "GROSSst"),
        ("a&#8238;b\u202ec\u2067d", "abcd"),
        ("a&#0;b\x00c\x07d\x9be", "a\ufffdbcde"),
        ("a\ud83db", "a\ufffdb"),
        ("<!-- x -->a<![CDATA[b]]>", "a"),
        ("", ""),
    ],
)  # fmt: skip
def test_citizens_html_keeps_only_what_matrix_allows(raw: str, expected: str) -> None:
    assert matrix_html(raw) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("<p>Guten Tag</p><p>zweiter<br>dritte<br />vierte</p>", "Guten Tag\n\nzweiter\ndritte\nvierte"),
        ("<p>a\n  b\t c</p>\n<p>d</p>", "a b c\n\nd"),
        ("a<br><br>b<br>", "a\n\nb"),
        ("a<br><br><br><br><br>b", "a\n\nb"),
        ("&lt;b&gt; &amp;amp; &auml; &#x1F600;", "<b> &amp; ä 😀"),
        (f"Siehe {LONG_LINK}, bitte", "Siehe https://www.example.org/ein/langer/pfad?x=1&y=2, bitte"),
        ('<a href="https://evil.example/">https://bsi.bund.de</a>', "https://bsi.bund.de (https://evil.example/)"),
        ('<a href="https://x.example/">hier klicken</a>!', "hier klicken (https://x.example/)!"),
        ('<a href="https://x.example/">x.example</a>', "https://x.example/"),
        ('<a href="https://x.example/lang/er">x.example/la…</a>', "https://x.example/lang/er"),
        ('<a href="mailto:a@x.example">a@x.example</a>', "a@x.example"),
        ('<a href="https://x.example/p"><img src="y"></a>', "https://x.example/p"),
        ('<a href="javascript:x">a</a>', "a"),
        (f"{MENTION} Hallo", "@bsi@social.example Hallo"),
        ('<a href="https://x.example/users/a" class="mention">@a@x.example</a>', "@a@x.example"),
        ("@bsi Hallo", "@bsi Hallo"),
        ('<a href="https://x.example/tags/tls" class="mention hashtag">#<span>tls</span></a>', "#tls"),
        ("<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul>d", "- a\n- b\n  - c\n\nd"),
        ('<ol start="3"><li>a<br>b</li><li><p>c</p></li></ol>', "3. a\n   b\n4. c".replace("   b", "  b")),
        ("<blockquote><p>a</p><p>b<br>c</p></blockquote><p>d</p>", "> a\n>\n> b\n> c\n\nd"),
        ("x<pre>a\n  b</pre>y", "x\n\na\n  b\n\ny"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
        ("<div>a</div><div>b</div>", "a\nb"),
        ("<h1>a</h1>b<hr>c", "a\n\nb\n\n---\n\nc"),
        ("<mx-reply>weg</mx-reply><script>weg</script>a", "a"),
        ("a\u202eb&#8237;c\u2066d\x00\x1b[31me", "abcd[31me"),
        ("a\u2028b\u2029c", "a b c"),
        ("Z" + "\u0301" * 50 + "algo", "Z" + "\u0301" * 4 + "algo"),
        (JOINED, JOINED),
        ("<p></p><p> </p>", ""),
    ],
)  # fmt: skip
def test_citizens_html_reads_as_text(raw: str, expected: str) -> None:
    assert plain_text(raw) == expected


def test_a_mention_is_named_as_its_server_names_it() -> None:
    accts = {"https://social.example/@bsi": "bsi@example"}
    assert plain_text(MENTION, accts) == "@bsi@example"
    assert plain_text('<a href="https://social.example/@bsi">@bsi</a>', accts) == "@bsi@example"


HOSTILE = {
    "a megabyte of text": "Hallo Welt " * 100_000,
    "a megabyte of brackets": "[" * 1_000_000,
    "a megabyte of angles": "<" * 1_000_000,
    "a megabyte of entities": "&amp;" * 200_000,
    "a megabyte of umlauts": "ä" * 1_000_000,
    "unclosed formatting in many blocks": "".join(f"<b x={i}>" for i in range(3000)) + "<p>a</p>" * 4000,
    "less of it": "<p>" + "".join(f"<b x={i}>" for i in range(1300)) + "</p>" + "<p>a</p>" * 1300,
    "of every kind": "".join(f"<{t}>" for t in ["b", "i", "u", "s", "em", "code", "big", "tt"]) * 9 + "<p>a</p>" * 1800,
    "closings in cells": "".join(f"<b x={i}>" for i in range(900)) + "<table><td>" + "</b>" * 900 + "<p>a" * 2000,
    "many languages": "".join(f"<code class=language-{i}>" for i in range(1000)) + "<p>a</p>" * 1500,
    "nested bold": "<b>" * 20_000 + "x",
    "nested quotes": "<blockquote>" * 5_000 + "x",
    "nested lists": "<ul><li>" * 5_000 + "x",
    "nested tables": "<table><tr><td>" * 3_000 + "x",
    "many links": "<a href=https://x.example>y</a>" * 2_000,
    "many closings": "</p>" * 20_000,
    "one endless tag": "<a href='" + "x" * 100_000,
    "many comments": "<!--" * 20_000,
}


@pytest.mark.parametrize("raw", list(HOSTILE.values()), ids=list(HOSTILE))
def test_nothing_takes_long_or_gets_large(raw: str) -> None:
    began = time.process_time()
    html, plain = matrix_html(raw), plain_text(raw)
    assert time.process_time() - began < 3  # 0.5 s on a slow machine; without the limits, minutes
    assert len(html.encode()) <= MAX_HTML_BYTES
    assert len(plain.encode()) <= MAX_PLAIN_BYTES
    assert html.count("<blockquote>") <= 100
    assert html.count("<b>") <= 2 * MAX_HTML_BYTES // len("<b></b>")


@pytest.mark.parametrize("tag", ["<b ", "<code ", "<CODE\n"])
def test_tags_without_an_end_are_not_looked_for_again_and_again(tag: str) -> None:
    raw = tag * 150_000
    began = time.process_time()
    assert _bare_formatting(f"<b x=1>{raw}") == f"<b>{raw}"
    assert time.process_time() - began < 3  # 0.1 s; each of them looked through to the end, a minute


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000, "``a`" * 20_000, "![" * 5_000,
        "(" * 20_000, "*a **b " * 5_000, "_a*" * 20_000,
        "<a" * 20_000,
        "> " * 20_000,
        "\n".join("  " * i + "- x" for i in range(200)),
        "```\n" * 5_000, "|" * 30_000 + "\n|-|\n",
    ],
)  # fmt: skip
def test_our_markdown_is_made_in_bounded_time(text: str) -> None:
    began = time.process_time()
    markdown_html(text)
    assert time.process_time() - began < 3


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("**fett** und *kursiv*", "<p><strong>fett</strong> und <em>kursiv</em></p>"),
        ("eins\nzwei", "<p>eins<br>\nzwei</p>"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("```\na\n```", "<pre><code>a\n</code></pre>"),
        ("[x](https://x.example)", '<p><a href="https://x.example">x</a></p>'),
        ("[x](javascript:alert(1))", "<p>x</p>"),
        ("<script>x</script>a<img src=y>", "<p>a</p>"),
    ],
)
def test_our_markdown_becomes_matrix_html(text: str, expected: str) -> None:
    assert markdown_html(text) == expected


def test_a_table_of_ours_has_rows_and_columns() -> None:
    made = markdown_html("| a | b |\n|---|--:|\n| c | d |")
    assert "<th>a</th>" in made
    assert "<td>d</td>" in made


UNTOUCHED = [
    "**fett** *kursiv* _unter_ `code` ~~weg~~",
    "#Frage an alle",
    "# Frage",
    "- Punkt",
    "+ Punkt",
    "1. Punkt",
    "> Zitat",
    "Titel\n=====",
    "Titel\n---",
    "[x](https://evil.example) ![y](https://evil.example/z.png)",
    "<b>x</b> <script>alert(1)</script> &amp; &lt;",
    '" onclick="x" \'y\'',
    "| a | b |\n|---|---|\n| c | d |",
    "```\ncode\n```",
    "~~~\ncode\n~~~",
    "[ref]: https://evil.example",
    "<https://evil.example>",
    "a\\*b",
    "@room @anna:example.org",
    "[" * 3000,
    "wzxhzdk:0 \x02wzxhzdk:0\x03",
]


@pytest.mark.parametrize("text", UNTOUCHED)
def test_escaped_text_means_nothing_to_markdown_or_html(text: str) -> None:
    shown = clean(text).strip()
    for made in (markdown_html(escape(text)), matrix_html(escape(text))):
        assert plain_text(made).replace("\n", " ").split() == shown.replace("\n", " ").split()
    tags = markdown_html(escape(text)).replace("<br>", "").removeprefix("<p>").removesuffix("</p>")
    assert "<" not in tags


def test_indented_text_of_citizens_makes_no_code_block() -> None:
    assert "<code>" not in markdown_html(escape("    eingerückt\n\tund so"))


def test_a_name_stays_on_its_line() -> None:
    assert clean_line(" Anna\n\n\u202e(BSI)\u2029 x ") == "Anna (BSI) x"
