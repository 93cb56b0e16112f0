"""What follows when somebody drafts a post: whose place it takes, what the history says, and what is refused."""

from dataclasses import replace

import pytest

from fedichat.domain.change import Change
from fedichat.domain.effects import ShowPreview
from fedichat.domain.history import Step
from fedichat.domain.names import EventId, Place, PostId
from fedichat.domain.phrase import Listed, Phrase
from fedichat.domain.posts import drafting
from fedichat.domain.posts.drafts import Draft
from fedichat.domain.posts.post import Attachment, Out, Post, PostKind, PostState
from fedichat.domain.tickets.escalation import Proposal
from fedichat.domain.tickets.mention import StatusId
from fedichat.domain.tickets.ticket import TicketState
from fedichat.errors import Refusal
from tests.factories import ANNA, BEN, NOW, TEAM, a_cause, a_post, a_status, a_ticket

NEW = a_ticket()
ANNAS = replace(NEW, state=TicketState.CLAIMED, claimant=ANNA)
ASKED = a_cause()
ANSWER = a_post(id=PostId(3))
INTERIM = replace(ANSWER, id=PostId(4), kind=PostKind.INTERIM)
EDIT = a_post(id=PostId(5), kind=PostKind.EDIT, target=PostId(1))
HALF_OUT = replace(ANSWER, parts=("one", "two"), out=(Out(StatusId("p1"), "https://social.example/1"),))
PUBLISHED = replace(ANSWER, state=PostState.PUBLISHED, out=HALF_OUT.out)


def confirmed(post: Post) -> Post:
    return replace(post, state=PostState.CONFIRMED, confirmed_by=BEN)


@pytest.mark.parametrize(
    ("kind", "pending", "withdrawn"),
    [
        (PostKind.ANSWER, [], []),
        (PostKind.ANSWER, [ANSWER, INTERIM, EDIT], [3]),
        (PostKind.ANSWER, [confirmed(INTERIM)], []),
        (PostKind.INTERIM, [ANSWER, INTERIM, EDIT], [4]),
        (PostKind.EDIT, [ANSWER, INTERIM, EDIT], [5]),
        (PostKind.REMOVAL, [EDIT], [5]),
    ],
)
def test_a_new_draft_takes_the_place_of_one_of_its_kind(
    kind: PostKind, pending: list[Post], withdrawn: list[int]
) -> None:
    room = drafting.make_room(NEW, pending, kind, ASKED, NOW)
    assert [(one.id, one.state) for one in room.posts] == [(number, PostState.WITHDRAWN) for number in withdrawn]
    assert [(one.step, one.post, one.actor) for one in room.entries] == [
        (Step.WITHDRAWN, number, ANNA) for number in withdrawn
    ]
    assert room.effects == tuple(ShowPreview(TEAM, PostId(number), 1) for number in withdrawn)


@pytest.mark.parametrize(
    ("kind", "pending", "words"),
    [
        (PostKind.ANSWER, confirmed(ANSWER), "P3 is confirmed and about to go out"),
        (PostKind.INTERIM, confirmed(ANSWER), "P3 is confirmed and about to go out"),
        (PostKind.REMOVAL, confirmed(EDIT), "P5 is confirmed and about to go out"),
        (PostKind.ANSWER, HALF_OUT, "The thread P3 is only partly out"),
        (PostKind.EDIT, HALF_OUT, "The thread P3 is only partly out"),
    ],
)
def test_nothing_is_drafted_in_the_place_of_what_is_about_to_go_out(kind: PostKind, pending: Post, words: str) -> None:
    with pytest.raises(Refusal, match=words):
        drafting.make_room(NEW, [pending], kind, ASKED, NOW)


FILE = Attachment(EventId("$file"), "map.png", "image/png", 9, "")


@pytest.mark.parametrize(
    ("post", "origin", "expected"),
    [
        (ANSWER, None, "answer"),
        (INTERIM, None, "interim reply"),
        (EDIT, None, "change of P1"),
        (replace(EDIT, kind=PostKind.REMOVAL), None, "deletion of P1"),
        (ANSWER, Phrase("proposal {number} by {who}", {"number": 2, "who": "ben"}), "answer, proposal 2 by ben"),
        (replace(ANSWER, attachments=(FILE,), without_alt="urgent"), None, "answer, without alt text: urgent"),
    ],
)
def test_the_history_says_what_was_drafted_and_where_its_words_came_from(
    post: Post, origin: Phrase | None, expected: str
) -> None:
    change = drafting.drafted(ANNAS, ANNAS, post, Change(), ASKED, NOW, origin)
    assert [(one.step, one.post, str(one.said)) for one in change.entries] == [(Step.DRAFTED, post.id, expected)]
    assert (change.ticket, change.effects) == (None, (ShowPreview(TEAM, post.id, 1),))


def test_whoever_drafts_an_answer_takes_the_ticket_and_what_was_withdrawn_for_it_comes_first() -> None:
    room = drafting.make_room(NEW, [ANSWER], PostKind.ANSWER, ASKED, NOW)
    change = drafting.drafted(NEW, ANNAS, replace(ANSWER, id=PostId(9)), room, ASKED, NOW)
    assert (change.ticket, change.posts) == (ANNAS, room.posts)
    assert [one.step for one in change.entries] == [Step.WITHDRAWN, Step.CLAIMED, Step.DRAFTED]
    assert [one.post for one in change.effects if isinstance(one, ShowPreview)] == [3, 9]


def test_other_words_are_shown_beside_those_that_they_replace() -> None:
    post = replace(ANSWER, revision=2, attachments=(FILE,), without_alt="urgent")
    change = drafting.revised(ANSWER, post, ASKED, NOW)
    assert [(one.step, str(one.said)) for one in change.entries] == [(Step.REVISED, "without alt text: urgent")]
    assert isinstance(change.entries[0].said, Listed)
    assert change.effects == (ShowPreview(TEAM, post.id, 1), ShowPreview(TEAM, post.id, 2))


def test_a_draft_answers_the_status_that_its_author_saw_in_the_room_where_they_asked() -> None:
    status = a_status(content_warning="taxes")
    elsewhere = replace(ASKED, place=Place("supervisors"))
    post = drafting.answer_to(NEW, Draft("Yes."), status, PostKind.ANSWER, elsewhere, NOW)
    assert (post.text, post.place, post.author) == ("@erika@remote.example Yes.", "supervisors", ANNA)
    assert (post.in_reply_to, post.based_on, post.content_warning) == (status.id, status.version, "taxes")


def test_an_interim_reply_to_what_is_answered_comes_too_late() -> None:
    answered = replace(ANNAS, state=TicketState.ANSWERED)
    with pytest.raises(Refusal, match="answered already"):
        drafting.must_not_be_too_late(answered, PostKind.INTERIM)
    drafting.must_not_be_too_late(answered, PostKind.ANSWER)
    drafting.must_not_be_too_late(ANNAS, PostKind.INTERIM)


@pytest.mark.parametrize(
    ("pending", "words"),
    [([ANSWER], "drafts an interim reply beside it"), ([ANSWER, INTERIM], "P4 .* takes its place")],
)
def test_a_tap_drafts_nothing_beside_what_was_drafted_since(pending: list[Post], words: str) -> None:
    with pytest.raises(Refusal, match=words):
        drafting.must_not_be_drafted(NEW, pending)
    drafting.must_not_be_drafted(NEW, [])


PROPOSAL = Proposal(NEW.id, 2, Place("department/press"), BEN, "Yes, it is.", EventId("$proposal"), NOW)


def test_a_proposal_s_words_are_taken_unless_they_are_changed() -> None:
    draft, origin = drafting.taken_from(PROPOSAL, Draft("", proposal=2))
    assert (draft.text, str(origin)) == ("Yes, it is.", "proposal 2 by ben")
    assert drafting.taken_from(PROPOSAL, Draft("Yes!", proposal=2))[0].text == "Yes!"


@pytest.mark.parametrize(
    ("proposal", "left", "words"),
    [
        (None, [], "Nothing is proposed"),
        (None, [1, 3], "has no proposal 2. There are: 1, 3"),
        (replace(PROPOSAL, text=""), [1], "has no proposal 2. There are: 1"),
    ],
)
def test_a_proposal_that_is_not_there_is_refused_with_those_that_are(
    proposal: Proposal | None, left: list[int], words: str
) -> None:
    with pytest.raises(Refusal, match=words):
        drafting.must_be_proposed(NEW, 2, proposal, left)
    assert drafting.must_be_proposed(NEW, 2, PROPOSAL, left) is PROPOSAL


@pytest.mark.parametrize(
    ("texts", "asked", "office", "expected"),
    [
        ({}, "de-AT", "en", ("de", drafting.INTERIM_TEXTS["de"])),
        ({}, "fr", "de", ("de", drafting.INTERIM_TEXTS["de"])),
        ({}, "fr", "it", ("en", drafting.INTERIM_TEXTS["en"])),
        ({"fr": "Merci."}, "fr", "de", ("fr", "Merci.")),
    ],
)
def test_an_interim_reply_is_in_the_language_asked_for_or_in_the_office_s(
    texts: dict[str, str], asked: str, office: str, expected: tuple[str, str]
) -> None:
    assert drafting.interim_text(texts, asked, office) == expected


def test_only_what_can_be_read_at_the_server_can_be_changed_there() -> None:
    later = replace(PUBLISHED, id=PostId(6))
    assert drafting.last_published(NEW, [PUBLISHED, later, INTERIM]) is later
    assert drafting.must_be_published(PUBLISHED) is PUBLISHED
    with pytest.raises(Refusal, match="Nothing that was published"):
        drafting.last_published(NEW, [ANSWER, replace(PUBLISHED, state=PostState.REMOVED)])
    for post, words in ((ANSWER, "Nothing of P3"), (HALF_OUT, "only partly out")):
        with pytest.raises(Refusal, match=words):
            drafting.must_be_published(post)
