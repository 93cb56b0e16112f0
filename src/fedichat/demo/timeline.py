"""A room as a person sees it: messages in their latest version, with reactions."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from fedichat.adapters.matrix.events import Json, normal_key, part, relation_of, shared_file, word
from fedichat.ports import EventId, RoomId, SharedFile, UserId


@dataclass(frozen=True, slots=True)
class Line:
    """One message as it is now. `reactions` are (emoji, who); `pings` the people whom it pinged.

    With a `file`, `body` is its caption, or its name if there is no caption.
    """

    event_id: EventId
    room: RoomId
    sender: UserId
    body: str
    html: str = ""
    notice: bool = False
    thread: EventId | None = None
    reply_to: EventId | None = None
    edited: int = 0
    redacted: bool = False
    pings: tuple[str, ...] = ()
    reactions: tuple[tuple[str, UserId], ...] = ()
    transaction: str = ""
    file: SharedFile | None = None

    def reacted(self, key: str) -> tuple[UserId, ...]:
        """Who reacted with that emoji."""
        return tuple(who for emoji, who in self.reactions if emoji == normal_key(key))


@dataclass(slots=True)
class Timeline:
    """The lines of one room, the oldest first, made from its events in the order of their arrival."""

    room: RoomId
    _lines: dict[EventId, Line] = field(default_factory=dict)
    _reactions: dict[EventId, tuple[EventId, str, UserId]] = field(default_factory=dict)
    _seen: set[EventId] = field(default_factory=set)

    @property
    def lines(self) -> tuple[Line, ...]:
        """All lines, including the redacted ones."""
        return tuple(self._lines.values())

    def line(self, event: EventId) -> Line | None:
        """The line of that event."""
        return self._lines.get(event)

    def take_in(self, events: Iterable[Json]) -> bool:
        """Add events, the oldest first; those already known change nothing. True if something changed."""
        changed = False
        for event in events:
            event_id = EventId(word(event, "event_id"))
            if event_id not in self._seen:
                self._seen.add(event_id)
                changed |= self._take_in(event_id, event)
        return changed

    def _take_in(self, event_id: EventId, event: Json) -> bool:
        content = part(event, "content")
        match word(event, "type"):
            case "m.room.message" if content:
                return self._say(event_id, event, content)
            case "m.reaction" if content:
                return self._react(event_id, UserId(word(event, "sender")), content)
            case "m.room.redaction":
                return self._redact(EventId(word(content, "redacts") or word(event, "redacts")))
            case _:
                return False

    def _say(self, event_id: EventId, event: Json, content: Json) -> bool:
        relation = relation_of(content)
        sender = UserId(word(event, "sender"))
        if relation.replaces is not None:
            return self._edit(relation.replaces, sender, part(content, "m.new_content"))
        self._lines[event_id] = Line(
            event_id,
            self.room,
            sender,
            word(content, "body"),
            word(content, "formatted_body"),
            word(content, "msgtype") == "m.notice",
            relation.thread,
            relation.reply_to,
            pings=_pings(content),
            transaction=word(part(event, "unsigned"), "transaction_id"),
            file=shared_file(content),
        )
        return True

    def _edit(self, target: EventId, sender: UserId, new: Json) -> bool:
        line = self._lines.get(target)
        if line is None or line.sender != sender or line.redacted:
            return False
        self._lines[target] = replace(
            line, body=word(new, "body"), html=word(new, "formatted_body"), edited=line.edited + 1
        )
        return True

    def _react(self, event_id: EventId, sender: UserId, content: Json) -> bool:
        relation = relation_of(content)
        line = self._lines.get(relation.annotates) if relation.annotates else None
        if line is None:
            return False
        key = normal_key(relation.key)
        self._reactions[event_id] = (line.event_id, key, sender)
        self._lines[line.event_id] = replace(line, reactions=(*line.reactions, (key, sender)))
        return True

    def _redact(self, target: EventId) -> bool:
        reaction = self._reactions.pop(target, None)
        if reaction is not None:
            on, key, who = reaction
            line = self._lines[on]
            left = tuple(one for one in line.reactions if one != (key, who))
            self._lines[on] = replace(line, reactions=left)
            return True
        line_or_none = self._lines.get(target)
        if line_or_none is None:
            return False
        self._lines[target] = replace(line_or_none, body="", html="", redacted=True, reactions=(), file=None)
        return True


def _pings(content: Json) -> tuple[str, ...]:
    named = part(content, "m.mentions").get("user_ids")
    return tuple(name for name in named if isinstance(name, str)) if isinstance(named, list) else ()
