"""A text that is too long becomes a numbered thread, and nothing of it is lost."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedichat.domain.posts.splitting import MOST_PARTS, split
from fedichat.errors import Refusal

ASKER = "erika@remote.example"
_NUMBER = re.compile(r" \((\d+)/(\d+)\)$")


def shown(parts: tuple[str, ...]) -> list[str]:
    """What the parts say, without the mentions in front and the numbers behind."""
    return [_NUMBER.sub("", part).removeprefix(f"@{ASKER} ") for part in parts]


words = st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=30).filter(
    lambda word: "@" not in word and not word.isspace()
)
texts = st.lists(st.tuples(words, st.sampled_from([" ", "\n", "\n\n", ". ", "  "])), min_size=1, max_size=60).map(
    lambda pairs: "".join(word + gap for word, gap in pairs)
)


@given(texts, st.integers(60, 300))
def test_nothing_is_lost_and_every_part_fits(text: str, limit: int) -> None:
    try:
        parts = split(f"@{ASKER} {text}", [ASKER], len, limit)
    except Refusal:
        assert len(text) > limit * MOST_PARTS / 3
        return
    assert all(len(part) <= limit for part in parts)
    assert "".join("".join(shown(parts)).split()) == "".join(text.split())
    assert [_NUMBER.search(part)[0] for part in parts] == [  # type: ignore[index]
        f" ({number}/{len(parts)})" for number in range(1, len(parts) + 1)
    ]
    assert all(part.startswith(f"@{ASKER} ") for part in parts)


def test_it_is_cut_between_paragraphs_where_that_leaves_the_parts_full() -> None:
    first, second = "One two three four five six.", "Seven eight nine ten eleven."
    assert shown(split(f"@{ASKER} {first}\n\n{second}", [ASKER], len, 70)) == [first, second]


def test_else_between_sentences_and_not_behind_an_abbreviation() -> None:
    text = "That holds for TLS, z. B. for version 1.2. But the older ones are no longer allowed."
    assert shown(split(f"@{ASKER} {text}", [ASKER], len, 80)) == [
        "That holds for TLS, z. B. for version 1.2.",
        "But the older ones are no longer allowed.",
    ]


def test_the_parts_are_about_as_long_as_each_other() -> None:
    sentences = [f"Sentence {number} is neither short nor long, but it is one." for number in range(10, 20)]
    parts = shown(split(f"@{ASKER} {' '.join(sentences)}", [ASKER], len, 500))
    assert parts == [" ".join(sentences[:5]), " ".join(sentences[5:])]


def test_else_between_words() -> None:
    parts = split(" ".join(["word"] * 40), [ASKER], len, 70)
    assert {word for part in shown(parts) for word in part.split()} == {"word"}


def test_everybody_who_is_tagged_is_tagged_in_every_part() -> None:
    parts = split("@kim@x.example Dear both, " + "word " * 40, [ASKER, "kim@x.example"], len, 90)
    assert len(parts) > 2
    assert all(part.startswith(f"@{ASKER} @kim@x.example ") for part in parts)


def test_whoever_is_tagged_in_the_middle_of_the_text_is_still_told_of_every_part() -> None:
    parts = split("word " * 20 + f"@{ASKER} " + "word " * 20, [ASKER], len, 90)
    assert all(part.startswith(f"@{ASKER} ") for part in parts)


def test_an_address_and_a_handle_are_never_cut() -> None:
    address = "https://example.org/" + "a" * 40
    parts = split(f"@{ASKER} " + "字" * 45 + address + "字" * 45, [ASKER], len, 90)
    assert any(address in part for part in parts)
    handle = "@somebody@" + "x" * 40 + ".example"
    parts = split(f"@{ASKER} word " + "字" * 45 + "：" + handle, [ASKER], len, 90)
    assert any(handle in part for part in parts)


def test_signs_of_several_code_points_are_never_torn() -> None:
    family, flag, accent = "👨\u200d👩\u200d👧", "🇩🇪", "e\u0301"
    text = (family + flag + accent) * 20
    parts = shown(split(f"@{ASKER} {text}", [ASKER], len, 60))
    assert "".join(parts) == text
    for part in parts:
        assert re.fullmatch(f"(?:{family}|{flag}|{accent})+", part)


def test_an_address_that_is_too_long_by_itself_is_named() -> None:
    with pytest.raises(Refusal, match=r"“https://example\.org/"):
        split(f"@{ASKER} see https://example.org/{'a' * 400}", [ASKER], len, 100)


def test_more_parts_than_a_reader_would_bear_are_refused_with_their_number() -> None:
    with pytest.raises(Refusal, match="it would take 21 posts, and 20 is the most"):
        split(" ".join(["x" * 60] * 21), [ASKER], len, 100)


def test_twenty_parts_are_possible() -> None:
    parts = split(" ".join(["x" * 60] * 20), [ASKER], len, 100)
    assert parts[9].endswith(" (10/20)")


def test_it_is_measured_as_the_instance_does() -> None:
    def by_mastodon(text: str) -> int:
        return len(re.sub(r"https?://\S+", "x" * 23, text))

    text = "see https://example.org/" + "a" * 200
    assert len(split(f"@{ASKER} {text} and more and more", [ASKER], by_mastodon, 100)) == 1
