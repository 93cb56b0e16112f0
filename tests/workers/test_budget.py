"""A server's limits are kept to, and what matters most has the requests: mentions, then what people wait for."""

import asyncio
import logging
import re
from datetime import timedelta
from pathlib import Path

import pytest

from fedichat.desk import Desk, Settings
from fedichat.domain.tickets.mention import StatusId, Visibility
from fedichat.errors import TryLater
from fedichat.ports import NewStatus, can_wait
from fedichat.sandbox import Quota, RateLimits
from fedichat.store.database import Database
from fedichat.workers.intake import Intake
from tests.adapters.fediverse import START, Scene, scene
from tests.clocks import HandClock
from tests.world import ANNA, TEAM, World


async def numbers(database: Database) -> int:
    from sqlalchemy import text  # noqa: PLC0415

    def count(tx: object) -> int:
        return int(tx.execute(text("select count(*) from tickets")).scalar())  # type: ignore[attr-defined]

    return await database.read(count)


async def flood(it: Scene, intake: Intake, mentions: int, seconds: float, *, by: str = "citizen") -> None:
    """So many mentions in so many seconds, each of which rings; a look takes what came while it waited."""
    begun = it.clock.now()
    posted = 0
    while posted < mentions:
        due = int((it.clock.now() - begun).total_seconds() * mentions / seconds) + 1
        while posted < min(due, mentions):
            # Another account for each: else all would be one conversation's.
            await it.sandbox.add_account(f"{by}{posted}", domain="buerger.example").post(f"@bsi question {posted}")
            posted += 1
        await look(it, intake)
        it.clock.advance(seconds=0.05)
    await look(it, intake)


async def look(it: Scene, intake: Intake) -> None:
    """As the worker does, which asks again when the server takes requests again."""
    while True:
        try:
            await intake.look()
        except TryLater as error:
            await it.clock.sleep(error.retry_after or 60)
        else:
            return


async def test_two_hundred_mentions_in_fifty_seconds_all_become_tickets_and_no_limit_is_met(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """With Mastodon's own limits (docs: api/rate-limits; paging: rack_attack.rb in its source)."""
    caplog.set_level(logging.INFO, "fedichat.adapters.mastodon.budget")
    async with scene(rate_limits=RateLimits()) as it:
        database = await Database.open(f"sqlite+aiosqlite:///{tmp_path}/fedichat.db")
        try:
            desk = Desk(database, it.clock, Settings(accounts=("bsi",)), {}, lambda _: None)
            intake = Intake("bsi", it.account, desk, it.clock, poll_seconds=60)
            begun = it.clock.now()
            await flood(it, intake, 200, 50)
            assert await numbers(database) == 200
            assert it.clock.now() - begun < timedelta(minutes=2)
            # What somebody waits for still goes through.
            status = await it.account.publish(NewStatus("Guten Tag", Visibility.PUBLIC), "key")
            assert (await it.account.status(status.id)).id == status.id
            assert await it.account.own_statuses(begun)
            # And so it goes on, in order, for as long as it takes.
            for _ in range(20):
                it.clock.advance(seconds=30)
                await it.ask("and another one")
                await intake.look()
            assert it.sandbox.gate.refused == 0
            short = [record for record in caplog.records if record.getMessage().startswith("requests-short ")]
            assert len(short) <= 1
        finally:
            await database.close()


async def test_an_answer_goes_out_at_once_in_the_middle_of_a_flood_and_every_question_has_its_card(
    tmp_path: Path,
) -> None:
    """With Mastodon's own limits."""
    clock = HandClock(START)
    async with scene(rate_limits=RateLimits(), clock=clock) as it:
        world = await World.open(tmp_path)
        world.clock, world.fediverse = clock, it.account  # type: ignore[assignment]
        await world.crash()
        try:
            intake = world.app.intakes["bsi"]
            await flood(it, intake, 160, 40)
            await world.deliver()
            await world.say(ANNA, TEAM, "!answer 7 Ja.")
            await flood(it, intake, 20, 5, by="buerger")
            allowed = clock.now()
            await world.tap(ANNA, TEAM, world.preview(1), "✅")
            (published,) = it.sandbox.statuses_of(it.office)
            assert published.text.endswith("Ja.")
            assert clock.now() - allowed <= timedelta(seconds=5)
            more = clock.now()
            await flood(it, intake, 20, 5, by="frau")
            await world.deliver()
            assert clock.now() - more <= timedelta(seconds=40), "those who ask now have their cards as soon as before"
            cards = {
                found[1]
                for one in world.rooms.shown(TEAM)
                if one.message.thread is None and (found := re.match(r"#(\d+) ", one.text))
            }
            assert cards == {str(number) for number in range(1, 201)}
            assert it.sandbox.gate.refused == 0
        finally:
            await world.close()


async def test_paging_that_another_program_of_the_account_used_up_is_waited_for(tmp_path: Path) -> None:
    limits = RateLimits(paging=Quota("paging", 20, timedelta(minutes=15), by_user=True))
    async with scene(rate_limits=limits) as it:
        database = await Database.open(f"sqlite+aiosqlite:///{tmp_path}/fedichat.db")
        try:
            desk = Desk(database, it.clock, Settings(accounts=("bsi",)), {}, lambda _: None)
            intake = Intake("bsi", it.account, desk, it.clock, poll_seconds=60)
            await flood(it, intake, 300, 60)
            assert await numbers(database) == 300
            assert it.sandbox.gate.refused == 0
        finally:
            await database.close()


async def test_what_can_wait_leaves_the_other_half_to_what_cannot() -> None:
    limits = RateLimits(requests=Quota("requests", 20, timedelta(minutes=5)))
    async with scene(rate_limits=limits) as it:
        await it.ask("Frage")
        (status,) = it.office.mentions
        begun = it.clock.now()

        async def recheck() -> None:
            can_wait.set(True)
            for _ in range(12):
                await it.account.status(StatusId(status.id))

        await asyncio.create_task(recheck())
        assert it.clock.now() - begun > timedelta(minutes=1)
        assert it.sandbox.gate.refused == 0
        now = it.clock.now()
        for _ in range(8):
            await it.account.status(StatusId(status.id))
        assert it.clock.now() == now


async def test_a_request_that_would_be_one_too_many_is_not_made() -> None:
    limits = RateLimits(requests=Quota("requests", 5, timedelta(minutes=5)))
    async with scene(rate_limits=limits) as it:
        await it.account.me()
        for _ in range(10):
            try:
                await it.account.scopes()
            except TryLater as error:
                wait = error.retry_after
        assert wait
        assert wait <= 300
        assert it.sandbox.gate.refused == 0
        it.clock.advance(seconds=wait)
        assert await it.account.scopes()


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-RateLimit-Limit": "300", "X-RateLimit-Remaining": "soon", "X-RateLimit-Reset": "2035-03-05T09:05:00Z"},
        {"X-RateLimit-Limit": "0", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "2035-03-05T09:05:00Z"},
        {"X-RateLimit-Limit": "300", "X-RateLimit-Remaining": "-1", "X-RateLimit-Reset": "2035-03-05T09:05:00Z"},
        {"X-RateLimit-Limit": "300", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "never"},
        {"X-RateLimit-Limit": "300", "X-RateLimit-Remaining": "0"},
    ],
)
async def test_headers_that_say_nothing_hold_nobody_up(headers: dict[str, str]) -> None:
    async with scene() as it:
        await it.account.me()
        it.sandbox.faults.answer(
            200, times=None, path="notifications$", body="[]", content_type="application/json", headers=headers
        )
        for _ in range(5):
            assert await it.mentions() == []
        assert it.clock.slept == []
