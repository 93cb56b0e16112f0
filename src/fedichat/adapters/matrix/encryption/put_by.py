"""Keeps letters that may make sense in a moment: from people, devices and rooms that we do not know yet."""

from collections import Counter, deque
from dataclasses import dataclass
from datetime import datetime, timedelta

from fedichat.adapters.matrix.encryption.letters import Letter
from fedichat.adapters.matrix.events import Json

_MOST, _MOST_OF_ONE, _LONGEST = 500, 50, timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A letter, opened or not, and since when it waits."""

    event: Json | Letter
    sender: str
    at: datetime


class PutBy:
    """Bounded in number and time. People in our rooms and strangers have places apart.

    So however many accounts strangers have, they push out no letter of a colleague.
    """

    def __init__(self) -> None:
        self._kept: dict[bool, deque[Waiting]] = {True: deque(), False: deque()}
        self._of_one: Counter[str] = Counter()

    def add(self, one: Waiting, *, is_of_ours: bool) -> None:
        """Keep a letter. If there are too many, the oldest is dropped; if too many of one sender, this one."""
        if self._of_one[one.sender] >= _MOST_OF_ONE:
            return
        kept = self._kept[is_of_ours]
        kept.append(one)
        self._of_one[one.sender] += 1
        if len(kept) > _MOST:
            self._of_one[kept.popleft().sender] -= 1

    def take_all(self, now: datetime) -> list[Waiting]:
        """Everything that waits and has not waited too long; the list is empty afterwards."""
        waiting = [one for kept in self._kept.values() for one in kept if now - one.at < _LONGEST]
        for kept in self._kept.values():
            kept.clear()
        self._of_one.clear()
        return waiting
