"""Who is answered when they ask to verify fedichat, who is refused with what words, and whom nobody hears."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fedichat.adapters.matrix.encryption.verification import PREFIX, Outgoing
from fedichat.adapters.matrix.encryption.verifier import Verifier
from fedichat.adapters.matrix.encryption.visits import MOST, Visits
from fedichat.errors import Gone, TryLater
from fedichat.ports import RoomId, UserId
from tests.sas_peer import Peer
from tests.verifying import (
    ANNA,
    BEN,
    BOT,
    MALLORY,
    NOW,
    OURS,
    STRANGER,
    THEIRS,
    Homeserver,
    StillClock,
    Terminal,
    quiet,
)

TEAM, DIRECT = RoomId("!team:example.org"), RoomId("!direct:example.org")


@dataclass
class Lobby:
    clock: StillClock
    server: Homeserver
    visits: Visits
    verifier: Verifier
    terminal: Terminal

    async def asks(self, user: UserId = ANNA, transaction: str = "t1", room: RoomId | None = None) -> bool:
        """The request; whether it is one that nobody is there for."""
        content = {"from_device": "PHONE", "methods": ["m.sas.v1"]}
        moment = int(self.clock.now().timestamp() * 1000)
        is_unattended = False
        if room is None:
            content |= {"transaction_id": transaction, "timestamp": moment}  # type: ignore[dict-item]
            self.verifier.hear_to_device({"type": f"{PREFIX}request", "sender": user, "content": content})
        else:
            content |= {"msgtype": f"{PREFIX}request", "to": BOT}
            event = {"type": "m.room.message", "event_id": transaction, "sender": user, "content": content}
            is_unattended = self.verifier.hear_in_room(event | {"origin_server_ts": moment}, room)
        await quiet()
        return is_unattended

    async def says(self, kind: str, content: Mapping[str, object], user: UserId = ANNA) -> None:
        event = {"type": kind, "sender": user, "content": content}
        if "transaction_id" in content:
            self.verifier.hear_to_device(event)
        else:
            assert not self.verifier.hear_in_room(event, DIRECT)
        await quiet()

    def peer(self, user: UserId = ANNA, transaction: str = "t1", *, in_room: bool = False) -> Peer:
        theirs = THEIRS[user]
        keys = {f"ed25519:{OURS.device}": OURS.signing, f"ed25519:{OURS.master}": OURS.master}
        return Peer(
            user, "PHONE", theirs.signing, theirs.master, BOT, OURS.device, keys, transaction, in_room=in_room
        )  # fmt: skip

    async def compares(self, peer: Peer, user: UserId = ANNA) -> None:
        """As far as both sides see the emoji."""
        await self.says(*peer.start(), user)
        await self.says(*peer.on_accept(dict(self.answers[-1].content)), user)
        peer.on_key(dict(self.answers[-1].content))

    async def matches(self, answer: bool = True) -> None:
        self.verifier.answer(self.terminal, matches=answer)
        await quiet()

    @property
    def answers(self) -> list[Outgoing]:
        return [outgoing for _, outgoing in self.server.sent]

    @property
    def reasons(self) -> list[tuple[str, object]]:
        """Whom a cancellation went to, and what it says."""
        return [(to.sender, out.content["reason"]) for to, out in self.server.sent if out.kind == f"{PREFIX}cancel"]


@asynccontextmanager
async def at_work(folder: Path) -> AsyncIterator[Lobby]:
    clock, server = StillClock(), Homeserver()
    visits = Visits(server, folder, lambda room: room == TEAM)
    verifier = Verifier(
        server, visits, clock, BOT, lambda user: user.endswith(":example.org"), lambda user: user in {ANNA, BEN}
    )  # fmt: skip
    working = asyncio.create_task(verifier.run())
    await quiet()
    try:
        yield Lobby(clock, server, visits, verifier, Terminal())
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)


@pytest.fixture
async def lobby(tmp_path: Path) -> AsyncIterator[Lobby]:
    async with at_work(tmp_path) as lobby:
        yield lobby


async def test_a_colleague_is_verified_with_whoever_is_at_the_terminal(lobby: Lobby) -> None:
    assert lobby.verifier.attend(lobby.terminal)
    await lobby.asks()
    asked = {"user": ANNA, "name": "Anna", "device": "PHONE", "device_name": "Element", "is_signed": True}
    assert lobby.terminal.last("asked") == {"says": "asked", **asked}
    peer = lobby.peer()
    await lobby.compares(peer)
    assert lobby.terminal.last("compare")["emoji"] == peer.emoji
    await lobby.matches()
    await lobby.says(*peer.mac())
    await lobby.says(*peer.done())
    assert lobby.terminal.last("ended")["outcome"] == "DONE"
    assert [one.kind.removeprefix(PREFIX) for one in lobby.answers] == ["ready", "accept", "key", "mac", "done"]


async def test_without_anybody_there_a_colleague_hears_what_to_do(lobby: Lobby) -> None:
    assert not await lobby.asks()
    assert await lobby.asks(BEN, "$e", TEAM)
    text = "nobody is there to compare: ask whoever runs fedichat to run “fedichat verify”, then try again"
    assert lobby.reasons == [(ANNA, text), (BEN, text)]
    assert all(one.content["code"] == "m.user" for one in lobby.answers)


async def test_the_room_hears_it_once_an_hour_for_each_person(lobby: Lobby) -> None:
    assert [await lobby.asks(ANNA, f"$e{number}", TEAM) for number in range(5)] == [True] + [False] * 4
    assert await lobby.asks(BEN, "$b", TEAM)
    await lobby.clock.advance(minutes=59)
    assert not await lobby.asks(ANNA, "$f", TEAM)
    await lobby.clock.advance(minutes=2)
    assert await lobby.asks(ANNA, "$g", TEAM)


@pytest.mark.parametrize("attended", [True, False])
async def test_strangers_are_not_answered_at_all(lobby: Lobby, attended: bool) -> None:
    if attended:
        lobby.verifier.attend(lobby.terminal)
    assert not await lobby.asks(STRANGER)
    assert not await lobby.asks(STRANGER, "$e", TEAM)
    lobby.verifier.hear_to_device({})
    lobby.verifier.hear_to_device({"type": f"{PREFIX}request", "sender": ANNA, "content": "x"})
    assert (lobby.server.sent, lobby.server.asked) == ([], 0)
    assert "asked" not in lobby.terminal.says


async def test_an_account_in_none_of_our_rooms_takes_nobodys_place(lobby: Lobby) -> None:
    lobby.verifier.attend(lobby.terminal)
    await lobby.asks(MALLORY)
    await lobby.asks(ANNA, "t2")
    assert lobby.reasons == [(MALLORY, "only people in one of fedichat's rooms can verify it")]
    assert lobby.terminal.last("asked")["user"] == ANNA


async def test_another_session_of_our_own_user_is_told_that_there_is_none(lobby: Lobby) -> None:
    lobby.verifier.attend(lobby.terminal)
    await lobby.asks(BOT)
    assert [reason for _, reason in lobby.reasons] == [
        "this user belongs to fedichat alone, which cannot hand its keys to another session"
    ]
    assert not await lobby.asks(BOT, "$own", TEAM)  # our own messages come back to us
    assert len(lobby.answers) == 1


async def test_one_at_a_time_and_who_asks_anew_gives_up_the_first_try(lobby: Lobby) -> None:
    lobby.verifier.attend(lobby.terminal)
    await lobby.asks()
    await lobby.asks(BEN, "t2")
    await lobby.asks(ANNA, "t3")
    assert [(to, str(reason)[:13]) for to, reason in lobby.reasons] == [(BEN, "somebody else"), (ANNA, "asked again")]
    peer = lobby.peer(transaction="t3")
    await lobby.compares(peer)
    assert lobby.terminal.last("compare")["emoji"] == peer.emoji


async def test_a_flood_of_requests_costs_a_few_answers(lobby: Lobby) -> None:
    for number in range(100):
        await lobby.asks(transaction=f"t{number}")
    assert len(lobby.answers) == 3
    lobby.verifier.attend(lobby.terminal)
    for number in range(100):
        await lobby.asks(transaction=f"u{number}")
    assert lobby.server.asked == 10
    await lobby.clock.advance(minutes=11)
    await lobby.asks(transaction="late")
    assert lobby.server.asked == 11


async def test_a_flood_of_events_ends_one_verification_and_nothing_else(lobby: Lobby) -> None:
    lobby.verifier.attend(lobby.terminal)
    await lobby.asks()
    peer = lobby.peer()
    for number in range(1000):
        key = peer.about({"key": str(number)})
        lobby.verifier.hear_to_device({"type": f"{PREFIX}key", "sender": ANNA, "content": key})
    await quiet()
    assert [one.kind.removeprefix(PREFIX) for one in lobby.answers] == ["ready", "cancel"]
    await lobby.asks(BEN, "t2")
    assert lobby.terminal.last("asked")["user"] == BEN


async def test_a_request_that_comes_twice_is_answered_once(lobby: Lobby) -> None:
    lobby.verifier.attend(lobby.terminal)
    await lobby.asks()
    await lobby.asks()
    assert [one.kind for one in lobby.answers] == [f"{PREFIX}ready"]


async def test_nobody_can_speak_in_another_ones_verification(lobby: Lobby) -> None:
    lobby.verifier.attend(lobby.terminal)
    await lobby.asks()
    peer = lobby.peer()
    await lobby.says(f"{PREFIX}cancel", peer.about({"code": "m.user"}), BEN)
    await lobby.says(f"{PREFIX}cancel", {"m.relates_to": {"rel_type": "m.reference", "event_id": "t1"}})
    await lobby.compares(peer)
    assert "ended" not in lobby.terminal.says


async def test_whoever_is_refused_before_the_emoji_is_not_asked_about_again(lobby: Lobby) -> None:
    lobby.verifier.attend(lobby.terminal)
    await lobby.asks()
    await lobby.matches(answer=False)
    assert lobby.terminal.last("ended")["outcome"] == "REFUSED"
    await lobby.asks(transaction="t2")
    refused = (ANNA, "whoever is at “fedichat verify” has refused")
    assert lobby.reasons == [refused, refused]
    lobby.verifier.leave(lobby.terminal)
    await quiet()
    lobby.verifier.attend(lobby.terminal)
    await lobby.asks(transaction="t3")
    assert lobby.answers[-1].kind == f"{PREFIX}ready"


async def test_emoji_that_differ_can_be_tried_again(lobby: Lobby) -> None:
    lobby.verifier.attend(lobby.terminal)
    await lobby.asks()
    await lobby.compares(lobby.peer())
    await lobby.matches(answer=False)
    assert lobby.terminal.last("ended")["outcome"] == "MISMATCH"
    await lobby.asks(transaction="t2")
    assert lobby.answers[-1].kind == f"{PREFIX}ready"


async def test_there_is_one_terminal_and_only_its_person_answers(lobby: Lobby) -> None:
    other = Terminal()
    assert lobby.verifier.attend(lobby.terminal)
    assert not lobby.verifier.attend(other)
    await lobby.asks()
    await lobby.compares(lobby.peer())
    lobby.verifier.answer(other, matches=True)
    lobby.verifier.leave(other)
    await quiet()
    assert lobby.answers[-1].kind == f"{PREFIX}key"
    assert other.says == []


async def test_who_leaves_the_terminal_cancels_kindly(lobby: Lobby) -> None:
    lobby.verifier.attend(lobby.terminal)
    await lobby.asks()
    lobby.verifier.leave(lobby.terminal)
    await quiet()
    assert lobby.reasons == [(ANNA, "whoever was at “fedichat verify” has left")]
    assert lobby.verifier.attend(Terminal())


async def test_a_colleague_who_walks_away_makes_room_for_the_next_one(lobby: Lobby) -> None:
    lobby.verifier.attend(lobby.terminal)
    await lobby.asks()
    await lobby.clock.advance(minutes=10)
    assert lobby.terminal.last("ended")["outcome"] == "TIMEOUT"
    await lobby.asks(BEN, "t2")
    assert lobby.terminal.last("asked")["user"] == BEN


async def test_a_device_that_the_homeserver_does_not_know_is_refused(lobby: Lobby) -> None:
    lobby.server.has_devices = False
    lobby.verifier.attend(lobby.terminal)
    await lobby.asks()
    assert lobby.reasons == [(ANNA, "the homeserver does not know the keys of this device")]
    assert lobby.terminal.says == ["hello"]


async def test_a_homeserver_that_does_not_answer_is_said_to_be_that(lobby: Lobby) -> None:
    lobby.server.silent = True
    lobby.verifier.attend(lobby.terminal)
    await lobby.asks()
    assert lobby.reasons == [(ANNA, "the homeserver did not answer: try again in a minute")]
    lobby.server.silent = False
    await lobby.asks(transaction="t2")
    assert lobby.answers[-1].kind == f"{PREFIX}ready"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
KINDS = ("request", "ready", "start", "accept", "key", "mac", "done", "cancel", "")
FIELDS = ("transaction_id", "timestamp", "from_device", "methods", "msgtype", "to", "m.relates_to", "key", "mac")
TRUE_FIELDS = {
    "transaction_id": "t1",
    "timestamp": int(NOW.timestamp() * 1000),
    "from_device": "PHONE",
    "methods": ["m.sas.v1"],
    "msgtype": f"{PREFIX}request",
    "to": BOT,
    "m.relates_to": {"rel_type": "m.reference", "event_id": "$e"},
}


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([f"{PREFIX}{kind}" for kind in KINDS] + ["m.room.message"]),
            st.one_of(st.just(ANNA), st.just(BEN), JSON),
            st.dictionaries(st.sampled_from(FIELDS), st.none() | JSON, max_size=5),
            st.sampled_from([None, TEAM, DIRECT]),
            JSON,
        ),
        max_size=6,
    )
)
async def test_whatever_is_sent_the_next_colleague_is_heard(tmp_path: Path, sent: list[tuple[object, ...]]) -> None:
    async with at_work(tmp_path) as lobby:
        lobby.verifier.attend(lobby.terminal)
        for kind, sender, fields, room, moment in sent:
            assert isinstance(fields, dict)
            content = TRUE_FIELDS | {key: value for key, value in fields.items() if value is not None}
            event = {"type": kind, "sender": sender, "content": content, "event_id": "$e", "origin_server_ts": moment}
            if room is None:
                lobby.verifier.hear_to_device(event)
            else:
                lobby.verifier.hear_in_room(event, RoomId(str(room)))
            await quiet()
        await lobby.clock.advance(minutes=20)  # what was begun runs out
        await lobby.asks(BEN, "fresh")
        assert lobby.terminal.last("asked")["user"] == BEN
        assert lobby.answers[-1].content["transaction_id"] == "fresh"


async def test_a_homeserver_that_stumbles_gets_the_same_message_again(lobby: Lobby) -> None:
    lobby.verifier.attend(lobby.terminal)
    lobby.server.fails = [TryLater("busy"), TryLater("busy")]
    await lobby.asks()
    await lobby.clock.advance(seconds=10)
    await lobby.clock.advance(seconds=10)
    assert [one.kind for one in lobby.answers] == [f"{PREFIX}ready"]
    assert len(set(lobby.server.transactions)) == 1


async def test_what_the_homeserver_does_not_take_is_said_and_the_next_one_is_heard(lobby: Lobby) -> None:
    lobby.verifier.attend(lobby.terminal)
    lobby.server.fails = [Gone("no such room", 404)]
    await lobby.asks()
    assert lobby.terminal.last("ended") == {
        "says": "ended",
        "outcome": "BROKE",
        "reason": "the homeserver did not take what fedichat sent; its log says more",
    }
    await lobby.asks(BEN, "t2")
    assert lobby.answers[-1].kind == f"{PREFIX}ready"


async def test_when_fedichat_stops_the_colleague_is_told(tmp_path: Path) -> None:
    server = Homeserver()
    visits = Visits(server, tmp_path, lambda _: False)
    verifier = Verifier(server, visits, StillClock(), BOT, lambda _: True, lambda _: True)
    working = asyncio.create_task(verifier.run())
    lobby = Lobby(StillClock(), server, visits, verifier, Terminal())
    verifier.attend(lobby.terminal)
    await lobby.asks()
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    assert lobby.reasons == [(ANNA, "fedichat is being stopped: try again in a few minutes")]


# --- direct rooms ---


async def test_a_direct_room_is_entered_while_somebody_is_there_and_left_when_it_is_done(lobby: Lobby) -> None:
    lobby.verifier.invited(DIRECT, ANNA)
    await quiet()
    assert lobby.server.inside == set()
    lobby.verifier.attend(lobby.terminal)
    await quiet()
    assert lobby.server.inside == {DIRECT}
    assert lobby.verifier.is_visiting(DIRECT)
    await lobby.asks(transaction="$e", room=DIRECT)
    peer = lobby.peer(transaction="$e", in_room=True)
    await lobby.compares(peer)
    await lobby.matches()
    await lobby.says(*peer.mac())
    await lobby.says(*peer.done())
    assert lobby.terminal.last("ended")["outcome"] == "DONE"
    assert lobby.server.inside == set()
    assert not lobby.verifier.is_visiting(DIRECT)


async def test_after_a_try_that_failed_we_stay_for_the_next_one_until_the_person_leaves(lobby: Lobby) -> None:
    lobby.verifier.attend(lobby.terminal)
    lobby.verifier.invited(DIRECT, ANNA)
    await lobby.asks(transaction="$e", room=DIRECT)
    await lobby.says(f"{PREFIX}cancel", lobby.peer(transaction="$e", in_room=True).about({"code": "m.user"}))
    assert lobby.server.inside == {DIRECT}
    await lobby.asks(transaction="$f", room=DIRECT)
    assert lobby.answers[-1].kind == f"{PREFIX}ready"
    lobby.verifier.leave(lobby.terminal)
    await quiet()
    assert lobby.server.inside == set()


async def test_nobody_but_colleagues_gets_us_into_a_room_and_only_into_a_few(lobby: Lobby) -> None:
    lobby.verifier.attend(lobby.terminal)
    for user in (MALLORY, STRANGER):
        lobby.verifier.invited(RoomId(f"!by-{user[1:]}"), user)
    lobby.verifier.invited(TEAM, ANNA)
    await quiet()
    assert lobby.server.inside == set()
    for number in range(20):
        lobby.verifier.invited(RoomId(f"!{number}"), ANNA)
        await quiet()
    assert len(lobby.server.inside) == MOST


async def test_a_room_that_could_not_be_left_is_left_by_the_next_process(lobby: Lobby, tmp_path: Path) -> None:
    lobby.verifier.attend(lobby.terminal)
    lobby.verifier.invited(DIRECT, ANNA)
    await quiet()
    lobby.server.fails = [TryLater("away")]
    lobby.verifier.leave(lobby.terminal)
    await quiet()
    assert lobby.server.inside == {DIRECT}
    assert (tmp_path / "visits.json").stat().st_mode & 0o777 == 0o600

    after = Visits(lobby.server, tmp_path, lambda _: False)
    await after.end()
    assert lobby.server.inside == set()
    assert Visits(lobby.server, tmp_path, lambda _: False).open == set()


async def test_a_room_that_became_one_of_ours_is_not_left(lobby: Lobby, tmp_path: Path) -> None:
    (tmp_path / "visits.json").write_text(f'["{TEAM}", 7]')
    lobby.server.inside = {TEAM}
    visits = Visits(lobby.server, tmp_path, lambda room: room == TEAM)
    await visits.end()
    assert (lobby.server.inside, visits.open) == ({TEAM}, set())


@pytest.mark.parametrize("kept", ["", "{", "7", "[[]]"])
async def test_a_broken_note_about_rooms_stops_nobody(lobby: Lobby, tmp_path: Path, kept: str) -> None:
    (tmp_path / "visits.json").write_text(kept)
    assert Visits(lobby.server, tmp_path, lambda _: False).open == set()


async def test_who_puts_us_out_of_a_room_can_invite_us_again(lobby: Lobby) -> None:
    lobby.verifier.attend(lobby.terminal)
    lobby.verifier.invited(DIRECT, ANNA)
    await quiet()
    lobby.server.inside.clear()
    lobby.verifier.put_out(DIRECT)
    await quiet()
    lobby.verifier.invited(DIRECT, ANNA)
    await quiet()
    assert lobby.server.inside == {DIRECT}


async def test_a_room_that_we_cannot_enter_now_is_entered_a_moment_later(lobby: Lobby) -> None:
    lobby.verifier.attend(lobby.terminal)
    await quiet()
    lobby.server.fails = [TryLater("away")]
    lobby.verifier.invited(DIRECT, ANNA)
    await quiet()
    assert (lobby.server.inside, lobby.visits.open) == (set(), set())
    await lobby.clock.advance(seconds=5)
    assert lobby.server.inside == {DIRECT}


async def test_a_room_that_is_closed_to_us_is_not_tried_for_ever(lobby: Lobby) -> None:
    lobby.server.fails = [Gone("closed", 404)]
    lobby.verifier.attend(lobby.terminal)
    lobby.verifier.invited(DIRECT, ANNA)
    await quiet()
    lobby.verifier.leave(lobby.terminal)
    lobby.verifier.attend(lobby.terminal)
    await quiet()
    assert (lobby.server.inside, lobby.visits.open) == (set(), set())
