"""What a citizen has made of their words is kept, and shown old and new wherever the old was."""

import logging
from datetime import datetime

from fedichat.desk.lookup import departments_of
from fedichat.desk.settings import Settings
from fedichat.desk.tickets.media import hidden_again, media_shown
from fedichat.domain.change import Change, entry
from fedichat.domain.effects import Effect, ShowEdited
from fedichat.domain.history import Step
from fedichat.domain.tickets.mention import Status
from fedichat.domain.tickets.ticket import Ticket, narrowed
from fedichat.store import tickets
from fedichat.store.database import Transaction

log = logging.getLogger(__name__)


def taken_in(tx: Transaction, settings: Settings, ticket: Ticket, status: Status, now: datetime) -> Change:
    """Keep a status of the ticket as it is now. Returns what follows for the ticket, which is still to be kept.

    What readers see no difference of is not told.
    """
    mention = tickets.find_mention(tx, ticket.account, status.id)
    if mention is None or mention.status == status:
        return Change()
    before = mention.status
    tickets.update_mention(tx, ticket.account, status)
    after = narrowed(ticket, status.visibility)
    if after is not ticket:
        after = settings.promises.kept_for(after)
    hidden = hidden_again(tx, after.id, before, status, settings)
    if status.shows_the_same_as(before):
        is_same = after is ticket and status.hides_media == before.hides_media
        return Change() if is_same else Change(after, effects=tuple(hidden))
    shown: list[Effect] = [*hidden]
    for place in (after.place, *departments_of(tx, after.id)):
        shown.append(ShowEdited(place, after.id, status.id, before.words))
        shown.extend(media_shown(place, after.id, status, settings, before.media))
    log.info("question-edited ticket=%d", after.id)
    return Change(after, entries=(entry(after, Step.QUESTION_EDITED, None, now),), effects=tuple(shown))
