"""The bot is killed again and again while people write and answer: nothing is lost, nothing is doubled.

What counts is counted on the servers, by somebody who was not there: in the room and on the sandbox.
"""

import asyncio
import contextlib
import random
import re
import secrets
from collections import Counter
from dataclasses import dataclass
from functools import partial
from itertools import cycle
from pathlib import Path

from fedichat.demo.person import Person
from fedichat.demo.stage import PASSWORD, Stage, set_stage
from fedichat.demo.synapse import Synapse
from fedichat.demo.timeline import Line
from fedichat.domain.tickets.mention import Visibility
from fedichat.sandbox.accounts import SandboxAccount
from fedichat.sandbox.limits import NO_RATE_LIMITS
from fedichat.sandbox.model import Account, Status
from fedichat.sandbox.server import Sandbox
from tests.drills import drill, times
from tests.scenarios._process import BotProcess, count, until, write_config

WRITERS = 8
COLLEAGUES = 6
PATIENCE = 240.0
"""Seconds for what takes one: the machine may be busy, and a crash may cost half a minute."""


@dataclass
class Plan:
    """What is to happen in one run, all of it drawn from the seed."""

    seed: int
    mentions: int
    answers: int
    kills: int

    def __post_init__(self) -> None:
        chance = random.Random(self.seed)
        self.answered = sorted(chance.sample(range(self.mentions), self.answers))
        self.visibility = [chance.choice(list(Visibility)) for _ in range(self.mentions)]
        kinds = ("handed over", "work", "handing over", "start")
        self.moments = [kinds[number % len(kinds)] for number in range(self.kills)]
        chance.shuffle(self.moments)
        # A third of the answers is narrowed on the way.
        self.narrowed = {number: chance.random() < 1 / 3 for number in self.answered}
        # However short the plan, questions of each kind are answered, and a public one more narrowly.
        shuffled = chance.sample(self.answered, self.answers)
        for number, visibility in zip(shuffled, cycle(Visibility), strict=False):
            self.visibility[number] = visibility
        self.narrowed[next(number for number in shuffled if self.visibility[number] is Visibility.PUBLIC)] = True

    def question(self, number: int) -> str:
        return f"Frage-{number:03d}."

    def answer(self, number: int) -> str:
        return f"Antwort-{number:03d}."

    def audience(self, number: int) -> Visibility:
        """Whom the answer must reach, and nobody else."""
        asked = self.visibility[number]
        return asked.narrowed_to(Visibility.PRIVATE) if self.narrowed[number] else asked

    def command(self, number: int) -> str:
        option = f"--visibility {self.audience(number).value} " if self.narrowed[number] else ""
        return f"!answer {option}{self.answer(number)} Mit Dank und Gruß."


class Run:
    """One office during one plan."""

    def __init__(self, plan: Plan, stage: Stage, bot: BotProcess) -> None:
        self.plan = plan
        self.stage = stage
        self.bot = bot
        self.questions: dict[int, Status] = {}
        self.killed = 0
        self._handed_over = asyncio.Event()
        stage.sandbox.world.listeners.append(self._notice)
        self._chance = random.Random(f"{plan.seed} kills")
        self._next = iter(range(plan.mentions))

    @property
    def published(self) -> list[Status]:
        return self.stage.sandbox.statuses_of(self.stage.account)

    # --- the citizens ---

    async def citizens_write(self, begun: asyncio.Event) -> None:
        await begun.wait()
        async with asyncio.TaskGroup() as group:
            for number in range(WRITERS):
                citizen = self.stage.sandbox.add_account(f"citizen{number}", domain="remote.example")
                # The office follows: its answers to followers only are seen by those whom it mentions.
                group.create_task(self._write(citizen))

    async def _write(self, citizen: SandboxAccount) -> None:
        chance = random.Random(f"{self.plan.seed} {citizen.acct}")
        for number in self._next:
            text = f"@{self.stage.account.username} {self.plan.question(number)} Wann ist offen?"
            self.questions[number] = await citizen.post(text, visibility=self.plan.visibility[number].value)
            # They keep pace with the kills, so that there is work in every life of the bot.
            due = (len(self.questions) - 1) * self.plan.kills / self.plan.mentions
            await until(partial(self._has_come_to, due - 1), "the next life begins", PATIENCE)
            await asyncio.sleep(chance.uniform(0, 0.2))

    def _has_come_to(self, kills: float) -> bool:
        return self.killed >= kills

    # --- the office ---

    async def colleagues_answer(self) -> None:
        waiting = list(reversed(self.plan.answered))

        async def colleague(person: Person) -> None:
            while waiting:
                await self._answer(person, waiting.pop())

        async with asyncio.TaskGroup() as group:
            for place in range(COLLEAGUES):
                group.create_task(colleague((self.stage.anna, self.stage.ben)[place % 2]))

    async def _answer(self, person: Person, number: int) -> None:
        team = self.stage.team
        answer = self.plan.answer(number)
        card = await self._card(person, number)
        await person.say(team, self.plan.command(number), thread=card.event_id)
        preview = await person.wait_for(team, lambda line: _is_preview(line) and answer in line.body, PATIENCE)
        if number % 2:
            await person.react(team, preview.event_id, "✅")
        else:
            await person.say(team, "!publish", thread=card.event_id)

    async def _card(self, person: Person, number: int) -> Line:
        question = self.plan.question(number)
        return await person.wait_for(self.stage.team, lambda line: _is_card(line) and question in line.body, PATIENCE)

    # --- the kills ---

    async def kill_again_and_again(self) -> None:
        for moment in self.plan.moments:
            if self.killed:
                await self.bot.start()
            await self._live(moment)
            await self.bot.kill()
            self.killed += 1
        await self.bot.start()

    async def _live(self, until_when: str) -> None:
        """Let it live until a random instant of its start, of its work, or of its handing over an answer."""
        chance = self._chance
        if until_when == "start":
            await asyncio.sleep(chance.uniform(0, 3))
            return
        await self.bot.ready()
        if until_when == "work":
            await asyncio.sleep(chance.uniform(0, 2))
            return
        self._handed_over.clear()
        with contextlib.suppress(TimeoutError):  # perhaps there is none to hand over at present
            async with asyncio.timeout(3):
                await self._handed_over.wait()
            # Right behind: the server has it, we do not know yet. Later: the next one may be on its way.
            await asyncio.sleep(chance.uniform(0, 0.02 if until_when == "handed over" else 0.25))

    def _notice(self, account: Account, event: str, payload: object) -> None:
        ours = isinstance(payload, Status) and payload.author is self.stage.account
        if ours and event == "update" and account is self.stage.account:
            self._handed_over.set()

    # --- the reckoning ---

    async def settle(self) -> None:
        database = self.stage.folder / "fedichat.db"
        await self.bot.ready()
        # Everything that was said is heard once the bot answers something said after it.
        asked = await self.stage.anna.say(self.stage.team, "!queue")
        await self.stage.anna.wait_for(self.stage.team, lambda line: line.reply_to == asked, PATIENCE)
        for number in range(self.plan.mentions):
            await self._card(self.stage.anna, number)
        await until(lambda: len(self.published) >= self.plan.answers, "all answers are out", PATIENCE)
        await until(lambda: count(database, "SELECT count(*) FROM effects") == 0, "the outbox is empty")


def _is_card(line: Line) -> bool:
    return line.thread is None and re.match(r"#\d+ ", line.body) is not None


def _is_preview(line: Line) -> bool:
    return re.match(r"📝 P\d+ ", line.body) is not None


def _token(text: str) -> str:
    found = re.search(r"(?:Frage|Antwort)-\d+\.", text)
    return found[0] if found else f"none in {text!r}"


async def _play(plan: Plan, synapse: Synapse, folder: Path, *, forgetful: bool) -> None:
    print(f"seed={plan.seed}")  # noqa: T201 - with it the run can be repeated
    async with (
        Sandbox(rate_limits=NO_RATE_LIMITS) as sandbox,
        set_stage(synapse, sandbox, folder, tag=secrets.token_hex(3)) as stage,
        BotProcess(write_config(folder, stage.settings)) as bot,
    ):
        sandbox.faults.ignore_idempotency = forgetful
        sandbox.faults.commit_delay = (0.0, 1.0)
        sandbox.faults.latency = 0.05  # a request is under way for a while, also when its sender is dead
        run = Run(plan, stage, bot)
        begun = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(run.citizens_write(begun))
            group.create_task(run.colleagues_answer())
            await bot.ready()
            begun.set()
            group.create_task(run.kill_again_and_again())
        await run.settle()
        assert run.killed == plan.kills
        _count_statuses(run)
        await _count_lines(run)
        _look_at_log(bot)
        assert (await bot.stop())[0] == 0


def _count_statuses(run: Run) -> None:
    plan = run.plan
    assert Counter(_token(status.text) for status in run.published) == Counter(
        plan.answer(number) for number in plan.answered
    )
    by_token = {_token(status.text): status for status in run.published}
    for number in plan.answered:
        status, question = by_token[plan.answer(number)], run.questions[number]
        assert status.in_reply_to is question
        assert status.visibility.value == plan.audience(number).value
        assert [account.acct for account in status.mentions] == [question.author.acct]
    notified = Counter(_token(status.text) for question in run.questions.values() for status in question.replies)
    assert set(notified.values()) == {1}


async def _count_lines(run: Run) -> None:
    plan, stage = run.plan, run.stage
    name = stage.anna.user_id[1:].partition(":")[0]
    async with await Person.login(stage.synapse.url, name, PASSWORD) as stranger:
        lines = [line for line in await stranger.lines(stage.team) if not line.redacted]
    said = [line for line in lines if line.sender == stage.bot]
    cards = Counter(_token(line.body) for line in said if _is_card(line))
    assert cards == Counter(plan.question(number) for number in range(plan.mentions))
    previews = Counter(_token(line.body) for line in said if _is_preview(line))
    assert previews == Counter(plan.answer(number) for number in plan.answered)
    assert all(" published" in line.body.splitlines()[0] for line in said if _is_preview(line))
    links = Counter(line.body for line in said if line.body.startswith("Published:"))
    assert len(links) == plan.answers
    assert set(links.values()) == {1}
    # The rest is the one answer to `!queue`: nobody was refused, nothing was asked twice.
    others = [line for line in said if not _is_card(line) and not _is_preview(line)]
    assert len(others) == plan.answers + 1, [line.body for line in others]
    done = [line for line in said if _is_card(line) and "✅" in line.body.splitlines()[0]]
    assert {_token(line.body) for line in done} == {plan.question(number) for number in plan.answered}


def _look_at_log(bot: BotProcess) -> None:
    trouble = [line for line in bot.log if re.search(r"Traceback|-broke|set-aside| CRITICAL ", line)]
    assert trouble == []


@drill
async def test_a_killed_bot_loses_nothing_and_doubles_nothing(synapse: Synapse, tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(10**6)
    # Also in the short form each of the four moments comes twice.
    plan = Plan(seed, mentions=times(48, 200), answers=times(16, 50), kills=times(8, 20))
    await _play(plan, synapse, tmp_path, forgetful=False)


@drill
async def test_nor_where_the_server_forgets_idempotency_keys(synapse: Synapse, tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(10**6)
    plan = Plan(seed, mentions=times(32, 80), answers=times(12, 30), kills=times(4, 12))
    await _play(plan, synapse, tmp_path, forgetful=True)
