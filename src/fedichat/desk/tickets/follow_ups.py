"""What becomes of citizens' words after they were written: changed, or deleted."""

import logging
from collections.abc import Sequence
from datetime import datetime

from fedichat.desk.lookup import departments_of
from fedichat.desk.office import Service, cards_of, keep, read, write
from fedichat.desk.posts.second_looks import outdate_draft, taken_in
from fedichat.domain.effects import Effect, Redact
from fedichat.domain.names import TicketId
from fedichat.domain.tickets import following as decide
from fedichat.domain.tickets.mention import Status, StatusId
from fedichat.domain.tickets.ticket import Ticket
from fedichat.domain.time.timer import Timer, TimerKind
from fedichat.store import checks, escalations, outbox, posts, tickets, timers
from fedichat.store.checks import Check as Check
from fedichat.store.database import Transaction

log = logging.getLogger(__name__)


class FollowUps(Service):
    """Looks at what stands in tickets, and does what follows when it is not as it was."""

    @read
    def next_check(self, tx: Transaction, account: str) -> Check | None:
        """The status of an account that is to be looked at first, and when."""
        closed_after = self.clock.now() - self.settings.recheck_closed_for
        return checks.next_check(tx, account, self.settings.recheck_every, closed_after, self.clock.now())

    @read
    def checks_due(self, tx: Transaction, account: str, most: int) -> list[Check]:
        """The statuses of an account that are to be looked at by now and were there the last time."""
        now = self.clock.now()
        closed_after = now - self.settings.recheck_closed_for
        return checks.due(tx, account, self.settings.recheck_every, closed_after, now, most)

    @read
    def where_it_stands(self, tx: Transaction, account: str, status: StatusId) -> TicketId | None:
        """The ticket in which that status stands, if it does."""
        ticket = tickets.ticket_of_mention(tx, account, status)
        return ticket.id if ticket else None

    @read
    def replies_are_below(self, tx: Transaction, number: TicketId, looked_at: StatusId) -> StatusId | None:
        """The status below which to look for what the citizen wrote next: once a round, with the newest one.

        Below the first are all that we may see; an answer of ours is asked for where nothing else is left.
        """
        ticket = tickets.find_ticket(tx, number)
        if ticket is None or ticket.status != looked_at:
            return None
        mentions = tickets.mentions_of(tx, number)
        if mentions:
            return mentions[0].status.id
        out = [post.published_as for post in posts.posts_of(tx, number) if post.published_as]
        return out[-1] if out else None

    @read
    def stands_above(self, tx: Transaction, account: str, status: StatusId) -> list[StatusId]:
        """What is kept of the conversation above that status and stands in no ticket, where it is looked at itself."""
        mention = tickets.find_mention(tx, account, status)
        above = mention.earlier if mention is not None else ()
        return [one.id for one in above if tickets.ticket_of_mention(tx, account, one.id) is None]

    @write
    def missing_above(self, tx: Transaction, account: str, status: StatusId) -> None:
        """What somebody wrote above a citizen's status is not there any more: nothing is kept of it, nor shown."""
        if tickets.ticket_of_mention(tx, account, status) is None:
            outbox.add_effects(tx, _take_away(tx, account, (), status))

    @write
    def look_later(self, tx: Transaction, account: str, status: StatusId) -> None:
        """It could not be looked at: others come first now."""
        since = checks.missing_since(tx, account, status)
        checks.checked(tx, account, status, self.clock.now(), since)

    @write
    def there(self, tx: Transaction, account: str, status: Status) -> None:
        """A status of a citizen's is there, as it is now: what they have changed is shown."""
        now = self.clock.now()
        ticket = tickets.ticket_of_mention(tx, account, status.id)
        if ticket is None:
            return
        checks.checked(tx, account, status.id, now)
        change = taken_in(tx, self.settings, ticket, status, now)
        keep(tx, change)
        if change.entries:
            outbox.add_effects(tx, outdate_draft(tx, ticket, status, now))
        if change.ticket is not None:
            keep(tx, decide.narrow_drafts(change.ticket, posts.pending_of(tx, ticket.id), now))

    @write
    def missing(self, tx: Transaction, account: str, status: StatusId) -> None:
        """The server says that a status of a citizen's is not there. The second time, a minute later, that counts."""
        now = self.clock.now()
        ticket = tickets.ticket_of_mention(tx, account, status)
        if ticket is None:
            return
        since = checks.missing_since(tx, account, status)
        if since is None or now - since < checks.SECOND_LOOK:
            checks.checked(tx, account, status, now, since or now)
            return
        self._deleted(tx, ticket, status, now)

    def _deleted(self, tx: Transaction, before: Ticket, status: StatusId, now: datetime) -> None:
        """Nothing is kept of it but that it was there, and all that shows it is taken away."""
        rooms = (before.place, *departments_of(tx, before.id))
        threads = {place: outbox.card_of(tx, before.id, place) for place in rooms}
        own = tickets.and_merged_into_it(tx, before.id)
        taken_away = _take_away(tx, before.account, own, status)
        tickets.forget_mention(tx, before.account, before.id, status)
        left = [mention.status for mention in tickets.mentions_of(tx, before.id)]
        change = decide.deleted(before, left, threads, posts.pending_of(tx, before.id), now)
        looked_at: Sequence[Effect] = ()
        if not left:
            tickets.forget_author(tx, own)
        if not left and before.state.is_open:
            self._ask_nobody_any_more(tx, before, now)
        else:
            looked_at = outdate_draft(tx, before, None, now, gone=status)
        outbox.add_effects(tx, taken_away)  # before the card is shown again without it
        keep(tx, change)
        outbox.add_effects(tx, looked_at)
        log.info("question-deleted ticket=%d state=%s", before.id, change.ticket.state if change.ticket else "")

    @staticmethod
    def _ask_nobody_any_more(tx: Transaction, ticket: Ticket, now: datetime) -> None:
        timers.clear_timer(tx, Timer(TimerKind.SNOOZE, str(ticket.id)))
        escalations.end_all(tx, ticket.id, now)


def _take_away(tx: Transaction, account: str, own: Sequence[TicketId], status: StatusId) -> list[Effect]:
    """Have every message of ours redacted that shows the status, and show other tickets' cards again without it.

    It may stand above what somebody else in the conversation asked.
    """
    above = tickets.with_above(tx, account, status)
    others = (outbox.tickets_that_quote(tx, account, status) | above) - {*own}
    outbox.take_words_back(tx, [*own, *others], status)
    quoted = outbox.quotations_of(tx, [*own, *others], status)
    redacted = {one.event: Redact(one.place, one.event) for one in quoted}
    outbox.not_a_card(tx, list(redacted))
    cards: list[Effect] = []
    for number in above:
        tickets.forget_above(tx, number, status)
    for number in sorted(others):
        other = tickets.find_ticket(tx, number)
        if other is not None:
            cards.extend(cards_of(tx, other))
    return [*redacted.values(), *cards]
