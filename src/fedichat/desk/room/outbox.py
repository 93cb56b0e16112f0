"""The outbox, as delivery sees it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from fedichat.desk.office import Service, read, write
from fedichat.desk.posts.drafting import CONFIRM, WITHDRAW
from fedichat.domain.effects import Effect, React, Redact, Tell
from fedichat.domain.names import EventId
from fedichat.store import inbox, outbox
from fedichat.store.database import Transaction
from fedichat.store.inbox import Reaction
from fedichat.store.outbox import Quotation, Said, Waiting


class Outbox(Service):
    """Takes effects out one after the other and records what became of each."""

    @read
    def agenda(self, tx: Transaction) -> tuple[set[str], datetime | None]:
        """The lanes in which something can be done now, and when the first effect of another becomes due."""
        return outbox.agenda(tx, self.clock.now())

    @read
    def under_way(self, tx: Transaction, lane: str) -> set[int]:
        """The numbers of the effects of a lane that may be done although that is not recorded yet."""
        return outbox.under_way(tx, lane)

    async def take(self, lane: str, limit: int) -> Sequence[Waiting]:
        """The next effects of a lane, in order; from now on they may be under way."""
        now = self.clock.now()
        return await self.office.database.write(lambda tx: outbox.take(tx, lane, now, limit))

    async def put_off(self, waiting: Waiting) -> bool:
        """Whether what is meant for opening hours waits for the next ones, having come too late for the last.

        What an earlier run had begun to say may be in the room already, and is said.
        """
        now = self.clock.now()
        if waiting.started or self.settings.calendar.is_open(now):
            return False
        until = self.settings.calendar.next_opening(now)
        await self.office.write(lambda tx: outbox.put_off(tx, waiting, until))
        return True

    async def carried_out(
        self,
        waiting: Waiting,
        said: Said | None = None,
        reaction: Reaction | None = None,
        quoted: Sequence[Quotation] = (),
    ) -> None:
        """The effect is done: `said` is the message that it became, `reaction` our own reaction.

        `quoted` are the citizens' words in it. Where those were deleted meanwhile, it is redacted.
        """
        await self.office.write(lambda tx: self._carried_out(tx, waiting, said, reaction, quoted))

    def _carried_out(
        self,
        tx: Transaction,
        waiting: Waiting,
        said: Said | None,
        reaction: Reaction | None,
        quoted: Sequence[Quotation],
    ) -> None:
        done = outbox.done(tx, waiting)
        if done.former is not None:
            said = replace(said, place=done.former) if said is not None else None
            quoted = [replace(one, place=done.former) for one in quoted]
        outbox.add_quotations(tx, quoted)
        if done.is_taken_back:
            gone = {one.event: Redact(one.place, one.event) for one in quoted}
            outbox.add_effects(tx, gone.values())
            said = replace(said, is_card=False) if said is not None else None
        if said is not None:
            outbox.remember(tx, said)
        if reaction is not None:
            inbox.keep_reaction(tx, reaction, self.clock.now())

    @read
    def is_taken_back(self, tx: Transaction, waiting: Waiting) -> bool:
        """Whether a citizen has deleted, since the effect was taken, what it shows."""
        return outbox.is_taken_back(tx, waiting)

    async def redacted(self, waiting: Waiting, event: EventId) -> None:
        """A message of ours is gone from its room."""

        def work(tx: Transaction) -> None:
            outbox.done(tx, waiting)
            outbox.forget_quotations(tx, [event])

        await self.office.write(work)

    @write
    def preview_shown(self, tx: Transaction, waiting: Waiting, said: Said) -> None:
        """The preview is in the room: put the buttons on it."""
        done = outbox.done(tx, waiting)
        if done.former is not None:
            # What is pending was recorded anew for the room that stands there now.
            outbox.remember(tx, replace(said, place=done.former))
            return
        outbox.remember(tx, said)
        keys = (WITHDRAW,) if self.settings.typed else (CONFIRM, WITHDRAW)
        buttons: list[Effect] = [React(said.place, said.event, key) for key in keys]
        outbox.add_effects(tx, buttons)

    @write
    def button_gone(self, tx: Transaction, event: EventId) -> None:
        """One of our own reactions was taken away."""
        inbox.drop_reaction(tx, event)

    @write
    def set_aside(self, tx: Transaction, waiting: Waiting, reason: str, told: Tell | None) -> None:
        """The effect can never succeed: keep it for the operator, and say so where somebody can read it."""
        outbox.set_aside(tx, waiting, reason, self.clock.now())
        if told is not None:
            outbox.add_effects(tx, [told])
