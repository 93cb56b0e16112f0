"""The editorial plan: posts of the office's own, drafted, given a time, changed, moved, copied and dropped.

Nothing goes out before somebody confirms its preview; see `answering` for that, `planned_out` for what happens then.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from fedichat.desk.lookup import the_post, ticket_of
from fedichat.desk.office import Office, Service, command, keep, read, take_up, write
from fedichat.desk.plan import series
from fedichat.desk.posts.attachments import Attachments, still_there
from fedichat.desk.posts.confirming import Confirming, together
from fedichat.desk.posts.drafting import Drafting, published_post
from fedichat.desk.posts.finding import Finding
from fedichat.desk.posts.ruler import Ruler
from fedichat.domain.cause import Cause
from fedichat.domain.change import NO, NUMBERS, Change, acknowledged, entry_of, preview, told_about
from fedichat.domain.effects import Ask, Effect, Field, React, Tell
from fedichat.domain.history import Step
from fedichat.domain.names import EventId, PostId
from fedichat.domain.phrase import mark
from fedichat.domain.posts import drafts, states
from fedichat.domain.posts import planning as rules
from fedichat.domain.posts.drafts import Draft
from fedichat.domain.posts.planning import Doubt, Plan
from fedichat.domain.posts.post import Post, PostKind, PostState
from fedichat.domain.tickets.remark import FILE, Remark, SharedFile
from fedichat.errors import Refusal
from fedichat.store import escalations, outbox, plan, posts, timers
from fedichat.store.database import Transaction

DONE = "👍"


class Scheduling(Service):
    """What the office plans."""

    def __init__(
        self, office: Office, drafting: Drafting, confirming: Confirming, attachments: Attachments, finding: Finding
    ) -> None:
        super().__init__(office)
        self.drafting = drafting
        self.confirming = confirming
        self.attachments = attachments
        self.finding = finding

    async def plan_post(self, cause: Cause, account: str, asked: Plan, doubt: Doubt | None = None) -> None:
        """Draft a planned post and show its preview. With a `doubt` about its time, that is asked: no word is lost."""
        await self._plan(cause, account, asked, doubt, await self.drafting.ruler(account))

    @command
    def _plan(
        self, tx: Transaction, cause: Cause, now: datetime, account: str, asked: Plan, doubt: Doubt | None, ruler: Ruler
    ) -> None:
        post = rules.drafted(asked, account, cause.place, cause.actor, cause.event, now, PostKind.PLANNED)
        post = posts.add_post(tx, replace(post, language=post.language or self.settings.language))
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
            emoji: f"reschedule P{post.id} {at.astimezone(self.settings.zone).isoformat(timespec='minutes')}"
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
        went = self.attachments.attachments_for(tx, post, asked.draft, ruler.limits)
        return ruler.fitted(replace(post, attachments=went), ())

    @read
    def accounts_with(self, tx: Transaction, cause: Cause, number: PostId) -> Sequence[str]:
        """The accounts that say it: of a warning on several, all of them."""
        return [one.account for one in posts.bundle_of(tx, the_post(tx, number, cause.place))]

    async def common_ruler(self, accounts: Sequence[str]) -> Ruler:
        return Ruler.strictest([await self.drafting.ruler(account) for account in accounts])

    async def replan(self, cause: Cause, number: PostId, asked: Plan, doubt: Doubt | None = None) -> None:
        """The message that planned a post was edited: all of it anew, and no earlier confirmation counts."""
        ruler = await self.common_ruler(await self.accounts_with(cause, number))
        await self._replan(cause, number, asked, doubt, ruler)

    @command
    def _replan(
        self,
        tx: Transaction,
        cause: Cause,
        now: datetime,
        number: PostId,
        asked: Plan,
        doubt: Doubt | None,
        ruler: Ruler,
    ) -> None:
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
        keep(tx, Change(posts=(post,), entries=(changed,), effects=(preview(before), preview(post), *seen)))

    async def edit_post(self, cause: Cause, number: PostId, draft: Draft) -> None:
        """Give a planned post another text: while it is not out the post itself changes, else what is published."""
        ruler = await self.common_ruler(await self.accounts_with(cause, number))
        await self._edit_post(cause, number, draft, ruler)

    @command
    def _edit_post(
        self, tx: Transaction, cause: Cause, now: datetime, number: PostId, draft: Draft, ruler: Ruler
    ) -> None:
        before = the_post(tx, number, cause.place)
        if before.is_pending and before.says_something:
            _must_be_the_offices_own(before)
            for each in together(tx, before):
                post = ruler.fitted(rules.reworded(each, draft, now), ())
                self._keep_changed(tx, cause, each, post, Step.REVISED, now)
            return
        new = ruler.changed(published_post(tx, number, cause.place), draft)
        self._show_change(tx, cause, new, PostKind.EDIT, now)

    @command
    def unpublish_post(self, tx: Transaction, cause: Cause, now: datetime, number: PostId) -> None:
        """Show what of a planned post would be deleted from the server, to be confirmed."""
        self._show_change(tx, cause, published_post(tx, number, cause.place), PostKind.REMOVAL, now)

    def _show_change(self, tx: Transaction, cause: Cause, target: Post, kind: PostKind, now: datetime) -> None:
        post = drafts.about(target, kind, cause.actor, cause.place, cause.event, now)
        if post.ticket is not None:
            self.drafting.show_draft(tx, cause, ticket_of(tx, post), post)
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
            replaced = states.withdrawn(earlier)
            keep(tx, Change(posts=(replaced,), entries=(entry_of(replaced, Step.WITHDRAWN, cause, now),)))
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

    @command
    def reschedule(self, tx: Transaction, cause: Cause, now: datetime, number: PostId, due_at: datetime) -> None:
        """Give a planned post another time; it is to be confirmed anew."""
        before = the_post(tx, number, cause.place)
        _must_be_planned(before)
        self._keep_changed(tx, cause, before, rules.rescheduled(before, due_at, now), Step.RESCHEDULED, now)

    @command
    def unschedule(self, tx: Transaction, cause: Cause, now: datetime, number: PostId, *, whole_series: bool) -> None:
        """Drop a planned post; of a series only this one, or all that would follow too."""
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
            self.confirming.take_back(tx, cause, post, now)
        if cause.answer_to:
            outbox.add_effects(tx, [React(cause.place, cause.answer_to, DONE)])

    async def copy_post(
        self, cause: Cause, number: PostId, due_at: datetime | None, doubt: Doubt | None = None
    ) -> None:
        """A new draft of the words of a planned post, also of one that was published, refused or dropped."""
        # Measured anew: it may be a copy because its instance counts otherwise than it says.
        await self._copy(
            cause, number, due_at, doubt, await self.drafting.ruler((await self.finding.post(number, cause)).account)
        )

    @command
    def _copy(
        self,
        tx: Transaction,
        cause: Cause,
        now: datetime,
        number: PostId,
        due_at: datetime | None,
        doubt: Doubt | None,
        ruler: Ruler,
    ) -> None:
        original = the_post(tx, number, cause.place)
        if original.ticket is not None or not original.says_something:
            raise Refusal("P{post} is no planned post.", post=number)
        if not original.text:
            raise Refusal("The words of P{post} have been removed after the retention time.", post=number)
        copied = rules.copied(original, cause.place, cause.actor, cause.event, now, due_at)
        copied = replace(copied, attachments=still_there(tx, original.attachments))
        post = posts.add_post(tx, ruler.fitted(copied, ()))
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
