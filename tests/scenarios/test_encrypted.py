"""An encrypted team room: the main path, also over a restart of the bot, and nothing of it in plain text."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import nio
import pytest

from fedichat.adapters.matrix.encryption import cross_signing
from fedichat.adapters.matrix.events import Json, part, relation_of, word
from fedichat.demo.stage import PASSWORD
from fedichat.demo.synapse import Synapse
from fedichat.domain.names import localpart
from fedichat.ports import EventId, RoomId, UserId
from tests.scenarios.at_work import AtWork, at_work, who


class SafeClient:
    """Somebody's signed client that trusts every device; `seen` has the messages that it could read."""

    def __init__(self, client: nio.AsyncClient) -> None:
        self._client = client
        self.seen: list[Json] = []
        self.unreadable: list[str] = []

    @classmethod
    @asynccontextmanager
    async def login(cls, url: str, user: UserId, store: Path) -> AsyncIterator["SafeClient"]:
        client = nio.AsyncClient(url, localpart(user), store_path=str(store), config=nio.AsyncClientConfig())
        try:
            assert isinstance(await client.login(PASSWORD), nio.LoginResponse)
            await client.keys_upload()
            assert await cross_signing.sign_device(client, store, PASSWORD)
            safe = cls(client)
            await safe._sync()
            yield safe
        finally:
            await client.close()

    async def _sync(self) -> None:
        client = self._client
        response = await client.sync(timeout=1000, full_state=not client.next_batch or None)
        for room in response.rooms.join.values():
            for event in room.timeline.events:
                if isinstance(event, nio.RoomMessage):
                    self.seen.append(event.source)
                elif isinstance(event, nio.MegolmEvent):
                    self.unreadable.append(event.event_id)
        if client.should_upload_keys:
            await client.keys_upload()
        if client.should_query_keys:
            await client.keys_query()
        if client.should_claim_keys:
            await client.keys_claim(client.get_users_for_key_claiming())
        await client.send_to_device_messages()

    async def knows(self, room: RoomId, bot: UserId) -> None:
        """Until the bot is in the room and its keys are here."""
        async with asyncio.timeout(60):
            while bot not in self._client.rooms[room].users or not self._client.device_store[bot]:
                await self._sync()

    async def say(self, room: RoomId, text: str, *, thread: str) -> EventId:
        relates = {
            "rel_type": "m.thread",
            "event_id": thread,
            "m.in_reply_to": {"event_id": thread},
            "is_falling_back": True,
        }
        return await self.send(room, {"msgtype": "m.text", "body": text, "m.relates_to": relates, "m.mentions": {}})

    async def send(self, room: RoomId, content: Json) -> EventId:
        """A message with that content, encrypted."""
        response = await self._client.room_send(room, "m.room.message", content, ignore_unverified_devices=True)
        return EventId(response.event_id)

    async def reads(self, sender: UserId, *words: str, fits: Callable[[Json], object] = bool) -> Json:
        """The first message of `sender`, in its newest version, that has all these words."""
        async with asyncio.timeout(60):
            while True:
                for event in self._of(sender):
                    if all(one in self._text(event) for one in words) and fits(event):
                        return event
                await self._sync()

    def _of(self, sender: UserId) -> Iterator[Json]:
        return (event for event in self.seen if word(event, "sender") == sender)

    @staticmethod
    def _text(event: Json) -> str:
        content = part(event, "content")
        return word(part(content, "m.new_content") or content, "body")


@pytest.fixture
def safe(tmp_path: Path) -> Path:
    """Where Anna's client keeps its keys."""
    folder = tmp_path / "anna"
    folder.mkdir()
    return folder


def replaces(event: Json) -> EventId | None:
    return relation_of(part(event, "content")).replaces


async def in_plain_text(work: AtWork) -> list[str]:
    """What a client without keys can read in the room."""
    return [line.body for line in await work.anna.lines(work.team) if line.sender == work.stage.bot]


async def test_an_encrypted_room_is_worked_in_like_any_other_also_after_a_restart(
    synapse: Synapse, tmp_path: Path, safe: Path
) -> None:
    async with (
        at_work(synapse, tmp_path, encrypted=True) as work,
        SafeClient.login(synapse.url, work.anna.user_id, safe) as anna,
    ):
        bot, erika = work.stage.bot, work.citizen()
        async with work.stage.bot_running():
            await anna.knows(work.team, bot)
            question = await erika.post(f"@{work.stage.account.username} Is this safe?")
            card = word(await anna.reads(bot, "#1 🆕 new", "Is this safe?"), "event_id")

            await anna.say(work.team, "!claim", thread=card)
            claimed = await anna.reads(bot, f"with {who(work.anna)}")
            assert replaces(claimed) == card

            await anna.say(work.team, "!answer Yes.", thread=card)
            preview = word(await anna.reads(bot, "📝 P1", "Yes.", "✅ publishes"), "event_id")
            await anna.say(work.team, "!claim", thread=card)
            refused = await anna.reads(bot, "#1 is with you already")
            assert relation_of(part(refused, "content")).thread == card

        async with work.stage.bot_running():
            await anna.say(work.team, "!note asked the crypto people", thread=card)
            await anna.say(work.team, "!show", thread=card)
            shown = await anna.reads(bot, "note: asked the crypto people", "drafted: answer")
            assert relation_of(part(shown, "content")).thread == card
            await work.anna.react(work.team, EventId(preview), "✅")
            await anna.reads(bot, "Published: http")
            await anna.reads(bot, "#1 ✅ answered")
            (status,) = work.published
            assert (status.text, status.in_reply_to) == ("@erika@remote.example Yes.", question)

            await erika.post(f"@{work.stage.account.username} And this?")
            card2 = word(await anna.reads(bot, "#2 🆕 new", "And this?"), "event_id")
            eyes = await work.anna.react(work.team, EventId(card2), "👀")
            await anna.reads(bot, f"#2 👀 with {who(work.anna)}")
            await work.anna.redact(work.team, eyes)
            await anna.reads(bot, "#2 🆕 new", fits=lambda event: replaces(event) == card2)

        assert await in_plain_text(work) == []
        assert anna.unreadable == []
