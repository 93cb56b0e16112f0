"""Rooms that strangers can get into: private messages are not shown there, and that is said."""

import asyncio
from pathlib import Path

import pytest

from fedichat.adapters.matrix.events import Json
from fedichat.demo.synapse import Synapse
from tests.scenarios.at_work import at_work

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize(
    ("kind", "open_", "closed"),
    [
        ("m.room.join_rules", {"join_rule": "public"}, {"join_rule": "invite"}),
        (
            "m.room.history_visibility",
            {"history_visibility": "world_readable"},
            {"history_visibility": "shared"},
        ),
    ],
)
async def test_a_direct_room_that_is_opened_shows_nothing_until_it_is_closed(
    synapse: Synapse, tmp_path: Path, kind: str, open_: Json, closed: Json
) -> None:
    async with at_work(synapse, tmp_path, direct_room=True, supervisors=True) as work, work.stage.bot_running():
        before = await work.asked("My password is 1234.", visibility="direct", room=work.direct)
        await work.anna.set_state(work.direct, kind, open_)
        for person, room in ((work.anna, work.team), (work.vera, work.supervisors)):
            told = await person.wait_for(room, lambda line: "is open to strangers" in line.body)
            assert "1234" not in told.body
        private = asyncio.create_task(work.asked("My password is 5678.", visibility="direct", room=work.direct))
        public = await work.asked("Is this public?")
        ignored = await work.anna.say(work.direct, f"!claim {before.number}")
        await work.settled()
        assert not [line for line in await work.anna.lines(work.direct) if "5678" in line.body]
        assert not private.done(), "the private one waits"
        assert public.number > before.number

        await work.anna.set_state(work.direct, kind, closed)
        await work.anna.wait_for(work.team, lambda line: "is closed again" in line.body)
        case = await private
        refused = await work.reply_to(work.direct, ignored)
        assert "open to strangers when that was said" in refused.body
        await work.card(case, "🆕 new")
        await work.card(before, "🆕 new")


async def test_a_direct_room_that_is_open_when_the_bot_starts_shows_nothing(
    synapse: Synapse, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with at_work(synapse, tmp_path, direct_room=True) as work:
        await work.anna.set_state(work.direct, "m.room.join_rules", {"join_rule": "public"})
        await work.anna.set_state(work.team, "m.room.join_rules", {"join_rule": "public"})
        citizen = work.citizen()
        await citizen.post(f"@{work.stage.account.username} My password is 1234.", visibility="direct")
        async with work.stage.bot_running():
            await work.anna.wait_for(work.team, lambda line: "is open to strangers" in line.body)
            await work.asked("A public room does not keep public questions out.")
            assert not [line for line in await work.anna.lines(work.direct) if line.sender == work.stage.bot]
    assert "room-open place=team/bsi" in caplog.text
    assert "room-open place=direct/bsi" in caplog.text
    assert "anybody may join it without an invitation" in caplog.text


async def test_what_holds_back_counts_in_an_open_room_and_what_publishes_does_not(
    synapse: Synapse, tmp_path: Path
) -> None:
    async with (
        at_work(synapse, tmp_path, direct_room=True, undo_seconds=600) as work,
        work.stage.bot_running(),
    ):
        kept, stopped = [await work.asked("A", visibility="direct", room=work.direct) for _ in range(2)]
        _, unconfirmed = await work.drafted(kept, "Not yet.")
        _, confirmed = await work.drafted(stopped, "Never.")
        await work.anna.react(work.direct, confirmed.event_id, "✅")
        await work.line(stopped, confirmed.event_id, "confirmed by")
        await work.anna.set_state(work.direct, "m.room.join_rules", {"join_rule": "public"})
        await work.anna.wait_for(work.team, lambda line: "is open to strangers" in line.body)
        await work.ben.react(work.direct, unconfirmed.event_id, "✅")
        await work.ben.react(work.direct, confirmed.event_id, "❌")
        await work.ben.say(work.direct, f"!publish {kept.number}")
        await work.anna.set_state(work.direct, "m.room.join_rules", {"join_rule": "invite"})
        await work.line(stopped, confirmed.event_id, "withdrawn, nothing was published")
        line = await work.line(kept, unconfirmed.event_id, "Not yet.")
        assert "confirmed by" not in line.body
        assert work.answers_to(kept) == work.answers_to(stopped) == []


async def test_a_private_message_is_not_put_to_a_department_in_a_room_that_anybody_may_join(
    synapse: Synapse, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    krypto = {"krypto": "Referat Kryptografie"}
    async with (
        at_work(synapse, tmp_path, direct_room=True, departments=krypto) as work,
        work.stage.bot_running(),
    ):
        case = await work.asked("My password is 1234.", visibility="direct", room=work.direct)
        await work.max.set_state(work.department(), "m.room.join_rules", {"join_rule": "public"})
        async with asyncio.timeout(20):
            while "room-open place=department/krypto" not in caplog.text:  # noqa: ASYNC110 - a log tells nobody
                await asyncio.sleep(0.05)
        refused = await work.anna.say(work.direct, f"!escalate {case.number} --sure krypto Can we help?")
        answer = await work.reply_to(work.direct, refused)
        assert "anybody can get into the room of Referat Kryptografie" in answer.body
        await work.settled()
        assert not [line for line in await work.max.lines(work.department()) if "1234" in line.body]
