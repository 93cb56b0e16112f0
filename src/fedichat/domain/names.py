"""Ids and names that everything shares, each a type of its own so that they cannot be mixed up."""

from typing import NewType

TicketId = NewType("TicketId", int)
"""A ticket's number, counted through over all accounts: `#42`."""

PostId = NewType("PostId", int)
"""A post's number: `P7`."""

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


def team_place(account: str) -> Place:
    """The team room of an account."""
    return Place(f"team/{account}")


def direct_place(account: str) -> Place:
    """The room for direct mentions of an account."""
    return Place(f"direct/{account}")


def localpart(user: UserId) -> str:
    """`@ana:example.org` as people say it: `ana`."""
    return user.removeprefix("@").partition(":")[0]
