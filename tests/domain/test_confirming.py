"""What follows when a post is confirmed or taken back, and which confirmations do not count."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from fedichat.domain.cause import Cause
from fedichat.domain.effects import Prepare, Publish, Queue, React, ShowPreview, Tell
from fedichat.domain.history import Step
from fedichat.domain.names import EventId, Place, PostId
from fedichat.domain.posts import confirming
from fedichat.domain.posts.confirming import Terms
from fedichat.domain.posts.post import Out, Post, PostKind, PostState
from fedichat.domain.tickets.mention import StatusId
from fedichat.errors import NotShownYet, Refusal
from tests.factories import ANNA, BEN, MINUTE, NOW, TEAM, a_post, a_ticket

ELSEWHERE = Place("supervisors")
UNDO = timedelta(seconds=10)
TERMS = Terms(undo=UNDO, grace=15 * MINUTE)
SAID = EventId("$said")
TYPED = Cause(SAID, BEN, TEAM, NOW, answer_to=SAID)
ANSWER = a_post()


def planned(due_at: datetime | None, state: PostState = PostState.DRAFT) -> Post:
    return a_post(kind=PostKind.PLANNED, due_at=due_at, state=state)


WARNING = a_post(kind=PostKind.CRISIS)
SOON, LATER = NOW + 5 * MINUTE, NOW + 60 * MINUTE
BY_WORDS = replace(TERMS, typed=True)


@pytest.mark.parametrize(
    ("before", "terms", "due", "queue", "is_prepared"),
    [
        (ANSWER, TERMS, NOW + UNDO, Queue.ANSWERS, False),
        (WARNING, TERMS, NOW, Queue.CRISIS, False),
        (planned(LATER), TERMS, LATER, Queue.PLANNED, False),
        (planned(SOON), TERMS, SOON, Queue.PLANNED, True),
        (planned(LATER), replace(TERMS, frozen_by=ANNA), LATER, Queue.PLANNED, False),
        (planned(NOW), TERMS, NOW + UNDO, Queue.PLANNED, True),
        (planned(None), BY_WORDS, NOW + UNDO, Queue.PLANNED, False),
        (planned(NOW - 60 * MINUTE, state=PostState.MISSED), BY_WORDS, NOW + UNDO, Queue.PLANNED, False),
        (ANSWER, replace(TERMS, four_eyes=True, writer=ANNA), NOW + UNDO, Queue.ANSWERS, False),
    ],
)
def test_what_is_confirmed_goes_out_when_it_is_due_and_not_before_it_can_be_taken_back(
    before: Post, terms: Terms, due: datetime, queue: Queue, is_prepared: bool
) -> None:
    change = confirming.confirm(before, TYPED, NOW, terms)
    (post,) = change.posts
    assert (post.state, post.confirmed_by, post.publish_after) == (PostState.CONFIRMED, BEN, due)
    assert [(one.step, one.actor) for one in change.entries] == [(Step.CONFIRMED, BEN)]
    assert change.effects[:2] == (Publish("bsi", post.id, due, queue), ShowPreview(TEAM, post.id, 1))
    assert any(isinstance(one, Prepare) for one in change.effects) == is_prepared


@pytest.mark.parametrize(
    ("before", "terms", "words"),
    [
        (ANSWER, replace(TERMS, four_eyes=True, writer=BEN), "second pair of eyes"),
        (replace(ANSWER, author=BEN), replace(TERMS, four_eyes=True), "second pair of eyes"),
        (planned(None), TERMS, "has no time yet"),
        (planned(NOW - 60 * MINUTE), TERMS, "has passed"),
        (planned(None), replace(BY_WORDS, frozen_by=ANNA), "held back since anna"),
        (replace(ANSWER, state=PostState.CONFIRMED), TERMS, "confirmed already"),
        (replace(ANSWER, state=PostState.WITHDRAWN), TERMS, "nothing to confirm"),
    ],
)
def test_what_may_not_go_out_is_not_confirmed(before: Post, terms: Terms, words: str) -> None:
    with pytest.raises(Refusal, match=words):
        confirming.confirm(before, TYPED, NOW, terms)


@pytest.mark.parametrize(("place", "seen"), [(TEAM, ()), (ELSEWHERE, (React(ELSEWHERE, SAID, "👍"),))])
def test_what_is_taken_back_is_shown_so_and_acknowledged_in_another_room(place: Place, seen: tuple[React, ...]) -> None:
    ticket = a_ticket()
    change = confirming.take_back(ANSWER, replace(TYPED, place=place), ticket, NOW)
    assert [one.state for one in change.posts] == [PostState.WITHDRAWN]
    assert [(one.step, one.actor) for one in change.entries] == [(Step.WITHDRAWN, BEN)]
    assert change.effects == (ShowPreview(TEAM, ANSWER.id, 1), *seen)
    assert change.on_card_of is None


def test_of_a_thread_that_is_taken_back_what_is_out_stays_on_the_card() -> None:
    half_out = replace(ANSWER, parts=("one", "two"), out=(Out(StatusId("p1"), ""),))
    change = confirming.take_back(half_out, TYPED, a_ticket(), NOW)
    assert [(one.state, one.text) for one in change.posts] == [(PostState.PUBLISHED, "one")]
    assert change.on_card_of == a_ticket()


MISSED = planned(NOW - 60 * MINUTE, state=PostState.MISSED)
APPROVED = replace(MISSED, confirmed_by=ANNA)
EARLIER, AFTER = NOW - MINUTE, NOW + MINUTE


@pytest.mark.parametrize(
    ("post", "shown_in", "made_at", "is_newer", "typed", "refused"),
    [
        (ANSWER, TEAM, EARLIER, False, False, None),
        (ANSWER, TEAM, EARLIER, False, True, None),
        (ANSWER, TEAM, EARLIER, True, False, None),
        (ANSWER, TEAM, EARLIER, True, True, Refusal),
        (ANSWER, ELSEWHERE, EARLIER, False, False, Refusal),
        (ANSWER, None, EARLIER, False, False, NotShownYet),
        (ANSWER, None, AFTER, False, False, Refusal),
        (MISSED, None, EARLIER, False, True, NotShownYet),
        (APPROVED, None, EARLIER, False, False, NotShownYet),
        (APPROVED, None, EARLIER, False, True, None),
        (APPROVED, ELSEWHERE, EARLIER, True, True, None),
    ],
)
def test_nobody_confirms_what_they_cannot_have_seen(
    post: Post,
    shown_in: Place | None,
    made_at: datetime,
    is_newer: bool,
    typed: bool,
    refused: type[Exception] | None,
) -> None:
    def look() -> None:
        confirming.must_have_been_seen(post, TYPED, shown_in, made_at, is_newer=is_newer, typed=typed)

    if refused is None:
        look()
        return
    with pytest.raises((Refusal, NotShownYet)) as error:
        look()
    assert error.type is refused


def test_an_earlier_preview_confirms_nothing() -> None:
    confirming.must_be_current(ANSWER, 1)
    with pytest.raises(Refusal, match="out of date"):
        confirming.must_be_current(replace(ANSWER, revision=2), 1)


def test_where_only_words_confirm_whoever_taps_hears_which() -> None:
    told = confirming.ask_to_type(ANSWER, TYPED)
    assert isinstance(told, Tell)
    assert (told.meant, told.post, told.ticket) == ((BEN,), PostId(7), ANSWER.ticket)
    assert "{confirm} confirms P{post}" in told.message
