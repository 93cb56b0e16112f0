"""Effects that say, ask, or take something back in a room."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from fedichat.domain.effects.base import Effect, RoomEffect
from fedichat.domain.names import EventId, Place, PostId, TicketId, UserId
from fedichat.domain.phrase import Field
from fedichat.domain.time.sla import Reminder

_MOST_GATHERED = 300
"""How many reminders one message is about at most: they are all read again when it is said."""


@dataclass(frozen=True, slots=True)
class Tell(RoomEffect):
    """Say something, in the thread of `ticket` if there is one.

    `message` is a message id of the catalogues with `{fields}`; it is put into the room's language when it is said.
    `moments` are further fields, shown on the office's clock. With a `post` that has no ticket, it goes into that one's
    thread. `meant` are the people whom it should wake: then it is an ordinary message, otherwise a notice.
    """

    message: str
    fields: dict[str, Field] = field(default_factory=dict[str, Field])
    ticket: TicketId | None = None
    post: PostId | None = None
    thread: EventId | None = None
    reply_to: EventId | None = None
    meant: tuple[UserId, ...] = ()
    moments: dict[str, datetime] = field(default_factory=dict[str, datetime])


@dataclass(frozen=True, slots=True)
class Say(RoomEffect):
    """Say a text that is worded already: the answer to a command, put where the command came from.

    `quotes` are the tickets whose citizens' words are in it: it is redacted when they delete them.
    """

    plain: str
    html: str
    thread: EventId | None = None
    reply_to: EventId | None = None
    quotes: tuple[TicketId, ...] = ()

    @property
    def quoted_tickets(self) -> tuple[TicketId, ...]:
        """As it says."""
        return self.quotes

    def without_words(self) -> "Say":
        """Without any text."""
        return replace(self, plain="", html="")


@dataclass(frozen=True, slots=True)
class Ask(RoomEffect):
    """Ask something that a tap answers, in the thread of `ticket` if there is one.

    `choices` are the emoji to tap and, for each, the command line (without prefix) that the tap stands for: it is
    carried out as if whoever tapped had typed it. An empty line only settles the question. `message`, `fields`, `meant`
    and `post` are as in `Tell`. With `readers`, everybody in that room is named behind it: they are who would read
    along. `moments` are what choices stand for, by emoji: `{candidates}` in the message names them. `reminder` is there
    where the clock asks: like `Remind`, that is said in opening hours, and not once it is dealt with.
    """

    message: str
    fields: dict[str, Field]
    choices: dict[str, str]
    ticket: TicketId | None = None
    thread: EventId | None = None
    reply_to: EventId | None = None
    readers: Place | None = None
    post: PostId | None = None
    moments: dict[str, datetime] = field(default_factory=dict[str, datetime])
    meant: tuple[UserId, ...] = ()
    reminder: Reminder | None = None


@dataclass(frozen=True, slots=True)
class Remind(RoomEffect):
    """Remind a room of what is promised: in the thread of `ticket`, or in the room, of several at once.

    `meant` is as in `Tell`. What is dealt with by then is not said.
    """

    reminders: tuple[Reminder, ...]
    ticket: TicketId | None = None
    meant: tuple[UserId, ...] = ()

    @property
    def gathered_as(self) -> str:
        """What reminders that come in several transactions wait under to become one message."""
        return f"remind {self.place}"

    @property
    def is_full(self) -> bool:
        """Whether it is long enough: what follows is said in another message."""
        return len(self.reminders) >= _MOST_GATHERED

    def added_to(self, waiting: Effect) -> "Remind":
        """These reminders behind those that wait."""
        if not isinstance(waiting, Remind):
            raise TypeError(type(waiting).__name__)
        people = tuple(dict.fromkeys((*waiting.meant, *self.meant)))
        return replace(waiting, reminders=(*waiting.reminders, *self.reminders), meant=people)


@dataclass(frozen=True, slots=True)
class ShowSettled(RoomEffect):
    """Show that the question in `event` is answered: what was tapped and by whom. Its emoji are taken away.

    `message` and `fields` are the question's.
    """

    event: EventId
    key: str
    who: str
    message: str
    fields: dict[str, Field] = field(default_factory=dict[str, Field])


@dataclass(frozen=True, slots=True)
class React(RoomEffect):
    """React to an event: an acknowledgement that takes no line, or a button to tap."""

    event: EventId
    key: str


@dataclass(frozen=True, slots=True)
class Redact(RoomEffect):
    """Take away a message of our own."""

    event: EventId
