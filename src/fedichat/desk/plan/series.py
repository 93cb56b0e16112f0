"""Posts that come again and again: one of them waits at any time, visible and changeable; the next follows it."""

from dataclasses import replace
from datetime import datetime

from fedichat.desk.office import keep
from fedichat.desk.settings import Settings
from fedichat.domain.cause import Cause
from fedichat.domain.change import Change, entry_of, preview
from fedichat.domain.effects import Effect, Publish, Tell
from fedichat.domain.history import Step
from fedichat.domain.names import SeriesId
from fedichat.domain.phrase import mark
from fedichat.domain.posts import planning as rules
from fedichat.domain.posts.post import Post, PostState, plan_of
from fedichat.domain.posts.states import unconfirmed
from fedichat.domain.time.timer import Timer, TimerKind
from fedichat.domain.time.when import next_after
from fedichat.store import outbox, plan, posts, timers
from fedichat.store.database import Transaction


def timer_of(post: Post) -> Timer:
    """The timer that looks at a planned post ahead of its time."""
    return Timer(TimerKind.PLANNED, str(post.id))


def watch(tx: Transaction, post: Post, now: datetime) -> None:
    """Have the post looked at ahead of its time, or as soon as may be."""
    if post.due_at is None:
        timers.clear_timer(tx, timer_of(post))
    else:
        timers.set_timer(tx, timer_of(post), rules.look_at(post.due_at, now))


def begin(tx: Transaction, post: Post, rule: str) -> Post:
    """Make the post, which has its number, the first of a series."""
    series = rules.Series(id=SeriesId(0), rule=rule, template=post, last_at=post.due_at or post.created_at)
    series = plan.add_series(tx, series)
    post = replace(post, about=replace(plan_of(post), series=series.id))
    posts.save_post(tx, post)
    return post


def approve(tx: Transaction, post: Post, *, four_eyes: bool) -> None:
    """Whoever approved the post has approved the series, if the post is as the series has it.

    With `four_eyes` not whoever wrote what the series says.
    """
    series = plan.find_series(tx, post.series) if post.series is not None else None
    if series is None or (four_eyes and post.confirmed_by == series.template.author):
        return
    if rules.says_the_same(post, series.template):
        plan.save_series(tx, replace(series, approved_by=post.confirmed_by))


def disapprove(tx: Transaction, post: Post) -> None:
    """The approval of the post does not hold any more, and so that of those to come does not either."""
    series = plan.find_series(tx, post.series) if post.series is not None else None
    if series is not None:
        plan.save_series(tx, replace(series, approved_by=None))


def disapprove_waiting(tx: Transaction, post: Post, now: datetime) -> None:
    """The same, where the next one may wait already, approved: it is a draft again."""
    disapprove(tx, post)
    for before in plan.waiting_in_series(tx, post) if post.series is not None else ():
        is_approved = before.state in (PostState.CONFIRMED, PostState.MISSED) and before.confirmed_by is not None
        if is_approved and before.id != post.id and not before.out:
            held = unconfirmed(before)
            held_back = entry_of(held, Step.UNCONFIRMED, None, now)
            keep(tx, Change(posts=(held,), entries=(held_back,), effects=(preview(held),)))
            watch(tx, held, now)


def disapprove_missed(tx: Transaction, post: Post, cause: Cause, now: datetime) -> None:
    """Other words are asked for: what of the series has missed its time was approved with the old ones."""
    if post.series is None:
        return
    for before in plan.waiting_in_series(tx, post):
        if before.state is PostState.MISSED and before.confirmed_by is not None and before.id != post.id:
            held = unconfirmed(before)
            held_back = entry_of(held, Step.UNCONFIRMED, cause, now)
            keep(tx, Change(posts=(held,), entries=(held_back,), effects=(preview(held),)))


def redefine(tx: Transaction, post: Post, rule: str) -> None:
    """The message that began the series says something else now: the posts to come do too, once approved.

    Without a `rule` they come as before; with one also where an edit between had ended the series.
    """
    series = plan.find_series(tx, post.series) if post.series is not None else None
    if series is not None:
        last_at = (post.due_at if rule else None) or series.last_at
        changed = replace(series, rule=rule or series.rule, template=post, approved_by=None, last_at=last_at)
        if rule:
            changed = replace(changed, ended_at=None)
        plan.save_series(tx, changed)


def end(tx: Transaction, post: Post, now: datetime) -> None:
    """No post of the series follows any more."""
    series = plan.find_series(tx, post.series) if post.series is not None else None
    if series is not None and series.ended_at is None:
        plan.save_series(tx, replace(series, ended_at=now))


def go_on(tx: Transaction, post: Post, settings: Settings, now: datetime) -> None:
    """This post of a series is settled: make the next one, where none waits yet. Otherwise nothing follows.

    What nobody has seen coming, because its moment passed while nothing ran, is not made up for.
    """
    series = plan.find_series(tx, post.series) if post.series is not None else None
    if series is None or series.ended_at is not None or plan.waits_in_series(tx, series.id):
        return
    at, left_out = next_after(series.rule, series.last_at, settings.zone), 0
    while at is not None and now > at + settings.grace:
        at, left_out = next_after(series.rule, at, settings.zone), left_out + 1
    if left_out:
        message = mark("Moments of this series that passed meanwhile and are left out: {count}.")
        outbox.add_effects(tx, [Tell(post.place, message, {"count": left_out}, post=post.id)])
    if at is None:
        plan.save_series(tx, replace(series, ended_at=now))
        message = mark("That was the last post of this series.")
        outbox.add_effects(tx, [Tell(post.place, message, post=post.id)])
        return
    plan.save_series(tx, replace(series, last_at=at))
    following = posts.add_post(tx, rules.next_of(series, at, now))
    effects: list[Effect] = [preview(following)]
    if following.state is PostState.CONFIRMED:
        effects.append(Publish(following.account, following.id, at, rules.queue_of(following)))
    watch(tx, following, now)
    made = entry_of(following, Step.DRAFTED, None, now)
    keep(tx, Change(entries=(made,), effects=tuple(effects)))
