"""Citizens' media in the rooms: shown at once, or, where they are marked as sensitive, when somebody asks for them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from fedichat.domain.change import Change
from fedichat.domain.effects import Ask, Effect, Redact, ShowMedia
from fedichat.domain.names import EventId, Place, TicketId
from fedichat.domain.phrase import Field, mark
from fedichat.domain.tickets.mention import Media, Status, StatusId
from fedichat.errors import Refusal

SHOW = "🖼️"


@dataclass(frozen=True, slots=True)
class Mirroring:
    """What the office shows of citizens' media in its rooms: which kinds, and whether sensitive ones without a tap."""

    kinds: frozenset[str] = frozenset({"image"})
    shows_sensitive: bool = False

    def hides(self, status: Status) -> bool:
        """Whether the media of a status are shown only when somebody asks for them."""
        return status.hides_media and not self.shows_sensitive


def media_of(place: Place, ticket: TicketId, status: Status, mirroring: Mirroring) -> list[ShowMedia]:
    """Show all media of a status that the office mirrors, also what is marked as sensitive."""
    return [
        ShowMedia(place, ticket, status.id, index)
        for index, media in enumerate(status.media)
        if media.kind in mirroring.kinds
    ]


def media_shown(
    place: Place, ticket: TicketId, status: Status, mirroring: Mirroring, known: Collection[Media] = ()
) -> list[Effect]:
    """Show the media of a status that are not known yet; of what is marked as sensitive only that it is there."""
    new = [one for one in media_of(place, ticket, status, mirroring) if status.media[one.index] not in known]
    if not new or not mirroring.hides(status):
        return [*new]
    message = mark("⚠️ A file of #{ticket} is marked as sensitive. 🖼️ shows it here.")
    if len(new) > 1:
        message = mark("⚠️ {count} files of #{ticket} are marked as sensitive. 🖼️ shows them here.")
    fields: dict[str, Field] = {"ticket": ticket, "count": len(new)}
    return [Ask(place, message, fields, {SHOW: f"media #{ticket}"}, ticket=ticket)]


def is_hidden_now(before: Status, status: Status, mirroring: Mirroring) -> bool:
    """Whether what was shown openly has been marked as sensitive since."""
    return mirroring.hides(status) and not before.hides_media


def hidden_again(
    ticket: TicketId, status: Status, shown: Sequence[tuple[Place, EventId]], mirroring: Mirroring
) -> list[Effect]:
    """Take away what was shown openly, in these messages, and offer it to whoever asks."""
    offered: list[Effect] = []
    for place in dict.fromkeys(place for place, _ in shown):
        offered += media_shown(place, ticket, status, mirroring)
    return [*(Redact(place, event) for place, event in shown), *offered]


def show_hidden(
    ticket: TicketId, place: Place, written: Sequence[Status], there: Collection[StatusId], mirroring: Mirroring
) -> Change:
    """Show in that room what is marked as sensitive of all that was `written` in a ticket.

    `there` are the statuses whose media that room has already. Refuses where nothing is hidden.
    """
    hidden = [
        effect
        for status in written
        if status.hides_media and status.id not in there
        for effect in media_of(place, ticket, status, mirroring)
    ]
    if not hidden:
        raise Refusal("Nothing of #{ticket} is hidden here: see its thread, and the links on its card.", ticket=ticket)
    return Change(effects=tuple(hidden))
