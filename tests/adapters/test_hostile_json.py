"""Whatever a server sends: one notification that cannot be read costs that one, never the page or the process."""

import json
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedichat.adapters.harmless_json import DEEPEST, read_json
from fedichat.adapters.mastodon.entities import View, mention_of, statuses_of
from fedichat.adapters.mastodon.instance import facts_of
from fedichat.adapters.mastodon.streaming import read_message
from fedichat.domain.tickets.mention import Malformed, Mention, StatusId
from tests.adapters.fediverse import Ring, Scene, scene, stream_reader
from tests.steps import bound, least, longest_step

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
VIEW = View("social.example", "7", "bsi@social.example")
DEEP = [2, DEEPEST, 600, 5_000, 200_000]


def notification(number: int, **fields_: object) -> dict[str, object]:
    return {
        "id": str(number),
        "type": "mention",
        "created_at": f"2035-03-05T09:00:{number:02}.000Z",
        "account": {"id": "1", "acct": "erika@buerger.example", "url": "https://buerger.example/@erika"},
        "status": {
            "id": f"s{number}",
            "created_at": f"2035-03-05T09:00:{number:02}.000Z",
            "account": {"id": "1", "acct": "erika@buerger.example", "url": "https://buerger.example/@erika"},
            "content": f"<p>@bsi question {number}</p>",
            "visibility": "public",
            "mentions": [{"id": "7", "acct": "bsi", "username": "bsi", "url": "https://social.example/@bsi"}],
            "media_attachments": [{"id": "m", "type": "image", "url": "https://files.example/1.png"}],
            "poll": {"options": [{"title": "yes"}], "multiple": False, "expires_at": None},
        },
    } | fields_


def nested(depth: int, opening: str = "[", closing: str = "]") -> str:
    return opening * depth + closing * depth


# --- reading JSON ---


@pytest.mark.parametrize("depth", DEEP)
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}"), ('[{"]":', "}]")])
def test_what_is_nested_too_deep_is_left_out_and_all_else_is_kept(depth: int, opening: str, closing: str) -> None:
    inner = opening * depth + "1" + closing * depth
    read = read_json(f'[{{"id": "1", "deep": {inner}, "after": "]]}}}}\\\\"}}, {{"id": "2"}}]'.encode())
    assert isinstance(read, list)
    assert (read[0]["id"], read[0]["after"], read[1]) == ("1", "]]}}\\", {"id": "2"})
    assert json.loads(json.dumps(read)) == read


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b"NaN", None),
        (b"-Infinity", None),
        (b"1e400", None),
        (b"-1.5", -1.5),
        (b"9" * 10_000, None),
        (b"12345678901234567890", 12345678901234567890),
        (b'"\\ud800"', "\ud800"),
        (b'"\xff\xfe"', "\ufffd\ufffd"),
        (b'\xef\xbb\xbf{"a": 1, "a": 2}', {"a": 2}),
        (b'"[[[[\\"{{{{"', '[[[["{{{{'),
    ],
)
def test_odd_values_are_read(text: bytes, value: object) -> None:
    assert read_json(text) == value


@pytest.mark.parametrize(
    "text",
    [
        *(b"", b"[", b"[" * 100_000, b'{"a":' * 100_000, b"]" * 100_000, b"<html>", b'"', b"{}{}"),
        # A string without an end, as in an answer that was cut off: each of these would take hours.
        *(
            b'["' + b'\\"' * 500_000,
            b'["' + b"\\" * 999_999,
            b'["' + b'\\"[' * 500_000,
            b'{"a": "' + b'\\\\"{"' * 500_000,
        ),
    ],
)
def test_what_is_no_json_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the text is Python's
        read_json(text)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(codec=None), max_size=20)
    | st.sampled_from(
        ["http://[", "https://[::1", "@", "a@b@c", "\ud83d", "\x00", "2026-11-23T09:00:00+23:59", "9" * 400]
    ),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)
PLACES = [
    *(("id",), ("type",), ("created_at",), ("account",), ("account", "acct"), ("account", "url"), ("status",)),
    *(("status", "id"), ("status", "account"), ("status", "account", "acct"), ("status", "account", "url")),
    *(("status", "account", "display_name"), ("status", "account", "bot"), ("status", "content"), ("status", "url")),
    *(("status", "visibility"), ("status", "mentions"), ("status", "mentions", "0"), ("status", "spoiler_text")),
    *(("status", "mentions", "0", "acct"), ("status", "mentions", "0", "url"), ("status", "media_attachments")),
    *(("status", "media_attachments", "0"), ("status", "media_attachments", "0", "description")),
    *(("status", "media_attachments", "0", "type"), ("status", "media_attachments", "0", "url"), ("status", "poll")),
    *(("status", "poll", "options"), ("status", "poll", "options", "0"), ("status", "poll", "expires_at")),
    *(("status", "created_at"), ("status", "edited_at"), ("status", "in_reply_to_id"), ("status", "reblog")),
    *(("status", "language"), ("status", "uri")),
]


def put(into: object, place: tuple[str, ...], value: object) -> None:
    """Put a value there, unless an earlier one stands in the way."""
    name, rest = place[0], place[1:]
    if isinstance(into, list):
        if not name.isdigit() or int(name) >= len(into):
            return
        if rest:
            put(into[int(name)], rest, value)
        else:
            into[int(name)] = value
    elif isinstance(into, dict):
        if rest:
            put(into.get(name), rest, value)
        else:
            into[name] = value


def texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, tuple | list):
        return [text for one in value for text in texts(one)]
    if is_dataclass(value):
        return [text for field in fields(value) for text in texts(getattr(value, field.name))]
    return []


@given(st.lists(st.tuples(st.sampled_from(PLACES), JSON), max_size=4))
def test_any_value_anywhere_gives_a_mention_that_can_be_kept_or_one_set_aside(
    changes: list[tuple[tuple[str, ...], object]],
) -> None:
    raw = notification(1)
    for place, value in changes:
        put(raw, place, value)
    read = read_json(json.dumps(raw).encode())
    item = mention_of(read, VIEW, NOW)
    assert item is None or isinstance(item, Mention | Malformed)
    for text in texts(item):
        text.encode()
    assert not (isinstance(item, Malformed) and "fault" in item.reason), item
    statuses_of([read, item, raw["status"]], VIEW, NOW)
    read_message(json.dumps({"event": "status.update", "payload": json.dumps(raw["status"])}))


@given(JSON, st.sampled_from(["event", "payload", "stream"]))
def test_the_stream_may_say_anything(value: object, name: str) -> None:
    read_message(json.dumps({"event": "delete", "payload": "1", name: value}))
    read_message(json.dumps(value))


@given(JSON, st.sampled_from(["configuration", "urls", "domain", "uri", "version", "max_toot_chars"]))
def test_the_instance_may_say_anything_of_itself(value: object, name: str) -> None:
    facts_of(read_json(json.dumps({name: value})))
    facts_of(read_json(json.dumps({"configuration": {"statuses": {"max_characters": value}, "urls": value}})))


# --- the whole way, over HTTP ---


async def served(it: Scene, body: str | bytes) -> list[Mention | Malformed]:
    text = body if isinstance(body, str) else body.decode("utf-8", "surrogateescape")
    await it.account.me()
    it.sandbox.faults.answer(
        200, times=None, path=r"^/api/v1/notifications$", body=text, content_type="application/json"
    )
    return await it.mentions()


@pytest.mark.parametrize(
    ("place", "text"),
    [
        *((place, nested(depth)) for place in ('"status": ', '"extra": ', '"id": ') for depth in DEEP),
        ('"extra": ', "9" * 5000),
        ('"extra": ', "-1e999"),
        ('"extra": ', "NaN"),
        ('"status": ', "[" + "{}," * 50_000 + "{}]"),
        ('"id": ', '"\\ud800"'),
        ('"id": ', '"' + "x" * 100_000 + '"'),
        ('"type": ', '"mention", "type": ["mention"]'),
        ('"status": ', '{"id": "s2", "content": "' + "<b>" * 100_000 + 'x", "account": {"acct": "e@b.example"}}'),
        ('"status": ', '{"id": "s2", "content": "' + "<ul><li>" * 7_000 + 'x", "account": {"acct": "e@b.example"}}'),
    ],
)
async def test_those_before_and_behind_the_odd_one_become_tickets(place: str, text: str) -> None:
    odd = json.dumps(notification(2))[:-1] + f", {place}{text}}}"
    async with scene() as it:
        items = await served(it, f"[{json.dumps(notification(3))}, {odd}, {json.dumps(notification(1))}]")
        found = [item.notification_id for item in items if isinstance(item, Mention)]
        assert [number for number in found if number != "2"] == ["1", "3"]
        assert len(items) <= 3


# --- how long it takes ---

PEOPLE = [
    {"id": f"{number}", "acct": f"person{number}@host{number}.example", "url": f"https://host{number}.example/@p"}
    for number in range(10_000)
]
PICTURE = {"id": "m", "type": "image", "url": "https://a.example/1", "description": "e\u0301" * 200}
ENDLESS: dict[str, dict[str, object]] = {
    "ten thousand people": {"mentions": PEOPLE},
    "ten thousand pictures": {"media_attachments": [PICTURE] * 10_000},
    "ten thousand answers to choose from": {"poll": {"options": [{"title": "a" * 400}] * 10_000}},
    "an endless address": {"url": f"https://a.example/{'x' * 5_000_000}"},
    "an endless warning": {"spoiler_text": "<b>" * 500_000},
    "an endless name": {"account": {"id": "1", "acct": "a@b.example", "display_name": "e\u0301" * 500_000}},
    "ten thousand emoji": {
        "emojis": [{"shortcode": "a", "url": "https://a.example/a"}] * 10_000,
        "content": ":a: " * 20_000,
    },
    **{
        f"{tag} without end": {"content": tag * (400_000 // len(tag))}
        for tag in ("<a href='https://a'>", "<p><b><i><u><code>", "&amp;", "<blockquote>", "> ", "<td>", "<!--")
    },
}


@pytest.mark.parametrize("what", ENDLESS)
async def test_whatever_a_status_holds_nobody_waits_until_it_is_read(
    what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    status = notification(1)["status"]
    assert isinstance(status, dict)
    raw = status | ENDLESS[what]
    heard = notification(1, status=raw)
    async with scene() as it:
        await it.account.me()

        async def get(path: str, params: object = ()) -> object:
            if "/statuses/" in path:
                return raw | {"descendants": [raw] * 3}
            return [heard, *(notification(number, id=None, status=raw) for number in (2, 3))]

        monkeypatch.setattr(it.account._calls, "get", get)

        async def read() -> None:
            assert [len(page) async for page in it.account.mentions(None, None)] == [3]
            assert (await it.account.status(StatusId("s1"))).id == "s1"
            assert len(await it.account.replies(StatusId("s1"))) == 3

        async def again() -> float:
            return await longest_step(read())

        assert await least(again, await again()) <= bound()


async def test_nobody_waits_until_a_long_message_of_the_stream_is_read() -> None:
    payload = json.dumps(notification(1)["status"] | {"content": "<p>" * 1_000_000})  # type: ignore[operator]
    message = json.dumps({"event": "status.update", "payload": payload})
    ring = Ring()

    async def again() -> float:
        return await longest_step(stream_reader().take(message, ring))

    assert await least(again, await again()) <= bound()
    assert set(ring.statuses) == {"s1"}


async def test_nobody_waits_until_a_long_mention_of_the_stream_is_read() -> None:
    async with scene() as it:
        await it.account.me()
        long = notification(1)
        long["status"] = long["status"] | {"content": "<p>" * 100_000}  # type: ignore[operator]
        message = json.dumps({"event": "notification", "payload": json.dumps(long)})
        ring = Ring()

        async def again() -> float:
            return await longest_step(it.account._stream.take(message, ring))

        assert await least(again, await again()) <= bound()
        assert {mention.status.id for mention in ring.mentions} == {"s1"}
