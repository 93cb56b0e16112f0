"""Drafts lose what cannot be seen, and keep what people write with."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedichat.domain.posts.publishable import publishable, publishable_line
from fedichat.text import html

ODD = (
    "".join(map(chr, [*range(0x20), *range(0x7F, 0xA1)]))
    + "\xad\u034f\u061c\u115f\u180b\u180e\u200b\u200c\u200d\u200e\u2028\u2029\u202e\u2060\u2066\ufe00\ufe0f\ufeff\ufffc"
    + "\ufffe\U0001fffe\ud800\udfff\U000e0001\U000e0061\U000e007f\U000e0100\U0001f3f4\U0001f44d\U0001f3fb\u0627\u0915"
    + "\u094d\u0e01\u0300\u0301\u20e3A \n\u2764\u845b\u05b0\u05b1"
)
TEXTS = st.one_of(st.text(ODD, max_size=30), st.text(max_size=30))


@pytest.mark.parametrize(
    ("written", "published"),
    [
        ("The number is \u202e0800 123\u202c ok", "The number is 0800 123 ok"),
        ("\u2066a\u2069\u200eb\u200f\u061cc", "abc"),
        ("@\u200bbob", "@bob"),
        ("in\u200dvi\u200csi\u2060ble\ufeff", "invisible"),
        ("Wort\xadtrennung", "Worttrennung"),
        ("a\u2028b\u2029c\x0bd\x85e\r\nf", "a\nb\n\nc\nd\ne\nf"),
        ("nul\x00l\x07", "null"),
        ("Z\u0300\u0301\u0302\u0303\u0304\u0305\u0306", "Z\u0300\u0301\u0302\u0303"),
        ("half \ud83d", "half \ufffd"),
        ("\ufdd0\ufffe\U0001ffff", ""),
        ("x\ufe0f 👍\ufe0f\ufe0f\ufe0f", "x 👍\ufe0f"),
        ("a\U000e0061\U000e0062 🏴\U000e0061", "a 🏴"),
        ("a\u3164\u2800b", "ab"),
        ("  ends  \n  in blanks \t", "ends\n  in blanks"),
    ],
)
def test_what_cannot_be_seen_is_left_out(written: str, published: str) -> None:
    assert publishable(written) == published


@pytest.mark.parametrize(
    "text",
    [
        "👩‍👩‍👧‍👦 ❤️ 1️⃣ 👍🏽 👩🏽‍🚀 🧑‍⚕️ 👨‍❤️‍👨 ©️ ‼️",
        "🏴󠁧󠁢󠁳󠁣󠁴󠁿 🇩🇪 🏳️‍🌈",
        "می‌خواهم",
        "क्‍ष ක්‍ය",
        "مرحبا بالعالم שָׁלוֹם",
        "ไทย\u200bภาษา",
        "葛\U000e0100城",
        "Größe, Gro\u0308ße; z.\u202fB. 5\xa0km",
        "Tiếng Việt, e\u0301\u0323",
    ],
)
def test_what_people_write_with_stays(text: str) -> None:
    assert publishable(text) == text


@settings(max_examples=800, deadline=None)
@given(TEXTS)
def test_nothing_that_a_room_would_not_show_is_left(text: str) -> None:
    published = publishable(text)
    assert publishable(published) == published
    assert html.clean(published) == published
    assert published.splitlines() == published.split("\n") * bool(published)
    hidden = "\u200b\u2060\ufeff\xad\u200e\u200f\u061c"
    assert not any(unicodedata.category(sign) in {"Cc", "Cs"} and sign not in "\n\t" for sign in published)
    assert not any(sign in hidden.removeprefix("\u200b") or "\u202a" <= sign <= "\u202e" for sign in published)
    line = publishable_line(text)
    assert publishable_line(line) == line == html.clean_line(line)


@pytest.mark.parametrize("sign", ["\u200d", "\U000e0061", "\ufe0f", "\u0300", "\u05b0"])
def test_a_long_run_of_the_unseen_is_left_out_as_well(sign: str) -> None:
    published = publishable("🏴" + sign * 60_000)
    assert publishable(published) == published
    assert len(published) < 12
