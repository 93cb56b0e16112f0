"""The composition root: builds everything, runs it in one TaskGroup, and stops it gracefully."""

import asyncio
import contextlib
import gc
import logging
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import datetime
from importlib import import_module
from importlib.metadata import version

from fedichat.adapters.mastodon.account import MastodonAccount
from fedichat.adapters.matrix.user import Matrix
from fedichat.adapters.threads import Threads
from fedichat.chat.command import Command, Shown, Takes
from fedichat.chat.conversation import Manners, Surroundings
from fedichat.chat.dispatcher import Dispatcher
from fedichat.chat.loading import load_commands, taps_of
from fedichat.chat.rights import NEVER_IN_DEPARTMENTS, Rights, commands_meant
from fedichat.clock import SystemClock
from fedichat.config.model import Config
from fedichat.desk import Desk, Settings
from fedichat.domain.names import Place, RoomId, UserId, former_room
from fedichat.domain.reporting import Reporting
from fedichat.domain.roles import RoomKind, RoomRole
from fedichat.domain.time.rota import RotaFile
from fedichat.errors import FarEndError, StartError, StopError
from fedichat.ports import Clock
from fedichat.store.database import Database
from fedichat.store.news import News
from fedichat.workers.alarm import Alarm
from fedichat.workers.delivery.handlers import handlers_of
from fedichat.workers.delivery.loop import Delivery
from fedichat.workers.delivery.voice import Voice
from fedichat.workers.intake import Intake
from fedichat.workers.keeping_up import keep_up
from fedichat.workers.recheck import Rechecker
from fedichat.workers.room_watch import RoomWatch
from fedichat.workers.rota_file import RotaFileWatcher
from fedichat.workers.timekeeper import Timekeeper

log = logging.getLogger(__name__)

_MEGABYTE = 1024 * 1024
_THREADS = 6
"""For what would hold up the event loop: looking up names, reading long texts."""
_LONGEST_START = 30.0
"""Seconds after which garbage is collected even if we are not ready, as while a server is away."""


async def run(config: Config) -> None:
    """Run until SIGTERM or SIGINT. Raises StartError or StopError with a sentence for the operator."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, stop.set)
    loop.set_default_executor(ThreadPoolExecutor(_THREADS, thread_name_prefix="fedichat"))
    loop.call_later(_LONGEST_START, collect_garbage)
    log.info("starting version=%s", version("fedichat"))
    async with App.open(config, SystemClock()) as app:
        await app.run_until(stop)
    log.info("stopped")


def collect_garbage() -> None:
    """Begin to collect garbage, once the process has started; what is there by then is not looked at again.

    While everything is imported and built nearly nothing becomes garbage, and looking for it takes a tenth of the
    start: `fedichat run` begins with the collector off.
    """
    if not gc.isenabled():
        gc.collect()
        gc.freeze()
        gc.enable()


class App:
    """The whole bot. Its workers are public: tests open it with a clock of their own and take one step at a time."""

    def __init__(
        self,
        config: Config,
        clock: Clock,
        database: Database,
        matrix: Matrix,
        fediverses: Mapping[str, MastodonAccount],
    ) -> None:
        self.matrix = matrix
        self._fediverses = fediverses
        self._clock = clock
        self._delivery_alarm, self._timer_alarm = Alarm(clock), Alarm(clock)
        self._roles = {role.place: role for role in config.rooms()}
        self.desk = Desk(database, clock, _rules(config), fediverses, self._nudge)
        prefix = config.commands.prefix
        server = config.matrix.user.partition(":")[2]
        self._watch = RoomWatch(self.desk, self._roles, self._room_of, matrix.doors, config.trusted_servers)
        typed = config.matrix.confirm == "typed"
        voice = Voice(matrix, self._roles, config.timezone, self._room_of, prefix, server, self._watch.is_shut, typed)
        largest_media = config.media.max_megabytes * _MEGABYTE
        handlers = handlers_of(self.desk, clock, matrix, voice, fediverses, largest_media)
        self.delivery = Delivery(
            self.desk, clock, self._delivery_alarm, handlers, lambda lane: self._room_of(Place(lane))
        )
        self.desk.office.hand_over = self.delivery
        rooms = Surroundings(
            role_of=self._role_of,
            until_recorded=self.delivery.until_recorded,
            people=self._people,
            message=matrix.message,
            is_later=matrix.is_later,
            is_shut=self._watch.is_shut,
            is_for_anybody=self._watch.is_for_anybody,
        )
        self.dispatcher = _dispatcher(config, self.desk, rooms)
        self.timekeeper = Timekeeper(self.desk, self._timer_alarm)
        self.rota_file = _rota_file(config, self.desk, clock, self._people)
        self.recheckers = {name: Rechecker(name, fediverses[name], self.desk, clock) for name in config.accounts}
        self.intakes = {
            name: Intake(name, fediverses[name], self.desk, clock, account.poll_seconds, self.recheckers[name].changed)
            for name, account in config.accounts.items()
        }
        self._direct = frozenset(role.place for role in config.rooms() if role.kind is RoomKind.DIRECT)
        self._hearing = asyncio.Event()
        self.ready = asyncio.Event()
        """Set once every server has answered: mentions and commands are taken from now on."""

    @classmethod
    @asynccontextmanager
    async def open(cls, config: Config, clock: Clock) -> AsyncIterator["App"]:
        """Build it all; on the way out, finish what is under way and let go of everything."""
        async with contextlib.AsyncExitStack() as stack:
            database = await Database.open(config.database_url)
            stack.push_async_callback(database.close)
            threads = Threads()
            stack.callback(threads.close)
            fediverses: dict[str, MastodonAccount] = {}
            for name, account in config.accounts.items():
                token = account.access_token.get_secret_value()
                streaming = account.streaming or ""
                fediverses[name] = MastodonAccount(
                    name, account.instance, token, clock, streaming=streaming, threads=threads
                )
                stack.push_async_callback(fediverses[name].close)
            matrix = matrix_of(config, clock)
            stack.push_async_callback(matrix.close)
            yield cls(config, clock, database, matrix, fediverses)

    async def run_until(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set."""
        async with asyncio.TaskGroup() as group:
            working = group.create_task(self._work())
            await _either(stop, working)
            working.cancel()

    async def _work(self) -> None:
        async with asyncio.TaskGroup() as group:
            # Nothing can be said before we are logged in; what is to be published does not wait for that, see `Gate`.
            self.delivery.hold(self._roles)
            group.create_task(self.delivery.run(), name="delivery")
            group.create_task(self._rooms(), name="rooms")
            workers = {"timekeeper": self.timekeeper.run}
            workers |= {f"intake {name}": intake.run for name, intake in self.intakes.items()}
            workers |= {f"recheck {name}": rechecker.run for name, rechecker in self.recheckers.items()}
            for name, work in workers.items():
                group.create_task(keep_up(name, work, self._clock), name=name)
            if self.rota_file is not None:
                group.create_task(self._watch_rota(self.rota_file), name="rota-file")
            group.create_task(self._announce(), name="ready")

    async def _rooms(self) -> None:
        """Log in; then say what waits to be said, and hear what was said meanwhile and is said from now on."""
        await self.matrix.start(book=self._watch, steps=self.desk.room.book)
        self._must_differ()
        self.delivery.let_go(self._roles.keys() - self._direct)
        user = self.matrix.user

        async def keep(token: str) -> None:
            await self.desk.room.heard.keep_sync_token(user, token)

        async def listen() -> None:
            since = await self.desk.room.heard.sync_token(user)
            await self.matrix.run(since, self.dispatcher.hear, keep, self._answered)

        await keep_up("rooms", listen, self._clock)

    def _answered(self) -> None:
        """The first answer is here: who can get into the rooms is known, so private messages may be shown."""
        self.delivery.let_go(self._direct)
        self._hearing.set()

    async def _announce(self) -> None:
        await self._hearing.wait()
        for intake in self.intakes.values():
            await intake.ready.wait()
        for place in self._roles:
            if self._room_of(place) is None:
                log.warning("room-missing place=%s invite %s", place, self.matrix.user)
        log.info(
            "ready user=%s rooms=%d accounts=%d",
            self.matrix.user,
            len(self.matrix.joined),
            len(self.intakes),
        )
        self.ready.set()
        collect_garbage()
        for name, fediverse in self._fediverses.items():
            await _warn_of_policy(name, fediverse)

    async def _watch_rota(self, watcher: RotaFileWatcher) -> None:
        """Whom the file may name is known once we are in the rooms; a fediverse server that is away matters not."""
        await self._hearing.wait()
        await watcher.run()

    def _must_differ(self) -> None:
        """An alias and an id, or two aliases, may be one room: private messages would be shown to the wrong people."""
        for name, other in self.matrix.doubles.items():
            raise StartError(f"{name} is the same room as {other}; a room has one role.")

    def _nudge(self, news: News) -> None:
        self.delivery.hear(news)
        if news.look_at is not None:
            self.timekeeper.hear(news.look_at)

    def _room_of(self, place: Place) -> RoomId | None:
        left = former_room(place)
        if left is not None:
            return left if self._hearing.is_set() else None
        role = self._roles.get(place)
        room = self.matrix.room_ids.get(role.given) if role else None
        return room if room in self.matrix.joined else None

    async def _people(self, place: Place) -> Mapping[UserId, str]:
        room = self._room_of(place)
        return await self.matrix.people(room) if room else {}

    def _role_of(self, room: RoomId) -> RoomRole | None:
        ids = self.matrix.room_ids
        return next((role for role in self._roles.values() if ids.get(role.given) == room), None)


def matrix_of(config: Config, clock: Clock) -> Matrix:
    """Our user on its homeserver, as configured; not started."""
    settings = config.matrix
    return Matrix(
        homeserver=settings.homeserver,
        user=settings.user,
        store=settings.store,
        rooms=[role.given for role in config.rooms()],
        clock=clock,
        password=settings.password.get_secret_value() if settings.password else None,
        access_token=settings.access_token.get_secret_value() if settings.access_token else None,
        device_id=settings.device_id,
        device_name=settings.device_name,
        trusted=config.trusted_servers,
        signed_only=settings.devices == "signed",
    )


def _reporting(config: Config) -> Reporting | None:
    digest = config.digest
    return Reporting(digest.at, config.timezone, digest.weekly, digest.monthly) if digest else None


def _rules(config: Config) -> Settings:
    return Settings(
        accounts=tuple(config.accounts),
        places=frozenset(role.place for role in config.rooms()),
        direct_rooms=frozenset(name for name, account in config.accounts.items() if account.rooms.direct),
        departments={name: department.name for name, department in config.departments.items()},
        keywords={name: department.keywords for name, department in config.departments.items()},
        interim_texts=config.publishing.interim_texts,
        four_eyes=config.publishing.four_eyes.answers,
        four_eyes_planned=config.publishing.four_eyes.planned,
        typed=config.matrix.confirm == "typed",
        grace=config.publishing.grace,
        require_alt_text=config.publishing.require_alt_text,
        mirrored_media=frozenset(config.media.show),
        shows_sensitive=config.media.show_sensitive,
        recheck_every=config.recheck.every,
        recheck_closed_for=config.recheck.closed_for,
        reporting=_reporting(config),
        by_person=bool(config.digest and config.digest.by_person),
        chart=config.digest is None or config.digest.chart,
        calendar=config.calendar,
        promises=config.promises(),
        duty=config.rotation,
        duty_has_file=config.duty is not None and config.duty.ics is not None,
        has_supervisors=config.supervisors is not None,
        language=config.language,
        zone=config.timezone,
        undo_seconds=config.publishing.undo_seconds,
        text_days=config.retention.text_days,
        history_days=config.retention.history_days,
    )


def _rota_file(
    config: Config, desk: Desk, clock: Clock, people: Callable[[Place], Awaitable[Mapping[UserId, str]]]
) -> RotaFileWatcher | None:
    duty = config.duty
    if duty is None or duty.ics is None:
        return None

    def read(data: bytes, known: Mapping[UserId, str], now: datetime) -> RotaFile:
        # Called in a thread; most offices have no such file and need no icalendar.
        from fedichat.adapters.rota_file import RotaReader  # noqa: PLC0415 - see above

        return RotaReader(known, duty.handover, config.timezone).read(data, now)

    return RotaFileWatcher(duty.ics, read, desk, clock, people)


def _dispatcher(config: Config, desk: Desk, rooms: Surroundings) -> Dispatcher:
    commands = load_commands(import_module("fedichat.commands"), config.commands.extra)
    manners = Manners(
        prefix=config.commands.prefix,
        max_age=config.commands.max_age,
        reactions=_reactions(config, commands),
        zone=config.timezone,
        typed=config.matrix.confirm == "typed",
    )
    return Dispatcher(desk, commands, _rights(config, commands), manners, rooms)


def _reactions(config: Config, commands: Mapping[str, Command]) -> Mapping[str, str]:
    """Which emoji on a card stands for which command: as configured, or else as the commands declare."""
    declared = {key: command for (shown, key), command in taps_of(commands.values()).items() if shown is Shown.CARD}
    if config.reactions is None:
        return {emoji: command.name for emoji, command in declared.items()}
    for emoji, name in config.reactions.items():
        if name not in commands:
            raise StartError(f"reactions: {emoji} stands for {name}, but there is no such command.")
        # An emoji says no words; what a command may do without them, it declares.
        if commands[name].text is Takes.MUST and commands[name] not in declared.values():
            raise StartError(f"reactions: {emoji} stands for {name}, which needs words behind it.")
    # A command may be configured by any of its names; from here on only the first one counts.
    return {emoji: commands[name].name for emoji, name in config.reactions.items()}


def _rights(config: Config, commands: Mapping[str, Command]) -> Rights:
    denied: dict[UserId, frozenset[str]] = {}
    allowed: dict[UserId, frozenset[str]] = {}
    for user, person in config.users.items():
        for key, words, meant in (("deny", person.deny, denied), ("allow", person.allow, allowed)):
            try:
                meant[UserId(user)] = commands_meant(words, commands)
            except KeyError as error:
                raise StartError(f"users.{user}.{key}: there is no command {error.args[0]}.") from None
        for name in sorted(allowed[UserId(user)]):
            command = commands.get(name)  # none where a right stands for itself
            if config.departments and command is not None and command.right in NEVER_IN_DEPARTMENTS:
                log.warning("right-without-effect user=%s command=%s: never in a department's room", user, name)
    return Rights(config.trusted_servers, denied, allowed)


async def _warn_of_policy(name: str, fediverse: MastodonAccount) -> None:
    try:
        policy = await fediverse.policy()
    except (FarEndError, StopError):
        return  # whoever looks for mentions meets and tells it
    dropped = [rule for rule, what in policy.items() if what == "drop"]
    if dropped:
        log.warning("mentions-dropped-by-server account=%s policy=%s see fedichat check", name, ",".join(dropped))


async def _either(stop: asyncio.Event, working: asyncio.Task[None]) -> None:
    stopping = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait([stopping, working], return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
