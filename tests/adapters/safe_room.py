"""An encrypted room with a bot and two colleagues, whose clients share no code: matrix-js-sdk's rust crypto, and nio.

Both have signed their devices; Anna reads from, and speaks to, signed devices alone.
"""

import asyncio
from dataclasses import dataclass, field

from fedichat.adapters.matrix.events import Json
from fedichat.adapters.matrix.user import Matrix
from fedichat.ports import EventId, Message, RoomId, Spoken, UserId
from tests.carla import Carla, body_of, event_of
from tests.js_client import JsClient, JsClients
from tests.office import PASSWORD, Ears, Office


@dataclass
class SafeRoom:
    """Who is there. The bot is started and does not listen yet."""

    office: Office
    js: JsClients
    room: RoomId
    bot: UserId
    matrix: Matrix
    anna: JsClient
    carla: Carla
    sent: int = field(default=0)

    async def all_there(self) -> None:
        """Until both colleagues know the bot's device; it must be listening."""
        await asyncio.gather(self.anna.until_knows(self.room, self.bot), self.carla.until_knows(self.room, self.bot))

    async def card(self, text: str = "#1") -> EventId:
        """The bot says something."""
        self.sent += 1
        return await self.matrix.send(self.room, Message(text, text), f"t{self.sent}")

    async def both_read(self, event: EventId, text: str = "#1") -> None:
        """Each colleague can read that message."""
        assert (await self.anna.reads_event(event)).body == text
        assert body_of(await self.carla.reads(event_of(event))) == text

    async def both_are_heard(self, ears: Ears) -> None:
        """Each colleague says something, and the bot hears it as theirs."""
        said = {await self.anna.say(self.room, "by Anna"), await self.carla.say(self.room, "by Carla")}
        heard = await ears.until(lambda heard: said <= {one.event_id for one in heard})
        found = {one.event_id: one for one in heard if isinstance(one, Spoken)}
        assert said <= found.keys(), heard
        assert [found[event].unproven for event in said] == [None, None]

    async def newcomer(self, name: str, *, signed: bool = True) -> JsClient:
        """One more colleague on matrix-js-sdk, who is not in the room yet."""
        await self.office.account(name)
        client = await self.js.login(self.office.synapse.url, self.office.local(name), PASSWORD)
        if signed:
            await client.sign()
        return client

    async def let_in(self, client: JsClient) -> None:
        """They are invited and come."""
        await self.anna.invite(self.room, client.user_id)
        await client.join(self.room)

    def letter(self, content: Json) -> dict[str, dict[str, Json]]:
        """To-device messages with that content for the bot."""
        return {self.bot: {self.matrix.device: content}}


async def a_carla(office: Office, name: str = "carla") -> Carla:
    """Carla, or somebody else with her client, logged in."""
    await office.account(name)
    carla = Carla(office.synapse.url, office.folder / name)
    await office.enter(carla)
    await carla.login(office.local(name))
    return carla


async def safe_room(
    office: Office,
    js: JsClients,
    *,
    carla: Carla | None = None,
    rotation_msgs: int | None = None,
    history: str | None = None,
) -> SafeRoom:
    """The room, with everybody in it; `carla` is there already, if given."""
    carla = carla or await a_carla(office)
    bot = await office.account("bot")
    await office.account("anna")
    anna = await js.login(office.synapse.url, office.local("anna"), PASSWORD)
    await anna.sign()
    await anna.only_signed()
    room = await anna.create_room(
        "Safe", [bot, carla.client.user_id], rotation_msgs=rotation_msgs, history_visibility=history
    )
    await carla.client.join(room)
    await carla.sync()
    matrix = office.matrix(bot, room, signed_only=True)
    await matrix.start()
    return SafeRoom(office, js, room, bot, matrix, anna, carla)
