"""How far we have heard what was said, and where our own messages are in that order."""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import TypeVar

from fedichat.ports import EventId

V = TypeVar("V")

_REMEMBERED = 5_000


@dataclass(slots=True)
class Answer:
    """The answer to one sync. `open` counts the parts that are not dealt with yet; handing it out is one of them."""

    number: int
    token: str
    open: int = 1


@dataclass(slots=True)
class Progress:
    """Counts the asks of the sync loop, the answers, and what is left of these to be heard.

    Asks are numbered from 1. Whoever needs to know that everything said so far has been heard takes a `mark`: the ask
    after it finds nothing older left at the homeserver.
    """

    asked: int = 0
    answered: int = 0
    heard: int = 0
    gaps: set[str] = field(default_factory=set[str])
    """The rooms of which the homeserver does not hand out what it says there is."""
    is_failing: bool = False
    """Whether the last ask brought no answer: what is being dealt with may wait for the homeserver as well."""
    wanted: asyncio.Event = field(default_factory=asyncio.Event)
    """Set while somebody waits for the next ask: a long one under way is not waited for."""
    _answers: deque[Answer] = field(default_factory=deque[Answer])
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def begin_again(self) -> None:
        """What was handed out and not dealt with is asked for again, from the token that was kept last."""
        self._answers.clear()
        self.gaps.clear()

    def ask(self) -> int:
        """The number of the ask that begins now."""
        self.asked += 1
        self.wanted.clear()
        return self.asked

    def no_answer(self) -> None:
        """The ask under way has failed."""
        self.is_failing = True

    def answer(self, number: int, token: str) -> Answer:
        """The ask of that number is answered; `token` is where the next one goes on."""
        self.answered, self.is_failing = number, False
        answer = Answer(number, token)
        self._answers.append(answer)
        return answer

    def dealt_with(self, answer: Answer) -> str | None:
        """One thing less is open in that answer. Returns the token up to which all is heard now, if that is news."""
        answer.open -= 1
        token = None
        while self._answers and not self._answers[0].open:
            done = self._answers.popleft()
            self.heard, token = done.number, done.token
        if token is not None:
            self._news.set()
            self._news = asyncio.Event()
        return token

    async def until_heard(self, number: int) -> None:
        """Wait until all that the ask of that number and those before it brought is dealt with."""
        while self.heard < number:
            await self._news.wait()

    def mark(self) -> "Mark":
        """A mark at this moment."""
        self.wanted.set()
        return Mark(self, self.asked + 1)


@dataclass(frozen=True, slots=True)
class Mark:
    """Fulfils `fedichat.ports.Mark`."""

    progress: Progress
    number: int

    @property
    def is_cut_off(self) -> bool:
        """Whether the homeserver owes us what was said before the mark, or something to deal with it."""
        progress = self.progress
        return progress.answered < self.number or progress.is_failing or bool(progress.gaps)

    @property
    def answers(self) -> int:
        """The number of the ask that was answered last."""
        return self.progress.answered

    async def heard(self) -> None:
        """Wait until everything said before the mark is dealt with."""
        await self.progress.until_heard(self.number)


@dataclass(slots=True)
class Order:
    """Where in a room's order our own messages stand, beside what people say there.

    Positions count up as events come along, room by room in the room's order. A message of ours that is known and
    whose place has not come along yet is ahead of all that has.
    """

    _position: int = 0
    _ahead: dict[EventId, None] = field(default_factory=dict[EventId, None])
    _passed: dict[EventId, int] = field(default_factory=dict[EventId, int])

    def next(self) -> int:
        """The position of the event that comes along now."""
        self._position += 1
        return self._position

    def sent(self, event: EventId) -> None:
        """A message of ours exists; its place in the order may have come along before we knew."""
        if event not in self._passed:
            _remember(self._ahead, event, None)

    def passed(self, event: EventId) -> None:
        """The place of a message of ours comes along."""
        self._ahead.pop(event, None)
        _remember(self._passed, event, self.next())

    def is_later(self, event: EventId, position: int) -> bool:
        """Whether a message of ours came into the room after what has that position there.

        One from before the last start has come along before everything.
        """
        return event in self._ahead or self._passed.get(event, 0) > position


def _remember(known: dict[EventId, V], event: EventId, value: V) -> None:
    known[event] = value
    if len(known) > _REMEMBERED:
        known.pop(next(iter(known)))
