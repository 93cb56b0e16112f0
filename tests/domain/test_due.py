"""What follows for a planned post at its time, and what its room hears of it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from fedichat.domain.change import Change
from fedichat.domain.effects import Pin, React, ShowMissed, ShowPreview, Tell
from fedichat.domain.history import Step
from fedichat.domain.names import EventId, UserId
from fedichat.domain.phrase import Phrase, mark
from fedichat.domain.posts import due
from fedichat.domain.posts.post import Out, Post, PostKind, PostState
from fedichat.domain.tickets.mention import StatusId
from tests.factories import ANNA, BEN, MINUTE, NOW, TEAM, a_post

GRACE = 15 * MINUTE
REASON = Phrase(mark("the server did not answer"))
DRAFT = a_post(kind=PostKind.PLANNED, due_at=NOW + 5 * MINUTE)
CONFIRMED = replace(DRAFT, state=PostState.CONFIRMED, confirmed_by=BEN, publish_after=DRAFT.due_at)
PARTS = ("one", "two")
FIRST = Out(StatusId("p1"), "https://social.example/1")


def at(moment: timedelta, *, kind: PostKind = PostKind.PLANNED) -> Post:
    """A post that is out, and was planned for so long before now."""
    return a_post(kind=kind, due_at=NOW - moment, state=PostState.PUBLISHED, out=(FIRST,))


OVERDUE = a_post(
    kind=PostKind.PLANNED,
    due_at=NOW - GRACE - MINUTE,
    publish_after=NOW - GRACE - MINUTE,
    state=PostState.CONFIRMED,
    confirmed_by=BEN,
)
PARTLY_OUT = replace(OVERDUE, parts=PARTS, out=(FIRST,), state=PostState.PUBLISHING)


def told(change: Change) -> list[tuple[tuple[UserId, ...], str]]:
    return [(one.meant, one.message) for one in change.effects if isinstance(one, Tell)]


@pytest.mark.parametrize(
    ("post", "is_frozen", "unheard", "state"),
    [
        (CONFIRMED, False, False, None),
        (CONFIRMED, True, False, PostState.MISSED),
        (CONFIRMED, False, True, PostState.MISSED),
        (OVERDUE, False, False, PostState.MISSED),
        (replace(OVERDUE, publish_after=NOW), False, False, None),
        (PARTLY_OUT, False, False, None),
        (PARTLY_OUT, False, True, None),
        (PARTLY_OUT, True, False, PostState.DRAFT),
        (replace(PARTLY_OUT, attempted_at=NOW), True, False, None),
        (DRAFT, True, True, None),
        (replace(OVERDUE, kind=PostKind.CRISIS), True, True, None),
    ],
)
def test_what_is_planned_is_held_back_while_frozen_or_too_late(
    post: Post, is_frozen: bool, unheard: bool, state: PostState | None
) -> None:
    change = due.held_back(post, NOW, GRACE, is_frozen=is_frozen, unheard=unheard)
    assert (change.posts[0].state if change else None) == state


def test_what_missed_its_time_is_asked_about_and_who_approved_it_stays_known() -> None:
    change = due.missed(OVERDUE, NOW)
    assert [(one.state, one.confirmed_by) for one in change.posts] == [(PostState.MISSED, BEN)]
    assert [one.step for one in change.entries] == [Step.MISSED]
    assert change.effects == (ShowPreview(TEAM, OVERDUE.id, 1), ShowMissed(TEAM))


def test_a_thread_that_a_freeze_stops_waits_with_a_new_preview() -> None:
    change = due.held_back(PARTLY_OUT, NOW, GRACE, is_frozen=True, unheard=False)
    assert change is not None
    assert "What is out stays" in told(change)[0][1]
    assert (change.effects[0], change.effects[-1]) == (ShowPreview(TEAM, DRAFT.id, 1), ShowPreview(TEAM, DRAFT.id, 2))


@pytest.mark.parametrize(
    ("post", "message", "is_pinned"),
    [
        (at(timedelta(seconds=59)), "P{post} is published: {url}", False),
        (at(MINUTE), "P{post} is published, late: it was planned for {moment}. {url}", False),
        (at(MINUTE, kind=PostKind.CRISIS), "P{post} is published: {url}", True),
    ],
)
def test_what_is_said_of_a_planned_post_that_is_out(post: Post, message: str, is_pinned: bool) -> None:
    change = due.is_out(post, NOW)
    assert ([one.step for one in change.entries], told(change)) == ([Step.PUBLISHED], [((), message)])
    assert change.effects[0] == ShowPreview(TEAM, post.id, 1)
    assert (Pin("bsi", post.id) in change.effects) == is_pinned


def test_ahead_of_its_time_whoever_confirmed_it_hears_that_the_server_will_not_take_it() -> None:
    assert [meant for meant, _ in told(due.cannot_be_prepared(CONFIRMED, REASON))] == [(BEN,)]
    assert due.cannot_be_prepared(DRAFT, REASON) == Change()


@pytest.mark.parametrize(
    ("post", "ahead", "was_told", "is_told"),
    [
        (CONFIRMED, 5 * MINUTE, False, True),
        (CONFIRMED, 10 * MINUTE, False, True),
        (CONFIRMED, 11 * MINUTE, False, False),
        (CONFIRMED, 5 * MINUTE, True, False),
        (DRAFT, 5 * MINUTE, False, False),
    ],
)
def test_a_server_that_cannot_be_reached_is_spoken_of_once_and_near_the_time(
    post: Post, ahead: timedelta, was_told: bool, is_told: bool
) -> None:
    assert DRAFT.due_at is not None
    change = due.preparing_waits(post, REASON, DRAFT.due_at - ahead, was_told=was_told)
    steps = [(one.step, one.said) for one in change.entries]
    assert (bool(told(change)), steps) == (is_told, [(Step.DELAYED, REASON)] if is_told else [])


def test_a_warning_s_preview_says_that_it_is_pinned_and_its_author_hears_where_it_is_not() -> None:
    warning = at(MINUTE, kind=PostKind.CRISIS)
    done = due.pinned(warning, EventId("$shown"), NOW)
    assert ([one.step for one in done.entries], done.effects) == (
        [Step.PINNED],
        (React(TEAM, EventId("$shown"), due.PINNED),),
    )
    assert due.pinned(warning, None, NOW).effects == ()
    assert [meant for meant, _ in told(due.not_pinned(warning, REASON))] == [(ANNA,)]


def test_whoever_drafted_a_post_hears_near_its_time_that_nobody_has_confirmed_it() -> None:
    ((meant, message),) = told(due.remind_to_confirm(DRAFT))
    assert (meant, "nobody has confirmed it" in message) == ((ANNA,), True)
