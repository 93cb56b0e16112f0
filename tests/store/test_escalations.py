"""What departments are asked and propose, and what colleagues say: kept, found, forgotten."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from fedichat.domain.names import EventId, TicketId, department_place
from fedichat.domain.tickets.escalation import Escalation, Proposal
from fedichat.domain.tickets.remark import Remark, SharedFile
from fedichat.domain.tickets.ticket import TicketState
from fedichat.store import escalations, outbox, retention, tickets
from fedichat.store.database import Database, Transaction
from fedichat.store.outbox import Said
from tests.factories import ANNA, BEN, MINUTE, NOW, TEAM, a_ticket

KRYPTO, NETZ = department_place("krypto"), department_place("netz")
ONE = TicketId(1)
ASKED = Escalation(ONE, KRYPTO, "Is it?", ANNA, NOW)
FILE = SharedFile("plan.png", "image/png", "mxc://example.org/x", 12, 3, 4, {"v": "v2", "hashes": {"sha256": "a"}})


def a_remark(event: str = "$r1", file: SharedFile | None = None) -> Remark:
    return Remark(EventId(event), ONE, KRYPTO, BEN, "Yes", NOW, file)


def a_proposal(event: str = "$p1") -> Proposal:
    return Proposal(ONE, 0, KRYPTO, BEN, "Yes", EventId(event), NOW, ANNA)


@pytest.fixture
async def store(database: Database) -> Database:
    await database.write(lambda tx: tickets.open_ticket(tx, a_ticket(id=ONE)))
    return database


async def test_an_escalation_is_kept_as_it_is_now(store: Database) -> None:
    def work(tx: Transaction) -> None:
        escalations.save(tx, replace(ASKED, question="?"))
        escalations.save(tx, replace(ASKED, department=NETZ, asked_at=NOW - MINUTE))
        escalations.save(tx, replace(ASKED, ended_at=NOW, recalled_by=BEN))

    await store.write(work)
    ended = replace(ASKED, ended_at=NOW, recalled_by=BEN)
    first = replace(ASKED, department=NETZ, asked_at=NOW - MINUTE)
    assert await store.read(lambda tx: escalations.of_ticket(tx, ONE)) == [first, ended]
    assert await store.read(lambda tx: escalations.find(tx, ONE, KRYPTO)) == ended
    assert await store.read(lambda tx: escalations.find(tx, TicketId(2), KRYPTO)) is None


async def test_all_that_are_open_end_and_the_others_stay_as_they_are(store: Database) -> None:
    def work(tx: Transaction) -> list[Escalation]:
        escalations.save(tx, replace(ASKED, ended_at=NOW - MINUTE, recalled_by=BEN))
        escalations.save(tx, replace(ASKED, department=NETZ, asked_at=NOW + MINUTE))
        escalations.end_all(tx, ONE, NOW + 2 * MINUTE)
        return escalations.of_ticket(tx, ONE)

    recalled, ended = await store.write(work)
    assert (recalled.ended_at, recalled.recalled_by) == (NOW - MINUTE, BEN)
    assert (ended.ended_at, ended.recalled_by) == (NOW + 2 * MINUTE, None)


async def test_a_department_without_a_card_is_found_as_long_as_it_is_asked(store: Database) -> None:
    def missing(tx: Transaction) -> list[Escalation]:
        return escalations.open_without_card(tx)

    await store.write(lambda tx: escalations.save(tx, ASKED))
    await store.write(lambda tx: outbox.remember(tx, Said(EventId("$team"), TEAM, ONE, is_card=True)))
    assert await store.read(missing) == [ASKED]
    await store.write(lambda tx: outbox.remember(tx, Said(EventId("$card"), KRYPTO, ONE, is_card=True)))
    assert await store.read(missing) == []
    await store.write(lambda tx: escalations.save(tx, replace(ASKED, department=NETZ, ended_at=NOW)))
    assert await store.read(missing) == []


async def test_proposals_are_numbered_within_the_ticket(store: Database) -> None:
    def work(tx: Transaction) -> list[Proposal]:
        other = tickets.open_ticket(tx, a_ticket(id=TicketId(2)))
        return [
            escalations.add_proposal(tx, a_proposal("$p1")),
            escalations.add_proposal(tx, replace(a_proposal("$p2"), ticket=other.id)),
            escalations.add_proposal(tx, a_proposal("$p3")),
        ]

    first, _other, second = made = await store.write(work)
    assert [one.number for one in made] == [1, 1, 2]
    await store.write(lambda tx: escalations.save_proposal(tx, replace(first, text="")))
    (standing,) = await store.read(lambda tx: escalations.standing_proposals(tx, ONE))
    assert standing == (second.number, second.place, second.made_at)
    assert await store.read(lambda tx: escalations.find_proposal(tx, ONE, 1)) == replace(first, text="")
    assert await store.read(lambda tx: escalations.proposal_from(tx, EventId("$p3"))) == second


async def test_of_one_message_there_is_one_proposal(store: Database) -> None:
    await store.write(lambda tx: escalations.add_proposal(tx, a_proposal()))
    with pytest.raises(IntegrityError):
        await store.write(lambda tx: escalations.add_proposal(tx, a_proposal()))


async def test_a_remark_is_kept_and_found_with_its_file(store: Database) -> None:
    def work(tx: Transaction) -> list[Remark]:
        return [
            escalations.add_remark(tx, a_remark("$r1")),
            escalations.add_remark(tx, a_remark("$r2", FILE)),
            escalations.add_remark(tx, a_remark("$r3", FILE)),
        ]

    said = await store.write(work)
    assert [one.file_number for one in said] == [None, 1, 2]
    assert await store.read(lambda tx: escalations.find_remark(tx, EventId("$r2"))) == said[1]
    await store.write(lambda tx: escalations.save_remark(tx, replace(said[1], is_gone=True, text="")))
    assert await store.read(lambda tx: escalations.files_of(tx, ONE)) == [said[2]]


async def test_what_shows_a_remark_or_a_proposal_is_known_room_by_room(store: Database) -> None:
    remark, there = EventId("$r1"), EventId("$copy")
    await store.write(lambda tx: outbox.remember(tx, Said(there, TEAM, ONE, remark=remark)))
    await store.write(lambda tx: outbox.remember(tx, Said(EventId("$p"), NETZ, ONE, proposal=2)))

    assert await store.read(lambda tx: outbox.copies_of(tx, remark, TEAM)) == [there]
    assert await store.read(lambda tx: outbox.copies_of(tx, remark, NETZ)) == []
    assert await store.read(lambda tx: outbox.proposal_shown(tx, ONE, 2, NETZ)) == "$p"
    assert await store.read(lambda tx: outbox.proposal_shown(tx, ONE, 2, TEAM)) is None
    said = await store.read(lambda tx: outbox.what_was_said(tx, there))
    assert said is not None
    assert said.remark == remark


async def test_words_go_with_the_ticket_s(store: Database) -> None:
    def work(tx: Transaction) -> None:
        escalations.save(tx, ASKED)
        escalations.add_proposal(tx, a_proposal())
        escalations.add_remark(tx, a_remark(file=FILE))
        tickets.save_ticket(tx, a_ticket(id=ONE, state=TicketState.ANSWERED, changed_at=NOW))
        retention.forget_texts(tx, changed_before=NOW + timedelta(days=1))

    await store.write(work)
    (asked,) = await store.read(lambda tx: escalations.of_ticket(tx, ONE))
    proposal = await store.read(lambda tx: escalations.find_proposal(tx, ONE, 1))
    remark = await store.read(lambda tx: escalations.find_remark(tx, EventId("$r1")))
    assert remark is not None
    assert proposal is not None
    assert (asked.question, proposal.text, remark.text, remark.file) == ("", "", "", None)


async def test_a_forgotten_ticket_takes_all_of_it_along(store: Database) -> None:
    def work(tx: Transaction) -> None:
        escalations.save(tx, ASKED)
        escalations.add_proposal(tx, a_proposal())
        escalations.add_remark(tx, a_remark())
        tickets.save_ticket(tx, a_ticket(id=ONE, state=TicketState.ANSWERED, changed_at=NOW))
        retention.forget_tickets(tx, changed_before=NOW + timedelta(days=1))

    await store.write(work)
    assert await store.read(lambda tx: escalations.of_ticket(tx, ONE)) == []
    assert await store.read(lambda tx: escalations.find_proposal(tx, ONE, 1)) is None
    assert await store.read(lambda tx: escalations.find_remark(tx, EventId("$r1"))) is None
