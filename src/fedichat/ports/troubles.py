"""What can be wrong with rooms and keys, and where the adapter of the rooms keeps what must outlive the process."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from fedichat.domain.names import RoomId, UserId


class Trouble(StrEnum):
    """What can be wrong with the room that a configured name stands for."""

    ELSEWHERE = "elsewhere"
    """Its alias now leads to another room."""
    NOT_INVITED = "not invited"
    """It was replaced, and we cannot join the new one."""
    ALIAS_STAYS = "alias stays"
    """It was replaced, and its alias does not lead to the new one."""
    REFUSED = "refused"
    """It was replaced by a room that cannot be trusted."""


@dataclass(frozen=True, slots=True)
class RoomTrouble:
    """What is wrong with a configured room. `room` is the one that counts, `other` the one that does not.

    `reason` is for the operator.
    """

    kind: Trouble
    room: RoomId
    other: RoomId
    reason: str

    @property
    def can_be_accepted(self) -> bool:
        """Whether the operator may declare the other room to be the right one: there must be one."""
        return self.other.startswith("!")


class KeyTrouble(StrEnum):
    """What can be wrong with somebody's keys in encrypted rooms."""

    RESET = "reset"
    """Their cross-signing keys have changed: the person who signs with the new ones may be somebody else."""
    UNFIT = "unfit"
    """A device has published keys that cannot be used: it can read nothing."""


class RoomBook(Protocol):
    """Remembers which room each configured name (an alias or an id) stands for, and is notified of trouble."""

    async def known(self) -> Mapping[str, RoomId]:
        """The room of each name that was ever entered, or that the operator has accepted."""
        ...

    async def enter(self, name: str, room: RoomId) -> None:
        """From now on the name stands for that room; a repeat changes nothing."""
        ...

    async def in_trouble(self, name: str, trouble: RoomTrouble) -> None:
        """Something is wrong with the room, or something else than before."""
        ...

    async def doors_changed(self) -> None:
        """Who can join or read a room may have changed."""
        ...

    async def keys_in_trouble(self, user: UserId, trouble: KeyTrouble, device: str) -> None:
        """Something is wrong with the keys of somebody in our rooms; `device` is named if it is about one device."""
        ...


class StepBook(Protocol):
    """Remembers how far the encryption keys of our device have come, separately from the keys themselves."""

    async def key_steps(self, fingerprint: str) -> int:
        """The most steps that these keys are known to have made; 0 if nothing is known."""
        ...

    async def keep_key_steps(self, fingerprint: str, steps: int) -> None:
        """They have made this many; fewer than are known changes nothing."""
        ...
