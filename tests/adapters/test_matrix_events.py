"""What an event in a room means, case by case."""

from datetime import UTC, datetime

import pytest

from fedichat.adapters.matrix.events import Json, heard_from, normal_key, without_fallback
from fedichat.ports import (
    AnyHeard,
    AskedToVerify,
    Edited,
    EventId,
    Reacted,
    Redacted,
    RoomId,
    SharedFile,
    Spoken,
    Unreadable,
    UserId,
)

ROOM = RoomId("!room")
ANNA = UserId("@anna:office.test")
BOT = UserId("@bot:office.test")
AT = datetime(2026, 11, 22, 8, 30, 0, 250_000, tzinfo=UTC)
COMMON = (EventId("$1"), ROOM, ANNA, AT)


def event(kind: str, content: Json, **more: object) -> Json:
    at = int(AT.timestamp() * 1000)
    return {
        "event_id": "$1",
        "sender": ANNA,
        "origin_server_ts": at,
        "type": kind,
        "content": content,
        **more,
    }


def text(body: object, **more: object) -> Json:
    return {"msgtype": "m.text", "body": body, **more}


def relates(**relation: object) -> dict[str, object]:
    return {"m.relates_to": relation}


IN_THREAD = {"rel_type": "m.thread", "event_id": "$root"}
REPLY = {"m.in_reply_to": {"event_id": "$card"}}
EDIT = {"rel_type": "m.replace", "event_id": "$old"}
PICTURE = {
    "msgtype": "m.image",
    "body": "map.png",
    "url": "mxc://office.test/Abc",
    "info": {"mimetype": "image/png", "size": 70, "w": 4, "h": 3},
}
MAP = SharedFile("map.png", "image/png", "mxc://office.test/Abc", 70, 4, 3)

CASES: list[tuple[str, Json, AnyHeard | None]] = [
    ("a message", event("m.room.message", text("!claim 7")), Spoken(*COMMON, "!claim 7")),
    ("an empty message", event("m.room.message", text("")), Spoken(*COMMON, "")),
    (
        "a reply",
        event("m.room.message", text("ja", **relates(**REPLY))),
        Spoken(*COMMON, "ja", None, EventId("$card")),
    ),
    (
        "a reply with the old quotation",
        event("m.room.message", text("> <@bot:office.test> #42\n> neu\n\n!claim\nok", **relates(**REPLY))),
        Spoken(*COMMON, "!claim\nok", None, EventId("$card")),
    ),
    (
        "in a thread, with a fallback",
        event("m.room.message", text("ja", **relates(**IN_THREAD, **REPLY, is_falling_back=True))),
        Spoken(*COMMON, "ja", EventId("$root")),
    ),
    (
        "a reply inside a thread",
        event("m.room.message", text("ja", **relates(**IN_THREAD, **REPLY, is_falling_back=False))),
        Spoken(*COMMON, "ja", EventId("$root"), EventId("$card")),
    ),
    (
        "in a thread, saying nothing of a fallback",
        event("m.room.message", text("ja", **relates(**IN_THREAD, **REPLY))),
        Spoken(*COMMON, "ja", EventId("$root"), EventId("$card")),
    ),
    (
        "an unknown relation",
        event("m.room.message", text("ja", **relates(rel_type="x", event_id="$2", **REPLY))),
        Spoken(*COMMON, "ja", None, EventId("$card")),
    ),
    (
        "an edit",
        event("m.room.message", text("* !answer b", **{"m.new_content": text("!answer b")}, **relates(**EDIT))),
        Edited(*COMMON, EventId("$old"), "!answer b"),
    ),
    (
        "an edit that repeats the thread",
        event(
            "m.room.message",
            text("* b", **{"m.new_content": text("b", **relates(**IN_THREAD))}, **relates(**EDIT)),
        ),
        Edited(*COMMON, EventId("$old"), "b", EventId("$root")),
    ),
    ("an edit without new content", event("m.room.message", text("* b", **relates(**EDIT))), None),
    (
        "an edit into a notice",
        event(
            "m.room.message",
            text("* b", **{"m.new_content": {"msgtype": "m.notice", "body": "b"}}, **relates(**EDIT)),
        ),
        None,
    ),
    ("a notice", event("m.room.message", {"msgtype": "m.notice", "body": "!claim"}), None),
    ("an emote", event("m.room.message", {"msgtype": "m.emote", "body": "!claim"}), None),
    ("a picture", event("m.room.message", {"msgtype": "m.image", "body": "!claim"}), None),
    ("a redacted message", event("m.room.message", {}), None),
    ("a body that is no text", event("m.room.message", text(7)), None),
    ("our own message", event("m.room.message", text("!claim"), sender=BOT), None),
    ("no sender", event("m.room.message", text("!claim"), sender=None), None),
    ("no event id", event("m.room.message", text("!claim"), event_id=7), None),
    ("state that looks like a message", event("m.room.message", text("!claim"), state_key=""), None),
    (
        "a reaction, with skin tone and selector",
        event("m.reaction", relates(rel_type="m.annotation", event_id="$card", key="👍🏽\ufe0f")),
        Reacted(*COMMON, EventId("$card"), "👍"),
    ),
    (
        "a reaction without an emoji",
        event("m.reaction", relates(rel_type="m.annotation", event_id="$c")),
        None,
    ),
    ("a reaction to nothing", event("m.reaction", relates(rel_type="m.annotation", key="👀")), None),
    ("a redacted reaction", event("m.reaction", {}), None),
    (
        "a redaction since room version 11",
        event("m.room.redaction", {"redacts": "$old"}),
        Redacted(*COMMON, EventId("$old")),
    ),
    (
        "a redaction before room version 11",
        event("m.room.redaction", {"reason": "x"}, redacts="$old"),
        Redacted(*COMMON, EventId("$old")),
    ),
    ("a redaction of nothing", event("m.room.redaction", {}), None),
    (
        "an undecrypted message in a thread",
        event("m.room.encrypted", {"ciphertext": "x", **relates(**IN_THREAD)}),
        Unreadable(*COMMON, EventId("$root")),
    ),
    (
        "an undecrypted edit",
        event("m.room.encrypted", {"ciphertext": "x", **relates(rel_type="m.replace", event_id="$old")}),
        Unreadable(*COMMON, target=EventId("$old")),
    ),
    (
        "somebody wants to verify us",
        event("m.room.message", {"msgtype": "m.key.verification.request", "to": BOT, "body": "…"}),
        AskedToVerify(*COMMON),
    ),
    (
        "somebody wants to verify somebody else",
        event("m.room.message", {"msgtype": "m.key.verification.request", "to": ANNA, "body": "…"}),
        None,
    ),
    ("a redacted encrypted message", event("m.room.encrypted", {}), None),
    ("somebody joins", event("m.room.member", {"membership": "join"}, state_key=ANNA), None),
    ("content that is none", {**event("m.room.message", {}), "content": [1]}, None),
]


@pytest.mark.parametrize(("given", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_an_event_means(given: Json, expected: AnyHeard | None) -> None:
    assert heard_from(given, ROOM, BOT) == expected


@pytest.mark.parametrize(
    "nonsense",
    ["root", "", "$", "$a b", "$a\nb", "$\0", "$\ud800", "$" + "x" * 255, "!room", "@anna:office.test", 1, ["$1"]],
)
def test_what_is_no_event_s_id_is_no_relation(nonsense: object) -> None:
    """We would answer there, and no homeserver would ever take that."""

    def heard(kind: str, content: Json) -> AnyHeard | None:
        return heard_from(event(kind, content), ROOM, BOT)

    thread = {"rel_type": "m.thread", "event_id": nonsense}
    reply = {"m.in_reply_to": {"event_id": nonsense}}
    assert heard("m.room.message", text("ja", **relates(**thread))) == Spoken(*COMMON, "ja")
    assert heard("m.room.message", text("ja", **relates(**reply))) == Spoken(*COMMON, "ja")
    assert heard("m.room.encrypted", {"ciphertext": "x", **relates(**thread)}) == Unreadable(*COMMON)
    assert heard("m.reaction", relates(rel_type="m.annotation", event_id=nonsense, key="👀")) is None
    assert heard("m.room.redaction", {"redacts": nonsense}) is None


@pytest.mark.parametrize("absurd", [10**30, -(10**30), "now", None])
def test_an_absurd_time_is_long_ago(absurd: object) -> None:
    heard = heard_from(event("m.room.message", text("x"), origin_server_ts=absurd), ROOM, BOT)
    assert heard is not None
    assert heard.sent_at == datetime(1970, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("key", "normal"),
    [
        ("👀", "👀"),
        ("✅\ufe0f", "✅"),
        ("❌\ufe0e", "❌"),
        ("👍🏿", "👍"),
        ("🙈", "🙈"),
        ("ok", "ok"),
        ("", ""),
    ],
)
def test_emoji_are_compared_without_decoration(key: str, normal: str) -> None:
    assert normal_key(key) == normal


@pytest.mark.parametrize(
    ("body", "rest"),
    [
        ("plain", "plain"),
        ("> a quotation of one's own\n\nanswer", "> a quotation of one's own\n\nanswer"),
        ("> <@bot:x> one\n> two\n\nanswer", "answer"),
        ("> <@bot:x> one\n\n> mine\n\nanswer", "> mine\n\nanswer"),
        ("> * <@bot:x> waves\n\nanswer", "answer"),
        ("> <@bot:x> nothing below", ""),
    ],
)
def test_the_reply_fallback_goes(body: str, rest: str) -> None:
    assert without_fallback(body) == rest


# --- files ---


@pytest.mark.parametrize(
    ("content", "heard"),
    [
        (PICTURE, Spoken(*COMMON, "", file=MAP)),
        ({**PICTURE, "filename": "map.png"}, Spoken(*COMMON, "", file=MAP)),
        ({**PICTURE, "filename": "map.png", "body": "A map."}, Spoken(*COMMON, "A map.", file=MAP)),
        (
            {**PICTURE, **relates(**IN_THREAD, **REPLY)},
            Spoken(*COMMON, "", EventId("$root"), EventId("$card"), MAP),
        ),
        (
            {"msgtype": "m.file", "body": "C:\\x\\plan.pdf", "url": "mxc://a/b"},
            Spoken(*COMMON, "", file=SharedFile("plan.pdf", "application/pdf", "mxc://a/b")),
        ),
        (
            {"msgtype": "m.video", "body": "", "file": {"url": "mxc://a/b", "v": "v2"}, "info": {"size": -1, "w": "4"}},
            Spoken(
                *COMMON,
                "",
                file=SharedFile("file", "application/octet-stream", "mxc://a/b", key={"url": "mxc://a/b", "v": "v2"}),
            ),
        ),
        (
            {"m.new_content": {**PICTURE, "filename": "map.png", "body": "Better."}, "body": "* x", **relates(**EDIT)},
            Edited(*COMMON, EventId("$old"), "Better."),
        ),
        ({**PICTURE, "url": "https://office.test/map.png"}, None),
        ({**PICTURE, "url": "mxc://office.test/../../secret"}, None),
        ({**PICTURE, "url": None}, None),
        ({**PICTURE, "body": None}, None),
        ({**PICTURE, "msgtype": "m.location"}, None),
    ],
)
def test_files_are_heard_with_their_captions(content: Json, heard: AnyHeard | None) -> None:
    assert heard_from(event("m.room.message", content), ROOM, BOT) == heard
