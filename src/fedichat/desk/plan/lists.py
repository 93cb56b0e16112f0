"""The editorial plan as rooms are shown it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from fedichat.desk.lookup import seen_in, the_post
from fedichat.desk.office import Service, read
from fedichat.domain.cause import Cause
from fedichat.domain.history import Entry
from fedichat.domain.names import Place, PostId, is_department
from fedichat.domain.posts.post import Post
from fedichat.store import entries, freezes, plan
from fedichat.store.database import Transaction
from fedichat.store.plan import Some


@dataclass(frozen=True, slots=True)
class EditorialPlan:
    """The editorial plan of a time, as a room is shown it. `start` and `end` bound it, `frozen` says why it is held."""

    posts: Sequence[Post]
    without_time: Sequence[Post]
    missed: Some
    start: datetime
    end: datetime
    frozen: freezes.Freeze | None
    rules_of: Mapping[PostId, str]
    """The recurrence of each post that is one of a series."""


@dataclass(frozen=True, slots=True)
class ShownPost:
    """A planned post with all that happened to it; `rule` where it is one of a series."""

    post: Post
    entries: Sequence[Entry]
    rule: str


class PlanLists(Service):
    """The plan, one planned post, and what was missed."""

    @read
    def planned(self, tx: Transaction, cause: Cause, start: datetime, end: datetime) -> EditorialPlan:
        """The editorial plan from `start` until before `end`, for the room that asks."""
        accounts = self.settings.accounts
        found = plan.between(tx, cause.place, accounts, start, end)
        return EditorialPlan(
            posts=found,
            without_time=plan.without_time(tx, cause.place, accounts),
            missed=plan.missed_in_view(tx, cause.place, accounts),
            start=start,
            end=end,
            frozen=None if is_department(cause.place) else freezes.current_freeze(tx),
            rules_of=rules_of(tx, found),
        )

    @read
    def show_post(self, tx: Transaction, cause: Cause, number: PostId) -> ShownPost:
        """A planned post with all that happened to it."""
        post = the_post(tx, number, cause.place)
        rule = rules_of(tx, [post]).get(post.id, "")
        return ShownPost(post, seen_in(cause.place, entries.history_of_post(tx, number)), rule)

    @read
    def missed_in(self, tx: Transaction, place: Place) -> Some:
        """The posts made in that room whose moment passed without them; none during a freeze, which ends with them."""
        return Some((), 0) if freezes.current_freeze(tx) else plan.missed_from(tx, place)


def rules_of(tx: Transaction, found: Sequence[Post]) -> Mapping[PostId, str]:
    """The recurrence of each of these posts that is one of a series that goes on."""
    rules_of_posts: dict[PostId, str] = {}
    for post in found:
        one = plan.find_series(tx, post.series) if post.series is not None else None
        if one is not None and one.ended_at is None:
            rules_of_posts[post.id] = one.rule
    return rules_of_posts
