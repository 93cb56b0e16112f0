"""Turns Matrix events (JSON) into what fedichat hears; pure, and tolerant of whatever clients send.

Rules are those of the client-server API, v1.16: "Rich replies", "Threading", "Event replacements", "Event
annotations".
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from mimetypes import guess_type
from typing import TypeAlias

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

Json: TypeAlias = Mapping[str, object]

VERIFICATION_REQUEST = "m.key.verification.request"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NOTHING: Json = {}
# Emoji and text presentation, and the five Fitzpatrick modifiers: clients add and leave them out as they
# like.
_DECORATION = re.compile("[\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]")
_FILES = {"m.image", "m.video", "m.audio", "m.file"}
_ADDRESS = re.compile(r"mxc://[^/\s?#]+/[A-Za-z0-9_=.~-]+")
_UNKNOWN = "application/octet-stream"
_LONGEST_NAME = 100
_LONGEST_KEY = 100
"""A reaction may have any text; a longer one is no emoji."""
_EVENT_ID = re.compile(r"\$[^\s\x00-\x1f\x7f-\x9f\ud800-\udfff]{1,254}")
"""What can be an event. An answer of ours to anything else might never be taken: what is inside of an encrypted message
no homeserver has looked at, and Synapse 1.163 says 500 each time to an id that is no text.
"""
_FALLBACK_START = re.compile(r"> (\* )?<@[^>\n]*>")


@dataclass(frozen=True, slots=True)
class Relation:
    """How an event relates to earlier ones. `reply_to` is None if it is only a fallback for old clients."""

    thread: EventId | None = None
    reply_to: EventId | None = None
    replaces: EventId | None = None
    annotates: EventId | None = None
    key: str = ""


def heard_from(event: Json, room: RoomId, me: UserId) -> AnyHeard | None:
    """What a person did; None for our own events, notices, state and events that make no sense."""
    event_id, sender = word(event, "event_id"), word(event, "sender")
    if not event_id or not sender or sender == me or "state_key" in event:
        return None
    head = _Head(EventId(event_id), room, UserId(sender), _sent_at(event), part(event, "content"), event)
    if word(head.content, "msgtype") == VERIFICATION_REQUEST and word(head.content, "to") == me:
        return AskedToVerify(*head.common)
    read = _READERS.get(word(event, "type"))
    return read(head) if read is not None else None


def relation_of(content: Json) -> Relation:
    """The relation in an event's content, empty where there is none."""
    relates = part(content, "m.relates_to")
    answered = _event_id(part(relates, "m.in_reply_to"), "event_id")
    target = _event_id(relates, "event_id")
    if target is None:
        return Relation(reply_to=answered)
    match word(relates, "rel_type"):
        case "m.thread":
            falling_back = relates.get("is_falling_back") is True
            return Relation(thread=target, reply_to=None if falling_back else answered)
        case "m.replace":
            return Relation(replaces=target)
        case "m.annotation":
            return Relation(annotates=target, key=word(relates, "key"))
        case _:
            return Relation(reply_to=answered)


def normal_key(key: str) -> str:
    """A reaction's emoji without variation selectors and skin tones."""
    return _DECORATION.sub("", key)


def without_fallback(body: str) -> str:
    """A reply's text without the quotation that clients before v1.13 put above it."""
    if not _FALLBACK_START.match(body):
        return body
    lines = body.split("\n")
    quoted = next((n for n, line in enumerate(lines) if not line.startswith(">")), len(lines))
    rest = lines[quoted:]
    return "\n".join(rest[1:] if rest and not rest[0] else rest)


def part(json: Json, key: str) -> Json:
    """The object under that key, empty where there is none."""
    value = json.get(key)
    return value if isinstance(value, Mapping) else _NOTHING


def word(json: Json, key: str) -> str:
    """The string under that key, empty where there is none."""
    value = json.get(key)
    return value if isinstance(value, str) else ""


def _event_id(json: Json, key: str) -> EventId | None:
    ident = word(json, key)
    return EventId(ident) if _EVENT_ID.fullmatch(ident) else None


@dataclass(frozen=True, slots=True)
class _Head:
    event_id: EventId
    room: RoomId
    sender: UserId
    sent_at: datetime
    content: Json
    event: Json

    @property
    def common(self) -> tuple[EventId, RoomId, UserId, datetime]:
        return self.event_id, self.room, self.sender, self.sent_at


def _message(head: _Head) -> Spoken | Edited | None:
    relation = relation_of(head.content)
    if relation.replaces:
        new = part(head.content, "m.new_content")
        text = _text_of(new)
        if text is None:
            return None
        # The relation of an edit is the edit itself; some clients repeat the thread inside.
        return Edited(*head.common, relation.replaces, text, relation_of(new).thread)
    text = _text_of(head.content)
    if text is None:
        return None
    file = None
    if word(head.content, "msgtype") in _FILES:
        file = shared_file(head.content)
        if file is None:
            return None
    return Spoken(*head.common, text, relation.thread, relation.reply_to, file)


def _text_of(content: Json) -> str | None:
    """The text of a message, the caption of a file; None for what is neither."""
    kind, body = word(content, "msgtype"), content.get("body")
    if not isinstance(body, str) or (kind != "m.text" and kind not in _FILES):
        return None
    text = without_fallback(body)
    # Without a name of its own, the body is the file's name.
    has_caption = kind == "m.text" or word(content, "filename") not in {"", text}
    return text if has_caption else ""


def shared_file(content: Json) -> SharedFile | None:
    """The file that a message shows; None where it says not where that is, or how it is encrypted."""
    encrypted = part(content, "file")
    address = word(encrypted, "url") or word(content, "url")
    if not _ADDRESS.fullmatch(address):
        return None
    info = part(content, "info")
    name = _file_name(word(content, "filename") or word(content, "body"))
    return SharedFile(
        name=name,
        mimetype=word(info, "mimetype").partition(";")[0].strip().lower() or guess_type(name)[0] or _UNKNOWN,
        url=address,
        size=_count(info, "size"),
        width=_count(info, "w"),
        height=_count(info, "h"),
        key=dict(encrypted) or None,
    )


def _file_name(given: str) -> str:
    """A name without a path in it and without what cannot be seen."""
    # Sixteen times as much is looked at: some of it may be what cannot be seen.
    seen = "".join(sign for sign in given[-16 * _LONGEST_NAME :] if sign.isprintable())
    return re.split(r"[/\\]", seen)[-1].strip()[-_LONGEST_NAME:] or "file"


def _count(json: Json, key: str) -> int | None:
    value = json.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _reaction(head: _Head) -> Reacted | None:
    relation = relation_of(head.content)
    if relation.annotates is None or not 0 < len(relation.key) <= _LONGEST_KEY:
        return None
    return Reacted(*head.common, relation.annotates, normal_key(relation.key))


def _redaction(head: _Head) -> Redacted | None:
    # Since room version 11 the target is in the content.
    target = _event_id(head.content, "redacts") or _event_id(head.event, "redacts")
    return Redacted(*head.common, target) if target else None


def _unreadable(head: _Head) -> Unreadable | None:
    # A redacted one has no ciphertext: nothing was hidden from us.
    if not head.content.get("ciphertext"):
        return None
    relation = relation_of(head.content)
    return Unreadable(*head.common, relation.thread, relation.replaces)


def _sent_at(event: Json) -> datetime:
    milliseconds = event.get("origin_server_ts")
    if not isinstance(milliseconds, int):
        return _EPOCH
    try:
        return _EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError:
        return _EPOCH


_READERS: Mapping[str, Callable[[_Head], AnyHeard | None]] = {
    "m.room.message": _message,
    "m.reaction": _reaction,
    "m.room.redaction": _redaction,
    "m.room.encrypted": _unreadable,
}
