"""What citizens have made of their words is kept, and shown old and new wherever the old was."""

import logging
from dataclasses import replace
from datetime import datetime

from fedichat.desk.lookup import departments_of
from fedichat.desk.office import keep
from fedichat.desk.settings import Settings
from fedichat.domain.change import Change
from fedichat.domain.effects import Effect
from fedichat.domain.names import EventId, Place
from fedichat.domain.posts import outdating
from fedichat.domain.tickets import following as decide
from fedichat.domain.tickets.media import is_hidden_now
from fedichat.domain.tickets.mention import Status, StatusId
from fedichat.domain.tickets.ticket import Ticket
from fedichat.store import outbox, posts, tickets
from fedichat.store.database import Transaction

log = logging.getLogger(__name__)


def taken_in(tx: Transaction, settings: Settings, ticket: Ticket, status: Status, now: datetime) -> Change:
    """Keep a status of the ticket as it is now. Returns what follows for the ticket, which is still to be kept.

    What makes no difference to readers is not mentioned.
    """
    mention = tickets.find_mention(tx, ticket.account, status.id)
    if mention is None or mention.status == status:
        return Change()
    tickets.update_mention(tx, ticket.account, status)
    was, mirroring = mention.status, settings.mirroring
    hidden = _forgotten_media(tx, ticket, status) if is_hidden_now(was, status, mirroring) else []
    there = departments_of(tx, ticket.id)
    change = decide.edited(ticket, was, status, there, hidden, mirroring, now, settings.promises)
    if change.entries:
        log.info("question-edited ticket=%d", ticket.id)
    return change


def _forgotten_media(tx: Transaction, ticket: Ticket, status: Status) -> list[tuple[Place, EventId]]:
    """The messages of ours that show the status's media, which will be redacted."""
    shown = [(one.place, one.event) for one in outbox.media_shown(tx, ticket.id) if one.status == status.id]
    outbox.forget_quotations(tx, [event for _, event in shown])
    return shown


def outdate_draft(
    tx: Transaction, ticket: Ticket, status: Status | None, now: datetime, *, gone: StatusId | None = None
) -> tuple[Effect, ...]:
    """The citizen edited `status`, or deleted the one that is `gone`: a draft for that ticket needs a fresh look.

    Keeps the draft as that, with its history, and returns what must be shown.
    """
    change = outdating.outdate_drafts(ticket, posts.pending_of(tx, ticket.id), status, now, gone=gone)
    keep(tx, replace(change, effects=()))
    return change.effects
