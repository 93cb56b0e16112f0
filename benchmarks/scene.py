"""Where everything is measured: a real Synapse, the sandbox, a room for each bot, a writer and a watcher."""

import json
import os
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from benchmarks import peer
from benchmarks.processes import Running, python
from benchmarks.watcher import Watcher
from fedichat.adapters.matrix.events import Json
from fedichat.demo.homeserver_client import HomeserverClient
from fedichat.demo.person import Person
from fedichat.demo.synapse import Synapse
from fedichat.ports import RoomId

PASSWORD = "of-a-server-on-loopback"  # noqa: S105 - and that for minutes only
FEDICHAT, FLOOR, MAUBOT = "fedichat", "floor", "maubot"
_OFFICE = "bsi"
_TOP = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Room:
    """A room with its bot in it. `account` is what citizens write to."""

    id: RoomId
    account: str = ""


@dataclass(slots=True)
class Scene:
    """The servers run, the people are there; bots are started by those who measure them."""

    synapse: Synapse
    folder: Path
    world: dict[str, str]
    anna: Person
    watcher: Watcher
    http: aiohttp.ClientSession
    rooms: dict[str, Room]
    tokens: dict[str, str]
    _files: int = 0

    @property
    def team(self) -> Room:
        """Fedichat's room."""
        return self.rooms[FEDICHAT]

    @property
    def floor(self) -> Room:
        """The bare floor's room."""
        return self.rooms[FLOOR]

    @asynccontextmanager
    async def fedichat(self, module: str = "fedichat", config: Path | None = None) -> AsyncIterator[Running]:
        """The real program, ready; `module` may be one that starts it and looks on."""
        async with python(["-m", module, "run", "--config", str(config or self.config())], cwd=_TOP) as running:
            await running.said(" ready ", timeout=120)
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

    def bare_process(
        self, mode: str, contents: object = None, accounts: tuple[str, ...] = (FLOOR,)
    ) -> AbstractAsyncContextManager[Running]:
        """The floor in one of its modes, just started, with a stream for each of the accounts."""
        options = {
            "homeserver": self.synapse.url,
            "user": self.user(FLOOR),
            "token": self.tokens[FLOOR],
            "room": self.floor.id,
            "stream": self.world["url"],
            "stream-tokens": ",".join(self.world[account] for account in accounts),
            "contents": "" if contents is None else str(self.file(contents)),
        }
        given = (f"--{name}={value}" for name, value in options.items())
        return python(["-m", "benchmarks.floor", mode, *given], cwd=_TOP)

    def maubot(self, answers: object) -> AbstractAsyncContextManager[Running]:
        """Maubot with its echo, in its room."""
        self._files += 1
        folder = self.folder / f"maubot-{self._files}"
        return peer.maubot(folder, self.synapse.url, self.user(MAUBOT), self.tokens[MAUBOT], answers)

    def user(self, name: str) -> str:
        """The full id of one of ours."""
        return f"@{name}:{self.synapse.name}"

    def config(self, teams: dict[str, RoomId] | None = None) -> Path:
        """An office's configuration file, with these accounts and their team rooms; by default the one of the scene."""
        settings = {
            "language": "en",
            "timezone": "Europe/Berlin",
            "database": str(self.folder / "fedichat.db"),
            "matrix": {
                "homeserver": self.synapse.url,
                "user": self.user(FEDICHAT),
                "password": PASSWORD,
                "store": str(self.folder / "matrix-store"),
            },
            "accounts": {
                name: {"instance": self.world["url"], "access_token": self.world[name], "rooms": {"team": room}}
                for name, room in (teams or {_OFFICE: self.team.id}).items()
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

    async def asked(self) -> dict[str, int]:
        """How often the sandbox has been asked for what so far: `GET /api/v1/notifications` and so on."""
        async with self.http.get(f"{self.world['url']}/sandbox/health") as answer:
            health: dict[str, Any] = await answer.json()
        return dict(health["asked"])

    async def mention(self, account: str, text: str) -> None:
        """A citizen writes to that account."""
        await self.control("post", {"author": "erika@remote.example", "text": f"@{account} {text}", "language": "de"})


@asynccontextmanager
async def set_scene(folder: Path) -> AsyncIterator[Scene]:
    """Start the servers and bring the people into their rooms."""
    bots = [FEDICHAT, FLOOR, *([MAUBOT] if peer.installed() else [])]
    async with AsyncExitStack() as stack:
        synapse = await stack.enter_async_context(Synapse(folder / "synapse"))
        world = await stack.enter_async_context(python(["-m", "benchmarks.world"], cwd=_TOP))
        http = await stack.enter_async_context(aiohttp.ClientSession())
        for name in (*bots, "anna", "ben"):
            await synapse.register(name, PASSWORD)
        anna = await stack.enter_async_context(await Person.login(synapse.url, "anna", PASSWORD))
        scene = Scene(
            synapse, folder, json.loads(await world.said("url")), anna,
            Watcher(await HomeserverClient.login(synapse.url, "ben", PASSWORD)), http, {}, {},
        )  # fmt: skip
        for name in bots:
            await _move_in(scene, name)
        await scene.watcher.start()
        stack.push_async_callback(scene.watcher.close)
        yield scene


async def _move_in(scene: Scene, bot: str) -> None:
    """Make the bot's room; Ben comes in, and the bot, but for fedichat, which comes by itself."""
    room = await scene.anna.create_room(bot, None, [scene.user(bot), scene.user("ben")])
    await scene.watcher.join(room)
    scene.rooms[bot] = Room(room, {FEDICHAT: _OFFICE, FLOOR: FLOOR}.get(bot, ""))
    if bot != FEDICHAT:
        client = await HomeserverClient.login(scene.synapse.url, bot, PASSWORD)
        await client.call("POST", f"/join/{room}", {})
        await client.close()
        scene.tokens[bot] = client.token


def load_average() -> float:
    """How busy the machine was in the last minute."""
    return os.getloadavg()[0]
