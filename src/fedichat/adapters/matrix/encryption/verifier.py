"""Decides who may verify us, and when: one colleague at a time, while somebody is at `fedichat verify`.

Everybody else is refused with a sentence in their client, or, as a stranger, not answered at all. What somebody sends
is judged at once and carried out by one worker, so that nothing here holds up what is said in the rooms.
"""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final, Protocol

from fedichat.adapters.matrix.encryption.attempts import AttemptLimit
from fedichat.adapters.matrix.encryption.fingerprint import grouped
from fedichat.adapters.matrix.encryption.verification import (
    PREFIX,
    REQUEST,
    Keys,
    Outcome,
    Outgoing,
    Request,
    Verification,
    cancelled,
    request_in_room,
    request_to_device,
    transaction_of,
)
from fedichat.adapters.matrix.encryption.visits import Visits
from fedichat.adapters.matrix.events import Json, part, word
from fedichat.backoff import Backoff
from fedichat.errors import FarEndError, StopError, TryLater
from fedichat.ports import Clock, RoomId, UserId

log = logging.getLogger(__name__)

LOOK_EVERY: Final = 5.0
"""Seconds between two looks at what has run out of time."""
_TRIES: Final = 6
_WAITING: Final = 20
"""How many events may wait for the worker; more are dropped."""
_LAST_WORDS: Final = 2.0

_UNATTENDED = "nobody is there to compare: ask whoever runs fedichat to run “fedichat verify”, then try again"
_BUSY = "somebody else is verifying fedichat at this moment: try again in a few minutes"
_NO_COLLEAGUE = "only people in one of fedichat's rooms can verify it"
_OURSELVES = "this user belongs to fedichat alone, which cannot hand its keys to another session"
_NO_KEYS = "the homeserver does not know the keys of this device"
_NO_ANSWER = "the homeserver did not answer: try again in a minute"
_LEFT = "whoever was at “fedichat verify” has left"
_STOPPING = "fedichat is being stopped: try again in a few minutes"
_TURNED_AWAY = "whoever is at “fedichat verify” has refused"


@dataclass(frozen=True, slots=True)
class Known:
    """What the homeserver says of who asks: the keys to hold theirs against, and names to show."""

    keys: Keys
    name: str
    device: str
    is_signed: bool
    """Whether the device is signed by its owner."""


class Wire(Protocol):
    """What the verifier needs from the homeserver."""

    @property
    def ours(self) -> Keys:
        """Our own keys; without a master key if the homeserver shows another one."""
        ...

    async def known(self, user: UserId, device: str, room: RoomId | None) -> Known | None:
        """Ask the homeserver now; None if it knows no such device. Raises FarEndError."""
        ...

    async def send(self, request: Request, outgoing: Outgoing, transaction: str) -> None:
        """Send it to where the request came from; repeating is safe. Raises FarEndError."""
        ...


class Console(Protocol):
    """The person at `fedichat verify`."""

    def tell(self, message: Mapping[str, object]) -> None:
        """Show them something; never waits."""
        ...


@dataclass(slots=True)
class _Turn:
    """Whose turn it is; `verification` is None until their keys are known."""

    request: Request
    verification: Verification | None = None
    was_shown: bool = False


class Verifier:
    """`run` until it is cancelled; everything else returns at once and never raises."""

    def __init__(
        self, wire: Wire, visits: Visits, clock: Clock, me: UserId, is_trusted: Callable[[UserId], bool],
        is_colleague: Callable[[UserId], bool],
    ) -> None:  # fmt: skip
        """`is_trusted`: of a trusted homeserver; `is_colleague`: of one, and in one of our rooms."""
        self._wire = wire
        self._visits = visits
        self._clock = clock
        self._me = me
        self._is_trusted = is_trusted
        self._is_colleague = is_colleague
        self._console: Console | None = None
        self._attended = asyncio.Event()
        self._turn: _Turn | None = None
        self._turned_away: set[UserId] = set()
        self._refusals = AttemptLimit(3, timedelta(minutes=10))
        self._turns = AttemptLimit(10, timedelta(minutes=10))
        self._lines = AttemptLimit(1, timedelta(hours=1))
        self._jobs: asyncio.Queue[Callable[[], Awaitable[None]]] = asyncio.Queue()

    async def run(self) -> None:
        """Do what there is to do, for ever. Raises StopError."""
        self._do(self._visits.end)  # what a process before us has left open
        looking = asyncio.create_task(self._look_again_and_again())
        try:
            while True:
                job = await self._jobs.get()
                try:
                    await job()
                except StopError:
                    raise
                except Exception:
                    log.exception("verification-broke")
                    self._over("went wrong inside fedichat; its log says more")
        finally:
            looking.cancel()
            await self._say_goodbye()

    # --- what is heard ---

    def hear_to_device(self, event: Json) -> None:
        """An `m.key.verification.…` event that was sent to our device."""
        kind, sender, content = word(event, "type"), UserId(word(event, "sender")), part(event, "content")
        if kind == REQUEST:
            self._asked(request_to_device(sender, content))
        elif kind.startswith(PREFIX):
            self._go_on(kind, sender, content, None)

    def hear_in_room(self, event: Json, room: RoomId) -> bool:
        """A room's event, decrypted. Returns whether it is a request that nobody is there for, and to be told so there.

        That is once an hour for each person. Events that have nothing to do with verification are left alone.
        """
        kind, sender, content = word(event, "type"), UserId(word(event, "sender")), part(event, "content")
        if sender == self._me:
            return False
        if kind.startswith(PREFIX):
            self._go_on(kind, sender, content, room)
            return False
        return self._asked(request_in_room(event, room, self._me))

    def invited(self, room: RoomId, inviter: UserId) -> None:
        """Somebody invites us to a direct room."""
        if self._is_colleague(inviter):
            self._visits.note(room, inviter)
            if self._console is not None:
                self._do(self._enter)

    def put_out(self, room: RoomId) -> None:
        """We are no longer in that room."""
        if self.is_visiting(room):
            self._do(partial(self._put_out, room))

    def is_visiting(self, room: RoomId) -> bool:
        """Whether we are in that room to be verified, and for nothing else."""
        return room in self._visits.open

    # --- the person at `fedichat verify` ---

    def attend(self, console: Console, /) -> bool:
        """Somebody is there from now on; False if somebody else is already."""
        if self._console is not None:
            return False
        self._console = console
        self._attended.set()
        self._turned_away.clear()
        ours = self._wire.ours
        self._tell("hello", user=ours.user, device=ours.device, fingerprint=grouped(ours.signing))
        self._do(self._enter)
        return True

    def leave(self, console: Console, /) -> None:
        """They have left."""
        if self._console is console:
            self._console = None
            self._attended.clear()
            self._do(self._left)

    def answer(self, console: Console, /, *, matches: bool) -> None:
        """They say whether the emoji match; a "no" before any are shown refuses the other side."""
        turn = self._turn
        if self._console is console and turn is not None:
            self._do(partial(self._answered, turn, matches=matches))

    # --- judging ---

    def _asked(self, request: Request | None) -> bool:
        now = self._clock.now()
        if request is None or not request.is_timely(now) or not self._is_trusted(request.sender):
            return False
        turn = self._turn
        if turn is not None and turn.request.transaction == request.transaction:
            return False
        if (reason := self._why_not(request, turn)) is not None:
            if self._refusals.may(request.sender, now):
                log.info("verification-refused user=%s device=%s reason=%s", request.sender, request.device, reason)
                self._do(partial(self._refuse, request, reason))
            return reason == _UNATTENDED and request.room is not None and self._lines.may(request.sender, now)
        if self._turns.may(request.sender, now):
            self._turn = _Turn(request)
            self._do(partial(self._begin, self._turn, instead_of=turn))
        return False

    def _why_not(self, request: Request, turn: _Turn | None) -> str | None:
        if request.sender == self._me:
            return _OURSELVES
        if not self._is_colleague(request.sender):
            return _NO_COLLEAGUE
        if self._console is None:
            return _UNATTENDED
        if request.sender in self._turned_away:
            return _TURNED_AWAY
        # Whoever asks again has given up their first attempt.
        return _BUSY if turn is not None and turn.request.sender != request.sender else None

    def _go_on(self, kind: str, sender: UserId, content: Json, room: RoomId | None) -> None:
        turn = self._turn
        if turn is None or (turn.request.sender, turn.request.room) != (sender, room):
            return
        # More than a few of them at once are none of an honest client's.
        if transaction_of(content, room) == turn.request.transaction and self._jobs.qsize() < _WAITING:
            self._do(partial(self._take, turn, kind, content))

    def _do(self, job: Callable[[], Awaitable[None]]) -> None:
        self._jobs.put_nowait(job)

    # --- doing; one after the other ---

    async def _refuse(self, request: Request, reason: str) -> None:
        await self._send(request, [cancelled(request, "m.user", reason)])

    async def _begin(self, turn: _Turn, *, instead_of: _Turn | None) -> None:
        if instead_of is not None and instead_of.verification is not None:
            await self._send(instead_of.request, instead_of.verification.refuse("asked again"))
        request = turn.request
        reason = _NO_KEYS
        try:
            known = await self._wire.known(request.sender, request.device, request.room)
        except FarEndError as error:
            log.warning("verification-failed user=%s reason=%s", request.sender, error)
            known, reason = None, _NO_ANSWER
        if self._turn is not turn or self._console is None:
            return
        if known is None:
            self._turn = None
            await self._refuse(request, reason)
            return
        log.info("verification-begun user=%s device=%s", request.sender, request.device)
        self._tell(
            "asked", user=request.sender, name=known.name, device=request.device, device_name=known.device,
            is_signed=known.is_signed,
        )  # fmt: skip
        turn.verification = Verification(request, self._wire.ours, known.keys)
        await self._sent(turn, turn.verification, turn.verification.answer())

    async def _take(self, turn: _Turn, kind: str, content: Json) -> None:
        if self._turn is turn and turn.verification is not None:
            await self._sent(turn, turn.verification, turn.verification.take(kind, content, self._clock.now()))

    async def _answered(self, turn: _Turn, *, matches: bool) -> None:
        verification = turn.verification
        if self._turn is not turn or verification is None:
            return
        if matches:
            sent = verification.confirm(self._clock.now())
        elif verification.shown is not None:
            sent = verification.deny()
        else:
            self._turned_away.add(turn.request.sender)
            sent = verification.refuse(_TURNED_AWAY)
        await self._sent(turn, verification, sent)

    async def _look(self) -> None:
        turn = self._turn
        if turn is not None and turn.verification is not None:
            await self._sent(turn, turn.verification, turn.verification.look_at(self._clock.now()))
        await self._enter()  # what could not be entered at first

    async def _left(self) -> None:
        await self._give_up(_LEFT)
        if self._console is None:
            await self._visits.end()

    async def _put_out(self, room: RoomId) -> None:
        self._visits.gone(room)

    async def _enter(self) -> None:
        if self._console is not None:
            await self._visits.enter(self._is_colleague)

    async def _sent(self, turn: _Turn, verification: Verification, sent: list[Outgoing]) -> None:
        """Send it, and show the person what there is to be seen now."""
        if not await self._send(turn.request, sent) and self._turn is turn:
            self._over("the homeserver did not take what fedichat sent; its log says more")
            return
        if verification.shown is not None and not turn.was_shown:
            turn.was_shown = True
            self._tell("compare", emoji=verification.shown.emoji, decimals=verification.shown.decimals)
        if verification.outcome is not None:
            outcome = verification.outcome
            log.info(
                "verification-ended user=%s device=%s outcome=%s",
                turn.request.sender,
                turn.request.device,
                outcome.name.lower(),
            )
            self._turn = None
            self._tell("ended", outcome=outcome.name, reason=verification.reason)
            if outcome in {Outcome.DONE, Outcome.UNCONFIRMED} and turn.request.room in self._visits.open:
                await self._visits.leave(turn.request.room)
                await self._enter()

    async def _send(self, request: Request, sent: list[Outgoing]) -> bool:
        """Whether the homeserver has taken it all."""
        for one in sent:
            transaction, backoff = f"verify-{secrets.token_hex(16)}", Backoff(longest=10)
            for attempt in range(1, _TRIES + 1):
                try:
                    await self._wire.send(request, one, transaction)
                except TryLater as error:
                    if attempt == _TRIES:
                        log.warning("verification-failed user=%s reason=%s", request.sender, error)
                        return False
                    await self._clock.sleep(backoff.next(error.retry_after))
                except FarEndError as error:
                    log.warning("verification-failed user=%s reason=%s", request.sender, error)
                    return False
                else:
                    break
        return True

    async def _give_up(self, reason: str) -> None:
        turn, self._turn = self._turn, None
        if turn is None:
            return
        if turn.verification is None:
            await self._refuse(turn.request, reason)
        else:
            await self._send(turn.request, turn.verification.refuse(reason))

    async def _say_goodbye(self) -> None:
        """End what is under way: the other person is not left waiting."""
        try:
            async with asyncio.timeout(_LAST_WORDS):
                await self._give_up(_STOPPING)
        except Exception:
            log.exception("verification-broke")

    def _over(self, reason: str) -> None:
        if self._turn is not None:
            self._turn = None
            self._tell("ended", outcome="BROKE", reason=reason)

    def _tell(self, says: str, **what: object) -> None:
        if self._console is not None:
            self._console.tell({"says": says, **what})

    async def _look_again_and_again(self) -> None:
        while True:
            await self._attended.wait()  # with nobody at `fedichat verify`, nothing is under way
            await self._clock.sleep(LOOK_EVERY)
            if self._jobs.empty():
                self._do(self._look)
