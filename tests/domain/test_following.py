"""What follows from what citizens write, change, and delete, and what is shown of their media."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from fedichat.desk.settings import NO_PROMISES
from fedichat.domain.change import Change
from fedichat.domain.effects import (
    Ask,
    Redact,
    ShowCard,
    ShowEdited,
    ShowFollowUp,
    ShowMedia,
    ShowPreview,
    Tell,
)
from fedichat.domain.history import Step
from fedichat.domain.names import EventId, Place, PostId, TicketId
from fedichat.domain.posts.post import Post, PostState
from fedichat.domain.tickets import following
from fedichat.domain.tickets.media import Mirroring, is_hidden_now, media_shown, show_hidden
from fedichat.domain.tickets.mention import Media, Status, StatusId, Visibility
from fedichat.domain.tickets.ticket import Ticket, TicketState
from fedichat.errors import Refusal
from tests.domain.decisions import told
from tests.factories import BEN, MINUTE, NOW, TEAM, a_post, a_status, a_ticket

CRYPTO = Place("department/crypto")
NUMBER = TicketId(42)
TICKET = a_ticket()
CARD, THERE = EventId("$card"), EventId("$there")
IMAGE = Media("image", "https://remote.example/1.png", "A map.")
VIDEO = replace(IMAGE, kind="video", url="https://remote.example/2.mp4")
ASKED = a_status()
LATER = a_status(id=StatusId("s2"), created_at=NOW, text="Well?")
MIRRORING = Mirroring()
WAITS = a_post(id=PostId(3), state=PostState.CONFIRMED, confirmed_by=BEN)
SENT = replace(WAITS, state=PostState.PUBLISHING)


def hidden(status: Status) -> Status:
    return replace(status, is_sensitive=True)


# --- opened and followed up ---


def test_a_question_opens_a_ticket_whose_card_is_shown_before_its_pictures() -> None:
    status = replace(ASKED, media=(IMAGE, VIDEO))
    ticket = following.asked("bsi", TEAM, status, NOW, NO_PROMISES)
    assert (ticket.state, ticket.author, ticket.opened_at) == (TicketState.NEW, status.author.acct, status.created_at)
    change = following.opened(replace(ticket, id=NUMBER), status, MIRRORING)
    assert [(one.step, one.at) for one in change.entries] == [(Step.OPENED, status.created_at)]
    assert change.effects == (ShowCard(TEAM, NUMBER), ShowMedia(TEAM, NUMBER, status.id, 0))


def followed(ticket: Ticket, status: Status = LATER, newest: Status | None = ASKED, *pending: Post) -> Change:
    return following.follow_up(ticket, newest, status, [CRYPTO], pending, MIRRORING, NOW, NO_PROMISES)


@pytest.mark.parametrize(
    ("before", "state", "steps"),
    [
        (TICKET, TicketState.NEW, [Step.FOLLOWED_UP]),
        (replace(TICKET, state=TicketState.ANSWERED), TicketState.NEW, [Step.FOLLOWED_UP]),
        (replace(TICKET, state=TicketState.ANSWERED, claimant=BEN), TicketState.CLAIMED, [Step.FOLLOWED_UP]),
        (replace(TICKET, snoozed_until=NOW + MINUTE), TicketState.NEW, [Step.FOLLOWED_UP, Step.WOKEN]),
    ],
)
def test_who_writes_again_is_shown_in_every_room_that_takes_part(
    before: Ticket, state: TicketState, steps: list[Step]
) -> None:
    change = followed(before)
    assert change.ticket is not None
    assert (change.ticket.state, change.ticket.status, change.ticket.snoozed_until) == (state, "s2", None)
    assert [one.step for one in change.entries] == steps
    assert change.effects == tuple(ShowFollowUp(place, NUMBER, StatusId("s2")) for place in (TEAM, CRYPTO))


def test_what_is_found_late_is_not_what_the_ticket_answers() -> None:
    newest = replace(ASKED, created_at=NOW + MINUTE)
    ticket = followed(TICKET, LATER, newest).ticket
    assert ticket is not None
    assert ticket.status == TICKET.status


def test_who_goes_on_in_private_narrows_the_answer_that_waits() -> None:
    private = replace(LATER, visibility=Visibility.PRIVATE)
    change = followed(TICKET, private, ASKED, WAITS)
    assert [(one.id, one.visibility) for one in change.posts] == [(PostId(3), Visibility.PRIVATE)]
    assert [one.step for one in change.entries] == [Step.OUTDATED, Step.FOLLOWED_UP]
    first, said, last = change.effects[-3:]
    assert (type(first), type(said), type(last)) == (ShowPreview, Tell, ShowPreview)
    assert [meant for meant, _ in told(change)] == [(BEN,)]


@pytest.mark.parametrize("post", [SENT, replace(WAITS, visibility=Visibility.PRIVATE)])
def test_what_is_on_its_way_or_narrow_enough_stays_as_it_is(post: Post) -> None:
    assert following.narrow_drafts(replace(TICKET, visibility=Visibility.PRIVATE), [post], NOW) == Change()


# --- edited ---


def edited(before: Status, status: Status, *shown: tuple[Place, EventId]) -> Change:
    return following.edited(TICKET, before, status, [CRYPTO], shown, MIRRORING, NOW, NO_PROMISES)


def test_new_words_are_shown_with_the_old_in_every_room_and_new_pictures_with_them() -> None:
    change = edited(ASKED, replace(ASKED, text="Is TLS 1.3?", html="<p>Is TLS 1.3?</p>", media=(IMAGE,)))
    assert [(one.step, one.actor) for one in change.entries] == [(Step.QUESTION_EDITED, None)]
    assert change.effects == tuple(
        effect
        for place in (TEAM, CRYPTO)
        for effect in (ShowEdited(place, NUMBER, ASKED.id, ASKED.words), ShowMedia(place, NUMBER, ASKED.id, 0))
    )


def test_what_makes_no_difference_to_readers_is_not_mentioned() -> None:
    assert edited(ASKED, replace(ASKED, edited_at=NOW)) == Change()
    change = edited(ASKED, replace(ASKED, visibility=Visibility.PRIVATE))
    assert change.ticket is not None
    assert (change.ticket.visibility, change.entries, change.effects) == (Visibility.PRIVATE, (), ())


def test_pictures_marked_as_sensitive_since_are_taken_away_and_offered() -> None:
    before = replace(ASKED, media=(IMAGE,))
    after = hidden(before)
    assert is_hidden_now(before, after, MIRRORING)
    assert not is_hidden_now(after, after, MIRRORING)
    assert not is_hidden_now(before, after, Mirroring(shows_sensitive=True))
    gone, offer, *_ = edited(before, after, (TEAM, CARD)).effects
    assert gone == Redact(TEAM, CARD)
    assert isinstance(offer, Ask)
    assert offer.choices == {"🖼️": "media #42"}


# --- deleted ---


@pytest.mark.parametrize(
    ("before", "left", "threads", "state", "said"),
    [
        (TICKET, [LATER], {TEAM: CARD}, TicketState.NEW, [(TEAM, None, False)]),
        (TICKET, [], {TEAM: CARD, CRYPTO: THERE}, TicketState.CLOSED, [(TEAM, CARD, True), (CRYPTO, THERE, True)]),
        (TICKET, [], {TEAM: CARD, CRYPTO: None}, TicketState.CLOSED, [(TEAM, CARD, True)]),
        (
            replace(TICKET, state=TicketState.ANSWERED),
            [],
            {TEAM: CARD},
            TicketState.ANSWERED,
            [(TEAM, CARD, False)],
        ),
    ],
)
def test_what_was_deleted_is_said_in_each_room_that_had_it(
    before: Ticket,
    left: list[Status],
    threads: Mapping[Place, EventId | None],
    state: TicketState,
    said: list[tuple[Place, EventId | None, bool]],
) -> None:
    change = following.deleted(before, left, threads, (), NOW)
    assert change.ticket is not None
    assert (change.ticket.state, change.is_gone) == (state, not left)
    assert [one.step for one in change.entries] == [Step.QUESTION_DELETED]
    tells = [one for one in change.effects if isinstance(one, Tell)]
    assert [(one.place, one.thread, "is closed" in one.message) for one in tells] == said


def test_only_whoever_has_the_open_ticket_is_woken_in_the_team_s_room() -> None:
    claimed = replace(TICKET, state=TicketState.CLAIMED, claimant=BEN)
    both = {TEAM: CARD, CRYPTO: THERE}
    assert [meant for meant, _ in told(following.deleted(claimed, [], both, (), NOW))] == [(BEN,), ()]
    answered = replace(claimed, state=TicketState.ANSWERED)
    assert [meant for meant, _ in told(following.deleted(answered, [], both, (), NOW))] == [(), ()]


def test_with_the_question_goes_what_waits_as_its_answer_and_the_words_of_that() -> None:
    change = following.deleted(TICKET, [], {TEAM: CARD}, [WAITS, replace(SENT, id=PostId(4))], NOW)
    assert [(one.id, one.state, one.text) for one in change.posts] == [(PostId(3), PostState.WITHDRAWN, "")]
    assert [one.step for one in change.entries] == [Step.WITHDRAWN, Step.QUESTION_DELETED]
    assert isinstance(change.effects[-1], ShowPreview)


# --- media ---


@pytest.mark.parametrize(
    ("mirroring", "status", "shown"),
    [
        (MIRRORING, replace(ASKED, media=(IMAGE, VIDEO)), [0]),
        (Mirroring(frozenset({"image", "video"})), replace(ASKED, media=(IMAGE, VIDEO)), [0, 1]),
        (Mirroring(frozenset()), replace(ASKED, media=(IMAGE,)), []),
        (Mirroring(shows_sensitive=True), hidden(replace(ASKED, media=(IMAGE,))), [0]),
    ],
)
def test_the_office_decides_which_media_are_shown(mirroring: Mirroring, status: Status, shown: list[int]) -> None:
    assert media_shown(TEAM, NUMBER, status, mirroring) == [
        ShowMedia(TEAM, NUMBER, status.id, index) for index in shown
    ]


def test_hidden_media_are_shown_to_a_room_once() -> None:
    status = hidden(replace(ASKED, media=(IMAGE,)))
    change = show_hidden(NUMBER, TEAM, [status, LATER], (), MIRRORING)
    assert change.effects == (ShowMedia(TEAM, NUMBER, status.id, 0),)
    with pytest.raises(Refusal, match="Nothing of #42 is hidden here"):
        show_hidden(NUMBER, TEAM, [status, LATER], {status.id}, MIRRORING)
