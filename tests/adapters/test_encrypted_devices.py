"""The devices of those in an encrypted room: broken ones, and many."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

import aiohttp
import pytest

from fedichat.adapters.matrix.encryption import cross_signing
from fedichat.adapters.matrix.encryption.cross_signing import Identity
from fedichat.ports import Spoken
from tests.adapters.safe_room import SafeRoom, a_carla, safe_room
from tests.carla import Carla
from tests.js_client import JsClients
from tests.office import Office, listening, on_both_servers
from tests.raw_device import RawDevice

MANY = 200


@pytest.fixture
async def carla(office: Office) -> Carla:
    return await a_carla(office)


@pytest.fixture
async def safe(office: Office, js: JsClients, carla: Carla) -> SafeRoom:
    return await safe_room(office, js, carla=carla)


@dataclass(frozen=True)
class CarlasDevices:
    """Further devices of Carla, signed with her keys."""

    session: aiohttp.ClientSession
    name: str
    owner: Identity

    async def add(self, keys: dict[str, str] | None = None, one_time: dict[str, str] | None = None) -> RawDevice:
        """One more; what is given stands in the place of its own keys, and is signed all the same."""
        device = await RawDevice.login(self.session, self.name)
        await device.upload(device.keys(self.owner, **(keys or {})), device.one_time_keys(**(one_time or {})))
        return device


@pytest.fixture
async def devices(office: Office, carla: Carla) -> AsyncIterator[CarlasDevices]:
    owner = cross_signing.kept(carla.store)
    assert owner is not None
    async with aiohttp.ClientSession(office.synapse.url) as session:
        yield CarlasDevices(session, office.local("carla"), owner)


GARBAGE = ["garbage", "", "A" * 43, "ä" * 43, "!" * 43]
"""The first is the one of the issue. Of 32 zeros, nothing that is secret can be made."""
TOO_LONG = "A" * 44
"""33 bytes. As an ed25519 key this makes vodozemac panic (0.10, 0.11), and with it nio as well as matrix-js-sdk."""


@on_both_servers
async def test_a_colleague_s_broken_devices_take_no_card_from_anybody(safe: SafeRoom, devices: CarlasDevices) -> None:
    async with listening(safe.matrix) as ears:
        await safe.all_there()
        for bad in GARBAGE:
            await devices.add(keys={"curve25519": bad})
            await devices.add(keys={"ed25519": bad})
            if bad.isascii():  # Synapse does not take the others
                await devices.add(one_time={"key": bad})
        await devices.add(keys={"curve25519": TOO_LONG})
        await devices.add(one_time={"key": TOO_LONG})
        whole = await devices.add()
        await safe.anna.say(safe.room, "by Anna")  # nio, and so Carla, would not get over it
        await ears.until(lambda heard: heard)
        card = await safe.card("#1")
        await safe.anna.reads_event(card)
        await safe.anna.say(safe.room, "by Anna")
        await ears.until(lambda heard: len(heard) == 2)
    assert await whole.room_keys(safe.bot) == {safe.anna.seen[card].session}


async def test_nor_does_one_that_ends_other_clients(safe: SafeRoom, devices: CarlasDevices) -> None:
    async with listening(safe.matrix) as ears:
        await safe.all_there()
        await safe.both_are_heard(ears)
        await safe.anna.stop()
        await devices.add(keys={"ed25519": TOO_LONG})
        whole = await devices.add()
        await safe.card("#1")
        assert await whole.room_keys(safe.bot)
        await safe.anna.send_raw(safe.room, "m.room.message", {"msgtype": "m.text", "body": "still there?"})
        await ears.until(lambda heard: any(isinstance(one, Spoken) and one.text == "still there?" for one in heard))


async def test_two_hundred_devices_read_what_is_said(
    office: Office, js: JsClients, carla: Carla, devices: CarlasDevices
) -> None:
    many = [one for _ in range(MANY // 10) for one in await asyncio.gather(*(devices.add() for _ in range(10)))]
    safe = await safe_room(office, js, carla=carla)
    async with listening(safe.matrix) as ears:
        await safe.all_there()
        started = time.monotonic()
        card = await safe.card("#1")
        took = time.monotonic() - started
        await safe.both_read(card)
        await safe.both_are_heard(ears)
    session = safe.anna.seen[card].session
    assert [one.device_id for one in many if await one.room_keys(safe.bot) != {session}] == []
    assert took < 15, "a card must not keep an office waiting"
