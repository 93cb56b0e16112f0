"""Audiences from the widest to the narrowest, and how an edited status is noticed."""

from dataclasses import replace

import pytest

from fedichat.domain.effects import Publish, React, Say, ShowCard, ShowFollowUp, ShowPreview, Tell
from fedichat.domain.names import EventId, PostId, RoomId, TicketId, UserId, localpart
from fedichat.domain.roles import RoomKind, RoomRole
from fedichat.domain.tickets.mention import Author, Media, Poll, Status, StatusId, Visibility
from tests.factories import NOW, TEAM, a_status

ORDER = [Visibility.PUBLIC, Visibility.UNLISTED, Visibility.PRIVATE, Visibility.DIRECT]


@pytest.mark.parametrize("one", Visibility)
@pytest.mark.parametrize("other", Visibility)
def test_public_is_wider_than_unlisted_than_followers_than_direct(one: Visibility, other: Visibility) -> None:
    assert one.wider_than(other) == (ORDER.index(one) < ORDER.index(other))
    assert one.narrowed_to(other) is ORDER[max(ORDER.index(one), ORDER.index(other))]


QUESTION = a_status(
    text="@bob@other.example Is TLS 1.2 still allowed?",
    media=(Media("image", "https://remote.example/1.png", "a router", id="m1"),),
    poll=Poll(("yes", "no"), expires_at=NOW),
)
LINE = "RE: https://other.example/@bob/1"
PICTURE, POLL = QUESTION.media[0], Poll(("yes", "no"), expires_at=NOW)


@pytest.mark.parametrize(
    "changed",
    [
        replace(QUESTION, text="@bob@other.example Is TLS 1.1 still allowed?"),
        replace(QUESTION, text="@carl@other.example Is TLS 1.2 still allowed?"),
        replace(QUESTION, text="@bob@other.example Is TLS 1.2\nstill allowed?"),
        replace(QUESTION, text=f"{LINE}\n\n{QUESTION.text}"),
        replace(QUESTION, text=f"{QUESTION.text}\n\n{LINE}"),
        replace(QUESTION, text=f"{LINE}2\n\n{LINE}\n\n{QUESTION.text}", quote_line=LINE),
        replace(QUESTION, content_warning="tech"),
        replace(QUESTION, language="de"),
        replace(QUESTION, media=()),
        replace(QUESTION, media=(replace(PICTURE, description="a switch"),)),
        replace(QUESTION, media=(replace(PICTURE, id="m2"),)),
        replace(QUESTION, media=(PICTURE, replace(PICTURE, id="m2"))),
        replace(QUESTION, poll=None),
        replace(QUESTION, poll=replace(POLL, options=("yes", "no", "both"))),
        replace(QUESTION, poll=replace(POLL, options=("no", "yes"))),
        replace(QUESTION, poll=replace(POLL, multiple=True)),
    ],
)
def test_whatever_its_author_changes_makes_another_version(changed: Status) -> None:
    assert not changed.is_version(QUESTION.version)


@pytest.mark.parametrize(
    "same",
    [
        replace(QUESTION),
        replace(QUESTION, html="<p>rendered anew</p>"),
        replace(QUESTION, author=Author("erika@remote.example", "Erika, renamed")),
        replace(QUESTION, edited_at=NOW),
        replace(QUESTION, mentions=("bob@other.example",)),
        replace(QUESTION, text="@bob Is TLS 1.2 still allowed?"),
        replace(QUESTION, text="@Bob@web.other.example Is TLS 1.2 still allowed?"),
        replace(QUESTION, text=f"{LINE}\n\n{QUESTION.text}", quote_line=LINE),
        replace(QUESTION, text=f"{QUESTION.text}\n\n{LINE}", quote_line=LINE),
        replace(QUESTION, media=(replace(PICTURE, url="https://elsewhere.example/1.png", kind="unknown"),)),
        replace(QUESTION, media=(replace(PICTURE, preview_url="https://elsewhere.example/1s.png"),)),
        replace(QUESTION, poll=replace(POLL, expires_at=None)),
    ],
)
def test_what_the_author_did_not_change_is_the_same_version(same: Status) -> None:
    assert same.is_version(QUESTION.version)
    assert same.shows_the_same_as(QUESTION)


def test_the_line_of_a_quote_takes_no_other_line_with_it() -> None:
    blank, close = (replace(QUESTION, text=f"Hello.{gap}Is TLS 1.2 still allowed?") for gap in ("\n\n", "\n"))
    assert not blank.is_version(close.version)
    assert replace(blank, text=f"{LINE}\n\n{blank.text}", quote_line=LINE).is_version(blank.version)


@pytest.mark.parametrize(
    ("author", "shown"),
    [
        (Author("erika@remote.example", "Erika"), "Erika"),
        (Author("erika@remote.example"), "erika@remote.example"),
    ],
)
def test_somebody_without_a_display_name_is_shown_by_their_account(author: Author, shown: str) -> None:
    assert author.shown_name == shown


def test_what_concerns_a_room_waits_in_its_queue_and_what_is_published_in_its_account_s() -> None:
    ticket, post, event = TicketId(1), PostId(1), EventId("$e")
    for effect in (
        ShowCard(TEAM, ticket),
        ShowFollowUp(TEAM, ticket, StatusId("s1")),
        ShowPreview(TEAM, post, 1),
        Tell(TEAM, "Hello."),
        Say(TEAM, "Hello.", "Hello."),
        React(TEAM, event, "👍"),
    ):
        assert effect.lane == TEAM
    assert Publish("bsi", post, NOW).lane == "account/bsi"


@pytest.mark.parametrize(
    ("role", "place"),
    [
        (RoomRole(RoomKind.TEAM, "#a:b", account="bsi"), "team/bsi"),
        (RoomRole(RoomKind.DIRECT, "#a:b", account="bsi"), "direct/bsi"),
        (RoomRole(RoomKind.DEPARTMENT, "#a:b", department="krypto"), "department/krypto"),
        (RoomRole(RoomKind.SUPERVISORS, RoomId("!a")), "supervisors"),
    ],
)
def test_a_room_is_addressed_by_its_role(role: RoomRole, place: str) -> None:
    assert role.place == place


def test_colleagues_are_called_by_the_short_form_of_their_name() -> None:
    assert localpart(UserId("@ana:example.org:8448")) == "ana"
