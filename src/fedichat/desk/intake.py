"""What arrives from the fediverse becomes tickets."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from fedichat.desk.base import DeskBase, read, write
from fedichat.domain.effects import ShowCard, ShowFollowUp
from fedichat.domain.history import Entry, Step
from fedichat.domain.mention import Malformed, Mention, NotificationId, Status, StatusId
from fedichat.domain.names import Place, TicketId
from fedichat.domain.ticket import Ticket, TicketState, can_join, followed_up, place_for, shown_above
from fedichat.store import inbox, outbox, tickets
from fedichat.store.database import Transaction

log = logging.getLogger(__name__)


class Intake(DeskBase):
    """Mentions in, tickets out."""

    @read
    async def where_to_ask(self, tx: Transaction, account: str) -> tuple[NotificationId | None, datetime | None]:
        """The notification to ask upwards from, and when the newest known one was made; None while there is none."""
        return await inbox.where_to_ask(tx, account)

    @write
    async def begin(self, tx: Transaction, account: str, since: datetime) -> datetime:
        """Keep from when on this account is watched, so that nothing later is missed however long we are away."""
        await inbox.add_notifications(tx, account, [(inbox.BEGINNING, since)])
        return since

    @read
    async def unknown(
        self, tx: Transaction, account: str, page: Sequence[Mention | Malformed]
    ) -> list[Mention | Malformed]:
        """What of a page has not been taken yet, each once, in order."""
        numbers = [
            NotificationId(item.id or "") if isinstance(item, Malformed) else item.notification_id for item in page
        ]
        known = await inbox.known_notifications(tx, account, numbers)
        new: list[Mention | Malformed] = []
        for number, item in zip(numbers, page, strict=True):
            if number and number in known:
                continue
            if isinstance(item, Malformed) and not item.id and await inbox.is_malformed_known(tx, account, item.raw):
                continue
            if number:
                known.add(number)
            new.append(item)
        return new

    @read
    async def joins_a_ticket(self, tx: Transaction, account: str, status: Status) -> bool:
        """Whether a status replies directly to what stands in the ticket that it joins."""
        above = [status.in_reply_to] if status.in_reply_to else []
        return await self._ticket_to_join(tx, account, status, above) is not None

    @write
    async def receive(self, tx: Transaction, account: str, page: Sequence[Mention | Malformed]) -> int:
        """Take a page of mentions: tickets, cards and the cursor in one. Returns how many tickets were opened."""
        now = self.clock.now()
        taken: list[tuple[NotificationId, datetime]] = []
        opened = 0
        for item in page:
            if isinstance(item, Malformed):
                await inbox.set_malformed_aside(tx, account, item, now)
                log.warning("mention-malformed account=%s notification=%s reason=%s", account, item.id, item.reason)
                if item.id:
                    taken.append((item.id, item.notified_at or now))
                continue
            opened += await self._receive_one(tx, account, item, now)
            taken.append((item.notification_id, item.notified_at))
        await inbox.add_notifications(tx, account, taken)
        return opened

    async def _receive_one(self, tx: Transaction, account: str, mention: Mention, now: datetime) -> bool:
        status = mention.status
        if await tickets.find_mention(tx, account, status.id) is not None:
            return False  # some servers notify again of an edited status
        above = [
            *(earlier.id for earlier in mention.earlier),
            *([status.in_reply_to] if status.in_reply_to else []),
        ]
        ticket = await self._ticket_to_join(tx, account, status, above)
        mention = replace(mention, earlier=shown_above(status, mention.earlier))
        if ticket is None:
            await self._open(tx, account, mention, now)
            return True
        await self._follow_up(tx, ticket, mention, now)
        return False

    async def _ticket_to_join(
        self, tx: Transaction, account: str, status: Status, above: Sequence[StatusId]
    ) -> Ticket | None:
        known = await tickets.tickets_of_statuses(tx, account, above) if above else []
        # Where the office has made a room for direct messages since (or closed it), the old ticket is in the wrong one.
        place = self._place_for(account, status)
        return next((one for one in known if one.place == place and can_join(one, status)), None)

    async def _open(self, tx: Transaction, account: str, mention: Mention, now: datetime) -> None:
        status = mention.status
        ticket = await tickets.open_ticket(
            tx,
            Ticket(
                id=TicketId(0),
                account=account,
                place=self._place_for(account, status),
                state=TicketState.NEW,
                visibility=status.visibility,
                author=status.author.acct,
                status=status.id,
                opened_at=status.created_at,
                changed_at=now,
                language=status.language,
            ),
        )
        await tickets.add_mention(tx, account, ticket.id, mention)
        await tickets.add_entries(tx, [Entry(ticket.id, status.created_at, Step.OPENED)])
        await outbox.add_effects(tx, [ShowCard(ticket.place, ticket.id)])
        log.info("ticket-opened ticket=%d account=%s", ticket.id, account)

    def _place_for(self, account: str, status: Status) -> Place:
        return place_for(account, status.visibility, has_direct_room=account in self.rules.direct_rooms)

    async def _follow_up(self, tx: Transaction, ticket: Ticket, mention: Mention, now: datetime) -> None:
        await tickets.add_mention(tx, ticket.account, ticket.id, mention)
        await tickets.save_ticket(tx, followed_up(ticket, mention.status, now))
        await tickets.add_entries(tx, [Entry(ticket.id, mention.status.created_at, Step.FOLLOWED_UP)])
        shown = ShowFollowUp(ticket.place, ticket.id, mention.status.id), ShowCard(ticket.place, ticket.id)
        await outbox.add_effects(tx, shown)
        log.info("ticket-followed-up ticket=%d", ticket.id)
