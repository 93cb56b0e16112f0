"""What colleagues say in a ticket's thread: words and files, not commands."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from fedichat.domain.names import EventId, Place, PostId, TicketId, UserId


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
