"""What the desk does by itself, on a real file."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from fedichat.desk import Desk, Settings
from fedichat.domain.effects import ShowCard
from fedichat.domain.names import EventId, TicketId, team_place
from fedichat.domain.tickets.mention import StatusId
from fedichat.store import outbox
from fedichat.store.database import Database
from fedichat.store.outbox import Said, Waiting
from tests.clocks import StoppedClock
from tests.factories import a_cause, a_mention, a_status
from tests.tables import with_tables

TEAM = team_place("bsi")
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = await Database.open(with_tables(tmp_path / "fedichat.db"))
    yield database
    await database.close()


@pytest.fixture
async def desk(database: Database) -> Desk:
    desk = Desk(database, StoppedClock(), Settings(accounts=("bsi",)), {}, lambda _: None)
    await desk.tickets.intake.receive("bsi", [a_mention(), a_mention("n2", status=a_status(id=StatusId("s2")))])
    return desk


async def cards(desk: Desk) -> list[Waiting]:
    return [waiting for waiting in await desk.room.outbox.take(TEAM, 100) if isinstance(waiting.effect, ShowCard)]


async def test_a_card_that_was_refused_is_shown_after_the_next_start(database: Database, desk: Desk) -> None:
    shown, refused = await cards(desk)
    await desk.room.outbox.carried_out(shown, Said(EventId("$card"), TEAM, TicketId(1), is_card=True))
    await database.write(lambda tx: outbox.set_aside(tx, refused, "403: not allowed", NOW))
    assert await cards(desk) == []

    await desk.clock.missing_cards.show_missing_cards()

    assert [each.effect for each in await cards(desk)] == [ShowCard(TEAM, TicketId(2))]


async def test_a_closed_ticket_needs_no_card_any_more(database: Database, desk: Desk) -> None:
    for each in await cards(desk):
        await database.write(partial(outbox.set_aside, effect=each, reason="403: not allowed", now=NOW))
    await desk.tickets.triage.ignore(a_cause(), TicketId(2), "spam")
    for each in await cards(desk):
        await desk.room.outbox.carried_out(each)

    await desk.clock.missing_cards.show_missing_cards()

    assert [each.effect for each in await cards(desk)] == [ShowCard(TEAM, TicketId(1))]
