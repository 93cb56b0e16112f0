"""In a crisis: all that is planned is held back at once, and a warning goes out with one confirmation."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from fedichat.desk.answering import Ruler
from fedichat.desk.base import Cause, entry_of, keep, preview, take_up, write
from fedichat.desk.planned_out import hold_back
from fedichat.desk.planning import Planning
from fedichat.domain import planning as rules
from fedichat.domain.change import Change
from fedichat.domain.effects import Effect, Field, Publish, Say, ShowMissed, Tell
from fedichat.domain.history import Step
from fedichat.domain.names import SUPERVISORS, Place, PostId, localpart, team_place
from fedichat.domain.planning import Plan
from fedichat.domain.post import Post, PostKind, confirmed
from fedichat.errors import Refusal
from fedichat.i18n import mark
from fedichat.store import outbox, plan, posts
from fedichat.store.database import Transaction

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Frozen:
    """What a freeze holds back: what is scheduled, and what is with the servers already and cannot be stopped.

    `elsewhere` counts what is scheduled on accounts whose plans the room does not see.
    """

    scheduled: Sequence[Post]
    on_their_way: Sequence[Post]
    elsewhere: int = 0


@dataclass(frozen=True, slots=True)
class Thawed:
    """What the end of a freeze leads to: `overdue` are those whose time passed meanwhile, `released` goes out now."""

    scheduled: Sequence[Post]
    overdue: Sequence[Post]
    released: Sequence[Post]


class Crisis(Planning):
    """Freezing, and warning."""

    async def warn(self, cause: Cause, accounts: Sequence[str], asked: Plan) -> None:
        """Draft a warning on these accounts, the same on each; one confirmation by a second person releases it."""
        await self._warn(cause, accounts, asked, await self._common_ruler(accounts))

    @write
    async def _warn(self, tx: Transaction, cause: Cause, accounts: Sequence[str], asked: Plan, ruler: Ruler) -> None:
        now = self.clock.now()
        await take_up(tx, cause, now)
        first: PostId | None = None
        shown: list[Effect] = []
        for account in accounts:
            post = rules.drafted(asked, account, cause.place, cause.actor, cause.event, now, PostKind.CRISIS)
            post = await posts.add_post(tx, replace(post, language=post.language or self.rules.language, bundle=first))
            first = first or post.id
            post = await self.with_files(tx, replace(post, bundle=first), asked, ruler)
            drafted = entry_of(post, Step.DRAFTED, cause, now)
            await keep(tx, Change(post=post, entries=(drafted,)))
            shown = shown or [preview(post)]
        await outbox.add_effects(tx, shown)

    @write
    async def freeze(
        self, tx: Transaction, cause: Cause, reason: str, worded: Callable[[Frozen], tuple[str, str]]
    ) -> None:
        """Hold back all that is planned, on all accounts, until `unfreeze`. Says what is held, as `worded`."""
        now = self.clock.now()
        held = await plan.current_freeze(tx)
        if held is not None:
            raise Refusal(
                "All that is planned is held back already, since {who} said so. `{prefix}unfreeze` ends that.",
                who=localpart(held.begun_by),
            )
        await take_up(tx, cause, now)
        await plan.begin_freeze(tx, plan.Freeze(now, cause.actor, reason))
        scheduled = await plan.scheduled(tx)
        here = [post for post in scheduled if plan.seen_from(post, cause.place)]
        frozen = Frozen(here, await plan.on_their_way(tx), len(scheduled) - len(here))
        message = mark("❄️ {who} has held back all planned posts: {count} wait. {reason}")
        fields: dict[str, Field] = {"who": localpart(cause.actor), "count": len(scheduled), "reason": reason}
        await outbox.add_effects(tx, [Tell(place, message, fields) for place in self._other_rooms(cause)])
        await outbox.add_effects(tx, [_said(cause, worded(frozen))])
        log.info("freeze by=%s held=%d", cause.actor, len(scheduled))

    @write
    async def unfreeze(
        self, tx: Transaction, cause: Cause, worded: Callable[[Thawed], tuple[str, str]], *, release_all: bool
    ) -> None:
        """What is planned goes on; what fell due meanwhile goes out now, or each waits for somebody's decision.

        What had missed its time before the freeze waits for one in any case. Says which, as `worded`.
        """
        now = self.clock.now()
        held = await plan.current_freeze(tx)
        if held is None:
            raise Refusal("Nothing is held back: what is planned goes out at its time.")
        await take_up(tx, cause, now)
        for post in await plan.scheduled(tx):
            if post.publish_after is not None and post.publish_after <= now:
                # Its moment came during the freeze, and nobody has noticed yet.
                await hold_back(tx, self.rules, post, now)
        await plan.end_freeze(tx, cause.actor, now)
        overdue = await plan.missed(tx)
        fell_due = [post for post in overdue if post.due_at is None or post.due_at + self.rules.grace >= held.begun_at]
        released = [await self._let_out(tx, cause, post) for post in fell_due if release_all and post.confirmed_by]
        gone = {post.id for post in released}
        message = mark("{who} has ended the freeze: planned posts go out at their time again.")
        fields: dict[str, Field] = {"who": localpart(cause.actor)}
        await outbox.add_effects(tx, [Tell(place, message, fields) for place in self._other_rooms(cause)])
        elsewhere = {post.place for post in overdue if post.id not in gone and post.place != cause.place}
        await outbox.add_effects(tx, [ShowMissed(place) for place in sorted(elsewhere)])
        waiting = [post for post in await plan.scheduled(tx) if post.id not in gone]
        # What is planned on other accounts is for their rooms, which are asked themselves.
        left = [post for post in overdue if post.id not in gone and plan.seen_from(post, cause.place)]
        await outbox.add_effects(tx, [_said(cause, worded(Thawed(waiting, left, released)))])
        log.info("unfreeze by=%s overdue=%d released=%d", cause.actor, len(overdue), len(released))

    async def _let_out(self, tx: Transaction, cause: Cause, before: Post) -> Post:
        """An overdue post that was approved goes out as soon as it cannot be taken back any more."""
        now = self.clock.now()
        approver = before.confirmed_by or cause.actor
        due = now + timedelta(seconds=self.rules.undo_seconds)
        post = confirmed(replace(before, confirmed_by=None), approver, due, four_eyes=False)
        done = entry_of(post, Step.CONFIRMED, cause, now)
        effects = Publish(post.account, post.id, due, rules.queue_of(post)), preview(post)
        await keep(tx, Change(post=post, entries=(done,), effects=effects))
        return post

    def _other_rooms(self, cause: Cause) -> list[Place]:
        """The rooms of those who plan and lead, but for the one where it was said."""
        rooms = [SUPERVISORS, *map(team_place, self.rules.accounts)]
        return [place for place in rooms if place != cause.place and place in self.rules.places]


def _said(cause: Cause, words: tuple[str, str]) -> Say:
    plain, shown = words
    return Say(cause.place, plain, shown, thread=cause.thread, reply_to=cause.answer_to)
