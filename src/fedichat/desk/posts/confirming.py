"""A draft is confirmed, withdrawn, or taken back."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from fedichat.desk.lookup import the_post, ticket_with, writer_of
from fedichat.desk.office import Service, command, keep, take_up, write
from fedichat.desk.plan import series
from fedichat.desk.room.replies import times_declined
from fedichat.domain.cause import Cause
from fedichat.domain.change import Change, acknowledged, entry_of, preview, told_about
from fedichat.domain.effects import Effect, Prepare, Publish
from fedichat.domain.history import Step
from fedichat.domain.names import EventId, PostId, localpart
from fedichat.domain.phrase import mark
from fedichat.domain.posts import planning, states
from fedichat.domain.posts.post import Post, PostKind, PostState
from fedichat.errors import NotShownYet, Refusal
from fedichat.store import asking, entries, freezes, outbox, posts
from fedichat.store.database import Transaction


class Confirming(Service):
    """What lets a post out, and what holds it back."""

    @write
    def confirm(self, tx: Transaction, cause: Cause, number: PostId, revision: int, *, typed: bool = False) -> None:
        """Release that revision of a post for publishing: it goes out when the time to take it back is over.

        What is planned goes out at its time; `typed`, in words rather than by a tap, also where it has none any more.
        """
        now = self.clock.now()
        if cause.tap is not None:
            # The question may stand there from before the post was changed.
            asked = asking.find_asked(tx, cause.tap.question)
            put = asked.fields.get("revision") if asked is not None else None
            revision = put if isinstance(put, int) else revision
        take_up(tx, cause, now)
        before = the_post(tx, number, cause.place)
        _must_be_current(before, revision)
        shown = outbox.preview_of(tx, number, revision)
        # What was approved and has missed its time is only let out late.
        is_let_out = typed and before.state is PostState.MISSED and before.confirmed_by is not None
        if shown is not None and shown.place != cause.place and not is_let_out:
            raise Refusal("The preview of P{post} is in another room, and is confirmed there.", post=number)
        if shown is None and not is_let_out:
            # It may be there and not be recorded yet; but nobody has seen what was made after they spoke.
            is_blind = (cause.arrived_at or cause.at) < _made_at(tx, before)
            raise (Refusal if is_blind else NotShownYet)(
                mark("The preview of P{post} has not been shown yet. Look at it first, then confirm."), post=number
            )
        # A tap is on what it counts for; words are about what stands in the room when they are said.
        is_unseen = shown is not None and cause.is_later(shown.event)
        if typed and is_unseen and not is_let_out:
            raise Refusal(
                "P{post} is newer than what you wrote. Look at its newest preview, then confirm.", post=number
            )
        for each in together(tx, before, before.state):
            self._release(tx, cause, each, now, typed=typed)
        if before.place != cause.place:
            outbox.add_effects(tx, acknowledged(cause))

    @command
    def ask_to_type(
        self, tx: Transaction, cause: Cause, now: datetime, number: PostId, revision: int, shown: EventId
    ) -> None:
        """A ✅ on the preview `shown` of that revision confirms nothing here: say what does, once an hour."""
        post = the_post(tx, number, cause.place)
        if post.state not in (PostState.DRAFT, PostState.MISSED):
            return
        _must_be_current(post, revision)
        planning.release_at(post, now, self.settings.grace, typed=False)  # says by itself what to type
        message = mark("A tap publishes nothing here. {confirm} confirms P{post} as its preview shows it.")
        times, _ = times_declined(tx, cause, f"tap {shown}", now)
        if not times:
            outbox.add_effects(tx, [told_about(post, message, meant=(cause.actor,))])

    def _release(self, tx: Transaction, cause: Cause, before: Post, now: datetime, *, typed: bool) -> None:
        undo = timedelta() if before.kind is PostKind.CRISIS else timedelta(seconds=self.settings.undo_seconds)
        planned_for = planning.release_at(before, now, self.settings.grace, typed=typed)
        if before.kind is PostKind.PLANNED and planned_for is None:
            must_not_be_frozen(tx)
        due = max(planned_for or now, now + undo)
        target = posts.find_post(tx, before.target) if before.target else None
        four_eyes = self.settings.needs_four_eyes(before, target)
        post = states.confirmed(
            before, cause.actor, due, four_eyes=four_eyes, writer=writer_of(tx, before) if four_eyes else None
        )
        series.approve(tx, post, four_eyes=four_eyes)
        effects: list[Effect] = [Publish(post.account, post.id, due, planning.queue_of(post)), preview(post)]
        if planned_for is not None and planned_for - now <= planning.AHEAD:
            effects.append(Prepare(post.account, post.id, planned_for))
        confirmed = entry_of(post, Step.CONFIRMED, cause, now)
        keep(tx, Change(posts=(post,), entries=(confirmed,), effects=tuple(effects)))

    @command
    def withdraw(self, tx: Transaction, cause: Cause, now: datetime, number: PostId) -> None:
        """Take a post back before it went out."""
        for before in together(tx, the_post(tx, number, cause.place)):
            self.take_back(tx, cause, before, now)

    def take_back(self, tx: Transaction, cause: Cause, before: Post, now: datetime) -> None:
        """Take one post back before it goes out; of a series, the next one takes its turn."""
        post = states.withdrawn(before)
        withdrawn = entry_of(post, Step.WITHDRAWN, cause, now)
        # In its own room the preview shows it.
        seen = acknowledged(cause) if post.place != cause.place else ()
        ticket = ticket_with(tx, post) if post.stands else None
        effects = (preview(post), *seen)
        keep(tx, Change(posts=(post,), entries=(withdrawn,), effects=effects, on_card_of=ticket))
        series.go_on(tx, post, self.settings, now)


_WAITING = (PostState.DRAFT, PostState.CONFIRMED, PostState.MISSED)


def together(tx: Transaction, post: Post, *states: PostState) -> Sequence[Post]:
    """The posts that are decided on as one with this one: of its bundle those that wait (in these states), as it does.

    A thread that is partly out is decided on alone.
    """
    if post.state not in _WAITING or post.out:
        return [post]
    bundle = posts.bundle_of(tx, post)
    return [one for one in bundle if one.state in (states or _WAITING) and not one.out]


def _must_be_current(post: Post, revision: int) -> None:
    if revision != post.revision:
        raise Refusal(
            "This preview of P{post} is out of date. Look at the newest one and confirm that.",
            post=post.id,
        )


def must_not_be_frozen(tx: Transaction) -> None:
    """Refuse to publish something planned now while all of that is held back."""
    freeze = freezes.current_freeze(tx)
    if freeze is not None:
        raise Refusal(
            "All that is planned is held back since {who} said `{prefix}freeze`. `{prefix}unfreeze` ends that.",
            who=localpart(freeze.begun_by),
        )


def _made_at(tx: Transaction, post: Post) -> datetime:
    """When the post got the text that it has now."""
    made = Step.DRAFTED, Step.REVISED, Step.OUTDATED, Step.RESCHEDULED
    past = entries.history_of_post(tx, post.id)
    return max([post.created_at, *(e.at for e in past if e.step in made)])
