"""An office ready to be played in: people and rooms on a real Synapse, an account on a sandbox, and the bot."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from fedichat.app import App
from fedichat.clock import SystemClock
from fedichat.config.loading import config_from
from fedichat.config.model import Config
from fedichat.demo.person import Person
from fedichat.demo.synapse import Synapse
from fedichat.ports import Clock, RoomId, UserId
from fedichat.sandbox.accounts import SandboxAccount
from fedichat.sandbox.server import Sandbox

log = logging.getLogger(__name__)

PASSWORD = "demo-password"  # noqa: S105 - for a server on loopback that lives as long as the demo
ACCOUNT = "bsi"

Settings = Mapping[str, object]


@dataclass(slots=True)
class Stage:
    """Everything that exists before the bot starts. `settings` is the configuration, as in the file."""

    synapse: Synapse
    sandbox: Sandbox
    account: SandboxAccount
    anna: Person
    ben: Person
    bot: UserId
    team: RoomId
    folder: Path
    direct: RoomId | None = None
    departments: Mapping[str, RoomId] = field(default_factory=dict[str, RoomId])
    """The departments' rooms, by the names in the configuration; Max is the expert in all of them."""
    max: Person | None = None
    supervisors: RoomId | None = None
    """Vera's room."""
    vera: Person | None = None
    settings: dict[str, object] = field(default_factory=dict[str, object])

    def config(self, **changes: object) -> Config:
        """The office's configuration, with some of its keys replaced."""
        return config_from({**self.settings, **changes}, self.folder, {})

    @asynccontextmanager
    async def bot_running(self, config: Config | None = None, clock: Clock | None = None) -> AsyncIterator[App]:
        """The bot at work: ready at the beginning of the block, stopped at its end. Raises what ends it early."""
        async with App.open(config or self.config(), clock or SystemClock()) as app:
            stop = asyncio.Event()
            working = asyncio.create_task(app.run_until(stop))
            working.add_done_callback(lambda task: None if stop.is_set() else _mourn(task))
            ready = asyncio.create_task(app.ready.wait())
            try:
                await asyncio.wait([working, ready], return_when=asyncio.FIRST_COMPLETED, timeout=60)
                if working.done():
                    working.result()
                if not ready.done():
                    raise TimeoutError("the bot did not get ready within a minute")
                yield app
            finally:
                ready.cancel()
                stop.set()
                with contextlib.suppress(asyncio.CancelledError):
                    await working


def _mourn(bot: asyncio.Task[None]) -> None:
    """Log at once that the bot has ended early: whoever waits for it would only see that nothing happens."""
    if not bot.cancelled() and (error := bot.exception()) is not None:
        log.error("bot-ended-early", exc_info=error)


@asynccontextmanager
async def set_stage(
    synapse: Synapse,
    sandbox: Sandbox,
    folder: Path,
    *,
    language: str = "en",
    tag: str = "",
    encrypted: bool = False,
    direct_room: bool = False,
    undo_seconds: int = 0,
    departments: Mapping[str, str] | None = None,
    supervisors: bool = False,
) -> AsyncIterator[Stage]:
    """Make the people, the rooms and the account. `tag` keeps several stages apart on one server.

    `departments` maps names in the configuration to those that people read: `{"krypto": "Referat Kryptografie"}`.
    """
    async with AsyncExitStack() as stack:

        async def enters(name: str) -> Person:
            await synapse.register(f"{name}{tag}", PASSWORD, display_name=name.capitalize())
            person = await Person.login(synapse.url, f"{name}{tag}", PASSWORD)
            stack.push_async_callback(person.close)
            return person

        account = sandbox.add_account(f"{ACCOUNT}{tag}", display_name="BSI")
        bot = await synapse.register(f"fedichat{tag}", PASSWORD, display_name="fedichat")
        anna, ben = await enters("anna"), await enters("ben")
        invited = [bot, ben.user_id]
        names = {"en": ("Social media", "Direct messages"), "de": ("Social Media", "Direktnachrichten")}[language]
        team = await anna.create_room(names[0], f"social{tag}", invited, encrypted=encrypted)
        await ben.join(team)
        rooms = {"team": f"#social{tag}:{synapse.name}"}
        direct = None
        if direct_room:
            direct = await anna.create_room(names[1], f"direct{tag}", invited, encrypted=encrypted)
            await ben.join(direct)
            rooms["direct"] = f"#direct{tag}:{synapse.name}"
        settings: dict[str, object] = {
            "language": language,
            "timezone": "Europe/Berlin",
            "database": str(folder / "fedichat.db"),
            "matrix": {
                "homeserver": synapse.url,
                "user": bot,
                "password": PASSWORD,
                "store": str(folder / "matrix-store"),
            },
            "accounts": {
                ACCOUNT: {"instance": sandbox.url, "access_token": account.token, "rooms": rooms},
            },
            "publishing": {"undo_seconds": undo_seconds},
        }
        stage = Stage(synapse, sandbox, account, anna, ben, bot, team, folder, direct, settings=settings)
        if departments:
            stage.max = await enters("max")
            stage.departments = {
                name: await stage.max.create_room(shown, f"{name}{tag}", [bot], encrypted=encrypted)
                for name, shown in departments.items()
            }
            settings["departments"] = {
                name: {"room": f"#{name}{tag}:{synapse.name}", "name": shown} for name, shown in departments.items()
            }
        if supervisors:
            stage.vera = await enters("vera")
            word = {"en": "Supervisors", "de": "Leitung"}[language]
            stage.supervisors = await stage.vera.create_room(word, f"leitung{tag}", [bot], encrypted=encrypted)
            settings["supervisors"] = {"room": f"#leitung{tag}:{synapse.name}"}
        yield stage
