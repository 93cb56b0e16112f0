"""No transaction holds up the others, however much there is: work is counted in steps of SQLite's virtual machine.

Some ten million of them take a second. Statements are counted as well: each costs half a millisecond around it.
"""

import asyncio
import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, func, insert, select, update

from fedichat.desk.plan.crisis import Thawed
from fedichat.domain.effects import Say, ShowCard, ShowFollowUp
from fedichat.domain.names import EventId, Place, PostId, TicketId
from fedichat.domain.posts.post import PostKind, PostState
from fedichat.domain.tickets.mention import StatusId
from fedichat.domain.tickets.ticket import Promise, TicketState
from fedichat.domain.time.timer import Timer, TimerKind
from fedichat.store import outbox, posts, schema, tickets
from fedichat.store.database import Transaction
from fedichat.store.exporting import exported
from tests.factories import a_cause, a_mention, a_post, a_status, a_ticket
from tests.world import ANNA, BEN, TEAM, World

MANY = 1_000
MOST_STEPS = 400_000
MOST_STATEMENTS = 120
_EVERY = 100


class Meter:
    """The steps and statements of each write transaction."""

    def __init__(self, world: World) -> None:
        self.steps: list[int] = []
        self.statements: list[int] = []
        engine = world.database.engine.writer.engine
        event.listen(engine, "begin", self._begin)
        event.listen(engine, "before_cursor_execute", self._statement)

    async def watch(self, world: World) -> None:
        def work(tx: Transaction) -> None:
            raw = tx.connection.driver_connection
            assert raw is not None
            raw.set_progress_handler(self._step, _EVERY)

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

    def work(tx: Transaction) -> None:
        made = replace(
            a_ticket(place=Place("team/bsi")),
            state=state,
            changed_at=at,
            opened_at=at,
            promise=Promise(asked_at=at),
        )
        rows = [tickets._row(made) for _ in range(MANY)]
        tx.execute(insert(schema.tickets), rows)
        for number in range(1, MANY + 1):
            status = a_status(id=StatusId(f"s{number}"))
            tickets.add_mention(tx, "bsi", TicketId(number), a_mention(f"n{number}", status=status))
        steps = [{"ticket": n, "at": at, "step": "noted", "actor": "@a:b", "text": "words"} for n in range(1, MANY + 1)]
        tx.execute(insert(schema.history), steps)

    await world.database.write(work)


async def test_thousands_of_reminders_due_together_are_said_once_and_nobody_waits(world: World) -> None:
    now = world.clock.now()
    await fill(world, TicketState.NEW, now - timedelta(hours=3))
    await world.desk.clock.timers.set_up_timers()
    world.clock.advance(minutes=30)
    meter = Meter(world)
    await meter.watch(world)
    await world.desk.clock.timers.fire(Timer(TimerKind.CLOCK))
    meter.check(at_least=MANY // 25)
    world.clock.advance(minutes=1)
    reminded = await world.rows("reminded")
    assert {row["ticket"] for row in reminded} == set(range(1, MANY + 1))
    said = [row for row in await world.rows("effects") if row["kind"] == "Remind"]
    assert 2 <= len(said) <= 2 * (MANY // 300 + 1)  # in the team's room and in the supervisors'

    again = len(await world.rows("effects"))
    await world.desk.clock.timers.fire(Timer(TimerKind.CLOCK))
    assert len(await world.rows("effects")) == again


async def test_the_start_looks_at_all_promises_and_cards_a_few_at_a_time(world: World) -> None:
    await fill(world, TicketState.NEW, world.clock.now() - timedelta(hours=3))
    meter = Meter(world)
    await meter.watch(world)
    await world.desk.clock.timers.set_up_timers()
    await world.desk.clock.missing_cards.show_missing_cards()
    meter.check(at_least=MANY // 100)
    assert len([row for row in await world.rows("effects") if row["kind"] == "ShowCard"]) == MANY


async def clean_up(world: World) -> int:
    """Let the clean-up run to its end. Returns how often its timer rang."""
    rang = 0
    while True:
        timer = await world.desk.clock.timers.earliest_timer()
        assert timer is not None
        if timer[1] > world.clock.now() + timedelta(minutes=30):
            return rang
        world.clock.time = max(world.clock.time, timer[1])
        await world.desk.clock.timers.fire(timer[0])
        rang += 1


async def test_the_clean_up_forgets_thousands_of_tickets_in_slices_and_comes_again_at_night(world: World) -> None:
    await fill(world, TicketState.ANSWERED, world.clock.now() - timedelta(days=100))
    await world.desk.clock.timers.set_up_timers()
    meter = Meter(world)
    await meter.watch(world)
    assert await clean_up(world) > 1
    meter.check(at_least=MANY // 20)
    assert await world.rows("mentions") == []
    assert {row["text"] for row in await world.rows("history")} == {""}
    timer = await world.desk.clock.timers.earliest_timer()
    assert timer is not None
    assert (timer[0], timer[1].astimezone(world.desk.settings.zone).hour) == (Timer(TimerKind.CLEAN_UP), 3)

    world.clock.advance(days=800)
    await clean_up(world)
    meter.check()
    assert await world.rows("tickets") == []
    assert await world.rows("history") == []


async def test_a_clean_up_that_is_killed_in_the_middle_begins_anew(world: World) -> None:
    await fill(world, TicketState.ANSWERED, world.clock.now() - timedelta(days=100))
    await world.desk.clock.timers.set_up_timers()
    await world.desk.clock.timers.fire(Timer(TimerKind.CLEAN_UP))
    left = len(await world.rows("mentions"))
    assert 0 < left < MANY
    await world.crash()
    await clean_up(world)
    assert await world.rows("mentions") == []


async def test_what_a_citizen_deletes_is_found_among_thousands_of_waiting_messages(world: World) -> None:
    await fill(world, TicketState.NEW, world.clock.now())
    place = Place("team/bsi")

    def work(tx: Transaction) -> None:
        for number in range(1, MANY + 1):
            ticket = TicketId(number)
            said = Say(place, "words", "words", reply_to=EventId("$x"), quotes=(ticket,))
            shown = ShowFollowUp(place, ticket, StatusId(f"s{number}"))
            outbox.add_effects(tx, [ShowCard(place, ticket), shown, said])

    await world.database.write(work)
    meter = Meter(world)
    await meter.watch(world)
    await world.desk.tickets.follow_ups.missing("bsi", StatusId("s7"))
    world.clock.advance(minutes=2)
    await world.desk.tickets.follow_ups.missing("bsi", StatusId("s7"))
    assert max(meter.steps) <= 20_000
    meter.check()
    waiting = [row for row in await world.rows("effects") if row["kind"] in ("Say", "ShowFollowUp")]
    assert len(waiting) == 2 * (MANY - 1)
    assert sorted({row["ticket"] for row in waiting}) == [n for n in range(1, MANY + 1) if n != 7]  # type: ignore[type-var]


async def test_a_page_of_mentions_is_taken_a_few_at_a_time_and_in_order(world: World) -> None:
    page = [a_mention(f"n{number}", status=a_status(id=StatusId(f"s{number}"))) for number in range(80)]
    meter = Meter(world)
    await meter.watch(world)
    assert await world.desk.tickets.intake.receive("bsi", page) == 80
    meter.check(at_least=16)
    assert [row["status"] for row in await world.rows("tickets")] == [f"s{number}" for number in range(80)]


async def plan_many(world: World, count: int, state: PostState, due_at: datetime, **fields: Any) -> None:  # noqa: ANN401 - of a post
    """So many planned posts, all approved by Ben."""
    made = a_post(
        state=state,
        kind=PostKind.EDIT if "target" in fields else PostKind.PLANNED,
        ticket=None,
        place=Place("team/bsi"),
        confirmed_by=BEN,
        due_at=due_at,
        publish_after=due_at,
        **fields,
    )

    def work(tx: Transaction) -> None:
        tx.execute(insert(schema.posts), [posts._row(made) for _ in range(count)])

    await world.database.write(work)


async def test_a_freeze_of_thousands_of_posts_is_one_short_step_that_names_the_first(world: World) -> None:
    await plan_many(world, 10_000, PostState.CONFIRMED, world.clock.now() + timedelta(days=3))
    meter = Meter(world)
    await meter.watch(world)
    asked = await world.say(ANNA, TEAM, "!freeze An incident")
    meter.check()
    [said] = world.replies(asked)
    assert said.startswith("❄️ All that is planned is held back: 10000 posts.")
    assert "… and 9940 more." in said


async def test_what_fell_due_by_the_hundred_in_a_freeze_goes_out_in_slices_and_once(world: World) -> None:
    due = world.clock.now() + timedelta(minutes=5)
    await plan_many(world, 100, PostState.CONFIRMED, due)
    await plan_many(world, 5_000, PostState.CONFIRMED, due + timedelta(days=3))
    await world.desk.plan.crisis.freeze(a_cause(event="$1"), "", lambda _: ("", ""))
    world.clock.advance(minutes=10)
    meter = Meter(world)
    await meter.watch(world)
    seen: list[Thawed] = []

    def worded(view: Thawed) -> tuple[str, str]:
        seen.append(view)
        return "", ""

    await world.desk.plan.crisis.unfreeze(a_cause(event="$2"), worded, release_all=True)
    assert [(view.scheduled, view.overdue.count, len(view.released)) for view in seen] == [(5_000, 0, 100)]
    await world.crash()
    while (timer := await world.desk.clock.timers.earliest_timer()) and timer[0].kind is TimerKind.RELEASE:
        await world.desk.clock.timers.fire(timer[0])
        await world.desk.clock.timers.fire(timer[0])  # once more: it is passed over
    meter.check(at_least=100 // 8)
    confirmed = [row["post"] for row in await world.rows("history") if row["step"] == "confirmed"]
    assert sorted(confirmed) == list(range(1, 101))  # type: ignore[type-var]
    queued = [row for row in await world.rows("effects") if row["kind"] == "Publish"]
    assert len(queued) == 100


async def test_a_new_freeze_stops_what_the_end_of_the_last_one_lets_out(world: World) -> None:
    due = world.clock.now() + timedelta(minutes=5)
    await plan_many(world, 30, PostState.CONFIRMED, due)
    await world.desk.plan.crisis.freeze(a_cause(event="$1"), "", lambda _: ("", ""))
    world.clock.advance(minutes=10)
    await world.desk.plan.crisis.unfreeze(a_cause(event="$2"), lambda _: ("", ""), release_all=True)
    await world.desk.plan.crisis.freeze(a_cause(event="$3"), "", lambda _: ("", ""))
    timer = await world.desk.clock.timers.earliest_timer()
    assert timer is not None
    assert timer[0].kind is TimerKind.RELEASE
    await world.desk.clock.timers.fire(timer[0])
    assert sum(row["state"] == "missed" for row in await world.rows("posts")) == 30 - 8
    assert await world.desk.clock.timers.earliest_timer() != timer


async def test_thousands_of_planned_posts_are_forgotten_in_slices_and_what_is_needed_stays(world: World) -> None:
    old = world.clock.now() - timedelta(days=1_000)
    await plan_many(world, 500, PostState.PUBLISHED, old)
    # The removals of the first ones come long after them; the change of the second one waits to be confirmed.
    for number in range(1, 40):
        state = PostState.DRAFT if number == 2 else PostState.PUBLISHED
        await plan_many(world, 1, state, old, target=PostId(number), created_at=old)
    await plan_many(world, 10_000, PostState.CONFIRMED, world.clock.now() + timedelta(days=3))
    await world.desk.clock.timers.set_up_timers()
    meter = Meter(world)
    await meter.watch(world)
    await clean_up(world)
    meter.check(at_least=500 // 20)
    left = {row["id"]: row for row in await world.rows("posts") if row["state"] != "confirmed"}
    assert {number: row["target"] for number, row in left.items()} == {2: None, 502: 2}


async def test_forgetting_a_conversation_of_a_thousand_messages_is_short(world: World) -> None:
    long_ago = world.clock.now() - timedelta(days=100)
    await fill(world, TicketState.ANSWERED, long_ago)

    def one_ticket(tx: Transaction) -> None:
        tx.execute(update(schema.mentions).values(ticket=1))
        tx.execute(insert(schema.history), [{"ticket": 1, "at": long_ago, "step": "noted", "text": "a note"}] * MANY)

    await world.database.write(one_ticket)
    await world.desk.clock.timers.set_up_timers()
    meter = Meter(world)
    await meter.watch(world)
    await clean_up(world)
    meter.check()
    assert await world.rows("mentions") == []
    assert await world.rows("search") == []
    await world.say(ANNA, TEAM, "!note 1 an afterthought")
    assert [str(row["home"]).split() for row in await world.rows("search")] == [["an", "afterthought"]]


async def test_a_merge_of_a_conversation_of_hundreds_of_messages_is_short(world: World) -> None:
    await fill(world, TicketState.NEW, world.clock.now())

    def one_ticket(tx: Transaction) -> None:
        tx.execute(update(schema.mentions).where(schema.mentions.c.status_id != "s2").values(ticket=1))
        tx.execute(update(schema.tickets).where(schema.tickets.c.id == 1).values(status="s1"))
        tx.execute(update(schema.tickets).where(schema.tickets.c.id == 2).values(status="s2"))

    await world.database.write(one_ticket)
    meter = Meter(world)
    await meter.watch(world)
    await world.desk.tickets.sorting.merge(a_cause(event="$1"), TicketId(1), TicketId(2))
    meter.check()
    assert len([row for row in await world.rows("effects") if row["kind"] == "ShowFollowUp"]) == MANY - 1


async def test_figures_and_an_export_keep_nobody_waiting(world: World, tmp_path: Path) -> None:
    await world.asked()
    begun, go_on = threading.Event(), threading.Event()

    def a_long_count(tx: Transaction) -> int:
        count = tx.scalar(select(func.count()).select_from(schema.tickets))
        begun.set()
        go_on.wait()
        return count or 0

    counting = asyncio.ensure_future(world.database.count(a_long_count))
    await asyncio.to_thread(begun.wait)
    with exported(tmp_path / "fedichat.db") as tables:
        rows = iter(tables[0].rows)
        next(rows)
        await world.asked("One more?")
        asked = await world.say(ANNA, TEAM, "!queue")
        assert "2" in world.replies(asked)[0]
        go_on.set()
        assert await counting == 1
        await world.database.empty_log()
    await world.database.empty_log()
    assert (tmp_path / "fedichat.db-wal").stat().st_size == 0
