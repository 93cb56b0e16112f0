"""Length, handles and HTML (https://docs.joinmastodon.org/user/posting/#text)."""

import grapheme
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedichat.domain.posts.tagging import plain, tagged
from fedichat.sandbox.text import Handle, grapheme_count, handles, hashtags, status_length, to_html

FAMILY = "\U0001f468‍\U0001f469‍\U0001f467"


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("", 0),
        ("Grüße", 5),
        ("Gru\u0308ße", 5),
        (FAMILY, 1),
        ("🇩🇪🇫🇷", 2),
        ("👍🏽", 1),
        ("❤️", 1),
        ("각", 1),
        ("a\r\nb", 3),
        ("https://example.com/a/very/long/path?with=query&and=more#fragment", 23),
        ("https://a.de", 23),
        ("(https://example.com/a).", 26),
        ("http://127.0.0.1:8008/path", 26),
        ("@erika@remote.example hi", 9),
        ("mail@example.com", 16),
    ],
)
def test_length_counts_what_people_see(text: str, length: int) -> None:
    assert status_length(text) == length


def test_a_content_warning_counts() -> None:
    assert status_length("abc", "de") == 5


PIECES = ["a", "ü", "u\u0308", FAMILY, "👍🏽", "🇩🇪", "🇫", "한", "각", "\u1100", "\u1161", "\u11a8"]


@given(st.lists(st.sampled_from(PIECES)).map("".join))
def test_graphemes_are_counted_as_an_independent_library_does(text: str) -> None:
    assert grapheme_count(text) == grapheme.length(text)


def test_handles_are_found_once_and_not_in_mail_addresses_or_links() -> None:
    text = "@bsi, @Erika@remote.example. mail@host.example https://x.example/@nobody (@bsi) @"
    assert handles(text) == [Handle("bsi", None), Handle("Erika", "remote.example")]


@pytest.mark.parametrize(
    ("text", "tagged_ones"),
    [
        ("https://x.example/(@bob@y.example)", [Handle("bob", "y.example")]),
        ("https://x.example/?a=1&@bob", [Handle("bob", None)]),
        ("https://x.example/@bob", []),
        ("https://x.example/?acct=@bob@y.example", []),
        (".@bob@y.example @@carl", [Handle("bob", "y.example"), Handle("carl", None)]),
        ("`@bob@y.example`", [Handle("bob", "y.example")]),
        ("@bob.@carl@y.example", [Handle("bob", None), Handle("carl", "y.example")]),
        ("a\u0308@bob ²@carl", [Handle("carl", None)]),
        ("@bob@münchen.example\u0301-", [Handle("bob", "münchen.example\u0301")]),
    ],
)
def test_a_text_tags_whom_mastodon_finds_in_it_as_it_is_written(text: str, tagged_ones: list[Handle]) -> None:
    """Mastodon's source: app/services/process_mentions_service.rb scans the raw text for `Account::MENTION_RE`."""
    assert handles(text) == tagged_ones


@settings(deadline=None)
@given(
    st.text("@./=:-_(`ab1ü\u0301² \n#", max_size=20) | st.sampled_from(["https://x/(@bob@y)", "https://x.de/(@b@y.de)"])
)
def test_whomever_the_sandbox_tags_is_found_by_our_own_rule(text: str) -> None:
    found = {plain(one) for one in tagged(text, within_words=False)}
    assert {plain("@".join(filter(None, handle))) for handle in handles(text)} <= found


def test_hashtags_need_a_letter() -> None:
    assert hashtags("#Frage zu #2026 und #2fa, a#b") == ["frage", "2fa"]


def _html(text: str) -> str:
    def profile(handle: Handle) -> str | None:
        return "https://s.example/@bsi" if handle.username == "bsi" else None

    return to_html(text, profile, "https://s.example/tags/{}".format)


def test_html_has_paragraphs_breaks_mentions_and_hashtags_as_mastodon_writes_them() -> None:
    assert _html("@bsi a\nb\n\n#Frage & <script> @nobody") == (
        '<p><span class="h-card" translate="no"><a href="https://s.example/@bsi" class="u-url mention">'
        "@<span>bsi</span></a></span> a<br />b</p>"
        '<p><a href="https://s.example/tags/frage" class="mention hashtag" rel="tag">#<span>Frage</span></a>'
        " &amp; &lt;script&gt; @nobody</p>"
    )


def test_long_links_are_shortened_for_the_eye_only() -> None:
    html = _html("https://www.example.com/0123456789012345678901234567890123")
    assert '<span class="invisible">https://www.</span><span class="ellipsis">example.com/012345678901234567' in html
    assert 'href="https://www.example.com/0123456789012345678901234567890123"' in html


def test_an_empty_text_has_no_paragraph() -> None:
    assert _html(" \n") == ""
