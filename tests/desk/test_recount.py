"""Weeks at an office, made up at random: what the digest says is what a slow recount of the export finds."""

import random
from collections.abc import AsyncIterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from fedichat.cli.tables import export
from fedichat.domain.effects import ShowChart, ShowDigest
from fedichat.domain.figures import Figures, Scope
from fedichat.domain.names import SUPERVISORS, department_place
from fedichat.domain.tickets.mention import Author, StatusId, Visibility
from fedichat.domain.time.period import parse_period
from tests.recount import Files, Hours
from tests.world import ANNA, BEN, DIRECT, TEAM, World

BERLIN = ZoneInfo("Europe/Berlin")
OPEN = Hours(BERLIN, time(8), time(16, 30), frozenset({date(2026, 12, day) for day in (24, 25)}))
SETTINGS: dict[str, object] = {
    "timezone": "Europe/Berlin",
    "working_hours": dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), "08:00-16:30")
    | {"holidays": "DE-NW", "days_off": ["2026-12-24"]},
    "sla": {"first_response": "2 working days", "interim_extends": "3 working days"},
    "digest": {"at": "08:30", "by_person": True, "chart": False},
}
REASONS = ("polemic", "Polemic", "spam", "no question", "=1+1")
PERIODS = ("this month", "last month", "2026", "Q4", "3.12.2026", "last week", "yesterday", "today", "KW 50")


class Weeks:
    """What citizens and colleagues do, one after the other; it is drawn from the seed."""

    def __init__(self, world: World, seed: int) -> None:
        self.world = world
        self.chance = random.Random(seed)
        self.open: dict[int, StatusId] = {}
        self.private: set[int] = set()
        self.count = 0

    async def pass_by(self, steps: int) -> None:
        doings = (self.ask, self.ask, self.ask, self.answer, self.answer, self.ignore, self.interim, self.consult,
                  self.label, self.write_again, self.delete, self.reopen, self.merge, self.plan)  # fmt: skip
        for _ in range(steps):
            self.world.clock.advance(minutes=self.chance.randint(5, 400))
            await self.chance.choice(doings)()

    async def ask(self) -> None:
        is_private = self.chance.random() < 0.2
        number = self.count = self.count + 1
        author = Author(f"person{number}@remote.example", f"Person {number}")
        status = await self.world.asked(
            f"A question, {number}",
            by=author,
            visibility=Visibility.DIRECT
            if is_private
            else self.chance.choice([Visibility.PUBLIC, Visibility.UNLISTED]),
        )
        self.open[number] = status.id
        if is_private:
            self.private.add(number)

    async def say(self, number: int, text: str) -> None:
        who = self.chance.choice([ANNA, BEN])
        await self.world.say(who, DIRECT if number in self.private else TEAM, text)

    def one(self) -> int:
        return self.chance.choice(sorted(self.open)) if self.open else 0

    async def publish(self, number: int, text: str) -> None:
        claimant = (await self.world.rows("tickets"))[number - 1]["claimant"]
        who = claimant or self.chance.choice([ANNA, BEN])
        room = DIRECT if number in self.private else TEAM
        await self.world.say(who, room, text)  # type: ignore[arg-type]
        post = max(int(str(row["id"])) for row in await self.world.rows("posts"))
        if (await self.world.rows("posts"))[post - 1]["state"] == "draft":
            await self.world.tap(who, room, self.world.preview(post, room), "✅")  # type: ignore[arg-type]

    async def answer(self) -> None:
        if number := self.one():
            await self.publish(number, f"!answer {number} Yes.")

    async def interim(self) -> None:
        if number := self.one():
            await self.publish(number, f"!interim {number} Soon.")

    async def ignore(self) -> None:
        if number := self.one():
            await self.say(number, f"!ignore {number} {self.chance.choice(REASONS)}")

    async def consult(self) -> None:
        if number := self.one():
            sure = "--sure " if number in self.private else ""
            await self.say(number, f"!escalate {number} {sure}{self.chance.choice(['krypto', 'netz'])} Hm?")

    async def label(self) -> None:
        if number := self.one():
            await self.say(number, f"!label {number} {self.chance.choice(['tls', 'pgp'])}")

    async def write_again(self) -> None:
        number = self.one()
        status = self.world.fediverse.statuses.get(self.open.get(number, StatusId("")))
        if status is not None:
            again = await self.world.asked(
                "And another thing", by=status.author, visibility=status.visibility, in_reply_to=status.id
            )
            self.open[number] = again.id

    async def reopen(self) -> None:
        if number := self.one():
            await self.say(number, f"!reopen {number}")

    async def merge(self) -> None:
        """Somebody asks once more, as if it were something else, and is taken for one."""
        number = self.one()
        status = self.world.fediverse.statuses.get(self.open.get(number, StatusId("")))
        if status is not None:
            self.count += 1
            await self.world.asked("Once more", by=status.author, visibility=status.visibility)
            await self.say(number, f"!merge {self.count} {number}")

    async def plan(self) -> None:
        """Anna plans a post, Ben approves it, and it goes out at its time."""
        moment = (self.world.clock.now() + timedelta(minutes=20)).astimezone(BERLIN)
        await self.world.say(ANNA, TEAM, f"!schedule {moment:%Y-%m-%d %H:%M} | Something planned, {self.world.event()}")
        post = max(int(str(row["id"])) for row in await self.world.rows("posts"))
        await self.world.tap(BEN, TEAM, self.world.preview(post), "✅")
        self.world.clock.advance(minutes=25)
        await self.world.deliver()

    async def delete(self) -> None:
        number = self.one()
        if self.chance.random() < 0.3 and self.open.get(number) in self.world.fediverse.statuses:
            self.world.fediverse.take_away(self.open[number])
            await self.world.recheck(self.open.pop(number))


def as_counted(figures: Figures) -> dict[str, object]:
    """The figures as the recount has them."""
    took, now = figures.responses, figures.standing
    return {
        "received": figures.received,
        "answered": figures.answered,
        "interims": figures.interims,
        "ignored": {one.text.casefold(): one.count for one in figures.ignored if not one.is_private},
        "ignored in private": sum(one.count for one in figures.ignored if one.is_private),
        "in time": figures.kept.in_time,
        "late": figures.kept.late,
        "responses": took.count,
        "median": took.median.total_seconds() if took.median is not None else None,
        "ninetieth": took.ninetieth.total_seconds() if took.ninetieth is not None else None,
        "open": now.open,
        "overdue": now.overdue,
        "due today": now.due_today,
    }


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = await World.open(tmp_path, **SETTINGS)  # type: ignore[arg-type]
    world.clock.time = datetime(2026, 11, 23, 8, tzinfo=BERLIN)
    yield world
    await world.close()


@pytest.mark.parametrize("seed", [1, 2])
async def test_the_figures_equal_a_recount_from_the_export(world: World, tmp_path: Path, seed: int) -> None:
    await Weeks(world, seed).pass_by(180)
    now = world.clock.now()

    export(tmp_path / "fedichat.db", tmp_path / "out", "csv", lambda _: None, colleagues=True)

    files = Files.read(tmp_path / "out", OPEN)
    assert len(files.tickets) > 35
    for one in files.tickets:
        if one["first_response_at"]:
            asked, heard = (datetime.fromisoformat(one[name]) for name in ("opened_at", "first_response_at"))
            assert int(one["first_response_seconds"]) == OPEN.seconds_between(asked, heard)
    assert (await world.desk.reports.stats(parse_period("2026", world.desk.reports.today()), Scope())).kept.late > 3
    done = {one["step"] for one in files.steps}
    assert {"published", "ignored", "interim", "reopened", "merged", "question_deleted", "followed_up"} <= done
    assert [one["kind"] for one in files.posts if one["state"] == "published" and one["due_at"]].count("planned") > 3
    for text in PERIODS:
        period = parse_period(text, world.desk.reports.today())
        digest = await world.desk.reports.digest(ShowDigest(SUPERVISORS, period))
        figures = digest.figures
        assert as_counted(figures) == files.figures(period.start, period.end, now), text
        assert {one.user: (one.answers, one.interims) for one in figures.people} == files.people(
            period.start, period.end
        )
        assert [one.ticket.id for one in digest.oldest] == files.oldest(5)
        for department in figures.departments:
            key = department.place.partition("/")[2]
            recount = files.figures(period.start, period.end, now, department=key)
            shown = (department.received, department.answered, department.open, department.overdue)
            assert shown == tuple(recount[name] for name in ("received", "answered", "open", "overdue"))
            assert (department.kept.in_time, department.kept.late) == (recount["in time"], recount["late"])
        for scope, only in (
            (Scope(department_place("krypto")), {"department": "krypto"}),
            (Scope(label="tls"), {"label": "tls"}),
            (Scope(department_place("netz"), "pgp"), {"department": "netz", "label": "pgp"}),
        ):
            stats = await world.desk.reports.stats(period, scope)
            assert as_counted(stats) == files.figures(period.start, period.end, now, **only), (text, scope)


async def test_the_picture_equals_a_recount_from_the_export(world: World, tmp_path: Path) -> None:
    await Weeks(world, 4).pass_by(140)
    now = world.clock.now()
    export(tmp_path / "fedichat.db", tmp_path / "out", "csv", lambda _: None)
    files = Files.read(tmp_path / "out", OPEN)

    days = await world.desk.reports.days(ShowChart(SUPERVISORS, world.desk.reports.today()))

    assert len(days) == 14
    assert sum(day.kept.total for day in days) > 10
    for day, following in zip(days, [*(day.day for day in days[1:]), world.desk.reports.today()], strict=True):
        recount = files.figures(day.day, following, now)
        ignored = recount["ignored"]
        assert isinstance(ignored, dict)
        assert (day.kept.in_time, day.kept.late) == (recount["in time"], recount["late"])
        assert day.ignored == sum(ignored.values()) + int(str(recount["ignored in private"]))
