"""What must follow a decision: recorded with it in one transaction, carried out afterwards by delivery.

Every effect can be repeated safely, and what it shows is read anew when it is carried out, so that a late one
shows the present. Effects of one lane are carried out in order, lanes side by side.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from fedichat.domain.names import EventId, Place, PostId, TicketId, UserId
from fedichat.domain.phrase import Field as Field
from fedichat.domain.reporting import ReportKind
from fedichat.domain.tickets.mention import StatusId
from fedichat.domain.time.period import Period
from fedichat.domain.time.sla import Reminder


class Queue(StrEnum):
    """In which of an account's queues something waits to be published: none of them holds up another."""

    ANSWERS = "account"
    PLANNED = "planned"
    CRISIS = "crisis"
    """Here each warning has a queue of its own, which ends with its pin: they do not hold up each other either."""
    AHEAD = "ahead"
    """What is done for planned posts before their time."""


@dataclass(frozen=True, slots=True)
class ShowCard:
    """Post the ticket's card, or bring the one that is there up to date; not before that moment, if one is given."""

    place: Place
    ticket: TicketId
    not_before: datetime | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class ShowFollowUp:
    """Show in the ticket's thread what the citizen wrote next; it wakes the claimant unless it `is_quiet`."""

    place: Place
    ticket: TicketId
    status: StatusId
    is_quiet: bool = False


@dataclass(frozen=True, slots=True)
class ShowEdited:
    """Show in the ticket's thread what the citizen made of their words; `before` is what they had been."""

    place: Place
    ticket: TicketId
    status: StatusId
    before: str


@dataclass(frozen=True, slots=True)
class ShowMedia:
    """Show a media attachment of the citizen's status in the ticket's thread. `index` counts them from 0."""

    place: Place
    ticket: TicketId
    status: StatusId
    index: int


@dataclass(frozen=True, slots=True)
class ShowRemark:
    """Show in this room's thread what a colleague said in another room's, or bring what is shown up to date."""

    place: Place
    ticket: TicketId
    remark: EventId


@dataclass(frozen=True, slots=True)
class ShowProposal:
    """Show in the ticket's thread what somebody proposes as the answer, or bring what is shown up to date."""

    place: Place
    ticket: TicketId
    number: int


@dataclass(frozen=True, slots=True)
class ShowPublished:
    """Show a department what was answered: the words and the link, in its thread."""

    place: Place
    ticket: TicketId
    post: PostId


@dataclass(frozen=True, slots=True)
class ShowPreview:
    """Show that revision of a post as it would be published, with ✅ and ❌ to tap, or bring what is shown up to date.

    What is settled (published, withdrawn, replaced by a later revision) says so, and loses its ✅ and ❌.
    """

    place: Place
    post: PostId
    revision: int


def late_timer(post: PostId | None = None) -> str:
    """The timer that fires when a post should be out; without a post, what the names of all such timers begin with."""
    return f"late {post}" if post is not None else "late "


@dataclass(frozen=True, slots=True)
class Tell:
    """Say something, in the thread of `ticket` if there is one.

    `message` is a message id of the catalogues with `{fields}`; it is put into the room's language when it is said.
    `moments` are further fields, shown on the office's clock. With a `post` that has no ticket, it goes into that one's
    thread. `meant` are the people whom it should wake: then it is an ordinary message, otherwise a notice.
    """

    place: Place
    message: str
    fields: dict[str, Field] = field(default_factory=dict[str, Field])
    ticket: TicketId | None = None
    post: PostId | None = None
    thread: EventId | None = None
    reply_to: EventId | None = None
    meant: tuple[UserId, ...] = ()
    moments: dict[str, datetime] = field(default_factory=dict[str, datetime])


@dataclass(frozen=True, slots=True)
class Say:
    """Say a text that is worded already: the answer to a command, put where the command came from.

    `quotes` are the tickets whose citizens' words are in it: it is redacted when they delete them.
    """

    place: Place
    plain: str
    html: str
    thread: EventId | None = None
    reply_to: EventId | None = None
    quotes: tuple[TicketId, ...] = ()


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask something that a tap answers, in the thread of `ticket` if there is one.

    `choices` are the emoji to tap and, for each, the command line (without prefix) that the tap stands for: it is
    carried out as if whoever tapped had typed it. An empty line only settles the question. `message`, `fields`, `meant`
    and `post` are as in `Tell`. With `readers`, everybody in that room is named behind it: they are who would read
    along. `moments` are what choices stand for, by emoji: `{candidates}` in the message names them. `reminder` is there
    where the clock asks: like `Remind`, that is said in opening hours, and not once it is dealt with.
    """

    place: Place
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
class Remind:
    """Remind a room of what is promised: in the thread of `ticket`, or in the room, of several at once.

    `meant` is as in `Tell`. What is dealt with by then is not said.
    """

    place: Place
    reminders: tuple[Reminder, ...]
    ticket: TicketId | None = None
    meant: tuple[UserId, ...] = ()


@dataclass(frozen=True, slots=True)
class ShowSettled:
    """Show that the question in `event` is answered: what was tapped and by whom. Its emoji are taken away.

    `message` and `fields` are the question's.
    """

    place: Place
    event: EventId
    key: str
    who: str
    message: str
    fields: dict[str, Field] = field(default_factory=dict[str, Field])


@dataclass(frozen=True, slots=True)
class React:
    """React to an event: an acknowledgement that takes no line, or a button to tap."""

    place: Place
    event: EventId
    key: str


@dataclass(frozen=True, slots=True)
class Redact:
    """Take away a message of our own."""

    place: Place
    event: EventId


@dataclass(frozen=True, slots=True)
class ShowDigest:
    """Show the figures of a period; of one that comes by itself, `due_at` is when it should have come."""

    place: Place
    period: Period
    kind: ReportKind | None = None
    due_at: datetime | None = None
    thread: EventId | None = None
    reply_to: EventId | None = None


@dataclass(frozen=True, slots=True)
class ShowChart:
    """Show a picture of the last working days before that day."""

    place: Place
    before: date
    thread: EventId | None = None


@dataclass(frozen=True, slots=True)
class ShowHandover:
    """Tell a room that the duty has passed on, and what waits; whoever has it now is meant. `number`: the handover."""

    place: Place
    number: int


@dataclass(frozen=True, slots=True)
class Publish:
    """Publish a confirmed post; not before the moment until which it can be taken back.

    It counts only as long as the post still waits for that very moment: a later confirmation has an effect of its own.
    """

    account: str
    post: PostId
    not_before: datetime
    queue: Queue = Queue.ANSWERS


@dataclass(frozen=True, slots=True)
class Prepare:
    """Bring a scheduled post's files to the instance ahead of its time, and see whether it will be taken."""

    account: str
    post: PostId
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Pin:
    """Pin what a post became to the account's profile."""

    account: str
    post: PostId


@dataclass(frozen=True, slots=True)
class Discard:
    """Delete an upload that no status will have from the instance."""

    account: str
    media: str


@dataclass(frozen=True, slots=True)
class ShowMissed:
    """Ask in a room what is to become of the planned posts whose moment has passed without them."""

    place: Place


Effect = (
    ShowCard
    | ShowFollowUp
    | ShowEdited
    | ShowMedia
    | ShowRemark
    | ShowProposal
    | ShowPublished
    | ShowPreview
    | Tell
    | Say
    | Ask
    | Remind
    | ShowSettled
    | React
    | Redact
    | ShowDigest
    | ShowChart
    | ShowHandover
    | Publish
    | Prepare
    | Pin
    | Discard
    | ShowMissed
)


def lane_of(effect: Effect) -> str:
    """The queue in which the effect waits its turn: a room's or an account's."""
    match effect:
        case Publish() if effect.queue is not Queue.CRISIS:
            return _lane(effect.queue, effect.account)
        case Publish() | Pin():
            return f"{_lane(Queue.CRISIS, effect.account)}/{effect.post}"
        case Prepare() | Discard():
            return _lane(Queue.AHEAD, effect.account)
        case _:
            return effect.place


def account_lanes(account: str) -> frozenset[str]:
    """The queues in which what an account publishes waits; those of its warnings begin with one of these."""
    return frozenset(_lane(queue, account) for queue in Queue)


def _lane(queue: Queue, account: str) -> str:
    return f"{queue.value}/{account}"
