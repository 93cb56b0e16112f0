"""Whatever a server sends as an entity is read, or set aside; it never raises anything else."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from fedichat.adapters.mastodon.entities import View, mention_of, status_of, time_of
from fedichat.adapters.mastodon.instance import Facts, facts_of
from fedichat.domain.tickets.mention import Author, Malformed, Media, Mention, Poll, Visibility
from fedichat.ports import Limits

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
VIEW = View("social.example", "1", "bsi@social.example")
ERIKA = {
    "id": "7",
    "acct": "erika@buerger.example",
    "display_name": "Erika \u202eB.",
    "url": "https://buerger.example/@erika",
    "bot": False,
}
STATUS: dict[str, object] = {
    "id": "100",
    "account": ERIKA,
    "content": "<p>Hallo</p>",
    "visibility": "unlisted",
    "created_at": "2026-11-23T08:00:00.000Z",
    "url": "https://buerger.example/@erika/100",
    "spoiler_text": "Achtung",
    "language": "de",
    "edited_at": "2026-11-23T09:30:00+01:00",
    "in_reply_to_id": "99",
    "mentions": [
        {"id": "1", "acct": "bsi", "username": "bsi", "url": "https://social.example/@bsi"},
        {"id": "2", "acct": "bmi", "username": "bmi", "url": "https://social.example/@bmi"},
        {"id": "3", "acct": "max@else.example", "url": "https://else.example/@max"},
    ],
    "media_attachments": [
        {"type": "image", "url": "https://x.example/a.png", "preview_url": None, "description": "Ein Bild"},
        {"type": "video", "url": "javascript:x", "remote_url": "https://x.example/b", "description": ""},
    ],
    "poll": {"options": [{"title": "Ja"}, {"title": "Nein"}], "multiple": True, "expires_at": None},
}


def notification(**changes: object) -> dict[str, object]:
    base = {
        "id": "500",
        "type": "mention",
        "created_at": "2026-11-23T08:00:01Z",
        "account": ERIKA,
        "status": STATUS,
    }
    return base | changes


def status(**changes: object) -> dict[str, object]:
    return notification(status=STATUS | changes)


def without(*keys: str) -> dict[str, object]:
    return notification(status={key: value for key, value in STATUS.items() if key not in keys})


def test_a_status_is_read_in_full() -> None:
    read = status_of(STATUS, VIEW, NOW)
    assert read.author == Author("erika@buerger.example", "Erika B.", "https://buerger.example/@erika")
    assert (read.text, read.html, read.content_warning, read.language) == (
        "Hallo",
        "<p>Hallo</p>",
        "Achtung",
        "de",
    )
    assert read.visibility is Visibility.UNLISTED
    assert read.created_at == datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
    assert read.edited_at == datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
    assert read.in_reply_to == "99"
    assert read.mentions == ("bmi@social.example", "max@else.example")
    assert read.media == (
        Media("image", "https://x.example/a.png", "Ein Bild"),
        Media("video", "https://x.example/b", None),
    )
    assert read.poll == Poll(("Ja", "Nein"), multiple=True)
    assert not read.is_boost


@pytest.mark.parametrize(
    "raw",
    [
        None,
        "notification",
        7,
        [],
        {},
        {"id": "500"},
        notification(id=None),
        notification(type=None),
        notification(type=7),
        notification(status=None),
        notification(status="gone"),
        status(id=None),
        status(id=""),
        status(id=True),
        notification(account=None, status=STATUS | {"account": None}),
        notification(account={"id": "7"}, status=STATUS | {"account": {"id": "7"}}),
        notification(account=None, status=STATUS | {"account": {"acct": "two words"}}),
        notification(account={"acct": 7, "username": None, "url": "https://[bad"}, status=STATUS | {"account": []}),
    ],
)
def test_what_cannot_be_read_is_set_aside_with_its_json(raw: object) -> None:
    read = mention_of(raw, VIEW, NOW)
    assert isinstance(read, Malformed)
    assert read.raw
    assert read.reason


@pytest.mark.parametrize("told", ["0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_a_time_that_cannot_be_is_none(told: str) -> None:
    """Else nobody would wait for an answer before the year 10,000, or would have waited for two thousand years."""
    read = mention_of(status(created_at=told), VIEW, NOW)
    assert isinstance(read, Mention)
    assert read.status.created_at == datetime(2026, 11, 23, 8, 0, 1, tzinfo=UTC)


def test_what_is_set_aside_keeps_its_id_and_time() -> None:
    read = mention_of(notification(status=None), VIEW, NOW)
    assert isinstance(read, Malformed)
    assert (read.id, read.notified_at) == ("500", datetime(2026, 11, 23, 8, 0, 1, tzinfo=UTC))


@pytest.mark.parametrize("key", [key for key in STATUS if key != "id"])
@pytest.mark.parametrize("value", ["missing", None, 7, "x", [], [None, 7, {}], {}, {"x": None}, True, "\ud800"])
def test_everything_but_the_id_may_be_anything(key: str, value: object) -> None:
    read = mention_of(without(key) if value == "missing" else status(**{key: value}), VIEW, NOW)
    assert isinstance(read, Mention)
    assert read.status.author.acct == "erika@buerger.example"


@pytest.mark.parametrize("value", [None, "", "mutuals_only", "local", "list", 7, ["public"], "PUBLIC"])
def test_an_unknown_audience_is_taken_for_the_narrowest(value: object) -> None:
    assert status_of(STATUS | {"visibility": value}, VIEW, NOW).visibility is Visibility.DIRECT


@pytest.mark.parametrize(("value", "meant"), [("private", "direct"), ("public", "public"), ("unlisted", "unlisted")])
def test_where_private_may_mean_direct_it_is_taken_for_that(value: str, meant: str) -> None:
    view = replace(VIEW, private_is_direct=True)
    assert status_of(STATUS | {"visibility": value}, view, NOW).visibility is Visibility(meant)


@pytest.mark.parametrize(
    "raw",
    [
        notification(type="favourite"),
        notification(type="reblog"),
        notification(type="admin.report", status=None),
        status(account={"id": "1", "acct": "bsi"}),
        status(account={"id": "9", "acct": "BSI@Social.Example"}),
        status(reblog=STATUS),
    ],
)
def test_other_kinds_our_own_and_boosts_are_left_out(raw: object) -> None:
    assert mention_of(raw, VIEW, NOW) is None


@pytest.mark.parametrize(
    ("account", "acct"),
    [
        ({"acct": "anna"}, "anna@social.example"),
        ({"acct": "@anna@x.example"}, "anna@x.example"),
        ({"acct": None, "username": "anna", "url": "https://x.example/@anna"}, "anna@x.example"),
        ({"username": "anna"}, "anna@social.example"),
    ],
)
def test_accts_are_always_full(account: dict[str, object], acct: str) -> None:
    assert status_of(STATUS | {"account": account}, VIEW, NOW).author.acct == acct


def test_ids_may_be_numbers() -> None:
    read = mention_of(notification(id=500, status=STATUS | {"id": 100, "in_reply_to_id": 99}), VIEW, NOW)
    assert isinstance(read, Mention)
    assert (read.notification_id, read.status.id, read.status.in_reply_to) == ("500", "100", "99")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-11-23T08:00:00.000Z", datetime(2026, 11, 23, 8, tzinfo=UTC)),
        ("2026-11-23T09:00:00+01:00", datetime(2026, 11, 23, 8, tzinfo=UTC)),
        ("2026-11-23T08:00:00", datetime(2026, 11, 23, 8, tzinfo=UTC)),
        ("0001-01-01T00:00:00+14:00", None),
        ("yesterday", None),
        (1763884800, None),
        (None, None),
    ],
)
def test_times_are_in_utc(value: object, expected: datetime | None) -> None:
    assert time_of(value) == expected


@pytest.mark.parametrize(
    ("instance", "facts"),
    [
        ({}, Facts(Limits(mixes_media=True, tags_within_words=True))),
        (None, Facts(Limits(mixes_media=True, tags_within_words=True))),
        ([], Facts(Limits(mixes_media=True, tags_within_words=True))),
        (
            {"uri": "https://social.example/", "version": "3.0"},
            Facts(Limits(software="3.0"), "social.example"),
        ),
        (
            {
                "domain": "social.example",
                "version": "4.4",
                "configuration": {
                    "statuses": {"max_characters": 1000, "characters_reserved_per_url": 25},
                    "urls": {"streaming": "wss://stream.example"},
                },
            },
            Facts(Limits(1000, 25, software="4.4"), "social.example", "wss://stream.example"),
        ),
        (
            {
                "configuration": {
                    "statuses": {"max_media_attachments": 8},
                    "media_attachments": {
                        "supported_mime_types": ["image/PNG", None],
                        "image_size_limit": 10,
                        "video_size_limit": 20,
                        "description_limit": 420,
                    },
                }
            },
            Facts(
                Limits(
                    attachments=8,
                    alt_characters=420,
                    image_bytes=10,
                    video_bytes=20,
                    media_types=frozenset({"image/png"}),
                    mixes_media=True,
                    tags_within_words=True,
                )
            ),
        ),
        (
            {"configuration": {"media_attachments": {"supported_mime_types": [], "image_size_limit": 0}}},
            Facts(Limits(mixes_media=True, tags_within_words=True)),
        ),
        (
            {"configuration": {"statuses": {"max_characters": 3000}}},
            Facts(Limits(3000, None, mixes_media=True, tags_within_words=True)),
        ),
        (
            {"max_toot_chars": 5000, "uri": "p.example"},
            Facts(Limits(5000, None, mixes_media=True, tags_within_words=True), "p.example"),
        ),
        (
            {"configuration": {"statuses": {"max_characters": "many"}}, "urls": None},
            Facts(Limits(mixes_media=True, tags_within_words=True)),
        ),
        (
            {"urls": {"streaming_api": "wss://s.example"}},
            Facts(Limits(mixes_media=True, tags_within_words=True), "", "wss://s.example"),
        ),
        (
            {"version": "4.0.0 (not true; really snac/2.75)"},
            Facts(
                Limits(
                    mixes_media=True,
                    tags_within_words=True,
                    edits_warnings=False,
                    software="4.0.0 (not true; really snac/2.75)",
                ),
                private_is_direct=True,
            ),
        ),
    ],
)
def test_limits_come_from_the_instance_or_are_mastodons(instance: object, facts: Facts) -> None:
    assert facts_of(instance) == facts


@pytest.mark.parametrize(
    ("instance", "mixes"),
    [
        ({"version": "4.4.8"}, False),
        ({"version": "4.6.0-alpha.1+glitch", "source_url": "https://github.com/glitch-soc/mastodon"}, False),
        ({"version": "unheard of", "api_versions": {"mastodon": 7}}, False),
        ({"version": "", "source_url": "https://github.com/mastodon/mastodon"}, False),
        ({"version": "2.7.2 (compatible; Pleroma 2.6.0)"}, True),
        ({"version": "4.2.1 (compatible; Sharkey 2024.9)", "api_versions": {"mastodon": 1}}, True),
        ({"version": "0.17.3+git-1a2b3c4", "source_url": "https://codeberg.org/superseriousbusiness/gotosocial"}, True),
        ({"version": "4.0.0 (not true; really snac/2.75)"}, True),
        ({}, True),
    ],
)
def test_only_mastodon_is_known_to_want_a_video_alone(instance: object, *, mixes: bool) -> None:
    """docs: entities/Instance; the rule itself is in Mastodon's PostStatusService, others have their own."""
    assert facts_of(instance).limits.mixes_media is mixes


@pytest.mark.parametrize(
    ("instance", "guards"),
    [
        ({"version": "4.4.8", "api_versions": {"mastodon": 6}}, True),
        ({"version": "4.6.0+glitch", "api_versions": {"mastodon": 8}}, True),
        ({"version": "4.2.1"}, False),
        ({"version": "4.4.8", "api_versions": None}, False),
        ({"version": "4.2.1 (compatible; Sharkey 2024.9)", "api_versions": {"mastodon": 1}}, False),
        (
            {"version": "0.17.3+git-1a2b3c4", "source_url": "https://codeberg.org/superseriousbusiness/gotosocial"},
            False,
        ),
        ({}, False),
    ],
)
def test_only_mastodon_is_told_whom_a_status_may_tag(instance: object, *, guards: bool) -> None:
    """docs: entities/Instance, `api_versions`; the parameter is in Mastodon's source alone."""
    assert facts_of(instance).guards_mentions is guards
