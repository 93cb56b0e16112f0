"""No transaction holds up the others, however much there is: work is counted in steps of SQLite's virtual machine.

Some ten million of them take a second. Statements are counted as well: each costs half a millisecond around it.
"""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, insert

from fedichat.domain.effects import Say, ShowCard, ShowFollowUp
from fedichat.domain.mention import StatusId
from fedichat.domain.names import EventId, Place, TicketId
from fedichat.domain.ticket import TicketState
from fedichat.store import outbox, schema, tickets
from fedichat.store.database import Transaction
from tests.factories import a_mention, a_status, a_ticket
from tests.world import World

MANY = 1_000
MOST_STEPS = 400_000
MOST_STATEMENTS = 120
_EVERY = 100


class Meter:
    """The steps and statements of each write transaction."""

    def __init__(self, world: World) -> None:
        self.steps: list[int] = []
        self.statements: list[int] = []
        engine = world.database._writer.sync_engine
        event.listen(engine, "begin", self._begin)
        event.listen(engine, "before_cursor_execute", self._statement)

    async def watch(self, world: World) -> None:
        async def work(tx: Transaction) -> None:
            raw = await tx.get_raw_connection()
            await raw.driver_connection.set_progress_handler(self._step, _EVERY)  # type: ignore[union-attr]

        await world.database.write(work)
        self.steps.clear()
        self.statements.clear()

    def _begin(self, connection: object) -> None:
        self.steps.append(0)
        self.statements.append(0)

    def _statement(self, *_: object) -> None:
        self.statements[-1:] = [self.statements[-1] + 1] if self.statements else []

    def _step(self) -> int:
        self.steps[-1] += _EVERY
        return 0

    def check(self, at_least: int = 1) -> None:
        """`at_least` so many transactions there were, and none of them did much."""
        assert len(self.steps) >= at_least
        assert max(self.steps) <= MOST_STEPS
        assert max(self.statements) <= MOST_STATEMENTS


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """Promises are kept at all hours."""
    world = await World.open(
        tmp_path,
        working_hours=dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), "00:00-24:00"),
        sla={"first_response": "1 working hour"},
    )
    yield world
    await world.close()


async def fill(world: World, state: TicketState, at: datetime) -> None:
    """So many tickets, each with a question and a step of history."""

    async def work(tx: Transaction) -> None:
        made = replace(a_ticket(place=Place("team/bsi")), state=state, changed_at=at, opened_at=at, asked_at=at)
        rows = [tickets._row(made) for _ in range(MANY)]
        await tx.execute(insert(schema.tickets), rows)
        for number in range(1, MANY + 1):
            status = a_status(id=StatusId(f"s{number}"))
            await tickets.add_mention(tx, "bsi", TicketId(number), a_mention(f"n{number}", status=status))
        steps = [{"ticket": n, "at": at, "step": "noted", "actor": "@a:b", "text": "words"} for n in range(1, MANY + 1)]
        await tx.execute(insert(schema.history), steps)

    await world.database.write(work)


async def test_thousands_of_reminders_due_together_are_said_once_and_nobody_waits(world: World) -> None:
    now = world.clock.now()
    await fill(world, TicketState.NEW, now - timedelta(hours=3))
    await world.desk.set_up_timers()
    world.clock.advance(minutes=30)
    meter = Meter(world)
    await meter.watch(world)
    await world.desk.fire("clock")
    meter.check(at_least=MANY // 25)
    world.clock.advance(minutes=1)
    reminded = await world.rows("reminded")
    assert {row["ticket"] for row in reminded} == set(range(1, MANY + 1))
    said = [row for row in await world.rows("effects") if row["kind"] == "Remind"]
    assert 2 <= len(said) <= 2 * (MANY // 300 + 1)  # in the team's room and in the supervisors'

    again = len(await world.rows("effects"))
    await world.desk.fire("clock")
    assert len(await world.rows("effects")) == again


async def test_the_start_looks_at_all_promises_and_cards_a_few_at_a_time(world: World) -> None:
    await fill(world, TicketState.NEW, world.clock.now() - timedelta(hours=3))
    meter = Meter(world)
    await meter.watch(world)
    await world.desk.set_up_timers()
    await world.desk.show_missing_cards()
    meter.check(at_least=MANY // 100)
    assert len([row for row in await world.rows("effects") if row["kind"] == "ShowCard"]) == MANY


async def clean_up(world: World) -> int:
    """Let the clean-up run to its end. Returns how often its timer rang."""
    rang = 0
    while True:
        timer = await world.desk.earliest_timer()
        assert timer is not None
        if timer[1] > world.clock.now() + timedelta(minutes=30):
            return rang
        world.clock.time = max(world.clock.time, timer[1])
        await world.desk.fire(timer[0])
        rang += 1


async def test_the_clean_up_forgets_thousands_of_tickets_in_slices_and_comes_again_at_night(world: World) -> None:
    await fill(world, TicketState.ANSWERED, world.clock.now() - timedelta(days=100))
    await world.desk.set_up_timers()
    meter = Meter(world)
    await meter.watch(world)
    assert await clean_up(world) > 1
    meter.check(at_least=MANY // 20)
    assert await world.rows("mentions") == []
    assert {row["text"] for row in await world.rows("history")} == {""}
    timer = await world.desk.earliest_timer()
    assert timer is not None
    assert (timer[0], timer[1].astimezone(world.desk.rules.zone).hour) == ("clean-up", 3)

    world.clock.advance(days=800)
    await clean_up(world)
    meter.check()
    assert await world.rows("tickets") == []
    assert await world.rows("history") == []


async def test_a_clean_up_that_is_killed_in_the_middle_begins_anew(world: World) -> None:
    await fill(world, TicketState.ANSWERED, world.clock.now() - timedelta(days=100))
    await world.desk.set_up_timers()
    await world.desk.fire("clean-up")
    left = len(await world.rows("mentions"))
    assert 0 < left < MANY
    await world.crash()
    await clean_up(world)
    assert await world.rows("mentions") == []


async def test_what_a_citizen_deletes_is_found_among_thousands_of_waiting_messages(world: World) -> None:
    await fill(world, TicketState.NEW, world.clock.now())
    place = Place("team/bsi")

    async def work(tx: Transaction) -> None:
        for number in range(1, MANY + 1):
            ticket = TicketId(number)
            said = Say(place, "words", "words", reply_to=EventId("$x"), quotes=(ticket,))
            shown = ShowFollowUp(place, ticket, StatusId(f"s{number}"))
            await outbox.add_effects(tx, [ShowCard(place, ticket), shown, said])

    await world.database.write(work)
    meter = Meter(world)
    await meter.watch(world)
    await world.desk.missing("bsi", StatusId("s7"))
    world.clock.advance(minutes=2)
    await world.desk.missing("bsi", StatusId("s7"))
    assert max(meter.steps) <= 20_000
    meter.check()
    waiting = [row for row in await world.rows("effects") if row["kind"] in ("Say", "ShowFollowUp")]
    assert len(waiting) == 2 * (MANY - 1)
    assert len(await world.rows("effect_quotes")) == MANY - 1


async def test_a_page_of_mentions_is_taken_a_few_at_a_time_and_in_order(world: World) -> None:
    page = [a_mention(f"n{number}", status=a_status(id=StatusId(f"s{number}"))) for number in range(80)]
    meter = Meter(world)
    await meter.watch(world)
    assert await world.desk.receive("bsi", page) == 80
    meter.check(at_least=16)
    assert [row["status"] for row in await world.rows("tickets")] == [f"s{number}" for number in range(80)]
