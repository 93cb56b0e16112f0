"""`fedichat check`: is everything ready? One line for each thing looked at.

The bot may be running meanwhile: the database is only read, no Matrix events are taken, and the encryption keys
are not used. Like a start, it enters the configured rooms that it can enter, and logs in where nobody is yet.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from fedichat.adapters.mastodon.account import MastodonAccount
from fedichat.adapters.mastodon.streaming import Stream
from fedichat.adapters.matrix.encryption.fingerprint import grouped
from fedichat.adapters.matrix.encryption.own_device import OwnDevice
from fedichat.adapters.matrix.membership import LooseLeaves
from fedichat.adapters.rota_file import RotaReader
from fedichat.app import matrix_of
from fedichat.clock import SystemClock
from fedichat.config.model import Config, Duty
from fedichat.config.model import Matrix as MatrixLogin
from fedichat.config.readers import streaming_url
from fedichat.domain.doors import Doors
from fedichat.domain.names import UserId, localpart
from fedichat.domain.roles import RoomKind, RoomRole
from fedichat.errors import FedichatError, StartError
from fedichat.ports import Fediverse, RoomId, RoomState, RoomTrouble
from fedichat.store.look import Look, look
from fedichat.store.rooms import accept
from fedichat.files.trusted import why_not_to_run
from fedichat.workers.room_watch import described

log = logging.getLogger(__name__)

SENDERS = {
    "for_not_following": "people whom the account does not follow",
    "for_not_followers": "people who do not follow the account",
    "for_new_accounts": "new accounts",
    "for_private_mentions": "people who write to it in private unasked",
    "for_limited_accounts": "accounts that moderators have limited",
    "for_bots": "bots",
}
"""Of docs.joinmastodon.org/entities/NotificationPolicy; the last one stands in Mastodon's source."""

NEEDED_SCOPES = ("read:accounts", "read:notifications", "read:statuses", "write:statuses")


class Level(StrEnum):
    """How a finding stands in its line."""

    OK = "ok"
    WARN = "warn"
    FAIL = "FAIL"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was looked at, and what was found."""

    level: Level
    subject: str
    text: str

    def __str__(self) -> str:
        return f"{self.level:<4} {self.subject}: {self.text}"


Findings = AsyncIterator[Finding]
Check = Callable[[Config], Findings]


async def check(config: Config, say: Callable[[str], object], timeout: float = 60) -> int:
    """Make every check and `say` a line for each finding. The exit code: 1 where one failed, else 0.

    `timeout` is in seconds, for each check.
    """
    failed = False
    for name, one in CHECKS:
        async for finding in _in_time(name, one(config), timeout):
            failed |= finding.level is Level.FAIL
            say(str(finding))
    return 1 if failed else 0


async def _in_time(name: str, findings: Findings, timeout: float) -> Findings:
    """The findings of one check; whatever goes wrong in it is a finding too, and ends this one only."""
    loop = asyncio.get_running_loop()
    until = loop.time() + timeout
    try:
        while True:
            async with asyncio.timeout_at(until):
                try:
                    finding = await anext(findings)
                except StopAsyncIteration:
                    return
            yield finding
    except TimeoutError:
        yield Finding(Level.FAIL, name, f"no answer within {timeout:g} seconds")
    except FedichatError as error:
        yield Finding(Level.FAIL, name, " ".join(str(error).split()))
    except Exception as error:
        log.exception("check-crashed check=%s", name)
        yield Finding(Level.FAIL, name, f"went wrong unexpectedly ({type(error).__name__}); the log says more")


# --- the checks --------------------------------------------------------------------------------------------


async def of_config(config: Config) -> Findings:
    """What the file says, and what of it deserves a look."""
    accounts, rooms = _count(len(config.accounts), "account"), _count(len(config.rooms()), "room")
    yield Finding(Level.OK, "config", f"{accounts}, {rooms}, {config.timezone.key}")
    for warning in config.warnings:
        yield Finding(Level.WARN, "config", str(warning))
    for folder in config.commands.extra:
        if reason := why_not_to_run(folder):
            yield Finding(Level.FAIL, "config", f"commands.extra: {reason}")


async def of_database(config: Config) -> Findings:
    """Whether it can be opened by this version, and what lies aside in it."""
    seen = await look(config.database)
    if not seen.exists:
        yield Finding(Level.OK, "database", f"{config.database} will be made at the first start")
        return
    if not seen.is_known:
        text = f"{config.database} is of a newer fedichat (version {seen.version}); install that one"
        yield Finding(Level.FAIL, "database", text)
    elif seen.version != seen.newest:
        steps = f"from version {seen.version or 0} to {seen.newest}"
        text = f"{config.database} will be brought {steps} at the next start; make a backup first"
        yield Finding(Level.WARN, "database", text)
    else:
        yield Finding(Level.OK, "database", f"{config.database}, version {seen.version}")
    if seen.in_use:
        yield Finding(Level.WARN, "database", "in use: fedichat is running on it; a second one would refuse to start")
    else:
        yield Finding(Level.OK, "database", "free: no other fedichat is running on it")
    if seen.set_aside:
        text = f"{_count(seen.set_aside, 'thing')} could never be said or published and set aside; the log says why"
        yield Finding(Level.WARN, "database", text)
    for account, number in seen.malformed.items():
        text = f"{_count(number, 'notification')} could not be read and set aside"
        yield Finding(Level.WARN, f"account {account}", text)


async def of_matrix(config: Config) -> Findings:
    """Login, keys, and every room: are we in it, and may we speak?"""
    secrets = config.matrix
    matrix = matrix_of(config, SystemClock())
    try:
        seen = await _seen(config)
        await matrix.look(LooseLeaves(seen.rooms))
        troubles = await matrix.room_troubles()
        yield Finding(Level.OK, "matrix", f"{secrets.homeserver}, logged in as {matrix.user}")
        yield of_device(await matrix.own_device(_KeySteps(seen.key_steps)), config.matrix)
        for role in config.rooms():
            room = matrix.room_ids.get(role.given)
            state = await matrix.state_of(room) if room and room in matrix.joined else None
            if role.given in matrix.doubles:
                text = f"is the same room as {matrix.doubles[role.given]}; a room has one role"
                yield Finding(Level.FAIL, f"room {role.given}", text)
                continue
            yield of_room(role, room, state, config.matrix.user)
            if state is not None and state.joined:
                for finding in of_confirmations(role, state, config):
                    yield finding
                for finding in of_doors(role, state.doors, config):
                    yield finding
            if role.given in troubles:
                yield of_trouble(role, troubles[role.given])
        if config.duty is not None:
            teams = [matrix.room_ids.get(role.given) for role in config.rooms() if role.kind is RoomKind.TEAM]
            rooms = [room for room in teams if room and room in matrix.joined]
            people = {user: name for room in rooms for user, name in (await matrix.people(room)).items()}
            for finding in of_duty(config.duty, config.timezone, people, SystemClock().now()):
                yield finding
    finally:
        await matrix.close()


def of_device(device: OwnDevice, settings: MatrixLogin) -> Finding:
    """Whether the keys in the store are those that others write to, and by what to recognise them."""
    logs_in = settings.access_token is None
    level = Level.WARN if logs_in else Level.FAIL
    then = "the next start logs in as a new device" if logs_in else "make a new access_token with its device_id"
    if not device.fingerprint:
        text = f"the keys of the device {device.id} are not in {settings.store}; {then}"
        return Finding(level, "encryption", text)
    if device.was_put_back:
        text = f"the keys of the device {device.id} in {settings.store} were put back to an older state; {then}"
        return Finding(level, "encryption", text)
    if device.published and device.published != device.fingerprint:
        then = "move its .db file away to start as a new device" if logs_in else then
        text = f"others have other keys of the device {device.id} than there are in {settings.store}; {then}"
        return Finding(Level.FAIL, "encryption", text)
    name, place = f"device {device.id}, fingerprint {grouped(device.fingerprint)}", f"keys in {settings.store}"
    if device.is_signed:
        return Finding(Level.OK, "encryption", f"{name}, signed by its user, {place}")
    text = f"{name}, not signed by its user, {place}; clients may mistrust it, and the log of the start says why"
    return Finding(Level.WARN, "encryption", text)


def of_room(role: RoomRole, room: RoomId | None, state: RoomState | None, user: str) -> Finding:
    """What there is to say about one configured room."""
    subject = f"room {role.given}"
    if room is None:
        return Finding(Level.FAIL, subject, "there is no such room (yet), or the server does not find it")
    if state is None or not state.joined:
        return Finding(Level.FAIL, subject, f"we are not in it; invite {user}")
    if state.power < state.needed_to_speak:
        text = f"we may not speak in it: our power is {state.power}, and {state.needed_to_speak} is needed"
        return Finding(Level.FAIL, subject, text)
    secrecy = "encrypted" if state.encrypted else "not encrypted"
    return Finding(Level.OK, subject, f"“{state.name}” ({role.place}), joined, may speak, {secrecy}")


def of_confirmations(role: RoomRole, state: RoomState, config: Config) -> Iterator[Finding]:
    """Whether typed confirmations protect a configured room."""
    if config.matrix.confirm == "typed" and not state.encrypted:
        text = "not encrypted, so nobody can tell who typed a confirmation; matrix.confirm protects nothing here"
        yield Finding(Level.WARN, f"room {role.given}", text)


def of_trouble(role: RoomRole, trouble: RoomTrouble) -> Finding:
    """That a configured name does not stand for the room that it leads to now, and what can be done."""
    text = f"{trouble.reason}: {trouble.other or 'none'}, and fedichat stays in {trouble.room}"
    hint = "if the office has moved there, accept it with fedichat check --accept-rooms"
    return Finding(Level.FAIL, f"room {role.given}", f"{text}; {hint}" if trouble.can_be_accepted else text)


async def _seen(config: Config) -> Look:
    """What is in the database; nothing where it cannot be read, which is said elsewhere."""
    with contextlib.suppress(StartError):
        return await look(config.database)
    return Look(exists=False)


class _KeySteps:
    """How far keys had come, as it was when we looked; fulfils `fedichat.ports.StepBook`."""

    def __init__(self, steps: Mapping[str, int]) -> None:
        self._steps = steps

    async def key_steps(self, fingerprint: str) -> int:
        """See `StepBook`."""
        return self._steps.get(fingerprint, 0)

    async def keep_key_steps(self, fingerprint: str, steps: int) -> None:
        """See `StepBook`: whoever only looks makes no steps."""


async def accept_rooms(config: Config, say: Callable[[str], object]) -> int:
    """Let configured names stand for the rooms that they lead to now, and `say` which. The exit code.

    A running fedichat sees it within ten minutes.
    """
    seen = await look(config.database)
    matrix = matrix_of(config, SystemClock())
    try:
        await matrix.look(LooseLeaves(seen.rooms))
        troubles = await matrix.room_troubles()
    finally:
        await matrix.close()
    found = {name: one.other for name, one in troubles.items() if one.can_be_accepted and name in seen.rooms}
    for name, room in found.items():
        say(f"accepted {name}: {seen.rooms[name]} -> {room}")
    if not found:
        say("no room waits to be accepted")
    else:
        await asyncio.to_thread(accept, config.database, found)
        if seen.in_use:
            say("fedichat is running and moves there within ten minutes; restart it to have that now")
    return 0


def of_doors(role: RoomRole, doors: Doors, config: Config) -> Iterator[Finding]:
    """How strangers get into a configured room, or read it. Where private messages are shown, that is a failure."""
    account = config.accounts.get(role.account or "")
    has_private = account is not None and (role.kind is RoomKind.DIRECT or account.rooms.direct is None)
    is_open = doors.is_open(config.trusted_servers)
    for text in described(doors, config.trusted_servers):
        if has_private and is_open:
            yield Finding(Level.FAIL, f"room {role.given}", f"{text}; private messages are shown in this room")
        else:
            yield Finding(Level.WARN, f"room {role.given}", text)


def of_duty(duty: Duty, zone: ZoneInfo, people: Mapping[UserId, str], now: datetime) -> Iterator[Finding]:
    """Whether those who have the duty are there, and what the file says; `people` are in the teams' rooms."""
    strangers = [user for user in duty.rotation if user not in people]
    for user in strangers:
        yield Finding(Level.WARN, "duty", f"{user} is in no team's room and would not be reached")
    if not strangers:
        yield Finding(Level.OK, "duty", f"{_count(len(duty.rotation), 'person')} in turn, all in a team's room")
    if duty.ics is None:
        return
    try:
        data = duty.ics.read_bytes()
    except OSError as error:
        yield Finding(Level.FAIL, "duty.ics", f"{duty.ics} cannot be read: {(error.strerror or 'unreadable').lower()}")
        return
    known = {UserId(user): localpart(UserId(user)) for user in duty.rotation} | dict(people)
    file = RotaReader(known, duty.handover, zone).read(data, now)
    for problem in file.problems:
        yield Finding(Level.FAIL, "duty.ics", str(problem))
    for start, end in file.gaps:
        text = f"nobody is named from {start.astimezone(zone):%Y-%m-%d %H:%M} to {end.astimezone(zone):%Y-%m-%d %H:%M}"
        yield Finding(Level.WARN, "duty.ics", f"{text}: the rotation decides")
    if file.shifts:
        until = file.shifts[-1].end.astimezone(zone)
        yield Finding(
            Level.OK, "duty.ics", f"{_count(len(file.shifts), 'shift')}, the last one until {until:%Y-%m-%d %H:%M}"
        )


def of_account(name: str) -> Check:
    """The check of one fediverse account."""

    async def findings(config: Config) -> Findings:
        account = config.accounts[name]
        fediverse = MastodonAccount(
            name,
            account.instance,
            account.access_token.get_secret_value(),
            SystemClock(),
            streaming=account.streaming or "",
            deadline=30,
        )
        try:
            async for finding in of_fediverse(name, account.instance, fediverse):
                yield finding
            for finding in of_stream(name, await fediverse.stream()):
                yield finding
            for finding in of_policy(name, await fediverse.policy()):
                yield finding
            for finding in of_kinds(name, await fediverse.strange_kinds()):
                yield finding
        finally:
            await fediverse.close()

    return findings


async def of_fediverse(name: str, instance: str, fediverse: Fediverse) -> Findings:
    """Instance, token and scopes."""
    subject = f"account {name}"
    limits = await fediverse.limits()
    software = limits.software or "version unknown"
    yield Finding(Level.OK, subject, f"{instance} ({software}), {limits.characters} characters a status")
    me = await fediverse.me()
    yield Finding(Level.OK, subject, f"the token is @{me.acct}'s")
    scopes = await fediverse.scopes()
    missing = missing_scopes(scopes)
    if not scopes:
        yield Finding(Level.OK, subject, "the server does not tell the token's scopes")
    elif missing:
        text = f"the token lacks {', '.join(missing)}; make one with read and write"
        yield Finding(Level.FAIL, subject, text)
    else:
        yield Finding(Level.OK, subject, f"the token may {' '.join(sorted(scopes))}")


def of_stream(name: str, stream: Stream) -> Iterator[Finding]:
    """Where the token goes besides the instance itself."""
    subject = f"account {name}"
    if stream.elsewhere:
        yield Finding(
            Level.OK, subject, f"the instance's stream is at {stream.elsewhere}: the token is sent there, too"
        )
    if stream.refused:
        text = f"the instance announces its stream at {stream.refused}, which is not below its own host"
        told = f"{text}: the token is not sent there, and mentions may be seen only when polled"
        allow = _allowing(stream.refused)
        advice = f"; if that host is the instance's, too, put this at accounts.{name}: “streaming: {allow}”"
        yield Finding(Level.WARN, subject, told + (advice if allow else ""))


def _allowing(refused: str) -> str:
    """What to configure for a stream that was refused; empty where nothing would allow it."""
    scheme, _, rest = refused.partition("://")
    if scheme.lower() not in {"ws", "wss", "http", "https"}:
        return ""
    try:
        return streaming_url(f"wss://{rest.partition('/')[0]}")
    except ValueError:
        return ""


def of_policy(name: str, policy: Mapping[str, str]) -> Iterator[Finding]:
    """What the account's notification policy keeps from us."""
    for rule, what in policy.items():
        senders = SENDERS.get(rule, rule)
        where = "(on the instance: Notifications, Filter settings)"
        if what == "drop":
            text = f"mentions from {senders} are ignored by the server and never become a card; accept them {where}"
            yield Finding(Level.FAIL, f"account {name}", text)
        elif what == "filter":
            text = f"mentions from {senders} are filtered by the server: they become cards, but only when polled"
            yield Finding(Level.OK, f"account {name}", text)
        elif what != "accept":
            text = f"mentions from {senders}: the server says “{what}”, which fedichat does not know"
            yield Finding(Level.WARN, f"account {name}", f"{text}; they may never become a card {where}")


def of_kinds(name: str, kinds: Mapping[str, int]) -> Iterator[Finding]:
    """What is notified of, and is nothing that fedichat knows."""
    for kind, number in sorted(kinds.items()):
        text = f"{_count(number, 'notification')} of the unknown kind “{kind}” among the newest: no mention, so no card"
        yield Finding(Level.WARN, f"account {name}", text)


def missing_scopes(scopes: Collection[str]) -> list[str]:
    """What a token cannot do that we need. `read` stands for every `read:…`."""
    return [need for need in NEEDED_SCOPES if need not in scopes and need.partition(":")[0] not in scopes]


async def of_accounts(config: Config) -> Findings:
    """Every account; one that fails does not hide the next."""
    for name in config.accounts:
        async for finding in _in_time(f"account {name}", of_account(name)(config), 45):
            yield finding


CHECKS: tuple[tuple[str, Check], ...] = (
    ("config", of_config),
    ("database", of_database),
    ("matrix", of_matrix),
    ("accounts", of_accounts),
)
"""In this order. The name stands in the line when a check fails as a whole."""


def _count(number: int, noun: str) -> str:
    if number == 1:
        return f"{number} {noun}"
    return f"{number} people" if noun == "person" else f"{number} {noun}s"
