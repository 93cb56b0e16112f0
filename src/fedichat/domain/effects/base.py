"""What every effect says about itself: where it waits, what makes a second one superfluous, whose words it shows."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Self

from fedichat.domain.names import Place, TicketId
from fedichat.domain.tickets.mention import StatusId


class Effect:
    """Something that must follow a decision.

    The outbox and delivery know no effect by name: all they go by are the facts below. A class says what differs.
    """

    __slots__ = ()

    reads_words_again: ClassVar[bool] = False
    """What it shows is read when it is carried out: it may stay in the outbox when a citizen deletes their words."""

    @property
    def lane(self) -> str:
        """The queue in which it waits its turn: a room's or an account's."""
        raise NotImplementedError

    @property
    def same_as(self) -> str | None:
        """While an effect with the same words waits and has not begun, a second one is superfluous."""
        return None

    @property
    def waits_until(self) -> datetime | None:
        """The moment before which it is not carried out."""
        return None

    @property
    def quoted_tickets(self) -> tuple[TicketId, ...]:
        """The tickets whose citizens' words it shows; at most one where it has `same_as`."""
        return ()

    @property
    def quoted_status(self) -> StatusId | None:
        """The one status whose words it shows; None where it may show any in `quoted_tickets`."""
        return None

    @property
    def goes_beside(self) -> TicketId | None:
        """The ticket whose effects it must not overtake; it may be under way beside neighbours of other tickets.

        None: it waits until all in front of it is recorded, since it may build on what that has become.
        """
        return None

    def without_words(self) -> Self:
        """The same without citizens' words, to be kept while it is under way."""
        return self


@dataclass(frozen=True, slots=True)
class RoomEffect(Effect):
    """Something that is done in a room."""

    place: Place

    @property
    def lane(self) -> str:
        """The room's queue."""
        return self.place


@dataclass(frozen=True, slots=True)
class StatusEffect(RoomEffect):
    """Something that shows one status of a citizen in the ticket's thread."""

    ticket: TicketId
    status: StatusId

    @property
    def quoted_tickets(self) -> tuple[TicketId, ...]:
        """The one ticket."""
        return (self.ticket,)

    @property
    def quoted_status(self) -> StatusId | None:
        """The one status."""
        return self.status


class Queue(StrEnum):
    """In which of an account's queues something waits to be published: none of them holds up another."""

    ANSWERS = "account"
    PLANNED = "planned"
    CRISIS = "crisis"
    """Here each warning has a queue of its own, which ends with its pin: they do not hold up each other either."""
    AHEAD = "ahead"
    """What is done for planned posts before their time."""


@dataclass(frozen=True, slots=True)
class AccountEffect(Effect):
    """Something that is done at an account's instance."""

    account: str


def lane_at(queue: Queue, account: str) -> str:
    """The name of one of an account's queues."""
    return f"{queue.value}/{account}"


def account_lanes(account: str) -> frozenset[str]:
    """The queues in which what an account publishes waits; those of its warnings begin with one of these."""
    return frozenset(lane_at(queue, account) for queue in Queue)
