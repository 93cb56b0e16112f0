"""Where everything is measured: a real Synapse, the sandbox, two rooms, a writer and a watcher."""

import json
import os
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from benchmarks.processes import Running, python
from benchmarks.watcher import Watcher
from fedichat.adapters.matrix.events import Json
from fedichat.demo.homeserver_client import HomeserverClient
from fedichat.demo.person import Person
from fedichat.demo.synapse import Synapse
from fedichat.ports import RoomId

PASSWORD = "of-a-server-on-loopback"  # noqa: S105 - and that for minutes only


@dataclass(frozen=True, slots=True)
class Room:
    """A room with its bot in it: fedichat's or the floor's. `account` is what citizens write to."""

    id: RoomId
    account: str


@dataclass(slots=True)
class Scene:
    """The servers run, the people are there; bots are started by those who measure them."""

    synapse: Synapse
    folder: Path
    world: dict[str, str]
    anna: Person
    watcher: Watcher
    team: Room
    floor: Room
    floor_token: str
    http: aiohttp.ClientSession
    _files: int = 0

    @asynccontextmanager
    async def fedichat(self) -> AsyncIterator[Running]:
        """The real program, ready."""
        async with python(["-m", "fedichat", "run", "--config", str(self.config())]) as running:
            await running.said(" ready ")
            yield running

    @asynccontextmanager
    async def bare(self, mode: str, contents: object = None) -> AsyncIterator[Running]:
        """The floor in one of its modes, ready. Modes: see benchmarks/floor.py."""
        async with self.bare_process(mode, contents) as running:
            if mode in {"mirror", "idle"}:
                await running.said("streaming")
            if mode in {"echo", "idle"}:
                await running.said("syncing")
            yield running

    def bare_process(self, mode: str, contents: object = None) -> AbstractAsyncContextManager[Running]:
        """The floor in one of its modes, just started."""
        options = {
            "homeserver": self.synapse.url,
            "user": f"@floor:{self.synapse.name}",
            "token": self.floor_token,
            "room": self.floor.id,
            "stream": self.world["url"],
            "stream-token": self.world["floor"],
            "contents": "" if contents is None else str(self.file(contents)),
        }
        given = (f"--{name}={value}" for name, value in options.items())
        return python(["-m", "benchmarks.floor", mode, *given], cwd=_top())

    def config(self) -> Path:
        """The office's configuration file."""
        settings = {
            "language": "en",
            "timezone": "Europe/Berlin",
            "database": str(self.folder / "fedichat.db"),
            "matrix": {
                "homeserver": self.synapse.url,
                "user": f"@fedichat:{self.synapse.name}",
                "password": PASSWORD,
                "store": str(self.folder / "matrix-store"),
            },
            "accounts": {
                "bsi": {
                    "instance": self.world["url"],
                    "access_token": self.world["bsi"],
                    "rooms": {"team": self.team.id},
                }
            },
        }
        file = self.folder / "fedichat.yaml"
        file.touch(mode=0o600)
        file.write_text(json.dumps(settings))
        return file

    def file(self, content: object) -> Path:
        """A new file with that as JSON."""
        self._files += 1
        file = self.folder / f"{self._files}.json"
        file.write_text(json.dumps(content))
        return file

    async def control(self, path: str, body: Json) -> None:
        """Tell the sandbox something, or have a citizen write."""
        async with self.http.post(f"{self.world['url']}/sandbox/{path}", json=body) as answer:
            assert answer.status == 200, await answer.text()

    async def mention(self, account: str, text: str) -> None:
        """A citizen writes to that account."""
        await self.control("post", {"author": "erika@remote.example", "text": f"@{account} {text}", "language": "de"})


@asynccontextmanager
async def set_scene(folder: Path) -> AsyncIterator[Scene]:
    """Start the servers and bring the people into their rooms."""
    async with AsyncExitStack() as stack:
        synapse = await stack.enter_async_context(Synapse(folder / "synapse"))
        world = await stack.enter_async_context(python(["-m", "benchmarks.world"], cwd=_top()))
        told: dict[str, str] = json.loads(await world.said("url"))
        http = await stack.enter_async_context(aiohttp.ClientSession())
        for name in ("fedichat", "floor", "anna", "ben"):
            await synapse.register(name, PASSWORD)
        anna = await stack.enter_async_context(await Person.login(synapse.url, "anna", PASSWORD))
        ben = await Person.login(synapse.url, "ben", PASSWORD)
        rooms = [await _room(anna, ben, synapse, name) for name in ("fedichat", "floor")]
        floor = await HomeserverClient.login(synapse.url, "floor", PASSWORD)
        await floor.call("POST", f"/join/{rooms[1]}", {})
        await floor.close()
        await ben.close()
        watcher = Watcher(await HomeserverClient.login(synapse.url, "ben", PASSWORD))
        await watcher.start()
        stack.push_async_callback(watcher.close)
        yield Scene(
            synapse, folder, told, anna, watcher,
            team=Room(rooms[0], "bsi"), floor=Room(rooms[1], "floor"), floor_token=floor.token, http=http,
        )  # fmt: skip


async def _room(anna: Person, ben: Person, synapse: Synapse, bot: str) -> RoomId:
    room = await anna.create_room(bot, None, [f"@{bot}:{synapse.name}", ben.user_id])
    return await ben.join(room)


def _top() -> Path:
    return Path(__file__).parents[1]


def load_average() -> float:
    """How busy the machine was in the last minute."""
    return os.getloadavg()[0]
