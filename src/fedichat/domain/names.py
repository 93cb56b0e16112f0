"""Ids and names that everything shares, each a type of its own so that they cannot be mixed up."""

import unicodedata
from typing import NewType

_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})

TicketId = NewType("TicketId", int)
"""A ticket's number, counted through over all accounts: `#42`."""

PostId = NewType("PostId", int)
"""A post's number: `P7`."""

SeriesId = NewType("SeriesId", int)
"""A series' number: posts that come again and again."""

RoomId = NewType("RoomId", str)
"""`!opaque:server`, or `!opaque` since room version 12."""

EventId = NewType("EventId", str)
"""A Matrix event's id."""

UserId = NewType("UserId", str)
"""A Matrix user: `@name:server`."""

Place = NewType("Place", str)
"""A configured room by its role: `team/bsi`, `direct/bsi`, `department/krypto`, `supervisors`.

What is to be said is addressed to a place, so that it can be recorded before the room is known or joined.
"""

SUPERVISORS = Place("supervisors")
FORMER = "former/"
"""What the name of a `former_place` begins with."""


def team_place(account: str) -> Place:
    """The team room of an account."""
    return Place(f"team/{account}")


def direct_place(account: str) -> Place:
    """The room for direct mentions of an account."""
    return Place(f"direct/{account}")


def department_place(department: str) -> Place:
    """The room of a department, by its name in the configuration."""
    return Place(f"department/{department}")


def is_direct(place: Place) -> bool:
    """Whether it is a room for direct mentions: what is there appears nowhere else."""
    return place.startswith("direct/")


def is_department(place: Place) -> bool:
    """Whether it is a department's room: read, discuss, propose; never publish."""
    return place.startswith("department/")


def former_place(room: RoomId) -> Place:
    """A room that stood for a place once: what was said there is still to be taken away when a citizen deletes it."""
    return Place(f"{FORMER}{room}")


def former_room(place: Place) -> RoomId | None:
    """The room, of a `former_place`; None for others."""
    return RoomId(place.removeprefix(FORMER)) if place.startswith(FORMER) else None


def folded(name: str) -> str:
    """A name as it is compared and sorted: no case, umlauts spelled out."""
    # Some keyboards type ü as u and a separate diaeresis.
    return unicodedata.normalize("NFC", name).casefold().translate(_UMLAUTS)


def localpart(user: UserId) -> str:
    """`@ana:example.org` as people say it: `ana`."""
    return user.removeprefix("@").partition(":")[0]
