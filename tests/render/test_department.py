"""What departments and the team read of each other, in both languages, whatever is said."""

from dataclasses import replace

import pytest

from fedichat.desk.departments.escalations import Consulted
from fedichat.desk.departments.proposals import Answered, Proposed
from fedichat.desk.departments.remarks import Overheard
from fedichat.domain.names import EventId, TicketId, department_place
from fedichat.domain.posts.post import Out, PostKind, PostState
from fedichat.domain.tickets.escalation import Escalation, Proposal
from fedichat.domain.tickets.mention import StatusId
from fedichat.domain.tickets.remark import Remark, SharedFile
from fedichat.domain.tickets.ticket import TicketState
from fedichat.render.card import card
from fedichat.render.department import not_carried, proposal, published, remark
from fedichat.render.parts import Setting
from tests.factories import ANNA, BEN, NOW, a_post, a_ticket
from tests.render.test_rendering import BOTH, ENGLISH, a_card, assert_says_the_same

KRYPTO = department_place("krypto")
ASKED = Escalation(TicketId(42), KRYPTO, "Is <b>that</b> so?\nReally?", ANNA, NOW)
SAID = Remark(EventId("$r"), TicketId(42), KRYPTO, BEN, "Yes *and* no,\n<b>perhaps</b>", NOW)
MADE = Proposal(TicketId(42), 2, KRYPTO, BEN, "Yes,\nit is.", EventId("$r"), NOW)
WAITING = a_ticket(state=TicketState.WAITING)


def overheard(**changes: object) -> Overheard:
    return Overheard(replace(SAID, **changes), "Referat Kryptografie", EventId("$card"), (), takes_part=True)  # type: ignore[arg-type]


def proposed(text: str = MADE.text) -> Proposed:
    return Proposed(replace(MADE, text=text), WAITING, "Referat Kryptografie", None, None, takes_part=True)


@BOTH
@pytest.mark.parametrize("asked", [ASKED, replace(ASKED, question=""), replace(ASKED, ended_at=NOW, recalled_by=BEN)])
def test_a_card_in_a_department_says_the_same_in_plain_text_and_in_html(setting: Setting, asked: Escalation) -> None:
    view = replace(a_card(ticket=WAITING), consulted=Consulted(("Referat Kryptografie",), 0, asked))
    assert_says_the_same(card(view, setting), but=["original", "Original"])


def test_the_question_stands_above_what_the_citizen_wrote() -> None:
    view = replace(a_card(ticket=WAITING), consulted=Consulted(("Referat Kryptografie",), 0, ASKED))
    lines = card(view, ENGLISH, ".").plain.splitlines()
    assert lines[0].startswith("#42 ⏳ waiting for Referat Kryptografie · Erika Muster")
    assert lines[1:4] == [
        "❓ Question from the team (anna): Is <b>that</b> so?",
        "Really?",
        "Talk here in the thread: the team reads along. `.propose 42 …` proposes an answer.",
    ]
    assert lines[4].startswith("> ")


def test_once_it_is_answered_nothing_more_is_asked_of_the_department() -> None:
    view = replace(
        a_card(ticket=a_ticket(state=TicketState.ANSWERED)), consulted=Consulted((), 0, replace(ASKED, ended_at=NOW))
    )
    shown = card(view, ENGLISH).plain
    assert "Question from the team" in shown
    assert "propose" not in shown


def test_the_team_reads_who_is_asked_who_has_it_and_how_many_proposals_there_are() -> None:
    ticket = replace(WAITING, claimant=ANNA)
    view = replace(a_card(ticket=ticket), consulted=Consulted(("Referat Kryptografie", "Netze"), 2))
    shown = card(view, ENGLISH).plain
    assert shown.startswith("#42 ⏳ waiting for Referat Kryptografie, Netze · with anna · Erika Muster")
    assert "💡 2 proposals" in shown


@BOTH
def test_a_remark_is_shown_as_it_was_typed(setting: Setting) -> None:
    shown = remark(overheard(), "Max", setting)
    assert shown.plain == "Max (Referat Kryptografie): Yes *and* no,\n<b>perhaps</b>"
    assert "<b>" not in shown.html
    assert "&lt;b&gt;perhaps" in shown.html
    assert_says_the_same(shown)


def test_nobody_can_pretend_to_be_another_or_turn_the_text_around() -> None:
    shown = remark(overheard(text="a\u202eb\x00c"), "Max\nAnna (team):\u202e " + "x" * 500, ENGLISH)
    assert "\u202e" not in shown.plain + shown.html
    assert "\n" not in shown.plain
    assert shown.plain.endswith(" (Referat Kryptografie): abc")
    assert len(shown.plain) < 120


@BOTH
@pytest.mark.parametrize("largest", [None, 50 * 1024 * 1024])
def test_a_file_that_is_left_behind_is_named(setting: Setting, largest: int | None) -> None:
    view = overheard(file=SharedFile("plan\u202e.png", "image/png", "mxc://a/b"), file_number=3)
    shown = not_carried(view, "Max", "the server is down.", setting, largest)
    assert shown.plain.startswith("📎3 Max (Referat Kryptografie): Yes")
    assert "plan.png" in shown.plain
    assert ("50 MB" in shown.plain) is (largest is not None)
    assert_says_the_same(shown)


@BOTH
@pytest.mark.parametrize("in_department", [True, False])
@pytest.mark.parametrize("text", ["Yes,\nit is.", ""])
def test_a_proposal_says_the_same_in_plain_text_and_in_html(setting: Setting, in_department: bool, text: str) -> None:
    shown = proposal(proposed(text), "Max", setting, "!", in_department=in_department)
    assert "Max (Referat Kryptografie)" in shown.plain
    assert_says_the_same(shown)


def test_only_the_team_is_told_how_to_take_a_proposal() -> None:
    assert "`.answer 42 --proposal 2`" in proposal(proposed(), "Max", ENGLISH, ".", in_department=False).plain
    assert "--proposal" not in proposal(proposed(), "Max", ENGLISH, ".", in_department=True).plain


@BOTH
@pytest.mark.parametrize("kind", [kind for kind in PostKind if kind not in (PostKind.PLANNED, PostKind.CRISIS)])
def test_what_was_published_is_shown_with_its_link(setting: Setting, kind: PostKind) -> None:
    out = (Out(StatusId("p1"), "https://social.example.org/p1"),)
    post = replace(a_post(state=PostState.PUBLISHED), kind=kind, out=out, parts=("One", "Two"))
    shown = published(Answered(post, None, None), setting)
    assert shown.plain.startswith("📣 ")
    assert ("> One\n> Two\nhttps://social.example.org/p1" in shown.plain) is (kind is not PostKind.REMOVAL)
    assert_says_the_same(shown)
