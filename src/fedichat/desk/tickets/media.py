"""Citizens' media in the rooms: shown at once, or, where they are marked as sensitive, when somebody asks for them."""

from collections.abc import Collection, Sequence

from fedichat.desk.lookup import the_ticket
from fedichat.desk.office import Service, take_up, write
from fedichat.desk.settings import Settings
from fedichat.domain.cause import Cause
from fedichat.domain.effects import Ask, Effect, Redact, ShowMedia
from fedichat.domain.names import Place, TicketId
from fedichat.domain.phrase import Field, mark
from fedichat.domain.tickets.mention import Media, Status
from fedichat.errors import Refusal
from fedichat.store import outbox, tickets
from fedichat.store.database import Transaction

SHOW = "🖼️"


class HiddenMedia(Service):
    """What is hidden until somebody taps."""

    @write
    def show_hidden(self, tx: Transaction, cause: Cause, number: TicketId) -> None:
        """Show the media of a ticket that are marked as sensitive, in its thread in that room."""
        ticket = the_ticket(tx, number, cause.place)
        take_up(tx, cause, self.clock.now())
        if outbox.card_of(tx, number, cause.place) is None:
            raise Refusal("#{ticket} has no thread in this room. Its pictures are shown in its own.", ticket=number)
        shown = outbox.media_shown(tx, number)
        there = {(one.place, one.status) for one in shown}
        hidden = [
            effect
            for mention in tickets.mentions_of(tx, ticket.id)
            if mention.status.hides_media and (cause.place, mention.status.id) not in there
            for effect in _each(cause.place, number, mention.status, self.settings)
        ]
        if not hidden:
            raise Refusal(
                "Nothing of #{ticket} is hidden here: see its thread, and the links on its card.", ticket=number
            )
        outbox.add_effects(tx, hidden)


def media_shown(
    place: Place, ticket: TicketId, status: Status, settings: Settings, known: Collection[Media] = ()
) -> list[Effect]:
    """Show the media of a status that are not known yet; of what is marked as sensitive only that it is there."""
    new = [one for one in _each(place, ticket, status, settings) if status.media[one.index] not in known]
    if not new or not status.hides_media or settings.shows_sensitive:
        return [*new]
    message = mark("⚠️ A file of #{ticket} is marked as sensitive. 🖼️ shows it here.")
    if len(new) > 1:
        message = mark("⚠️ {count} files of #{ticket} are marked as sensitive. 🖼️ shows them here.")
    fields: dict[str, Field] = {"ticket": ticket, "count": len(new)}
    return [Ask(place, message, fields, {SHOW: f"media #{ticket}"}, ticket=ticket)]


def hidden_again(
    tx: Transaction, ticket: TicketId, before: Status, status: Status, settings: Settings
) -> Sequence[Effect]:
    """What was shown openly and is marked as sensitive now is taken away again, and can be asked for."""
    if before.hides_media or not status.hides_media or settings.shows_sensitive:
        return ()
    shown = [one for one in outbox.media_shown(tx, ticket) if one.status == status.id]
    outbox.forget_quotations(tx, [one.event for one in shown])
    offered: list[Effect] = []
    for place in dict.fromkeys(one.place for one in shown):
        offered += media_shown(place, ticket, status, settings)
    return [*(Redact(one.place, one.event) for one in shown), *offered]


def _each(place: Place, ticket: TicketId, status: Status, settings: Settings) -> list[ShowMedia]:
    return [
        ShowMedia(place, ticket, status.id, index)
        for index, media in enumerate(status.media)
        if media.kind in settings.mirrored_media
    ]
