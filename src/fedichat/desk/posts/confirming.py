"""A draft is confirmed, withdrawn, or taken back."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from fedichat.desk.lookup import the_post, ticket_with, writer_of
from fedichat.desk.office import Service, command, keep, take_up, write
from fedichat.desk.plan import series
from fedichat.desk.room.replies import times_declined
from fedichat.domain.cause import Cause
from fedichat.domain.change import acknowledged
from fedichat.domain.history import Step
from fedichat.domain.names import EventId, PostId
from fedichat.domain.posts import confirming as decide
from fedichat.domain.posts import planning
from fedichat.domain.posts.confirming import Terms
from fedichat.domain.posts.post import Post, PostState
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
        decide.must_be_current(before, revision)
        shown = outbox.preview_of(tx, number, revision)
        decide.must_have_been_seen(
            before,
            cause,
            shown.place if shown is not None else None,
            _made_at(tx, before),
            is_newer=shown is not None and cause.is_later(shown.event),
            typed=typed,
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
        decide.must_be_current(post, revision)
        planning.release_at(post, now, self.settings.grace, typed=False)  # says by itself what to type
        times, _ = times_declined(tx, cause, f"tap {shown}", now)
        if not times:
            outbox.add_effects(tx, [decide.ask_to_type(post, cause)])

    def _release(self, tx: Transaction, cause: Cause, before: Post, now: datetime, *, typed: bool) -> None:
        terms = self._terms(tx, before, typed=typed)
        change = decide.confirm(before, cause, now, terms)
        series.approve(tx, change.posts[0], four_eyes=terms.four_eyes)
        keep(tx, change)

    def _terms(self, tx: Transaction, post: Post, *, typed: bool) -> Terms:
        target = posts.find_post(tx, post.target) if post.target else None
        four_eyes = self.settings.needs_four_eyes(post, target)
        freeze = freezes.current_freeze(tx)
        return Terms(
            undo=timedelta(seconds=self.settings.undo_seconds),
            grace=self.settings.grace,
            four_eyes=four_eyes,
            writer=writer_of(tx, post) if four_eyes else None,
            frozen_by=freeze.begun_by if freeze is not None else None,
            typed=typed,
        )

    @command
    def withdraw(self, tx: Transaction, cause: Cause, now: datetime, number: PostId) -> None:
        """Take a post back before it went out."""
        for before in together(tx, the_post(tx, number, cause.place)):
            self.take_back(tx, cause, before, now)

    def take_back(self, tx: Transaction, cause: Cause, before: Post, now: datetime) -> None:
        """Take one post back before it goes out; of a series, the next one takes its turn."""
        change = decide.take_back(before, cause, ticket_with(tx, before) if before.out else None, now)
        keep(tx, change)
        series.go_on(tx, change.posts[0], self.settings, now)


_WAITING = (PostState.DRAFT, PostState.CONFIRMED, PostState.MISSED)


def together(tx: Transaction, post: Post, *states: PostState) -> Sequence[Post]:
    """The posts that are decided on as one with this one: of its bundle those that wait (in these states), as it does.

    A thread that is partly out is decided on alone.
    """
    if post.state not in _WAITING or post.out:
        return [post]
    bundle = posts.bundle_of(tx, post)
    return [one for one in bundle if one.state in (states or _WAITING) and not one.out]


def _made_at(tx: Transaction, post: Post) -> datetime:
    """When the post got the text that it has now."""
    made = Step.DRAFTED, Step.REVISED, Step.OUTDATED, Step.RESCHEDULED
    past = entries.history_of_post(tx, post.id)
    return max([post.created_at, *(e.at for e in past if e.step in made)])
