"""Rooms that are replaced by others, with an upgrade or by somebody who takes the alias away."""

from pathlib import Path

import pytest

from fedichat.adapters.matrix.events import word
from fedichat.demo.homeserver_client import quoted
from fedichat.demo.person import Person
from fedichat.demo.synapse import Synapse
from fedichat.ports import RoomId
from tests.clocks import while_time_passes
from tests.scenarios.at_work import AtWork, Case, SteeredClock, at_work

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def upgrade(room: RoomId, by: Person, *invited: str) -> RoomId:
    """What clients do: upgrade the room, then invite everybody into the new one."""
    said = await by.ask("POST", f"/rooms/{quoted(room)}/upgrade", {"new_version": "12"})
    new = RoomId(word(said, "replacement_room"))
    for user in invited:
        await by.invite(new, user)
    return new


async def shown_again(work: AtWork, case: Case, room: RoomId, by: Person | None = None) -> Case:
    """The ticket's card in the new room."""
    line = await (by or work.anna).wait_for(room, lambda line: line.body.startswith(f"#{case.number} "))
    return Case(room, line.event_id, case.number, case.status, case.citizen)


async def test_an_upgraded_team_s_room_goes_on_in_the_new_one(synapse: Synapse, tmp_path: Path) -> None:
    async with at_work(synapse, tmp_path, supervisors=True) as work, work.stage.bot_running():
        case, other, done = [await work.asked() for _ in range(3)]
        await case.citizen.post(f"@{work.stage.account.username} One more thing.", in_reply_to=case.status)
        await work.in_thread(case, "One more thing.")
        await work.anna.say(work.team, "!ignore nothing to answer", thread=done.card)
        await work.card(done, "ignored")
        await work.anna.say(work.team, f"!claim {other.number}")
        await work.card(other, "with anna")
        _, old_preview = await work.drafted(case, "Yes, until 2030.")

        new = await upgrade(work.team, work.anna, work.stage.bot, work.ben.user_id)
        await work.ben.join(new)
        again = await shown_again(work, case, new)
        claimed = await shown_again(work, other, new)
        await work.card(claimed, "with anna")
        await work.in_thread(again, "One more thing.")
        preview = await work.preview(again, "Yes, until 2030.")
        assert not [line for line in await work.anna.lines(new) if line.body.startswith(f"#{done.number} ")]

        await work.anna.react(work.team, old_preview.event_id, "✅")  # where nobody is any more
        await work.told(work.ben, new, "!help")
        assert work.published == []
        await work.anna.react(new, preview.event_id, "✅")
        await work.in_thread(again, "Published: http")
        assert len(work.published) == 1
        fresh = await work.asked(room=new)
        assert fresh.number > other.number


async def test_an_upgrade_while_the_bot_is_down_is_followed_and_what_was_said_before_it_counts(
    synapse: Synapse, tmp_path: Path
) -> None:
    async with at_work(synapse, tmp_path, undo_seconds=120) as work:
        async with work.stage.bot_running():
            case = await work.asked()
            _, preview = await work.drafted(case, "Yes.")
            await work.anna.react(work.team, preview.event_id, "✅")
            await work.line(case, preview.event_id, "confirmed by")
        await work.ben.react(work.team, preview.event_id, "❌")
        await work.ben.say(work.team, f"!claim {case.number}")
        middle = await upgrade(work.team, work.anna, work.stage.bot, work.ben.user_id)
        new = await upgrade(middle, work.anna, work.stage.bot, work.ben.user_id)
        await work.ben.join(new)
        async with work.stage.bot_running():
            again = await shown_again(work, case, new)
            await work.anna.wait_for(new, lambda line: "is with anna" in line.body)  # what Ben is told
            history = "\n".join(await work.history(again))
            assert "withdrawn" in history
            assert not [line for line in await work.anna.lines(middle) if line.body.startswith("#")]
        assert work.answers_to(case) == []


async def test_rooms_for_direct_messages_departments_and_supervisors_move_too(synapse: Synapse, tmp_path: Path) -> None:
    async with (
        at_work(synapse, tmp_path, direct_room=True, departments={"krypto": "Kryptografie"}, supervisors=True) as work,
        work.stage.bot_running(),
    ):
        private = await work.asked("My password is 1234.", visibility="direct", room=work.direct)
        public = await work.asked()
        await work.anna.say(work.team, "!escalate krypto Is it?", thread=public.card)
        await work.max.wait_for(work.department(), lambda line: line.body.startswith(f"#{public.number} "))

        direct = await upgrade(work.direct, work.anna, work.stage.bot)
        await shown_again(work, private, direct)
        krypto = await upgrade(work.department(), work.max, work.stage.bot)
        there = await shown_again(work, public, krypto, work.max)
        await work.max.say(krypto, "!propose Yes, it is.", thread=there.card)
        await work.in_thread(public, "Yes, it is.")
        supervisors = await upgrade(work.supervisors, work.vera, work.stage.bot)
        await work.vera.wait_for(supervisors, lambda line: "takes the place of the former one" in line.body)
        await work.told(work.vera, supervisors, "!queue")
        for room in (work.team, krypto, supervisors):
            reader = {krypto: work.max, supervisors: work.vera}.get(room, work.anna)
            assert not [line for line in await reader.lines(room) if "1234" in line.body]


async def test_a_new_room_that_the_bot_is_not_invited_to_is_asked_for(synapse: Synapse, tmp_path: Path) -> None:
    clock = SteeredClock()
    async with at_work(synapse, tmp_path, supervisors=True) as work, work.stage.bot_running(clock=clock):
        case = await work.asked()
        new = await upgrade(work.team, work.anna)
        told = await work.vera.wait_for(work.supervisors, lambda line: "I cannot enter" in line.body)
        assert "#social" in told.body
        await work.anna.invite(new, work.stage.bot)
        await while_time_passes(clock, shown_again(work, case, new))


async def test_an_alias_that_somebody_takes_away_does_not_take_the_office_along(
    synapse: Synapse, tmp_path: Path
) -> None:
    async with at_work(synapse, tmp_path, supervisors=True) as work:
        alias = str(work.stage.settings["accounts"]["bsi"]["rooms"]["team"])  # type: ignore[index]
        async with work.stage.bot_running():
            await work.asked()
        await work.anna.ask("DELETE", f"/directory/room/{quoted(alias)}")
        trap = await work.vera.create_room("Team", alias[1:].partition(":")[0], public=True)
        await work.vera.invite(trap, work.stage.bot)
        async with work.stage.bot_running():
            case = await work.asked("Does this stay at home?")
            assert case.room == work.team
            for person, room in ((work.vera, work.supervisors), (work.anna, work.team)):
                await person.wait_for(room, lambda line: "leads to another room" in line.body)
            await work.vera.say(trap, f"!claim {case.number}")
            await work.card(case, "🆕 new")
            assert work.stage.bot not in {line.sender for line in await work.vera.lines(trap)}


async def test_what_waits_to_be_said_is_said_in_the_new_room_and_once(synapse: Synapse, tmp_path: Path) -> None:
    async with at_work(synapse, tmp_path) as work:
        async with work.stage.bot_running():
            case = await work.asked()
        shown = [await work.anna.say(work.team, f"!show {case.number}", thread=case.card) for _ in range(5)]
        new = await upgrade(work.team, work.anna, work.stage.bot, work.ben.user_id)
        await work.ben.join(new)
        async with work.stage.bot_running():
            await shown_again(work, case, new)
            await work.told(work.ben, new, "!help")
            about = [line for line in await work.anna.lines(new) if line.body.startswith(f"#{case.number} ")]
            assert len([line for line in about if not line.notice]) == 1, "the card"
            assert len([line for line in about if line.notice]) == len(shown), "an answer to each"
