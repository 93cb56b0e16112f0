"""What a question is depends on what its author wrote and chose; servers change all the rest by themselves.

Entities follow docs.joinmastodon.org/entities/Status, /MediaAttachment, /Poll, /Account and /Quote. That a tagged
account may be missing from `mentions`: mastodon#32636; that files move: mastodon#4955, #8131, #21698.
"""

import json
from collections.abc import Callable
from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from fedichat.adapters.mastodon.entities import View, status_of
from fedichat.domain.tickets.mention import Status
from tests.factories import NOW

Raw = dict[str, Any]
Change = Callable[[Raw], None]

VIEW = View("social.example.org", own_id="1", own_acct="bsi@social.example.org")
_STORED: TypeAdapter[Status] = TypeAdapter(Status)


def tagging(name: str, host: str) -> str:
    return (
        f'<span class="h-card"><a href="https://{host}/@{name}" class="u-url mention">@<span>{name}</span></a></span>'
    )


def a_question() -> Raw:
    """A question with everything: two tags, a picture, a poll, a link, a hashtag, a custom emoji, a quoted post."""
    return {
        "id": "s1",
        "uri": "https://remote.example/s/s1",
        "url": "https://remote.example/@erika/s1",
        "created_at": "2026-11-23T08:59:00.000Z",
        "edited_at": None,
        "account": {
            "id": "a1",
            "username": "erika",
            "acct": "erika@remote.example",
            "display_name": "Erika",
            "url": "https://remote.example/@erika",
            "avatar": "https://files.example/1.png",
            "bot": False,
            "followers_count": 1,
        },
        "content": (
            f"<p>{tagging('bsi', 'social.example.org')} {tagging('bob', 'web.split.example')} Frage :blobcat:?<br />"
            '<a href="https://remote.example/page"><span class="invisible">https://</span>'
            '<span class="">remote.example/page</span></a> '
            '<a href="https://remote.example/tags/tls" class="mention hashtag">#<span>tls</span></a></p>'
        ),
        "visibility": "public",
        "sensitive": False,
        "spoiler_text": "TLS",
        "language": "de",
        "media_attachments": [
            {
                "id": "m1",
                "type": "image",
                "url": "https://files.example/cache/m1.png",
                "preview_url": "https://files.example/cache/m1s.png",
                "remote_url": "https://remote.example/media/m1.png",
                "description": "Ein Bild",
                "blurhash": None,
                "meta": {},
            }
        ],
        "mentions": [
            {"id": "1", "username": "bsi", "acct": "bsi", "url": "https://social.example.org/@bsi"},
            {"id": "2", "username": "bob", "acct": "bob@split.example", "url": "https://web.split.example/@bob"},
        ],
        "tags": [{"name": "tls", "url": "https://social.example.org/tags/tls"}],
        "emojis": [{"shortcode": "blobcat", "url": "https://files.example/blobcat.png"}],
        "reblog": None,
        "poll": {
            "id": "p1",
            "expires_at": "2026-11-24T08:59:00.000Z",
            "expired": False,
            "multiple": False,
            "votes_count": 0,
            "options": [{"title": "ja", "votes_count": 0}, {"title": "nein", "votes_count": None}],
        },
        "in_reply_to_id": None,
        "quote": {"state": "accepted", "quoted_status": {"id": "q1"}},
        "quotes_count": 0,
        "card": None,
        "application": {"name": "Web"},
        "filtered": [],
        "favourites_count": 0,
    }


def putting(value: object, *path: str | int) -> Change:
    def change(raw: Raw) -> None:
        place: Any = raw
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = value

    return change


def content(old: str, new: str) -> Change:
    def change(raw: Raw) -> None:
        raw["content"] = raw["content"].replace(old, new)

    return change


def account_of_bob_deleted(raw: Raw) -> None:
    """Mastodon renders a local text anew: a handle that nobody has is no link any more."""
    raw["mentions"] = raw["mentions"][:1]
    raw["content"] = raw["content"].replace(tagging("bob", "web.split.example"), "@bob@split.example")


def account_of_bob_gone_from_the_mentions(raw: Raw) -> None:
    raw["mentions"] = raw["mentions"][:1]


def classes_dropped(raw: Raw) -> None:
    raw["content"] = raw["content"].replace(' class="u-url mention"', "").replace(' class="h-card"', "")


def fallback_of_the_quote(raw: Raw) -> None:
    link = '<a href="https://remote.example/@x/q1">remote.example/@x/q1</a>'
    raw["content"] = f'<p class="quote-inline">RE: {link}</p>{raw["content"]}'


def fallback_within_the_text(raw: Raw) -> None:
    """As Misskey writes it: misskey-dev/misskey, ApRendererService, `renderNote`."""
    link = '<a href="https://remote.example/@x/q1">https://remote.example/@x/q1</a>'
    span = f'<span class="quote-inline"><br /><br />RE: {link}</span>'
    raw["content"] = raw["content"].removesuffix("</p>") + f"{span}</p>"


MEDIA, POLL = "media_attachments", "poll"
BY_THE_SERVER: list[Change] = [
    putting("https://social.example.org/media_proxy/m1/original", MEDIA, 0, "url"),
    putting(None, MEDIA, 0, "url"),
    putting("https://elsewhere.example/m1s.png", MEDIA, 0, "preview_url"),
    putting("https://elsewhere.example/m1.png", MEDIA, 0, "remote_url"),
    putting("unknown", MEDIA, 0, "type"),
    putting("UBL_:rOpGG-oBUNG,qRj2so|=eE1w^n4S5NH", MEDIA, 0, "blurhash"),
    putting({"original": {"width": 10}}, MEDIA, 0, "meta"),
    putting("2026-11-24T09:00:00.000Z", POLL, "expires_at"),
    putting(None, POLL, "expires_at"),
    putting(True, POLL, "expired"),
    putting(7, POLL, "votes_count"),
    putting(7, POLL, "options", 0, "votes_count"),
    putting("p2", POLL, "id"),
    putting("2026-11-23T10:00:00.000Z", "edited_at"),
    account_of_bob_deleted,
    account_of_bob_gone_from_the_mentions,
    classes_dropped,
    fallback_of_the_quote,
    putting([], "mentions"),
    putting([], "tags"),
    putting([], "emojis"),
    putting("https://elsewhere.example/blobcat.png", "emojis", 0, "url"),
    putting("Erika, umbenannt", "account", "display_name"),
    putting("https://elsewhere.example/1.png", "account", "avatar"),
    putting(2, "account", "followers_count"),
    putting(3, "favourites_count"),
    putting({"url": "https://remote.example/page", "title": "Page"}, "card"),
    putting(None, "application"),
    putting({"state": "revoked", "quoted_status": None}, "quote"),
    putting([{"filter": {"id": "1"}}], "filtered"),
    putting("https://remote.example/notes/s1", "url"),
    putting(True, "sensitive"),
    putting("unlisted", "visibility"),
]
FORGETTING_BOB = [account_of_bob_deleted, account_of_bob_gone_from_the_mentions, BY_THE_SERVER[18]]
BY_ITS_AUTHOR: list[Change] = [
    content("Frage", "Andere Frage"),
    content("<br />", " "),
    content("bob", "carl"),
    content("remote.example/page", "remote.example/other"),
    content(":blobcat:", ":blobfox:"),
    putting("", "spoiler_text"),
    putting("SSL", "spoiler_text"),
    putting("en", "language"),
    putting([], MEDIA),
    putting("m2", MEDIA, 0, "id"),
    putting("Ein anderes Bild", MEDIA, 0, "description"),
    putting(None, MEDIA, 0, "description"),
    putting(None, POLL),
    putting(True, POLL, "multiple"),
    putting("vielleicht", POLL, "options", 1, "title"),
    putting([{"title": "ja"}, {"title": "nein"}, {"title": "egal"}], POLL, "options"),
]


def read(raw: Raw) -> Status:
    return status_of(raw, VIEW, NOW + timedelta(hours=1))


def after(changes: list[Change]) -> Status:
    raw = deepcopy(a_question())
    for change in changes:
        change(raw)
    return read(raw)


@settings(deadline=None)
@given(st.permutations(BY_THE_SERVER), st.integers(0, len(BY_THE_SERVER)))
def test_whatever_a_server_changes_by_itself_the_question_was_not_edited(changes: list[Change], count: int) -> None:
    # What sets a whole list or entity aside comes last: nothing is left in it to be changed.
    chosen = sorted(changes[:count], key=lambda one: BY_THE_SERVER.index(one) in range(18, 21))
    before, now = read(a_question()), after(chosen)
    assert now.is_version(before.version)
    assert now.shows_the_same_as(before)


@pytest.mark.parametrize("change", BY_ITS_AUTHOR)
@settings(deadline=None)
@given(by_the_server=st.sampled_from(BY_THE_SERVER))
def test_whatever_the_author_changes_the_question_was_edited(change: Change, by_the_server: Change) -> None:
    assert not after([by_the_server, change]).is_version(read(a_question()).version)


def asking_somebody_else_of_that_name(raw: Raw) -> None:
    raw["content"] = raw["content"].replace("https://web.split.example/@bob", "https://b.example/@bob")
    raw["mentions"][-1] = {"id": "3", "username": "bob", "acct": "bob@b.example", "url": "https://b.example/@bob"}


@settings(deadline=None)
@given(st.sampled_from([one for one in BY_THE_SERVER if one not in FORGETTING_BOB]))
def test_somebody_else_of_the_same_name_at_another_host_is_an_edit(by_the_server: Change) -> None:
    before, now = read(a_question()), after([by_the_server, asking_somebody_else_of_that_name])
    assert not now.is_version(before.version)
    assert not now.shows_the_same_as(before)


@pytest.mark.parametrize("place", ["first", "last"])
@pytest.mark.parametrize("mark", ["<p>RE: {}</p>", '<p class="quote-inline">RE: {}</p>'])
def test_a_line_that_looks_like_a_quote_s_is_the_author_s_where_nothing_is_quoted(place: str, mark: str) -> None:
    def linking(to: str) -> Change:
        line = mark.format(f'<a href="https://remote.example/{to}">remote.example/{to}</a>')

        def change(raw: Raw) -> None:
            raw["quote"] = None
            raw["content"] = f"{line}{raw['content']}" if place == "first" else f"{raw['content']}{line}"

        return change

    assert not after([linking("2")]).is_version(after([linking("1")]).version)


def test_nobody_hides_words_from_the_office_as_the_line_of_a_quote() -> None:
    def saying(words: str) -> Change:
        return content("<p>", f'<p class="quote-inline">{words} RE: https://remote.example/1</p><p>')

    assert not after([saying("Ja")]).is_version(after([saying("Nein")]).version)


def test_the_line_of_a_quote_within_the_text_is_the_server_s() -> None:
    """Without a quote it is the author's, as above."""
    before = read(a_question())
    now = after([fallback_within_the_text])
    assert now.text.endswith("\nRE: https://remote.example/@x/q1")
    assert now.is_version(before.version)
    assert now.shows_the_same_as(before)


def test_a_question_that_was_kept_in_the_database_is_the_same() -> None:
    status = read(a_question())
    kept = _STORED.validate_python(json.loads(json.dumps(_STORED.dump_python(status, mode="json"))))
    assert kept.version == status.version
    assert kept.shows_the_same_as(status)
