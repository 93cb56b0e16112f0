"""Whom a text tags: at least everybody whom any of these servers would tag.

The rules of servers stand here once more, each as its source has it and with nothing of ours in it. Ruby's `[[:word:]]`
is what is alphabetic, marks, decimal digits and connector punctuation (ruby/ruby tool/enc-unicode.rb); alphabetic are
also numbers that are letters, and letters in circles and squares (Unicode, DerivedCoreProperties, Other_Alphabetic).
"""

import re
import unicodedata
from collections.abc import Callable, Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fedichat.domain.posts.splitting import split
from fedichat.domain.posts.tagging import plain, strangers, tagged, unforeseen

Rule = Callable[[str], Iterator[str]]


_ENCLOSED = [*range(0x24B6, 0x24EA), *range(0x1F130, 0x1F14A), *range(0x1F150, 0x1F16A), *range(0x1F170, 0x1F18A)]


def _is_word(sign: str) -> bool:
    is_alphabetic = unicodedata.category(sign)[0] == "L" or unicodedata.category(sign) == "Nl" or ord(sign) in _ENCLOSED
    return is_alphabetic or unicodedata.category(sign)[0] == "M" or unicodedata.category(sign) in {"Nd", "Pc"}


def mastodon(text: str) -> Iterator[str]:
    """mastodon/mastodon app/models/account.rb, MENTION_RE, over the raw text (process_mentions_service.rb)."""
    name = re.compile("[a-z0-9_\u017f\u212a]+(?:[.-]+[a-z0-9_\u017f\u212a]+)*", re.IGNORECASE)
    place = 0
    while (place := text.find("@", place)) >= 0:
        before = text[place - 1 : place]
        found = None if before and (before in "=/" or _is_word(before)) else name.match(text, place + 1)
        if found is None:
            place += 1
            continue
        end = _mastodon_host(text, found.end())
        yield text[place:end]
        place = end


def _mastodon_host(text: str, end: int) -> int:
    """Where `(?:@[[:word:]]+([.-]+[[:word:]]+)*)?` ends."""
    if text[end : end + 1] != "@" or not text[end + 1 : end + 2] or not _is_word(text[end + 1]):
        return end
    last = end + 1
    for place in range(end + 1, len(text)):
        if _is_word(text[place]):
            last = place + 1
        elif text[place] not in ".-":
            break
    return last


def by(pattern: str, flags: int = 0) -> Rule:
    compiled = re.compile(pattern, flags)

    def found(text: str) -> Iterator[str]:
        for match in compiled.finditer(text):
            yield match["mention"]

    return found


_PLEROMA = re.compile(
    r"^@[a-zA-Z\d_-]+@[a-zA-Z0-9_-](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*"
    r"|@[a-zA-Z\d_-]+"
)


def pleroma(text: str) -> Iterator[str]:
    """pleroma/elixir-libraries/linkify lib/linkify/parser.ex, @match_mention, by words; its second half has no ^."""
    for word in text.split():
        if found := _PLEROMA.search(word):
            yield found[0]


RULES: dict[str, Rule] = {
    "mastodon": mastodon,
    # superseriousbusiness/gotosocial internal/regexes/regexes.go, mentionFinder; no host has letters behind a colon.
    "gotosocial": by(r"(?:^|\s)(?P<mention>@[\w.-]+(?:@[\w.-]+(?::\d+)?)?)"),
    "pleroma": pleroma,
    # grunfink/snac2 activitypub.c, process_tags.
    "snac2": by(r"(?P<mention>@[A-Za-z0-9_]+(?:@[A-Za-z0-9.-]+)?)"),
    # jointakahe/takahe core/html.py, MENTION_REGEX.
    "takahe": by(r"(?:^|[^\w\-/])(?P<mention>@[\w-]+(?:@[\w.-]+[\w-]+)?)"),
    # silverpill/mitra, MENTION_SEARCH_RE and MENTION_SEARCH_SECONDARY_RE.
    "mitra": by(
        r"(?:^|\s|>|\()(?P<mention>@[A-Za-z0-9._-]*[A-Za-z0-9_](?:@(?:[\w.-]+\w))?)(?=[.,:;?!)']*(?:[\s<]|$))",
        re.MULTILINE,
    ),
    # misskey-dev/mfm.js, "mention": not behind a letter or digit of ASCII.
    "misskey": by(
        r"(?<![a-zA-Z0-9])(?P<mention>@[a-zA-Z0-9_](?:[a-zA-Z0-9_.-]*[a-zA-Z0-9_])?(?:@[a-zA-Z0-9_.-]*[a-zA-Z0-9_])?)"
    ),
    # pixelfed app/Util/Lexer/Regex.php: also the full-width sign.
    "pixelfed": by(
        r"(?<![a-zA-Z0-9_!#$%&*@＠/])(?P<mention>[@＠][a-zA-Z0-9_]+(?:[.-][a-zA-Z0-9_]+)*(?:@[a-zA-Z0-9.-]+)?)"
    ),
}

HANDLES = st.sampled_from(
    [
        "@bob@other.example",
        "@bob",
        "@Bob@OTHER.example",
        "@b.o-b@other.example",
        "@bob_@other.example.",
        "@18",
        "@bob@xn--mnchen-3ya.de",
        "@bob@münchen.de",
        "@bobü@other.example",
        "@bob@other.example:8080",
        "@bob@127.0.0.1",
        "＠bob",
        "@bob@o\u0308ther.example",
        "@bob@例え.example",
        "@bob@other.example-",
        "@.bob@other.example",
        "@bob.@carl@other.example",
        "@bo\u017fb@other.example",
        "@bob@other.coⓜ",
        "@bob@otherⅨ.🅲o",
    ]
)
DECORATIONS = st.text("@＠.-_/=:;,!?()[]{}<>*~`'\"|#$%&+ \n\t·–“”²ü字é\u0301🙂ⓔ\u200dax1", max_size=3)
AROUND = st.sampled_from(["https://x.example/", "acct:", "mailto:a", "?q=", "[l](", "RT "])
TEXTS = st.lists(st.one_of(HANDLES, DECORATIONS, AROUND), max_size=8).map("".join)


def kernel(handle: str) -> str:
    """A handle as it is compared, without what no handle of anybody ends in."""
    return plain(handle).strip(".:-")


@settings(max_examples=700, deadline=None)
@given(TEXTS)
@example(".@bob@other.example")
@example("@@bob@other.example")
@example("-@bob@other.example")
@example("²@bob@other.example")
@example("@erika@remote.examplé.evil.example")
@example("poststelle@bsi.bund.de")
@example("@bob@münchen.de\u0301")
@example("@bob@other.example-.1")
@example("@bob@other.example_字")
@example("@bob@other.example..https://x.example/")
def test_whomever_a_server_would_tag_is_found(text: str) -> None:
    found = {kernel(one) for one in tagged(text)}
    for server, rule in RULES.items():
        missed = {kernel(one) for one in rule(text) if kernel(one)} - found
        assert not missed, server


@settings(max_examples=500, deadline=None)
@given(TEXTS)
def test_what_mastodon_would_tag_is_found_where_others_rules_do_not_count(text: str) -> None:
    found = {kernel(one) for one in tagged(text, within_words=False)}
    assert {kernel(one) for one in mastodon(text)} <= found


@pytest.mark.parametrize(
    "text",
    [
        "poststelle@bsi.bund.de",
        "https://social.example/@bob",
        "?acct=@bob@other.example",
        "Treffen @ 18 Uhr",
        "a@b",
        "@",
        "@@ @.",
    ],
)
def test_mail_addresses_and_profiles_tag_nobody_on_mastodon(text: str) -> None:
    assert tagged(text, within_words=False) == ()


@pytest.mark.parametrize(
    ("text", "acct"),
    [
        ("@erika@remote.example: yes", "erika@remote.example"),
        ("(@Erika@REMOTE.example)", "erika@remote.example"),
        ("@erika@münchen.de!", "erika@xn--mnchen-3ya.de"),
        ("@erika.m@remote.example", "erika.m@remote.example"),
        ("@erika@remote.example’s", "erika@remote.example"),
    ],
)
def test_who_is_in_the_conversation_is_no_stranger(text: str, acct: str) -> None:
    assert strangers(text, [acct], within_words=False) == ()
    # Behind a sign, Pleroma and others read the name alone, which is somebody of the instance.
    assert strangers(text, [acct]) == (("@Erika",) if text[0] == "(" else ())


@pytest.mark.parametrize("text", ["@erika＠remote.example", "@erika﹫remote.example", "x @ERIKA＠remote.example."])
def test_another_at_sign_in_a_known_handle_tags_who_has_the_name_at_home(text: str) -> None:
    """Mastodon knows no other @ than the usual one, and reads no further."""
    assert [one.lower() for one in mastodon(text)] == ["@erika"]
    assert "@erika" in [one.lower() for one in strangers(text, ["erika@remote.example"], within_words=False)]


KNOWN_HANDLES = st.sampled_from(
    [
        *("@erika@remote.example", "＠erika@remote.example", "@erika＠remote.example", "@ERIKA@Remote.Example"),
        *("@erika@@remote.example", "@erika@remote.example@bob", "@erika@remote.example.", "@erika@remote.example:80"),
        *("@erika@remote.example\u0301", "@erika", "@erika@münchen.de", "@erika@xn--mnchen-3ya.de"),
    ]
)
KNOWN_TEXTS = st.lists(st.one_of(KNOWN_HANDLES, HANDLES, DECORATIONS, AROUND), max_size=6).map("".join)


@settings(max_examples=700, deadline=None)
@given(KNOWN_TEXTS, st.sampled_from(["erika@remote.example", "erika@münchen.de", "erika@xn--mnchen-3ya.de"]))
@example("(@erika@remote.example)", "erika@remote.example")
@example("@erika＠remote.example", "erika@remote.example")
def test_whomever_a_server_would_tag_besides_those_who_are_known_is_a_stranger(text: str, acct: str) -> None:
    """But for what servers make of the known handle itself, however it is written."""
    alone = f"@{acct} @{plain(acct)}"
    for within_words in (True, False):
        found = {kernel(one) for one in strangers(text, [acct], within_words=within_words)}
        for server, rule in RULES.items() if within_words else [("mastodon", mastodon)]:
            known = {kernel(acct), *map(kernel, tagged(alone, within_words=within_words)), *map(kernel, rule(alone))}
            missed = {kernel(one) for one in rule(text) if kernel(one)} - found - known
            assert not missed, server


@pytest.mark.parametrize(
    "text",
    [
        "@erika@remote.example.evil.example",
        "@erika@remote.exampleü",
        "@erika@remote.example\u0301.evil.example",
        "@erika@remote.example:8080",
        "@erika",
        "@eri\u212aa@remote.example",
        "@erika@straße.example",
        "@erika@remote.exampleⓜ",
        "@erika@remote.example🄼",
        "@erika@xn--remote-.example",
        "@erika@xn--remote.example",
    ],
)
def test_who_only_looks_like_somebody_of_the_conversation_is_a_stranger(text: str) -> None:
    known = ["erika@remote.example", "erika@strasse.example", "erikaa@remote.example"]
    assert strangers(text, known)[0] == text


def test_a_server_tags_somebody_who_was_not_shown() -> None:
    shown = ["@erika@remote.example", "@anna", "@carl@web.split.example"]
    told = [
        "Erika@remote.example",
        "anna@social.example",
        "carl@split.example",
        "bob@other.example",
        "anna@other.example",
    ]
    assert unforeseen(told, shown, "social.example") == ("bob@other.example", "anna@other.example")


WORDS = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "@bob@other.example",
                "x" * 45 + "@bob",
                "a/@bob",
                "字" * 40 + "：@bob@other.example",
                "poststelle@bsi.bund.de",
            ]
        ),
        st.text("ab.,@/ \n", max_size=30),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=200, deadline=None)
@given(WORDS)
def test_cutting_a_text_neither_makes_nor_tears_a_mention(words: list[str]) -> None:
    text = " ".join(words).strip()
    asker = "erika@remote.example"
    try:
        parts = split(text, [asker], len, 90)
    except Exception as refused:  # noqa: BLE001 - a word that is too long cannot be cut
        assert "too long" in str(refused)  # noqa: PT017
        return
    for within_words in (True, False) if parts else ():
        before = set(map(plain, tagged(text, within_words=within_words))) | {asker}
        after = {plain(one) for part in parts for one in tagged(part, within_words=within_words)}
        # Behind white space fewer servers misread a handle.
        assert after <= before if within_words else after == before
