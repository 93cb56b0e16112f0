"""Typing at the demo's console."""

import pytest

from fedichat.demo.lineeditor import END, LineEditor

LEFT, UP, DOWN, HOME, DELETE = "\x1b[D", "\x1b[A", "\x1b[B", "\x1b[H", "\x1b[3~"


@pytest.mark.parametrize(
    ("keys", "lines"),
    [
        ("!claim 1\r", ["!claim 1"]),
        ("eins\nzwei\n", ["eins", "zwei"]),
        ("übernehmen 👀\r", ["übernehmen 👀"]),
        ("clam\x7fim\r", ["claim"]),
        (f"cam{LEFT}{LEFT}l\r", ["clam"]),
        (f"laim{HOME}c\r", ["claim"]),
        (f"cclaim{HOME}{DELETE}\r", ["claim"]),
        ("wrong\x15right\r", ["right"]),
        ("two words\x17 more\r", ["two  more"]),
        ("keep this\x01\x06\x06\x06\x06\x0b\r", ["keep"]),
        (f"first\rsecond\r{UP}{UP}\r", ["first", "second", "first"]),
        (f"first\r{UP}{DOWN}new\r", ["first", "new"]),
        ("no\x1b[15~ keys\x1bx\x00\x07 slip in\r", ["no keys slip in"]),
        ("\x1b[200~one\r\ntwo\rthree\x1b[201~!\r", ["one\ntwo\nthree!"]),
        ("\x04", [END]),
        ("a\x03", [END]),
        (f"ab{LEFT}\x04\r", ["a"]),
    ],
)
def test_keys_make_lines(keys: str, lines: list[object]) -> None:
    assert list(LineEditor().feed(keys)) == lines
    one_by_one = LineEditor()
    assert [line for key in keys for line in one_by_one.feed(key)] == lines


@pytest.mark.parametrize(
    ("keys", "columns", "shown", "back"),
    [
        ("abc", 10, "abc", 0),
        (f"abc{LEFT}", 10, "abc", 1),
        ("abcdef", 4, "cdef", 0),
        (f"abcdef{HOME}", 4, "abcd", 4),
        ("👀👀👀", 4, "👀👀", 0),
        (f"👀👀{LEFT}", 10, "👀👀", 2),
        ("\x1b[200~a\nb\x1b[201~", 10, "a⏎b", 0),
    ],
)
def test_a_line_longer_than_the_terminal_shows_what_is_around_the_cursor(
    keys: str, columns: int, shown: str, back: int
) -> None:
    editor = LineEditor()
    assert list(editor.feed(keys)) == []
    assert editor.view(columns) == (shown, back)
