"""Effects that show in rooms what belongs to a ticket."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import ClassVar

from fedichat.domain.effects.base import RoomEffect, StatusEffect
from fedichat.domain.names import EventId, PostId, TicketId


@dataclass(frozen=True, slots=True)
class ShowCard(RoomEffect):
    """Post the ticket's card, or bring the one that is there up to date; not before that moment, if one is given."""

    ticket: TicketId
    not_before: datetime | None = field(default=None, compare=False)

    reads_words_again: ClassVar[bool] = True

    @property
    def waits_until(self) -> datetime | None:
        """As it says."""
        return self.not_before

    @property
    def same_as(self) -> str:
        """Several quick changes make one edit."""
        return f"card {self.ticket} {self.place}"

    @property
    def quoted_tickets(self) -> tuple[TicketId, ...]:
        """The one ticket: any of its statuses may be on the card."""
        return (self.ticket,)

    @property
    def goes_beside(self) -> TicketId:
        """A backlog is shown nearly as fast as the homeserver takes it."""
        return self.ticket


@dataclass(frozen=True, slots=True)
class ShowFollowUp(StatusEffect):
    """Show in the ticket's thread what the citizen wrote next; it wakes the claimant unless it `is_quiet`."""

    is_quiet: bool = False


@dataclass(frozen=True, slots=True)
class ShowEdited(StatusEffect):
    """Show in the ticket's thread what the citizen made of their words; `before` is what they had been."""

    before: str

    def without_words(self) -> "ShowEdited":
        """Without what they had been."""
        return replace(self, before="")


@dataclass(frozen=True, slots=True)
class ShowMedia(StatusEffect):
    """Show a media attachment of the citizen's status in the ticket's thread. `index` counts them from 0."""

    index: int


@dataclass(frozen=True, slots=True)
class ShowRemark(RoomEffect):
    """Show in this room's thread what a colleague said in another room's, or bring what is shown up to date."""

    ticket: TicketId
    remark: EventId


@dataclass(frozen=True, slots=True)
class ShowProposal(RoomEffect):
    """Show in the ticket's thread what somebody proposes as the answer, or bring what is shown up to date."""

    ticket: TicketId
    number: int


@dataclass(frozen=True, slots=True)
class ShowPublished(RoomEffect):
    """Show a department what was answered: the words and the link, in its thread."""

    ticket: TicketId
    post: PostId
