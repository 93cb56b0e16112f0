"""Whether strangers can get into a room, or read it from outside.

Rules are those of the Matrix client-server API: m.room.join_rules, m.room.history_visibility, m.room.guest_access.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from fedichat.domain.names import UserId

_BY_INVITATION = frozenset({"invite", "private"})
_KNOCK = frozenset({"knock", "knock_restricted"})
_RESTRICTED = frozenset({"restricted", "knock_restricted"})


class Way(StrEnum):
    """A way in which strangers get into a room, or learn what is said there."""

    JOIN = "join"
    """Anybody may join without an invitation."""
    GUESTS = "guests"
    """So may guests, who have no account at all."""
    READ = "read"
    """Anybody may read it without joining."""
    FOREIGNERS = "foreigners"
    """People of homeservers that are not trusted are in it, or invited."""
    OTHER_ROOMS = "other rooms"
    """Members of some other rooms or spaces may join without an invitation."""
    KNOCK = "knock"
    """Anybody may ask to be let in."""


_ANYBODY = frozenset({Way.JOIN, Way.GUESTS, Way.READ})
OPEN = _ANYBODY | {Way.FOREIGNERS}
"""With one of these a room is open to strangers. The others only deserve a look: a member still decides."""


@dataclass(frozen=True, slots=True)
class Doors:
    """How a room may be entered and read. `people` are its members and those invited, without the bot itself."""

    join_rule: str = "invite"
    has_guests: bool = False
    history: str = "shared"
    people: frozenset[UserId] = frozenset()

    def foreigners(self, trusted: Collection[str]) -> list[UserId]:
        """Those of the `people` whose homeserver is not trusted, in order."""
        return sorted(user for user in self.people if user.partition(":")[2] not in trusted)

    def ways_in(self, trusted: Collection[str]) -> frozenset[Way]:
        """Every way in which strangers get in or read along. A join rule that is not known counts as open.

        Guest access alone opens nothing: clients allow it in every private room (`preset: private_chat`), and guests
        still need the invitation that the join rule asks for.
        """
        known = _BY_INVITATION | _KNOCK | _RESTRICTED
        anybody = self.join_rule not in known
        found = {
            Way.JOIN: anybody,
            Way.GUESTS: anybody and self.has_guests,
            Way.READ: self.history == "world_readable",
            Way.FOREIGNERS: bool(self.foreigners(trusted)),
            Way.OTHER_ROOMS: self.join_rule in _RESTRICTED,
            Way.KNOCK: self.join_rule in _KNOCK,
        }
        return frozenset(way for way, is_there in found.items() if is_there)

    @property
    def let_anybody_read(self) -> bool:
        """Whether there is no telling who reads it: unlike foreigners in it, whoever comes in has no name yet."""
        return bool(self.ways_in(()) & _ANYBODY)

    def is_open(self, trusted: Collection[str]) -> bool:
        """Whether strangers are in it, can come in, or can read it."""
        return bool(self.ways_in(trusted) & OPEN)
