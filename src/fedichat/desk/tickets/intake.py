"""What arrives from the fediverse becomes tickets."""

import logging
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime

from fedichat.desk.lookup import departments_of
from fedichat.desk.office import Service, keep, read, write
from fedichat.domain.names import Place, TicketId
from fedichat.domain.tickets import following as decide
from fedichat.domain.tickets.mention import Malformed, Mention, NotificationId, Status, StatusId
from fedichat.domain.tickets.ticket import Ticket, can_join, place_for, shown_above
from fedichat.domain.time.timer import Timer, TimerKind
from fedichat.store import inbox, posts, tickets, timers
from fedichat.store.database import Transaction

log = logging.getLogger(__name__)

_AT_ONCE = 5
"""How many mentions are taken in one transaction: of a backlog, others would wait for a whole page."""


@dataclass(frozen=True, slots=True)
class KnownIds:
    """Notifications that have been `taken`; of these the `unpolled` ones were brought by the stream alone so far."""

    taken: AbstractSet[NotificationId]
    unpolled: AbstractSet[NotificationId]


class Intake(Service):
    """Mentions in, tickets out."""

    @read
    def where_to_ask(self, tx: Transaction, account: str) -> tuple[NotificationId | None, datetime | None]:
        """The notification to ask upwards from, and when the newest known one was made; None while there is none."""
        return inbox.where_to_ask(tx, account)

    @write
    def begin(self, tx: Transaction, account: str, since: datetime) -> datetime:
        """Keep from when on this account is watched, so that nothing later is missed however long we are away."""
        inbox.add_notifications(tx, account, [(inbox.BEGINNING, since)])
        return since

    @read
    def known_ids(self, tx: Transaction, account: str, ids: Sequence[NotificationId]) -> KnownIds:
        """Which of these notifications have been taken already."""
        taken = inbox.known_notifications(tx, account, ids)
        return KnownIds(taken, inbox.unpolled_notifications(tx, account, list(taken)) if taken else set())

    @write
    def mark_polled(self, tx: Transaction, account: str, ids: Sequence[NotificationId]) -> None:
        """The poll has seen these, which the stream had brought, and has taken everything older."""
        inbox.mark_polled(tx, account, ids)

    @read
    def unknown(self, tx: Transaction, account: str, page: Sequence[Mention | Malformed]) -> list[Mention | Malformed]:
        """What of a page has not been taken yet, each once, in order."""
        numbers = [
            NotificationId(item.id or "") if isinstance(item, Malformed) else item.notification_id for item in page
        ]
        known = inbox.known_notifications(tx, account, numbers)
        new: list[Mention | Malformed] = []
        for number, item in zip(numbers, page, strict=True):
            if number and number in known:
                continue
            if isinstance(item, Malformed) and not item.id and inbox.is_malformed_known(tx, account, item.raw):
                continue
            if number:
                known.add(number)
            new.append(item)
        return new

    @read
    def joins_a_ticket(self, tx: Transaction, account: str, status: Status) -> bool:
        """Whether a status replies directly to what stands in the ticket that it joins."""
        above = [status.in_reply_to] if status.in_reply_to else []
        return self._ticket_to_join(tx, account, status, above) is not None

    async def receive(self, account: str, page: Sequence[Mention | Malformed], *, polled: bool = True) -> int:
        """Take a page of mentions, some at a time and in order. Returns how many tickets were opened.

        Those that the stream brought were not `polled`: they do not move the cursor.
        """
        slices = [page[start : start + _AT_ONCE] for start in range(0, len(page), _AT_ONCE)]
        return sum([await self._receive(account, some, polled) for some in slices])

    @write
    def _receive(self, tx: Transaction, account: str, page: Sequence[Mention | Malformed], polled: bool) -> int:  # noqa: FBT001 - inner
        """The same in one transaction: tickets, cards and the cursor in one."""
        now = self.clock.now()
        taken: list[tuple[NotificationId, datetime]] = []
        opened = 0
        for item in page:
            if isinstance(item, Malformed):
                inbox.set_malformed_aside(tx, account, item, now)
                log.warning("mention-malformed account=%s notification=%s reason=%s", account, item.id, item.reason)
                if item.id:
                    taken.append((item.id, item.notified_at or now))
                continue
            opened += self._receive_one(tx, account, item, now)
            taken.append((item.notification_id, item.notified_at))
        inbox.add_notifications(tx, account, taken, polled=polled)
        return opened

    def _receive_one(self, tx: Transaction, account: str, mention: Mention, now: datetime) -> bool:
        status = mention.status
        if _is_known(tx, account, status.id):
            return False  # some servers notify again of an edited status
        above = [
            *(earlier.id for earlier in mention.earlier),
            *([status.in_reply_to] if status.in_reply_to else []),
        ]
        ticket = self._ticket_to_join(tx, account, status, above)
        mention = replace(mention, earlier=shown_above(status, mention.earlier))
        if ticket is None:
            self._open(tx, account, mention, now)
            return True
        self._follow_up(tx, ticket, mention, now)
        return False

    def _ticket_to_join(
        self, tx: Transaction, account: str, status: Status, above: Sequence[StatusId]
    ) -> Ticket | None:
        found = tickets.tickets_of_statuses(tx, account, above) if above else []
        known = [_where_it_goes_on(tx, ticket) for ticket in found]
        # Where the office has made a room for direct messages since (or closed it), the old ticket is in the wrong one.
        place = self._place_for(account, status)
        return next((one for one in known if one.place == place and can_join(one, status)), None)

    def _open(self, tx: Transaction, account: str, mention: Mention, now: datetime) -> None:
        status = mention.status
        place = self._place_for(account, status)
        asked = decide.asked(account, place, status, now, self.settings.promises)
        ticket = tickets.open_ticket(tx, asked)
        tickets.add_mention(tx, account, ticket.id, mention)
        keep(tx, decide.opened(ticket, status, self.settings.mirroring))
        log.info("ticket-opened ticket=%d account=%s", ticket.id, account)

    def _place_for(self, account: str, status: Status) -> Place:
        return place_for(account, status.visibility, has_direct_room=account in self.settings.direct_rooms)

    @write
    def receive_replies(self, tx: Transaction, account: str, number: TicketId, replies: Sequence[Status]) -> None:
        """Take what the citizen wrote below a ticket's statuses without mentioning us; what others write is theirs."""
        now = self.clock.now()
        for status in sorted(replies, key=lambda status: status.created_at):
            ticket = tickets.find_ticket(tx, number)
            if ticket is None or not can_join(ticket, status) or ticket.place != self._place_for(account, status):
                continue
            if not _is_known(tx, account, status.id):
                mention = Mention(NotificationId(f"reply/{status.id}"), status.created_at, status)
                self._follow_up(tx, ticket, mention, now)

    def _follow_up(self, tx: Transaction, before: Ticket, mention: Mention, now: datetime) -> None:
        newest = tickets.find_mention(tx, before.account, before.status)
        change = decide.follow_up(
            before,
            newest.status if newest else None,
            mention.status,
            departments_of(tx, before.id),
            posts.pending_of(tx, before.id),
            self.settings.mirroring,
            now,
            self.settings.promises,
        )
        tickets.add_mention(tx, before.account, before.id, mention)
        if before.snoozed_until is not None:
            timers.clear_timer(tx, Timer(TimerKind.SNOOZE, str(before.id)))
        keep(tx, change)
        log.info("ticket-followed-up ticket=%d", before.id)


def _is_known(tx: Transaction, account: str, status: StatusId) -> bool:
    """Whether it stands in a ticket, or stood there until its author deleted it."""
    if tickets.find_mention(tx, account, status) is not None:
        return True
    return tickets.was_deleted(tx, account, status)


def _where_it_goes_on(tx: Transaction, ticket: Ticket) -> Ticket:
    """The ticket that it has become part of, if it was merged; else itself."""
    while ticket.merged_into is not None:
        target = tickets.find_ticket(tx, ticket.merged_into)
        if target is None:
            break
        ticket = target
    return ticket
