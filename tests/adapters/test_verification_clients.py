"""Verifying the bot from a client of the Element family: matrix-js-sdk's rust crypto, on a real Synapse."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fedichat.adapters.matrix.encryption.sas_emoji import EMOJI
from fedichat.adapters.matrix.encryption.verify_socket import NAME
from fedichat.adapters.matrix.events import part
from fedichat.adapters.matrix.user import Matrix
from fedichat.ports import AskedToVerify, RoomId, Spoken, UserId
from tests.js_client import JsClient, JsClients
from tests.office import PASSWORD, Ears, Office, listening, on_both_servers


@dataclass
class Terminal:
    """Somebody at `fedichat verify`, by its socket."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def reads(self, says: str) -> Mapping[str, Any]:
        async with asyncio.timeout(30):
            while True:
                message: Mapping[str, Any] = json.loads(await self.reader.readline())
                if message["says"] == says:
                    return message

    async def emoji(self) -> list[str]:
        return [EMOJI[number].sign for number in (await self.reads("compare"))["emoji"]]

    def answers(self, *, matches: bool) -> None:
        self.writer.write(json.dumps({"matches": matches}).encode() + b"\n")


@asynccontextmanager
async def at_the_terminal(store: Path) -> AsyncIterator[Terminal]:
    reader, writer = await asyncio.open_unix_connection(str(store / NAME))
    try:
        yield Terminal(reader, writer)
    finally:
        writer.close()


@dataclass
class Bot:
    matrix: Matrix
    user: UserId
    store: Path
    team: RoomId
    ears: Ears


@asynccontextmanager
async def bot_with(office: Office, anna: JsClient) -> AsyncIterator[Bot]:
    """The bot at work in an encrypted room of Anna's."""
    user = await office.account("bot")
    team = await anna.create_room("Team", [user])
    matrix = office.matrix(user, team, signed_only=True)
    await matrix.start()
    async with listening(matrix) as ears:
        await anna.until_knows(team, user)
        yield Bot(matrix, user, office.folder / "matrix-store", team, ears)


async def login(office: Office, js: JsClients, name: str) -> JsClient:
    await office.account(name)
    client = await js.login(office.synapse.url, office.local(name), PASSWORD)
    await client.sign()
    return client


async def compare(anna: JsClient, key: str, terminal: Terminal) -> None:
    """As far as both sides see the emoji, which are the same."""
    await anna.verification(lambda one: one.key == key and one.phase == "ready")
    await anna.start_sas(key)
    theirs = await anna.emoji(key)
    assert [picture for picture, _ in theirs] == await terminal.emoji()


async def phase(anna: JsClient, key: str, phase: str) -> None:
    await anna.verification(lambda one: one.key == key and one.phase == phase)


@on_both_servers
async def test_a_colleagues_client_trusts_the_bot_after_the_emoji(office: Office, js: JsClients) -> None:
    anna = await login(office, js, "anna")
    async with bot_with(office, anna) as bot, at_the_terminal(bot.store) as terminal:
        hello = await terminal.reads("hello")
        device = (await anna.devices_of(bot.user))[bot.matrix.device]
        assert hello["fingerprint"].replace(" ", "") == device["fingerprint"]
        assert not device["verified"]

        key = await anna.verify_device(bot.user, bot.matrix.device)
        asked = await terminal.reads("asked")
        assert (asked["user"], asked["name"], asked["device"]) == (anna.user_id, "Anna", anna.device_id)
        assert asked["is_signed"]
        await compare(anna, key, terminal)
        terminal.answers(matches=True)
        await anna.confirm(key)
        assert (await terminal.reads("ended"))["outcome"] == "DONE"
        await phase(anna, key, "done")
        assert (await anna.devices_of(bot.user))[bot.matrix.device]["verified"]


async def test_a_user_is_verified_in_a_direct_room_which_the_bot_leaves_again(office: Office, js: JsClients) -> None:
    """As Element Web and Element X do it: a direct room, and the request in it."""
    anna = await login(office, js, "anna")
    async with bot_with(office, anna) as bot:
        direct = await anna.create_room("", [bot.user], direct=True)
        async with at_the_terminal(bot.store) as terminal:
            await anna.until_knows(direct, bot.user)
            key = await anna.verify_in_room(bot.user, direct)
            await compare(anna, key, terminal)
            await anna.confirm(key)
            terminal.answers(matches=True)
            assert (await terminal.reads("ended"))["outcome"] == "DONE"
            await phase(anna, key, "done")
            assert (await anna.devices_of(bot.user))[bot.matrix.device]["verified"]
            await anna.sees(lambda one: one.room == direct and one.type == "m.room.member" and left(one.content))
        assert bot.ears.heard == []
        assert anna.unreadable == {}


def left(content: Mapping[str, object]) -> bool:
    return content.get("membership") == "leave"


async def test_a_request_from_before_the_bot_came_into_the_direct_room_counts(office: Office, js: JsClients) -> None:
    """Clients invite and ask in one go: the request is there before anybody has come in."""
    anna = await login(office, js, "anna")
    async with bot_with(office, anna) as bot:
        direct = await anna.create_room("", [bot.user], direct=True)
        await anna.sees(lambda one: one.room == direct and one.type == "m.room.encryption")
        key = await anna.verify_in_room(bot.user, direct)
        async with at_the_terminal(bot.store) as terminal:
            await compare(anna, key, terminal)
            await anna.confirm(key)
            terminal.answers(matches=True)
            assert (await terminal.reads("ended"))["outcome"] == "DONE"


@pytest.mark.parametrize("where", ["in the team's room", "to the device"])
async def test_with_nobody_at_the_terminal_it_is_refused_and_said_in_the_room(
    office: Office, js: JsClients, where: str
) -> None:
    anna = await login(office, js, "anna")
    async with bot_with(office, anna) as bot:
        if where == "to the device":
            key = await anna.verify_device(bot.user, bot.matrix.device)
        else:
            key = await anna.verify_in_room(bot.user, bot.team)
        ended = await anna.verification(lambda one: one.key == key and one.phase == "cancelled")
        assert ended.code == "m.user"
        if where == "to the device":
            await anna.say(bot.team, "!help")
            assert isinstance(await bot.ears.next(), Spoken)  # nothing else was heard before it
        else:
            heard = await bot.ears.next()
            assert isinstance(heard, AskedToVerify)
            assert (heard.event_id, heard.sender) == (key, anna.user_id)


async def test_in_the_teams_room_it_is_answered_and_others_requests_are_theirs(office: Office, js: JsClients) -> None:
    anna, ben = await login(office, js, "anna"), await login(office, js, "ben")
    async with bot_with(office, anna) as bot, at_the_terminal(bot.store) as terminal:
        await anna.invite(bot.team, ben.user_id)
        await ben.join(bot.team)
        await anna.until_knows(bot.team, ben.user_id)
        between_them = await anna.verify_in_room(ben.user_id, bot.team)
        await ben.verification(lambda one: one.key == between_them)

        key = await anna.verify_in_room(bot.user, bot.team)
        asked = await terminal.reads("asked")
        assert asked["user"] == anna.user_id
        await compare(anna, key, terminal)
        await anna.confirm(key)
        terminal.answers(matches=True)
        assert (await terminal.reads("ended"))["outcome"] == "DONE"
        about_them = [one for one in ben.seen.values() if reference(one.content) == between_them]
        assert bot.user not in {one.sender for one in about_them}


def reference(content: Mapping[str, Any]) -> object:
    return content.get("m.relates_to", {}).get("event_id")


@pytest.mark.parametrize("who", ["the colleague", "the person at the terminal"])
async def test_emoji_that_differ_end_it_on_both_sides(office: Office, js: JsClients, who: str) -> None:
    anna = await login(office, js, "anna")
    async with bot_with(office, anna) as bot, at_the_terminal(bot.store) as terminal:
        key = await anna.verify_device(bot.user, bot.matrix.device)
        await compare(anna, key, terminal)
        if who == "the colleague":
            await anna.mismatch(key)
        else:
            terminal.answers(matches=False)
        assert (await terminal.reads("ended"))["outcome"] == "MISMATCH"
        ended = await anna.verification(lambda one: one.key == key and one.phase == "cancelled")
        assert ended.code == "m.mismatched_sas"
        assert not (await anna.devices_of(bot.user))[bot.matrix.device]["verified"]


async def test_who_leaves_the_terminal_leaves_nobody_waiting_and_no_room_behind(office: Office, js: JsClients) -> None:
    anna = await login(office, js, "anna")
    async with bot_with(office, anna) as bot:
        direct = await anna.create_room("", [bot.user], direct=True)
        async with at_the_terminal(bot.store) as terminal:
            await anna.until_knows(direct, bot.user)
            key = await anna.verify_in_room(bot.user, direct)
            await compare(anna, key, terminal)
        await phase(anna, key, "cancelled")
        await anna.sees(lambda one: one.room == direct and one.type == "m.room.member" and left(one.content))


async def test_a_bot_that_is_stopped_leaves_nobody_waiting(office: Office, js: JsClients) -> None:
    anna = await login(office, js, "anna")
    async with AsyncExitStack() as stack:
        async with bot_with(office, anna) as bot:
            terminal = await stack.enter_async_context(at_the_terminal(bot.store))
            key = await anna.verify_device(bot.user, bot.matrix.device)
            await compare(anna, key, terminal)
        await phase(anna, key, "cancelled")


async def test_an_account_in_none_of_our_rooms_gets_the_bot_nowhere(office: Office, js: JsClients) -> None:
    anna, eve = await login(office, js, "anna"), await login(office, js, "eve")
    async with bot_with(office, anna) as bot, at_the_terminal(bot.store) as terminal:
        direct = await eve.create_room("", [bot.user], direct=True)
        content = {
            "from_device": eve.device_id,
            "methods": ["m.sas.v1"],
            "transaction_id": "t1",
            "timestamp": time.time_ns() // 1_000_000,
        }
        await eve.send_to_device("m.key.verification.request", {bot.user: {bot.matrix.device: content}})
        await eve.until(lambda: eve.letters)
        assert part(eve.letters[0], "content")["reason"] == "only people in one of fedichat's rooms can verify it"
        other = await anna.verify_device(bot.user, bot.matrix.device)
        assert (await terminal.reads("asked"))["user"] == anna.user_id
        await compare(anna, other, terminal)
        assert direct not in bot.matrix.joined
