"""What colleagues say in a ticket's thread: words and files, not commands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from fedichat.domain.change import Change
from fedichat.domain.effects import Effect, React, ShowRemark
from fedichat.domain.names import EventId, Place, PostId, TicketId, UserId

FILE = "📎"
"""How the bot says that it has taken note of a file; the file's number follows."""


@dataclass(frozen=True, slots=True)
class SharedFile:
    """A file in a room. `url` is its `mxc://` address; `key` is Matrix's EncryptedFile where the room is encrypted.

    `size` is in bytes, `width` and `height` in pixels; what the client did not say is None.
    """

    name: str
    mimetype: str
    url: str
    size: int | None = None
    width: int | None = None
    height: int | None = None
    key: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class Remark:
    """What somebody said in a ticket's thread. `event` is their message, `place` the room in which they said it.

    A file for a planned post belongs to that `post` and to no ticket.

    Its copies in the other rooms of the ticket follow it. `file_number` counts the ticket's files, from 1: by it
    an answer names what it takes along. `is_gone`: it was redacted, and so `text` is empty.
    """

    event: EventId
    ticket: TicketId | None
    place: Place
    sender: UserId
    text: str
    said_at: datetime
    file: SharedFile | None = None
    file_number: int | None = None
    is_gone: bool = False
    post: PostId | None = None


def heard(remark: Remark, others: Sequence[Place]) -> Change:
    """A remark is shown in the ticket's other rooms; of a file, its own room hears the number."""
    shown: list[Effect] = [*shown_in(others, remark)]
    if remark.file_number is not None:
        shown.append(React(remark.place, remark.event, f"{FILE}{remark.file_number}"))
    return Change(effects=tuple(shown))


def shown_in(rooms: Sequence[Place], remark: Remark) -> list[ShowRemark]:
    """Show the remark as it is now in these rooms, but not in the one where it was made."""
    if remark.ticket is None:
        return []
    return [ShowRemark(place, remark.ticket, remark.event) for place in rooms if place != remark.place]


def redacted(remark: Remark) -> Remark:
    """The remark after it was taken away: nothing is kept of it but that it was there."""
    return replace(remark, text="", file=None, is_gone=True)
