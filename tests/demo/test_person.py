"""The people of the demo and the tests see what people see."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from fedichat.demo.person import Person
from fedichat.errors import Gone, Rejected
from fedichat.ports import EventId, RoomId
from tests.office import Office


async def test_a_person_sees_a_long_room_in_order(office: Office) -> None:
    anna = await office.person("anna")
    room = await office.room(anna, "social")
    for ten in range(21):  # more than fits into one answer
        # Each in words of its own: two that are alike in everything, and sent in the same millisecond, are one event.
        await asyncio.gather(*(anna.say(room, f"{ten} {number}") for number in range(10)))
    last = await anna.say(room, "last")

    again = await office.again("anna")
    await again.line(room, last)

    lines = [line.body for line in await again.lines(room)]
    assert [body.split()[0] for body in lines] == [*(f"{ten}" for ten in range(21) for _ in range(10)), "last"]
    assert len({*lines}) == 211


async def test_what_others_have_said_is_there_at_once(office: Office) -> None:
    anna, ben = await office.person("anna"), await office.person("ben")
    room = await office.room(anna, "social", ben.user_id)
    await ben.join(office.alias("social"))
    for number in range(20):
        said = await ben.say(room, f"{number}")
        assert said in [line.event_id for line in await anna.lines(room)]


async def test_changes_come_as_a_stream(office: Office) -> None:
    anna, ben = await office.person("anna"), await office.person("ben")
    room = await office.room(anna, "social", ben.user_id)
    await ben.join(office.alias("social"))
    said = await anna.say(room, "one")
    seen = ben.sync()
    assert (await anext(seen)).body == "one"
    await anna.edit(room, said, "two")
    assert (await anext(seen)).body == "two"
    await ben.edit(room, said, "not mine to change")
    tap = await ben.react(room, said, "👍")
    assert (await anext(seen)).reacted("👍🏽") == (ben.user_id,)
    await ben.redact(room, tap)
    assert (await anext(seen)).reactions == ()
    await anna.redact(room, said)
    gone = await anext(seen)
    assert (gone.redacted, gone.body) == (True, "")


async def test_waiting_in_vain_shows_the_room(office: Office) -> None:
    anna = await office.person("anna")
    room = await office.room(anna, "social")
    await anna.say(room, "hello")
    with pytest.raises(TimeoutError, match="hello"):
        await anna.wait_for(room, lambda line: line.body == "goodbye", timeout=0.5)


async def test_a_person_is_told_what_is_refused(office: Office) -> None:
    anna = await office.person("anna")
    with pytest.raises(Gone):
        await anna.join(office.alias("nowhere"))
    with pytest.raises(Rejected, match="403"):
        await anna.react(RoomId("!nowhere"), EventId("$1"), "x")
    with pytest.raises(Rejected, match="M_FORBIDDEN"):
        await Person.login(office.synapse.url, "anna", "wrong")


ORPHAN = """
import asyncio, sys
from pathlib import Path
from fedichat.demo.synapse import Synapse

async def main():
    async with Synapse(Path(sys.argv[1])) as synapse:
        print(synapse.pid, flush=True)
        await asyncio.sleep(600)

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
async def test_synapse_dies_with_us(tmp_path: Path) -> None:
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", ORPHAN, str(tmp_path / "synapse"), stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    async with asyncio.timeout(60):
        child = int(await parent.stdout.readline())
    handle = os.pidfd_open(child)
    try:
        parent.kill()
        await parent.wait()
        ended = asyncio.Event()
        asyncio.get_running_loop().add_reader(handle, ended.set)
        await asyncio.wait_for(ended.wait(), 20)
        asyncio.get_running_loop().remove_reader(handle)
    finally:
        os.close(handle)
