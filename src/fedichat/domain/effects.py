"""What must follow a decision: recorded with it in one transaction, carried out afterwards by delivery.

Every effect can be repeated safely, and what it shows is read anew when it is carried out, so that a late one
shows the present. Effects of one lane are carried out in order, lanes side by side.
"""

from dataclasses import dataclass, field
from datetime import datetime

from fedichat.domain.mention import StatusId
from fedichat.domain.names import EventId, Place, PostId, TicketId, UserId

Field = str | int
"""What a text's `{field}` may be filled with."""


@dataclass(frozen=True, slots=True)
class ShowCard:
    """Post the ticket's card, or bring the one that is there up to date."""

    place: Place
    ticket: TicketId


@dataclass(frozen=True, slots=True)
class ShowFollowUp:
    """Show in the ticket's thread what the citizen wrote next."""

    place: Place
    ticket: TicketId
    status: StatusId


@dataclass(frozen=True, slots=True)
class ShowPreview:
    """Show that revision of a post as it would be published, with ✅ and ❌ to tap, or bring what is shown up to date.

    What is settled (published, withdrawn, replaced by a later revision) says so, and loses its ✅ and ❌.
    """

    place: Place
    post: PostId
    revision: int


@dataclass(frozen=True, slots=True)
class Tell:
    """Say something, in the thread of `ticket` if there is one.

    `message` is a message id of the catalogues with `{fields}`; it is put into the room's language when it is said.
    `meant` are the people whom it should wake: then it is an ordinary message, otherwise a notice.
    """

    place: Place
    message: str
    fields: dict[str, Field] = field(default_factory=dict[str, Field])
    ticket: TicketId | None = None
    thread: EventId | None = None
    reply_to: EventId | None = None
    meant: tuple[UserId, ...] = ()


@dataclass(frozen=True, slots=True)
class Say:
    """Say a text that is worded already: the answer to a command, put where the command came from."""

    place: Place
    plain: str
    html: str
    thread: EventId | None = None
    reply_to: EventId | None = None


@dataclass(frozen=True, slots=True)
class React:
    """React to an event: an acknowledgement that takes no line, or a button to tap."""

    place: Place
    event: EventId
    key: str


@dataclass(frozen=True, slots=True)
class Publish:
    """Publish a confirmed post; not before the moment until which it can be taken back.

    It counts only as long as the post still waits for that very moment: a later confirmation has an effect of its own.
    """

    account: str
    post: PostId
    not_before: datetime


Effect = ShowCard | ShowFollowUp | ShowPreview | Tell | Say | React | Publish


def lane_of(effect: Effect) -> str:
    """The queue in which the effect waits its turn: a room's or an account's."""
    return f"account/{effect.account}" if isinstance(effect, Publish) else effect.place
