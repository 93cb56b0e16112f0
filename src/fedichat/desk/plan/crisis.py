"""In a crisis: all that is planned is held back at once, and a warning goes out with one confirmation."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from fedichat.desk.office import Office, Service, command, keep, take_up, timed, write
from fedichat.desk.plan.due import hold_back
from fedichat.desk.plan.scheduling import Scheduling
from fedichat.desk.posts.ruler import Ruler
from fedichat.desk.settings import Settings
from fedichat.domain.cause import Cause
from fedichat.domain.change import Change, entry_of, preview
from fedichat.domain.effects import Effect, Field, Publish, Say, ShowMissed, Tell
from fedichat.domain.history import Entry, Step
from fedichat.domain.names import SUPERVISORS, Place, PostId, localpart, team_place
from fedichat.domain.phrase import mark
from fedichat.domain.posts import planning as rules
from fedichat.domain.posts.planning import Plan
from fedichat.domain.posts.post import Post, PostKind
from fedichat.domain.posts.states import confirmed
from fedichat.domain.time.timer import Timer, TimerKind
from fedichat.errors import Refusal
from fedichat.store import freezes, outbox, plan, posts, timers
from fedichat.store.database import Transaction
from fedichat.store.plan import Some

log = logging.getLogger(__name__)

_AT_ONCE = 8
"""How many posts one transaction holds back or lets out: each takes a dozen statements."""


@dataclass(frozen=True, slots=True)
class Frozen:
    """What a freeze holds back: what is scheduled, and what is with the servers already and cannot be stopped.

    `elsewhere` counts what is scheduled on accounts whose plans the room does not see.
    """

    scheduled: Some
    on_their_way: Sequence[Post]
    elsewhere: int = 0


@dataclass(frozen=True, slots=True)
class Thawed:
    """What the end of a freeze leads to: `overdue` are those whose time passed meanwhile, `released` goes out now.

    `scheduled` counts what goes out at its time.
    """

    scheduled: int
    overdue: Some
    released: Sequence[PostId]


class Crisis(Service):
    """Freezing, and warning."""

    def __init__(self, office: Office, scheduling: Scheduling) -> None:
        super().__init__(office)
        self.scheduling = scheduling

    async def warn(self, cause: Cause, accounts: Sequence[str], asked: Plan) -> None:
        """Draft a warning on these accounts, the same on each; one confirmation by a second person releases it."""
        await self._warn(cause, accounts, asked, await self.scheduling.common_ruler(accounts))

    @command
    def _warn(
        self, tx: Transaction, cause: Cause, now: datetime, accounts: Sequence[str], asked: Plan, ruler: Ruler
    ) -> None:
        first: PostId | None = None
        shown: list[Effect] = []
        for account in accounts:
            post = rules.drafted(asked, account, cause.place, cause.actor, cause.event, now, PostKind.CRISIS)
            post = replace(post, language=post.language or self.settings.language)
            post = posts.add_post(tx, rules.in_bundle(post, first))
            first = first or post.id
            post = self.scheduling.with_files(tx, rules.in_bundle(post, first), asked, ruler)
            drafted = entry_of(post, Step.DRAFTED, cause, now)
            keep(tx, Change(posts=(post,), entries=(drafted,)))
            shown = shown or [preview(post)]
        outbox.add_effects(tx, shown)

    @write
    def freeze(self, tx: Transaction, cause: Cause, reason: str, worded: Callable[[Frozen], tuple[str, str]]) -> None:
        """Hold back all that is planned, on all accounts, until `unfreeze`. Says what is held, as `worded`."""
        now = self.clock.now()
        held = freezes.current_freeze(tx)
        if held is not None:
            raise Refusal(
                "All that is planned is held back already, since {who} said so. `{prefix}unfreeze` ends that.",
                who=localpart(held.begun_by),
            )
        take_up(tx, cause, now)
        freezes.begin_freeze(tx, freezes.Freeze(now, cause.actor, reason))
        here = plan.scheduled_in_view(tx, cause.place, tuple(self.settings.accounts))
        count = plan.count_scheduled(tx)
        frozen = Frozen(here, plan.on_their_way(tx), count - here.count)
        message = mark("❄️ {who} has held back all planned posts: {count} wait. {reason}")
        fields: dict[str, Field] = {"who": localpart(cause.actor), "count": count, "reason": reason}
        outbox.add_effects(tx, [Tell(place, message, fields) for place in self._other_rooms(cause)])
        outbox.add_effects(tx, [_said(cause, worded(frozen))])
        log.info("freeze by=%s held=%d", cause.actor, count)

    async def unfreeze(self, cause: Cause, worded: Callable[[Thawed], tuple[str, str]], *, release_all: bool) -> None:
        """What is planned goes on; what fell due meanwhile goes out now, or each waits for somebody's decision.

        What had missed its time before the freeze waits for one in any case. Says which, as `worded`.
        """
        while await self._hold_back_some():
            pass
        await self._unfreeze(cause, worded, release_all=release_all)

    @write
    def _hold_back_some(self, tx: Transaction) -> bool:
        """Hold back what came due during the freeze and nobody has noticed yet. Returns whether there may be more."""
        if freezes.current_freeze(tx) is None:
            return False
        now = self.clock.now()
        due = plan.fallen_due(tx, now, _AT_ONCE)
        for post in due:
            hold_back(tx, self.settings, post, now)
        return len(due) == _AT_ONCE

    @write
    def _unfreeze(
        self, tx: Transaction, cause: Cause, worded: Callable[[Thawed], tuple[str, str]], *, release_all: bool
    ) -> None:
        now = self.clock.now()
        held = freezes.current_freeze(tx)
        if held is None:
            raise Refusal("Nothing is held back: what is planned goes out at its time.")
        take_up(tx, cause, now)
        freezes.end_freeze(tx, cause.actor, now)
        ended = replace(held, ended_at=now, ended_by=cause.actor)
        goes_out = _to_let_out(ended, self.settings) if release_all else None
        released = plan.let_out(tx, goes_out) if goes_out else []
        message = mark("{who} has ended the freeze: planned posts go out at their time again.")
        fields: dict[str, Field] = {"who": localpart(cause.actor)}
        outbox.add_effects(tx, [Tell(place, message, fields) for place in self._other_rooms(cause)])
        elsewhere = [place for place in plan.rooms_with_missed(tx, but=goes_out) if place != cause.place]
        outbox.add_effects(tx, [ShowMissed(place) for place in elsewhere])
        # What is planned on other accounts is for their rooms, which are asked themselves.
        left = plan.missed_in_view(tx, cause.place, tuple(self.settings.accounts), but=goes_out)
        waiting = plan.count_scheduled(tx)
        outbox.add_effects(tx, [_said(cause, worded(Thawed(waiting, left, released)))])
        if released:
            _let_some_out(tx, self.settings, ended, PostId(0), now)
        log.info("unfreeze by=%s overdue=%d released=%d", cause.actor, left.count, len(released))

    @timed
    def fired(self, tx: Transaction, timer: Timer, now: datetime) -> None:
        """Go on with what the end of a freeze lets out, unless all is held back again."""
        freeze, last = map(int, timer.key.split())
        ended = freezes.find_freeze(tx, freeze)
        if ended is not None and freezes.current_freeze(tx) is None:
            _let_some_out(tx, self.settings, ended, PostId(last), now)

    def _other_rooms(self, cause: Cause) -> list[Place]:
        """The rooms of those who plan and lead, but for the one where it was said."""
        rooms = [SUPERVISORS, *map(team_place, self.settings.accounts)]
        return [place for place in rooms if place != cause.place and place in self.settings.places]


def _said(cause: Cause, words: tuple[str, str]) -> Say:
    plain, shown = words
    return Say(cause.place, plain, shown, thread=cause.thread, reply_to=cause.answer_to)


def _let_some_out(tx: Transaction, settings: Settings, ended: freezes.Freeze, behind: PostId, now: datetime) -> None:
    """Let the next overdue posts out; a timer brings the rest. Its key says how far it is: none goes out twice."""
    some = plan.next_to_let_out(tx, _to_let_out(ended, settings), behind, _AT_ONCE)
    for post in some:
        _let_out(tx, settings, ended, post, now)
    if len(some) == _AT_ONCE:
        timers.set_timer(tx, Timer(TimerKind.RELEASE, f"{ended.number} {some[-1].id}"), now)


def _let_out(tx: Transaction, settings: Settings, ended: freezes.Freeze, before: Post, now: datetime) -> None:
    """An overdue post that was approved goes out as soon as it cannot be taken back any more."""
    approver = before.confirmed_by or before.author
    due = now + timedelta(seconds=settings.undo_seconds)
    post = confirmed(replace(before, confirmed_by=None), approver, due, four_eyes=False)
    done = Entry(post.ticket, now, Step.CONFIRMED, ended.ended_by, post=post.id)
    effects = Publish(post.account, post.id, due, rules.queue_of(post)), preview(post)
    keep(tx, Change(posts=(post,), entries=(done,), effects=effects))


def _to_let_out(ended: freezes.Freeze, settings: Settings) -> plan.LetOut:
    return plan.LetOut(ended.begun_at - settings.grace, ended.ended_at or ended.begun_at)
