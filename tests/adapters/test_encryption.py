"""Encryption without a homeserver: two devices, whatever somebody sends to one of them."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import nio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nio.crypto import OutboundGroupSession
from nio.store import MegolmInboundSessions

from fedichat.adapters.matrix.client import Client
from fedichat.adapters.matrix.encryption import end_to_end, reading, room_keys
from fedichat.adapters.matrix.encryption.cross_signing import Identity, SigningKey
from fedichat.adapters.matrix.encryption.devices import Device
from fedichat.adapters.matrix.encryption.end_to_end import EndToEnd
from fedichat.adapters.matrix.encryption.key_book import KeyBook
from fedichat.adapters.matrix.encryption.reading import MEGOLM, NoKey, NotReadable
from fedichat.adapters.matrix.encryption.room_keys import Rotation, rotation_of
from fedichat.adapters.matrix.encryption.signing import to_base64
from fedichat.adapters.matrix.events import Json, part, word
from fedichat.ports import RoomId, Unproven
from tests.clocks import HandClock

ROOM = RoomId("!room:example.org")
NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)


@dataclass
class Peer:
    """Somebody's device, all of it but the network."""

    client: Client
    ours: EndToEnd
    clock: HandClock
    identity: Identity

    @classmethod
    def make(cls, folder: Path, user: str, device: str) -> "Peer":
        folder.mkdir()
        client = Client("http://127.0.0.1:1", user, None, str(folder), nio.AsyncClientConfig(encryption_enabled=True))
        client.restore_login(user, device, "token")
        clock = HandClock(NOW)
        client.encryption = EndToEnd(client, folder, clock, signed_only=True)
        identity = Identity(*(SigningKey(bytes([number]) * 32) for number in (len(user), len(user) + 1, len(user) + 2)))
        return cls(client, client.encryption, clock, identity)

    @property
    def user(self) -> str:
        return str(self.client.user_id)

    def device(self) -> Device:
        keys = self.client.olm.account.identity_keys
        return Device(self.user, self.client.device_id, keys["ed25519"], keys["curve25519"], "", is_signed=True)

    def keys(self, *, signed: bool = True) -> dict[str, Any]:
        """What `/keys/query` says about this user."""
        user, master, signing = self.user, self.identity.master, self.identity.self_signing
        device = self.ours.own.device_keys()
        if signed:
            mine: Any = device["signatures"]
            mine[user][f"ed25519:{signing.public}"] = signing.signature(device)
        public = {"user_id": user, "usage": ["self_signing"], "keys": {f"ed25519:{signing.public}": signing.public}}
        public["signatures"] = {user: {f"ed25519:{master.public}": master.signature(public)}}
        return {
            "device_keys": {user: {self.client.device_id: device}},
            "master_keys": {user: {"user_id": user, "keys": {f"ed25519:{master.public}": master.public}}},
            "self_signing_keys": {user: public},
        }

    def one_time_key(self) -> dict[str, Any]:
        """What `/keys/claim` gives for this device."""
        account = self.client.olm.account
        account.generate_one_time_keys(1)
        (ident,) = account.one_time_keys["curve25519"]
        key = self.ours.own._signed({ident: account.one_time_keys["curve25519"][ident]})
        account.mark_keys_as_published()
        return key

    def knows(self, other: "Peer", *, signed: bool = True) -> None:
        self.ours.devices.take(other.user, other.keys(signed=signed))

    def letter_to(self, other: "Peer", kind: str, content: Json) -> dict[str, Any]:
        letters = self.ours._letters
        if not letters.can_write_to(other.device()):
            letters.begin(other.device(), other.one_time_key())
        sealed = letters.seal(other.device(), kind, content)
        assert sealed is not None
        return {"type": "m.room.encrypted", "sender": self.user, "content": json.loads(json.dumps(sealed))}

    def hears(self, *letters: object) -> None:
        counts = {"signed_curve25519": 50}
        self.ours.follow({"to_device": {"events": list(letters)}, "device_one_time_keys_count": counts})


@dataclass
class Talk:
    """A Megolm session in the room."""

    by: Peer
    session: OutboundGroupSession

    @classmethod
    def begun(cls, by: Peer) -> "Talk":
        session = OutboundGroupSession()
        session.shared = True
        return cls(by, session)

    def key(self, **changed: object) -> dict[str, object]:
        return {
            "algorithm": MEGOLM,
            "room_id": ROOM,
            "session_id": self.session.id,
            "session_key": self.session.session_key,
            **changed,
        }

    def says(self, payload: object, number: int = 1, **content: object) -> dict[str, object]:
        text = payload if isinstance(payload, str) else json.dumps(payload)
        return {
            "type": "m.room.encrypted",
            "event_id": f"${number}",
            "sender": self.by.user,
            "origin_server_ts": 0,
            "content": {
                "algorithm": MEGOLM,
                "ciphertext": self.session.encrypt(text),
                "session_id": self.session.id,
                **content,
            },
        }


def text(body: str, room: str = ROOM) -> dict[str, object]:
    return {"type": "m.room.message", "room_id": room, "content": {"msgtype": "m.text", "body": body}}


@pytest.fixture
def bot(tmp_path: Path) -> Iterator[Peer]:
    peer = Peer.make(tmp_path / "bot", "@bot:example.org", "BOT")
    enter(peer, "@anna:example.org")
    yield peer
    peer.ours.close()


@pytest.fixture
def anna(tmp_path: Path) -> Iterator[Peer]:
    peer = Peer.make(tmp_path / "anna", "@anna:example.org", "ANNA")
    yield peer
    peer.ours.close()


@pytest.fixture
def mallory(tmp_path: Path) -> Iterator[Peer]:
    peer = Peer.make(tmp_path / "mallory", "@mallory:example.org", "MALLORY")
    yield peer
    peer.ours.close()


def enter(bot: Peer, *users: str) -> None:
    """These are in the room."""
    room = bot.client.rooms.setdefault(ROOM, nio.MatrixRoom(ROOM, bot.user, encrypted=True))
    for user in users:
        room.add_member(user, None, None)


def bodies(bot: Peer, *events: Json) -> list[object]:
    return [part(bot.ours.reader.read(event, ROOM).event, "content").get("body") for event in events]


# --- letters ---

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda some: st.lists(some, max_size=3) | st.dictionaries(st.text(max_size=12), some, max_size=3),
    max_leaves=8,
)
KINDS = st.sampled_from(
    ["m.room.encrypted", "m.room_key", "m.room_key_request", "m.forwarded_room_key", "m.key.verification.start", "x"]
)
BODIES = st.sampled_from(["!!!", "", "AAAA", "A" * 43, "AwogAAAA", "\ud800", "ä", "A" * 70_000]) | st.text(max_size=40)


@st.composite
def nasty(draw: st.DrawFn, own_key: str) -> object:
    """What somebody may send to a device."""
    if draw(st.booleans()):
        return draw(JSON)
    inner = {"type": draw(st.sampled_from([0, 1, 2, "0", None, True])), "body": draw(BODIES | JSON)}
    content = {
        "algorithm": draw(st.sampled_from(["m.olm.v1.curve25519-aes-sha2", MEGOLM, "x"]) | JSON),
        "sender_key": draw(st.sampled_from([own_key, "garbage", "A" * 43]) | JSON),
        "ciphertext": draw(st.sampled_from([{own_key: inner}, {own_key: "x"}, "x", None, []])),
        **draw(st.dictionaries(st.text(max_size=8), JSON, max_size=2)),
    }
    sender = draw(st.sampled_from(["@anna:example.org", "@nobody:example.org", "", "x"]) | JSON)
    return {"type": draw(KINDS), "sender": sender, "content": draw(st.just(content) | JSON)}


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(data=st.data())
def test_whatever_somebody_sends_to_the_device_the_keys_in_the_same_answer_are_taken(
    bot: Peer, anna: Peer, data: st.DataObject
) -> None:
    bot.knows(anna)
    own = bot.device().curve25519
    talk = Talk.begun(anna)
    before, after = (data.draw(st.lists(nasty(own), max_size=3)) for _ in range(2))

    bot.hears(*before, anna.letter_to(bot, "m.room_key", talk.key()), *after)

    assert bodies(bot, talk.says(text("!claim 1"))) == ["!claim 1"]


def test_a_letter_that_is_none_is_no_reason_to_read_no_further(bot: Peer, anna: Peer) -> None:
    bot.knows(anna)
    talk = Talk.begun(anna)
    own = bot.device().curve25519
    content = {
        "algorithm": "m.olm.v1.curve25519-aes-sha2",
        "sender_key": anna.device().curve25519,
        "ciphertext": {own: {"type": 0, "body": "!!!"}},
    }
    broken = {"type": "m.room.encrypted", "sender": anna.user, "content": content}
    bot.hears(*[broken] * 100, anna.letter_to(bot, "m.room_key", talk.key()))
    assert bodies(bot, talk.says(text("hello"))) == ["hello"]


def test_letters_from_who_shares_no_room_with_us_wait_for_their_coming(bot: Peer, mallory: Peer) -> None:
    bot.knows(mallory)
    talk = Talk.begun(mallory)
    bot.hears(mallory.letter_to(bot, "m.room_key", talk.key()))
    said = talk.says(text("hello"))
    with pytest.raises(NoKey):
        bot.ours.reader.read(said, ROOM)

    enter(bot, mallory.user)
    bot.hears()

    assert bodies(bot, said) == ["hello"]


def test_strangers_letters_are_not_kept_without_end(bot: Peer, mallory: Peer) -> None:
    bot.knows(mallory)
    for _ in range(60):
        bot.hears(*[mallory.letter_to(bot, "m.room_key", Talk.begun(mallory).key()) for _ in range(5)])
    enter(bot, mallory.user)
    bot.hears()
    assert len(bot.client.olm.inbound_group_store[ROOM][mallory.device().curve25519]) == 50


def test_a_letter_of_a_device_that_is_not_known_yet_waits_for_it(bot: Peer, anna: Peer) -> None:
    talk = Talk.begun(anna)
    bot.hears(anna.letter_to(bot, "m.room_key", talk.key()))
    assert anna.user in bot.ours._stale
    assert not list(bot.client.olm.session_store), "whoever makes up keys fills nothing"
    bot.knows(anna)
    bot.hears()
    assert bodies(bot, talk.says(text("hello"))) == ["hello"]


def test_strangers_push_out_no_letter_of_a_colleague_however_many_they_are(bot: Peer, anna: Peer) -> None:
    talk = Talk.begun(anna)
    letter = anna.letter_to(bot, "m.room_key", talk.key())
    bot.hears(letter)
    for number in range(30):
        bot.hears(*[{**letter, "sender": f"@mallory{number}:example.org"}] * 50)
    bot.knows(anna)
    bot.hears()
    assert bodies(bot, talk.says(text("hello"))) == ["hello"]


def test_a_key_of_a_room_that_we_are_not_in_yet_waits_for_that(bot: Peer, anna: Peer) -> None:
    bot.knows(anna)
    talk, new = Talk.begun(anna), "!new:example.org"
    for _ in range(60):
        bot.hears(anna.letter_to(bot, "m.room_key", talk.key(room_id="!made-up:example.org")))
    assert list(bot.client.olm.inbound_group_store) == []
    bot.clock.time += timedelta(minutes=11)
    bot.hears(anna.letter_to(bot, "m.room_key", talk.key(room_id=new)))
    bot.client.rooms[new] = room = nio.MatrixRoom(new, bot.user, encrypted=True)
    bot.hears()
    assert list(bot.client.olm.inbound_group_store) == []  # whoever is not there has nothing to say there
    room.add_member(anna.user, None, None)
    bot.hears()
    said = talk.says(text("hello", new))
    assert part(bot.ours.reader.read(said, RoomId(new)).event, "content")["body"] == "hello"


def test_who_makes_key_after_key_and_device_after_device_fills_no_disk(
    bot: Peer, anna: Peer, mallory: Peer, tmp_path: Path, talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_KEYS", 3)
    enter(bot, mallory.user)
    for number in range(3):
        # With the keys that her device has now; those before it are gone.
        device = Peer.make(tmp_path / f"mallory-{number}", mallory.user, f"M{number}")
        bot.knows(device)
        bot.hears(*(device.letter_to(bot, "m.room_key", Talk.begun(device).key()) for _ in range(5)))
        device.ours.close()
    kept = [key for keys in bot.client.olm.inbound_group_store[ROOM].values() for key in keys.values()]
    assert len(kept) == 1 + 3 + 3  # Anna's, the last device's, and those of the ones before it together
    with bot.client.store.database.bind_ctx([MegolmInboundSessions]):
        assert MegolmInboundSessions.select().count() == len(kept)
    assert bodies(bot, talk.says(text("still here"), 2)) == ["still here"]


def test_who_repeats_somebody_elses_words_takes_nothing_away_from_them(bot: Peer, mallory: Peer, talk: Talk) -> None:
    said = talk.says(text("!publish P1"))
    repeated = {**said, "sender": mallory.user, "event_id": "$mallory"}
    assert bot.ours.reader.unproven(bot.ours.reader.read(repeated, ROOM)) is not None
    assert bodies(bot, said) == ["!publish P1"]


def test_who_announces_somebody_elses_key_gets_nobodys_letters_lost(bot: Peer, anna: Peer, mallory: Peer) -> None:
    """Nio looks up sessions by the key alone: the newest one would be with a one-time key of Mallory's."""
    bot.knows(anna)
    letters = bot.ours._letters
    letters.begin(anna.device(), anna.one_time_key())
    own = mallory.device()
    posing = Device(mallory.user, own.id, own.ed25519, anna.device().curve25519, "", is_signed=True)
    letters.begin(posing, mallory.one_time_key())

    sealed = letters.seal(anna.device(), "m.room_key", {"room_id": ROOM})

    enter(anna, bot.user)
    opened = anna.ours._letters.open({"sender": bot.user, "content": sealed})
    assert opened is not None
    assert (opened.sender, opened.content) == (bot.user, {"room_id": ROOM})


def test_the_sessions_with_a_device_are_bounded_and_the_last_used_is_taken(bot: Peer, anna: Peer) -> None:
    letters = bot.ours._letters
    for _ in range(30):
        bot.clock.time += timedelta(seconds=1)
        letters.begin(anna.device(), anna.one_time_key())
    assert len(bot.client.olm.session_store[anna.device().curve25519]) == 10


def test_letters_are_read_after_a_restart(tmp_path: Path, bot: Peer, anna: Peer) -> None:
    bot.knows(anna)
    first, second = Talk.begun(anna), Talk.begun(anna)
    bot.hears(anna.letter_to(bot, "m.room_key", first.key()))
    answer = bot.letter_to(anna, "m.dummy", {})
    anna.ours._letters.open(answer)
    bot.ours.close()

    again = Client("http://127.0.0.1:1", bot.user, None, str(tmp_path / "bot"), bot.client.config)
    again.restore_login(bot.user, "BOT", "token")
    again.encryption = EndToEnd(again, tmp_path / "bot", bot.clock, signed_only=True)
    restarted = Peer(again, again.encryption, bot.clock, bot.identity)
    enter(restarted, anna.user)
    restarted.knows(anna)
    restarted.hears(anna.letter_to(restarted, "m.room_key", second.key()))

    assert bodies(restarted, first.says(text("one")), second.says(text("two"), 2)) == ["one", "two"]
    restarted.ours.close()


@pytest.mark.parametrize(
    "changed", [{"room_id": 1}, {"session_id": "x"}, {"session_key": "!!!"}, {"session_key": None}, {"algorithm": "x"}]
)
def test_a_key_that_makes_no_sense_is_none(bot: Peer, anna: Peer, changed: dict[str, object]) -> None:
    bot.knows(anna)
    talk, good = Talk.begun(anna), Talk.begun(anna)
    bot.hears(anna.letter_to(bot, "m.room_key", talk.key(**changed)), anna.letter_to(bot, "m.room_key", good.key()))
    assert bodies(bot, good.says(text("hello"))) == ["hello"]
    with pytest.raises(NoKey):
        bot.ours.reader.read(talk.says(text("hello")), ROOM)


# --- what is said ---


@pytest.fixture
def talk(bot: Peer, anna: Peer) -> Talk:
    """Anna's, of which the bot has the key."""
    bot.knows(anna)
    talk = Talk.begun(anna)
    bot.hears(anna.letter_to(bot, "m.room_key", talk.key()))
    return talk


@pytest.mark.parametrize(
    "payload",
    [
        "no json",
        "[]",
        "null",
        "1",
        '{"type": "m.room.message"}',
        "[" * 10_000,
        {"type": "m.room.message", "room_id": "!other:example.org", "content": {"body": "x"}},
        {"type": "m.room.redaction", "room_id": ROOM, "redacts": "$1", "content": {"redacts": "$1"}},
        {"type": "m.room.encrypted", "room_id": ROOM, "content": {}},
        {"type": "m.room.member", "room_id": ROOM, "state_key": "@anna:example.org", "content": {}},
        {"type": "m.room.message", "room_id": ROOM, "state_key": "", "content": {"msgtype": "m.text", "body": "x"}},
        {"type": 1, "room_id": ROOM, "content": {}},
    ],
    ids=range(12),
)
def test_what_nobody_can_say_in_private_is_not_read(bot: Peer, talk: Talk, payload: object) -> None:
    with pytest.raises(NotReadable):
        bot.ours.reader.read(talk.says(payload), ROOM)
    assert bodies(bot, talk.says(text("hello"), 2)) == ["hello"]


def test_bytes_that_are_no_text_are_not_read(bot: Peer, talk: Talk) -> None:
    said = talk.says(text("x"))
    raw = talk.session._session.encrypt(b"\xff\xfe\xfd").to_base64()
    content: Any = said["content"]
    content["ciphertext"] = raw
    with pytest.raises(NotReadable):
        bot.ours.reader.read(said, ROOM)


@pytest.mark.parametrize(
    "content",
    [{"ciphertext": "!!!"}, {"ciphertext": None}, {"ciphertext": {}}, {"algorithm": "x"}, {"algorithm": None}],
    ids=str,
)
def test_an_event_that_is_encrypted_in_no_way_is_not_read(bot: Peer, talk: Talk, content: dict[str, object]) -> None:
    with pytest.raises(NotReadable):
        bot.ours.reader.read(talk.says(text("x"), 1, **content), ROOM)


def test_the_same_words_are_not_read_as_another_event(bot: Peer, talk: Talk) -> None:
    said = talk.says(text("!publish P1"))
    assert bodies(bot, said, said) == ["!publish P1"] * 2
    with pytest.raises(NotReadable):
        bot.ours.reader.read({**said, "event_id": "$2"}, ROOM)


@pytest.mark.parametrize("deprecated", [{}, {"sender_key": "", "device_id": ""}, {"sender_key": "other"}], ids=str)
def test_the_deprecated_sender_key_is_not_needed(bot: Peer, talk: Talk, deprecated: dict[str, object]) -> None:
    assert bodies(bot, talk.says(text("hello"), 1, **deprecated)) == ["hello"]


def test_a_relation_that_is_inside_counts(bot: Peer, talk: Talk) -> None:
    inside = {"rel_type": "m.thread", "event_id": "$inside"}
    payload = {"type": "m.room.message", "room_id": ROOM, "content": {"body": "x", "m.relates_to": inside}}
    outside = {"rel_type": "m.thread", "event_id": "$outside"}
    both = bot.ours.reader.read(talk.says(payload, 1, **{"m.relates_to": outside}), ROOM)
    only_outside = bot.ours.reader.read(talk.says(text("x"), 2, **{"m.relates_to": outside}), ROOM)
    assert part(both.event, "content")["m.relates_to"] == inside
    assert part(only_outside.event, "content")["m.relates_to"] == outside


def test_halves_of_signs_are_read_as_question_marks(bot: Peer, talk: Talk) -> None:
    """JSON may hold them as escapes; neither a database nor a homeserver takes them from us."""
    inside = {"rel_type": "m.thread", "event_id": "$\ud800"}
    payload = {"type": "m.room.message", "room_id": ROOM, "content": {"body": "x\udfff!", "m.relates_to": inside}}
    read = bot.ours.reader.read(talk.says(json.dumps(payload)), ROOM)
    assert part(read.event, "content") == {"body": "x?!", "m.relates_to": {**inside, "event_id": "$?"}}


def test_what_is_nested_too_deep_is_left_out(bot: Peer, talk: Talk) -> None:
    """It could be read here, and not be kept: each such picture was a fault of ours, with a page in the log."""
    deep = '{"x": ' * 300 + "1" + "}" * 300
    read = bot.ours.reader.read(
        talk.says(f'{{"type": "m.room.message", "room_id": "{ROOM}", "content": {{"body": "x", "file": {deep}}}}}'),
        ROOM,
    )
    content = part(read.event, "content")
    assert content["body"] == "x"
    assert len(json.dumps(content)) < 1_000


# --- who has said it ---


def test_what_a_signed_device_says_is_proven(bot: Peer, talk: Talk) -> None:
    assert bot.ours.reader.unproven(bot.ours.reader.read(talk.says(text("x")), ROOM)) is None


def test_what_an_unsigned_device_says_is_not(bot: Peer, anna: Peer, talk: Talk) -> None:
    bot.knows(anna, signed=False)
    assert bot.ours.reader.unproven(bot.ours.reader.read(talk.says(text("x")), ROOM)) == Unproven("ANNA")


def test_who_hands_on_somebody_elses_key_does_not_speak_as_them(
    bot: Peer, anna: Peer, mallory: Peer, talk: Talk
) -> None:
    """In whatever order the keys come, the sender's own counts, and nobody else's stands for it."""
    enter(bot, mallory.user)
    bot.knows(mallory)
    other = Talk(anna, OutboundGroupSession())
    other.session.shared = True
    bot.hears(mallory.letter_to(bot, "m.room_key", other.key()))
    posing = bot.ours.reader.read(other.says(text("!publish P1")), ROOM)
    assert bot.ours.reader.unproven(posing) is not None
    bot.hears(mallory.letter_to(bot, "m.room_key", talk.key()))
    assert bot.ours.reader.unproven(bot.ours.reader.read(talk.says(text("x"), 2), ROOM)) is None


def test_who_claims_another_identity_in_the_letter_is_not_proven(bot: Peer, anna: Peer) -> None:
    bot.knows(anna)
    talk = Talk.begun(anna)
    anna.ours._letters.begin(bot.device(), bot.one_time_key())
    sealed = seal_claiming(anna, bot, talk.key(), "B" * 43)
    bot.hears({"type": "m.room.encrypted", "sender": anna.user, "content": sealed})
    read = bot.ours.reader.read(talk.says(text("x")), ROOM)
    assert bot.ours.reader.unproven(read) is not None


def seal_claiming(writer: Peer, reader: Peer, content: Json, ed25519: str) -> Json:
    """A room key in a letter that claims another signing key than the writer's."""
    device = reader.device()
    session = writer.ours._letters._session(device)
    assert session is not None
    payload = {
        "sender": writer.user,
        "keys": {"ed25519": ed25519},
        "recipient": reader.user,
        "recipient_keys": {"ed25519": device.ed25519},
        "type": "m.room_key",
        "content": content,
    }
    number, ciphertext = session.encrypt(json.dumps(payload)).to_parts()
    body = {"type": number, "body": to_base64(ciphertext)}
    return {
        "algorithm": "m.olm.v1.curve25519-aes-sha2",
        "sender_key": writer.device().curve25519,
        "ciphertext": {device.curve25519: body},
    }


# --- devices ---


def broken(keys: dict[str, Any], user: str, device: str) -> Iterator[dict[str, Any]]:
    """That user's answer with one more device, each time broken in another way."""
    good = keys["device_keys"][user][device]
    changes: list[tuple[str, object]] = [
        ("keys", {"ed25519:NEW": good["keys"][f"ed25519:{device}"], "curve25519:NEW": "garbage"}),
        ("keys", {"ed25519:NEW": "garbage", "curve25519:NEW": "garbage"}),
        ("keys", {"curve25519:NEW": good["keys"][f"curve25519:{device}"]}),
        ("keys", None),
        ("keys", []),
        ("keys", {"ed25519:NEW": 1, "curve25519:NEW": {}}),
        ("signatures", "x"),
        ("signatures", {user: []}),
        ("user_id", 1),
        ("device_id", None),
        ("unsigned", {"device_display_name": {"a": 1}}),
        ("algorithms", None),
    ]
    for name, value in changes:
        yield {**good, "device_id": "NEW", name: value}
    yield from ({}, [], None, "x", 1)  # type: ignore[misc]


def test_one_broken_device_keeps_no_other_from_being_known(bot: Peer, anna: Peer) -> None:
    keys = anna.keys()
    for device in broken(anna.keys(), anna.user, "ANNA"):
        answer = {**keys, "device_keys": {anna.user: {"NEW": device, **keys["device_keys"][anna.user]}}}
        bot.ours.devices.take(anna.user, json.loads(json.dumps(answer)))
        assert [known.id for known in bot.ours.devices.of(anna.user)] == ["ANNA"], device


def test_a_device_is_signed_only_by_its_owners_own_keys(bot: Peer, anna: Peer, mallory: Peer) -> None:
    good, foreign = anna.keys(), mallory.keys()
    unsigned = anna.keys(signed=False)

    def is_signed(**changed: object) -> bool:
        bot.ours.devices.take(anna.user, json.loads(json.dumps({**good, **changed})))
        (device,) = bot.ours.devices.of(anna.user)
        return device.is_signed

    assert is_signed()
    assert not is_signed(device_keys=unsigned["device_keys"])
    assert not is_signed(master_keys={})
    assert not is_signed(self_signing_keys={})
    for name in ("master_keys", "self_signing_keys"):
        assert not is_signed(**{name: {anna.user: foreign[name][mallory.user]}}), "keys of somebody else"
        assert not is_signed(**{name: {anna.user: {"keys": "x"}}})
        assert not is_signed(**{name: {anna.user: []}})


def test_a_device_keeps_its_identity_unless_its_owner_signs_another(bot: Peer, anna: Peer, mallory: Peer) -> None:
    bot.knows(anna, signed=False)
    keys = anna.keys(signed=False)
    posing = mallory.client.olm.account
    original, anna.client.olm.account = anna.client.olm.account, posing
    try:
        changed = anna.keys(signed=False)
        signed = anna.keys()
    finally:
        anna.client.olm.account = original
    bot.ours.devices.take(anna.user, changed)
    assert bot.ours.devices.of(anna.user) == ()
    bot.ours.devices.take(anna.user, keys)
    bot.ours.devices.take(anna.user, signed)
    assert [one.ed25519 for one in bot.ours.devices.of(anna.user)] == [posing.identity_keys["ed25519"]]


# --- rooms ---


async def test_nobody_waits_for_the_keys_of_people_of_another_room(
    bot: Peer, anna: Peer, mallory: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some devices of 8 MB each, which Synapse 1.163 takes, hold an answer up as long as their owner likes."""
    other = RoomId("!other:example.org")
    bot.client.rooms[other] = room = nio.MatrixRoom(other, bot.user, encrypted=True)
    for user in (bot.user, anna.user, mallory.user):
        room.add_member(user, None, None)
    enter(bot, bot.user)
    asked, is_there = asyncio.Event(), asyncio.Event()

    async def ask(client: object, method: str, path: str, body: Json, what: str) -> Json:
        if mallory.user not in part(body, "device_keys") or not often:
            return anna.keys()
        assert [*part(body, "device_keys")] == [mallory.user]
        asked.set()
        await is_there.wait()
        return mallory.keys()

    monkeypatch.setattr(end_to_end, "call", ask)
    often: list[str] = []
    bot.hears()
    await bot.ours.look(other)
    often.append(mallory.user)
    bot.ours.follow({"device_lists": {"changed": [bot.user, anna.user, mallory.user]}})
    async with asyncio.timeout(20):
        slow = [asyncio.create_task(bot.ours.look(other)) for _ in range(2)]
        await asked.wait()
        bot.ours.follow({"device_lists": {"changed": [bot.user, anna.user]}})
        await bot.ours.look(ROOM)
        assert [device.id for device in bot.ours.devices.of(anna.user)] == ["ANNA"]
        assert not any(one.done() for one in slow)
        is_there.set()
        await asyncio.gather(*slow)
    assert [device.id for device in bot.ours.devices.of(mallory.user)] == ["MALLORY"]


def test_a_damaged_key_book_is_begun_anew(tmp_path: Path) -> None:
    folder = tmp_path / "bot"
    Peer.make(folder, "@bot:example.org", "BOT").ours.close()
    (folder / "key-book.db").write_bytes(b"no database" * 1000)
    for name in ("key-book.db-wal", "key-book.db-shm"):
        (folder / name).unlink(missing_ok=True)
    book = KeyBook(folder)
    book.note_identity("@anna:example.org", "key")
    assert book.identity("@anna:example.org") == "key"
    book.close()
    assert (folder / "key-book.db").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("content", "rotation"),
    [
        ({}, Rotation()),
        ({"rotation_period_msgs": 5}, Rotation(5)),
        ({"rotation_period_msgs": 0}, Rotation(1)),
        ({"rotation_period_msgs": -1}, Rotation(1)),
        ({"rotation_period_msgs": 10**30}, Rotation(10_000)),
        ({"rotation_period_msgs": "5"}, Rotation()),
        ({"rotation_period_msgs": True}, Rotation()),
        ({"rotation_period_msgs": 1.5}, Rotation()),
        ({"rotation_period_ms": 86_400_000}, Rotation(100, timedelta(days=1))),
        ({"rotation_period_ms": 1}, Rotation(100, timedelta(hours=1))),
        ({"rotation_period_ms": 10**30}, Rotation()),
        ({"rotation_period_ms": None}, Rotation()),
    ],
    ids=str,
)
def test_a_room_says_how_long_its_keys_are_used(content: Json, rotation: Rotation) -> None:
    assert rotation_of(content) == rotation


def test_what_is_encrypted_is_read_by_who_has_the_key(bot: Peer, anna: Peer) -> None:
    enter(anna, bot.user, anna.user)
    anna.knows(bot)
    key = bot.ours.rooms._new(ROOM)
    given = {"algorithm": MEGOLM, "room_id": ROOM, "session_id": key.session.id, "session_key": key.opens}
    anna.hears(bot.letter_to(anna, "m.room_key", given))
    relation = {"rel_type": "m.thread", "event_id": "$card"}
    content = bot.ours.rooms.encrypt(ROOM, "m.room.message", {"body": "Grüße 🔒", "m.relates_to": relation})
    read = anna.ours.reader.read({"event_id": "$1", "sender": bot.user, "content": content}, ROOM)
    assert part(read.event, "content") == {"body": "Grüße 🔒", "m.relates_to": relation}
    assert content["m.relates_to"] == relation
    assert word(content, "session_id") == key.session.id
    assert anna.ours.reader.unproven(read) is None


async def test_who_leaves_while_the_key_is_given_out_does_not_get_the_next_and_nothing_is_lost(
    bot: Peer, anna: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter(anna, bot.user, anna.user)
    anna.knows(bot)
    bot.knows(anna)
    bot.client.rooms[ROOM].members_synced = True
    given: list[Json] = []

    async def homeserver(_client: object, _method: str, path: str, body: Json, _what: str) -> Json:
        if path == "keys/claim":
            return {"one_time_keys": {anna.user: {"ANNA": anna.one_time_key()}}}
        given.append(part(part(part(body, "messages"), anna.user), "ANNA"))
        if len(given) == 1:
            bot.ours.rooms.forget(ROOM)  # what a sync brings meanwhile: somebody has left
        return {}

    monkeypatch.setattr(room_keys, "call", homeserver)

    await bot.ours.rooms.share(ROOM)
    content = bot.ours.rooms.encrypt(ROOM, "m.room.message", {"body": "#1"})

    first, second = ({"type": "m.room.encrypted", "sender": bot.user, "content": one} for one in given)
    said = {"event_id": "$1", "sender": bot.user, "content": content}
    anna.hears(first)
    with pytest.raises(NoKey):
        anna.ours.reader.read(said, ROOM)
    anna.hears(second)
    assert bodies(anna, said) == ["#1"]
