"""The editorial plan: posts of the office's own, drafted, given a time, changed, moved, copied and dropped.

Nothing goes out before somebody confirms its preview; see `answering` for that, `planned_out` for what happens then.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from fedichat.desk import series
from fedichat.desk.answering import Answering, Ruler, published_post, together
from fedichat.desk.attaching import still_there
from fedichat.desk.base import (
    Cause,
    entry_of,
    keep,
    preview,
    read,
    seen_in,
    take_up,
    the_post,
    ticket_of,
    told_about,
    write,
)
from fedichat.desk.departments import FILE, NO, NUMBERS
from fedichat.desk.triage import acknowledged
from fedichat.domain.change import Change
from fedichat.domain.effects import Ask, Effect, Field, React, Tell
from fedichat.domain.history import Entry, Step
from fedichat.domain.names import EventId, Place, PostId, is_department
from fedichat.domain.posts import planning as rules
from fedichat.domain.posts import post as post_rules
from fedichat.domain.posts.planning import Doubt, Plan
from fedichat.domain.posts.post import Draft, Post, PostKind, PostState
from fedichat.domain.tickets.remark import Remark, SharedFile
from fedichat.errors import Refusal
from fedichat.ports import Fediverse
from fedichat.store import escalations, outbox, plan, posts, tickets, timers
from fedichat.store.database import Transaction
from fedichat.store.plan import Some
from fedichat.text.i18n import mark

DONE = "👍"


@dataclass(frozen=True, slots=True)
class Planned:
    """The editorial plan of a time, as a room is shown it. `start` and `end` bound it, `frozen` says why it is held."""

    posts: Sequence[Post]
    without_time: Sequence[Post]
    missed: Some
    start: datetime
    end: datetime
    frozen: plan.Freeze | None
    rules_of: Mapping[PostId, str]
    """The recurrence of each post that is one of a series."""


@dataclass(frozen=True, slots=True)
class ShownPost:
    """A planned post with all that happened to it; `rule` where it is one of a series."""

    post: Post
    entries: Sequence[Entry]
    rule: str


class Planning(Answering):
    """What the office plans."""

    fediverses: Mapping[str, Fediverse]

    async def plan_post(self, cause: Cause, account: str, asked: Plan, doubt: Doubt | None = None) -> None:
        """Draft a planned post and show its preview. With a `doubt` about its time, that is asked: no word is lost."""
        await self._plan(cause, account, asked, doubt, await self.ruler(account))

    @write
    def _plan(
        self, tx: Transaction, cause: Cause, account: str, asked: Plan, doubt: Doubt | None, ruler: Ruler
    ) -> None:
        now = self.clock.now()
        take_up(tx, cause, now)
        post = rules.drafted(asked, account, cause.place, cause.actor, cause.event, now, PostKind.PLANNED)
        post = posts.add_post(tx, replace(post, language=post.language or self.rules.language))
        post = self.with_files(tx, post, asked, ruler)
        posts.save_post(tx, post)
        if asked.rule:
            post = series.begin(tx, post, asked.rule)
        series.watch(tx, post, now)
        drafted = entry_of(post, Step.DRAFTED, cause, now)
        asked_back = self._asked_back(post, doubt) if doubt else ()
        keep(tx, Change(entries=(drafted,), effects=(preview(post), *asked_back)))

    def _asked_back(self, post: Post, doubt: Doubt, thread: EventId | None = None) -> tuple[Effect, ...]:
        """Ask when a post is to go out: by a tap where there is a choice. How to give it a time, its preview says."""
        candidates = dict(zip(NUMBERS, doubt.candidates, strict=False))
        fields: dict[str, Field] = dict(doubt.fields)
        if not candidates:
            return (Tell(post.place, doubt.message, fields, post=post.id, thread=thread),)
        lines = {
            emoji: f"reschedule P{post.id} {at.astimezone(self.rules.zone).isoformat(timespec='minutes')}"
            for emoji, at in candidates.items()
        }
        ask = Ask(
            place=post.place,
            message=doubt.message,
            fields=fields,
            choices=lines | {NO: ""},
            thread=thread,
            post=post.id,
            moments=candidates,
        )
        return (ask,)

    def with_files(self, tx: Transaction, post: Post, asked: Plan, ruler: Ruler) -> Post:
        """The post, which has its number, with the files that go along, in as many parts as it takes."""
        for event, file, caption in asked.files:
            if escalations.find_remark(tx, event) is None:
                at = self.clock.now()
                remark = Remark(event, None, post.place, post.author, caption, at, file, post=post.bundle or post.id)
                escalations.add_remark(tx, remark)
        went = self.attachments_for(tx, post, asked.draft, ruler.limits)
        return ruler.fitted(replace(post, attachments=went), ())

    @read
    def accounts_with(self, tx: Transaction, cause: Cause, number: PostId) -> Sequence[str]:
        """The accounts that say it: of a warning on several, all of them."""
        return [one.account for one in posts.bundle_of(tx, the_post(tx, number, cause.place))]

    async def _common_ruler(self, accounts: Sequence[str]) -> Ruler:
        return Ruler.strictest([await self.ruler(account) for account in accounts])

    async def replan(self, cause: Cause, number: PostId, asked: Plan, doubt: Doubt | None = None) -> None:
        """The message that planned a post was edited: all of it anew, and no earlier confirmation counts."""
        ruler = await self._common_ruler(await self.accounts_with(cause, number))
        await self._replan(cause, number, asked, doubt, ruler)

    @write
    def _replan(
        self, tx: Transaction, cause: Cause, number: PostId, asked: Plan, doubt: Doubt | None, ruler: Ruler
    ) -> None:
        now = self.clock.now()
        take_up(tx, cause, now)
        for before in together(tx, the_post(tx, number, cause.place)):
            post = self.with_files(tx, rules.redrafted(before, asked, now), asked, ruler)
            self._keep_changed(tx, cause, before, post, Step.REVISED, now)
            if asked.rule and post.series is None:
                post = series.begin(tx, post, asked.rule)
            elif asked.rule or asked.keeps_time:
                series.redefine(tx, post, asked.rule)
            elif post.series is not None:
                series.end(tx, post, now)
            series.disapprove_missed(tx, post, cause, now)
            if doubt is not None:
                outbox.add_effects(tx, self._asked_back(post, doubt))

    def _keep_changed(self, tx: Transaction, cause: Cause, before: Post, post: Post, step: Step, now: datetime) -> None:
        series.watch(tx, post, now)
        changed = entry_of(post, step, cause, now)
        # In its own room the preview shows it.
        seen = acknowledged(cause) if post.place != cause.place else ()
        keep(tx, Change(post=post, entries=(changed,), effects=(preview(before), preview(post), *seen)))

    async def edit_post(self, cause: Cause, number: PostId, draft: Draft) -> None:
        """Give a planned post another text: while it is not out the post itself changes, else what is published."""
        ruler = await self._common_ruler(await self.accounts_with(cause, number))
        await self._edit_post(cause, number, draft, ruler)

    @write
    def _edit_post(self, tx: Transaction, cause: Cause, number: PostId, draft: Draft, ruler: Ruler) -> None:
        now = self.clock.now()
        take_up(tx, cause, now)
        before = the_post(tx, number, cause.place)
        if before.is_pending and before.says_something:
            _must_be_the_offices_own(before)
            for each in together(tx, before):
                post = ruler.fitted(rules.reworded(each, draft, now), ())
                self._keep_changed(tx, cause, each, post, Step.REVISED, now)
            return
        new = ruler.changed(published_post(tx, number, cause.place), draft)
        self._show_change(tx, cause, new, PostKind.EDIT, now)

    @write
    def unpublish_post(self, tx: Transaction, cause: Cause, number: PostId) -> None:
        """Show what of a planned post would be deleted from the server, to be confirmed."""
        now = self.clock.now()
        take_up(tx, cause, now)
        self._show_change(tx, cause, published_post(tx, number, cause.place), PostKind.REMOVAL, now)

    def _show_change(self, tx: Transaction, cause: Cause, target: Post, kind: PostKind, now: datetime) -> None:
        post = post_rules.about(target, kind, cause.actor, cause.place, cause.event, now)
        if post.ticket is not None:
            self._show_draft(tx, cause, ticket_of(tx, post), post)
            return
        effects: list[Effect] = []
        for earlier in posts.pending_changes(tx, target.id):
            if earlier.state is not PostState.DRAFT:
                raise Refusal(
                    "P{post}, a change of P{target}, is confirmed and about to be made. `{prefix}withdraw P{post}` "
                    "takes it back.",
                    post=earlier.id,
                    target=target.id,
                )
            replaced = post_rules.withdrawn(earlier)
            keep(tx, Change(post=replaced, entries=(entry_of(replaced, Step.WITHDRAWN, cause, now),)))
            effects.append(preview(replaced))
        post = posts.add_post(tx, post)
        drafted = entry_of(post, Step.DRAFTED, cause, now)
        keep(tx, Change(entries=(drafted,), effects=(*effects, preview(post))))
        others = [one for one in posts.bundle_of(tx, target) if one.stands and one.id != target.id]
        if others:
            message = mark("This is about P{target} on {account} alone. The same warning stands as: {others}.")
            named = ", ".join(f"P{one.id} ({one.account})" for one in others)
            told = told_about(post, message, target=target.id, account=target.account, others=named)
            outbox.add_effects(tx, [told])

    @write
    def reschedule(self, tx: Transaction, cause: Cause, number: PostId, due_at: datetime) -> None:
        """Give a planned post another time; it is to be confirmed anew."""
        now = self.clock.now()
        take_up(tx, cause, now)
        before = the_post(tx, number, cause.place)
        _must_be_planned(before)
        self._keep_changed(tx, cause, before, rules.rescheduled(before, due_at, now), Step.RESCHEDULED, now)

    @write
    def unschedule(self, tx: Transaction, cause: Cause, number: PostId, *, whole_series: bool) -> None:
        """Drop a planned post; of a series only this one, or all that would follow too."""
        now = self.clock.now()
        take_up(tx, cause, now)
        before = the_post(tx, number, cause.place)
        _must_be_planned(before)
        if whole_series and before.series is None:
            raise Refusal("P{post} is not one of a series. `{prefix}unschedule P{post}` drops it.", post=number)
        dropped: Sequence[Post] = [before]
        if whole_series:
            series.end(tx, before, now)
            others = [one for one in plan.waiting_in_series(tx, before) if one.id != before.id]
            # One that is out, or was dropped, says only which series is meant.
            dropped = [before, *others] if before.is_pending or not others else others
            if before.state is PostState.PUBLISHING:
                dropped = others
                message = mark("P{post} is on its way to the server already; no other one of its series follows.")
                outbox.add_effects(tx, [told_about(before, message)])
        for post in dropped:
            timers.clear_timer(tx, series.timer_of(post))
            self.take_back(tx, cause, post, now)
        if cause.answer_to:
            outbox.add_effects(tx, [React(cause.place, cause.answer_to, DONE)])

    async def copy_post(
        self, cause: Cause, number: PostId, due_at: datetime | None, doubt: Doubt | None = None
    ) -> None:
        """A new draft of the words of a planned post, also of one that was published, refused or dropped."""
        # Measured anew: it may be a copy because its instance counts otherwise than it says.
        await self._copy(cause, number, due_at, doubt, await self.ruler((await self.post(number, cause)).account))

    @write
    def _copy(
        self,
        tx: Transaction,
        cause: Cause,
        number: PostId,
        due_at: datetime | None,
        doubt: Doubt | None,
        ruler: Ruler,
    ) -> None:
        now = self.clock.now()
        take_up(tx, cause, now)
        original = the_post(tx, number, cause.place)
        if original.ticket is not None or not original.says_something:
            raise Refusal("P{post} is no planned post.", post=number)
        if not original.text:
            raise Refusal("The words of P{post} have been removed after the retention time.", post=number)
        copied = rules.copied(original, cause.place, cause.actor, cause.event, now)
        copied = replace(copied, attachments=still_there(tx, original.attachments))
        post = posts.add_post(tx, ruler.fitted(replace(copied, due_at=due_at), ()))
        series.watch(tx, post, now)
        drafted = entry_of(post, Step.DRAFTED, cause, now, said=f"← P{original.id}")
        asked_back = self._asked_back(post, doubt) if doubt else ()
        keep(tx, Change(entries=(drafted,), effects=(preview(post), *asked_back)))

    @write
    def hear_file(self, tx: Transaction, cause: Cause, number: PostId, caption: str, file: SharedFile) -> None:
        """Somebody sent a file into a planned post's thread: the post may take it along."""
        post = posts.find_post(tx, number)
        if post is None or not plan.seen_from(post, cause.place) or escalations.find_remark(tx, cause.event):
            return
        take_up(tx, cause, self.clock.now())
        owner = post.bundle or post.id
        remark = Remark(cause.event, None, cause.place, cause.actor, caption, cause.at, file, post=owner)
        remark = escalations.add_remark(tx, remark)
        outbox.add_effects(tx, [React(cause.place, cause.event, f"{FILE}{remark.file_number}")])

    @read
    def planned(self, tx: Transaction, cause: Cause, start: datetime, end: datetime) -> Planned:
        """The editorial plan from `start` until before `end`, for the room that asks."""
        accounts = self.rules.accounts
        found = plan.between(tx, cause.place, accounts, start, end)
        return Planned(
            posts=found,
            without_time=plan.without_time(tx, cause.place, accounts),
            missed=plan.missed_in_view(tx, cause.place, accounts),
            start=start,
            end=end,
            frozen=None if is_department(cause.place) else plan.current_freeze(tx),
            rules_of=rules_of(tx, found),
        )

    @read
    def show_post(self, tx: Transaction, cause: Cause, number: PostId) -> ShownPost:
        """A planned post with all that happened to it."""
        post = the_post(tx, number, cause.place)
        rule = rules_of(tx, [post]).get(post.id, "")
        return ShownPost(post, seen_in(cause.place, tickets.history_of_post(tx, number)), rule)

    @read
    def missed_in(self, tx: Transaction, place: Place) -> Some:
        """The posts made in that room whose moment passed without them; none during a freeze, which ends with them."""
        return Some((), 0) if plan.current_freeze(tx) else plan.missed_from(tx, place)


def rules_of(tx: Transaction, found: Sequence[Post]) -> Mapping[PostId, str]:
    """The recurrence of each of these posts that is one of a series that goes on."""
    rules_of_posts: dict[PostId, str] = {}
    for post in found:
        one = plan.find_series(tx, post.series) if post.series is not None else None
        if one is not None and one.ended_at is None:
            rules_of_posts[post.id] = one.rule
    return rules_of_posts


def _must_be_the_offices_own(post: Post) -> None:
    """Refuse to give an answer that is not out yet other words in the way of what is planned: it tags the asker."""
    if post.ticket is not None and not post.out:
        raise Refusal(
            "P{post} is a draft for #{ticket}: it changes when the message that made it is edited, and "
            "`{prefix}answer {ticket} …` replaces it.",
            post=post.id,
            ticket=post.ticket,
        )


def _must_be_planned(post: Post) -> None:
    if post.kind is not PostKind.PLANNED:
        raise Refusal("P{post} is no planned post.", post=post.id)
