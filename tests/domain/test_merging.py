"""What follows when two tickets become one: which is shown where, who hears of it, and what is refused."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from fedichat.desk.settings import NO_PROMISES
from fedichat.domain.cause import Cause
from fedichat.domain.effects import ShowFollowUp, ShowPreview
from fedichat.domain.history import Step
from fedichat.domain.names import Place, PostId, TicketId, UserId
from fedichat.domain.posts.post import PostState
from fedichat.domain.tickets.mention import StatusId, Visibility
from fedichat.domain.tickets.merging import Half, Merger, merge
from fedichat.domain.tickets.ticket import TicketState
from fedichat.errors import Refusal
from tests.domain.decisions import SEEN, TAPPED, TYPED, told
from tests.factories import ANNA, BEN, MINUTE, NOW, TEAM, a_post, a_ticket

CRYPTO, NET = Place("department/crypto"), Place("department/net")
NAMES = {"crypto": "Cryptography", "net": "Networks"}
OLD = Half(a_ticket(id=TicketId(42), status=StatusId("s1")), NOW - MINUTE, [StatusId("s1")])
NEW = Half(a_ticket(id=TicketId(43), status=StatusId("s2")), NOW, [StatusId("s2"), StatusId("s3")])


def with_(half: Half, claimant: UserId | None = None, departments: Sequence[Place] = ()) -> Half:
    state = TicketState.CLAIMED if claimant else TicketState.NEW
    return replace(half, ticket=replace(half.ticket, state=state, claimant=claimant), departments=departments)


def merged(source: Half, target: Half, cause: Cause = TYPED) -> Merger:
    return merge(source, target, NAMES, cause, NOW, NO_PROMISES)


def test_both_tickets_remember_it_and_the_other_answers_what_was_written_last() -> None:
    merger = merged(NEW, OLD)
    assert merger.source.ticket is not None
    assert merger.target.ticket is not None
    assert (merger.source.ticket.merged_into, merger.target.ticket.status) == (TicketId(42), "s2")
    assert [(one.step, one.said) for one in merger.source.entries] == [(Step.MERGED, "→ #42")]
    assert [(one.step, one.said) for one in merger.target.entries] == [(Step.MERGED, "← #43")]
    back = merged(OLD, NEW).target.ticket
    assert back is not None
    assert back.status == "s2"


@pytest.mark.parametrize(("claimant", "is_quiet"), [(None, False), (BEN, False), (ANNA, True)])
def test_what_was_written_is_shown_in_every_room_and_wakes_a_colleague_once(
    claimant: UserId | None, *, is_quiet: bool
) -> None:
    effects = merged(NEW, with_(OLD, claimant, [CRYPTO])).target.effects
    shown = [
        ShowFollowUp(room, TicketId(42), StatusId(status), is_quiet=quiet)
        for room in (TEAM, CRYPTO)
        for status, quiet in (("s2", is_quiet), ("s3", True))
    ]
    assert effects == (SEEN, *shown)
    assert merged(NEW, with_(OLD, claimant, [CRYPTO]), TAPPED).target.effects == tuple(shown)


@pytest.mark.parametrize(
    ("had", "has", "hears"),
    [(None, None, False), (ANNA, None, False), (BEN, None, False), (BEN, BEN, False), (BEN, ANNA, True)],
)
def test_whoever_had_the_ticket_hears_when_it_is_somebody_else_s_now(
    had: UserId | None, has: UserId | None, *, hears: bool
) -> None:
    said = told(merged(with_(NEW, had), with_(OLD, has)).target)
    message = "{who} has merged #{ticket}, which was with you, into #{other}."
    assert said == ([((BEN,), message)] if hears else [])


@pytest.mark.parametrize(
    ("there", "left"), [([], "Cryptography, Networks"), ([NET], "Cryptography"), ([CRYPTO, NET], None)]
)
def test_the_team_hears_which_departments_do_not_go_along(there: Sequence[Place], left: str | None) -> None:
    effects = merged(with_(NEW, departments=[CRYPTO, NET]), with_(OLD, departments=there)).target.effects
    fields = [
        one.fields for one in effects if not isinstance(one, ShowFollowUp) and one != SEEN and hasattr(one, "fields")
    ]
    expected = {"ticket": 43, "other": 42, "departments": left, "key": "crypto"}
    assert fields == ([expected] if left else [])


def test_the_drafts_of_the_one_are_withdrawn_and_those_of_the_other_narrowed() -> None:
    private = replace(NEW, ticket=replace(NEW.ticket, visibility=Visibility.PRIVATE))
    dropped = a_post(id=PostId(3), ticket=TicketId(43), state=PostState.DRAFT)
    wide = a_post(id=PostId(4), ticket=TicketId(42), state=PostState.CONFIRMED, confirmed_by=BEN)
    merger = merged(replace(private, pending=[dropped]), replace(OLD, pending=[wide]))
    assert [(one.id, one.state) for one in merger.drafts.posts] == [(PostId(3), PostState.WITHDRAWN)]
    assert [(one.id, one.visibility) for one in merger.target.posts] == [(PostId(4), Visibility.PRIVATE)]
    assert [one.step for one in merger.target.entries] == [Step.OUTDATED, Step.MERGED]
    first, _, last = merger.target.effects[-3:]
    assert isinstance(first, ShowPreview)
    assert isinstance(last, ShowPreview)
    assert first.revision < last.revision


def test_nothing_is_merged_while_an_answer_is_on_its_way() -> None:
    sent = a_post(ticket=TicketId(43), state=PostState.PUBLISHING)
    with pytest.raises(Refusal, match="on its way"):
        merged(replace(NEW, pending=[sent]), OLD)


def test_what_was_written_in_private_is_not_shown_to_a_department_that_was_not_asked() -> None:
    old, new = (replace(one, ticket=replace(one.ticket, visibility=Visibility.DIRECT)) for one in (OLD, NEW))
    with pytest.raises(Refusal, match="would be read as well"):
        merged(new, replace(old, departments=[CRYPTO]))
    merged(replace(new, departments=[CRYPTO]), replace(old, departments=[CRYPTO]))
