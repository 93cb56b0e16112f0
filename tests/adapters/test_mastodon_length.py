"""What a text counts as is what Mastodon.py says, and takes no longer for texts that were made to take long."""

import time
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from mastodon import Mastodon

from fedichat.adapters.mastodon import length as mastodon_length
from fedichat.adapters.mastodon.length import status_length

ACCENT, FAMILY, FLAG, HEART = "e\u0301", "👨\u200d👩\u200d👧", "🇩🇪", "❤\ufe0f"
pieces = st.sampled_from(
    [
        *("a", "ß", "ж", "字", "“", "…", "😀", "-", ".", ":", "/", "#"),
        *(ACCENT, FAMILY, FLAG, HEART, "\u0301", "\ufe0f", "👍🏽", "각", "ᄀ", "ᆨ", "क्ष"),
        *(
            " ",
            "\n",
            "\n\n",
            "@erika@buerger.example",
            "@bsi",
            "https://example.org/a-b?c=d",
            "http://ä.example",
            "://",
        ),
    ]
)


@given(st.lists(pieces | st.characters(exclude_categories=["C", "Z"], max_codepoint=0x2FF), max_size=60).map("".join))
@example("@a@b.example,@c@d.example")
@example(f"a{ACCENT} {FAMILY}{FLAG} \u0301")
@example(f"\n{FLAG}\n\u0301")
@example("@erika@buerger.example\u0301a")
def test_a_text_counts_as_mastodon_counts_it(text: str) -> None:
    """By the line: what Mastodon.py counts with takes a flag at the beginning of a line for two signs."""
    lines = text.split("\n")
    assert status_length(text) == sum(map(Mastodon.get_status_length, lines)) + len(lines) - 1


def test_a_flag_or_a_mark_at_the_beginning_of_a_line_is_one_sign() -> None:
    assert [status_length(text) for text in (f"\n{FLAG}", f"a\n{FLAG}{FLAG}", "a\n\u0301")] == [2, 4, 3]


def test_every_sign_that_is_taken_for_one_is_one_beside_any_other() -> None:
    grapheme = pytest.importorskip("grapheme")
    single = [chr(code) for code in range(0x20000) if mastodon_length._IS_PLAIN.fullmatch(chr(code))]
    joined = "".join(sign + other for sign in single for other in "aж字😀" if sign != " ")
    assert grapheme.length(joined) == len(joined)
    marked = "".join(f"{sign}\u0301\ufe0f" for sign in single)
    assert grapheme.length(marked) == len(single)


def test_a_content_warning_counts_too() -> None:
    assert status_length("ja", "Achtung") == 9


HOSTILE: dict[str, Callable[[int], str]] = {
    "one word": lambda size: "a" * size,
    "labels": lambda size: "https://" + "a." * (size // 2),
    "addresses": lambda size: "https://a.example/x " * (size // 20),
    "begun addresses": lambda size: "https://" * (size // 8),
    "brackets in an address": lambda size: "https://a.example/" + "(" * size,
    "handles": lambda size: "@a" * (size // 2),
    "handles with hosts": lambda size: "@a@b.example " * (size // 13),
    "dots behind a handle": lambda size: "@a@" + "." * size,
    "accents": lambda size: "a" + "\u0301" * (size // 2),
    "accented": lambda size: ACCENT * (size // 3),
    "spaces": lambda size: " " * size,
    "families": lambda size: FAMILY * (size // 18),
}


@pytest.mark.parametrize("shape", HOSTILE)
def test_twice_the_text_takes_about_twice_the_time(shape: str) -> None:
    def seconds(size: int) -> float:
        best = 1e9
        for _ in range(3):
            mastodon_length._counted.cache_clear()
            begin = time.process_time()
            status_length(HOSTILE[shape](size))
            best = min(best, time.process_time() - begin)
        return best

    # Four times the text: what grows by the square would take sixteen times as long.
    assert seconds(40_000) < max(8 * seconds(10_000), 0.05)
