"""Verifying by emoji, as a state machine: beside a second implementation, and under everything that could be sent."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import pytest
import vodozemac
from hypothesis import given, settings
from hypothesis import strategies as st

from fedichat.adapters.matrix.encryption.sas_emoji import EMOJI
from fedichat.adapters.matrix.encryption.verification import (
    ASKED_FOR,
    COMPARING,
    LAST_WORD,
    PREFIX,
    Keys,
    Outcome,
    Outgoing,
    Request,
    Verification,
    request_in_room,
    request_to_device,
    transaction_of,
)
from fedichat.adapters.matrix.events import word
from fedichat.ports import RoomId, UserId
from tests.sas_peer import Peer

NOW = datetime(2026, 11, 30, 10, tzinfo=UTC)
ANNA, BOT = UserId("@anna:example.org"), UserId("@bot:example.org")
ROOM = RoomId("!direct:example.org")


def public() -> str:
    return str(vodozemac.Account().ed25519_key.to_base64())


OURS = Keys(BOT, "BOTDEVICE", public(), public())
THEIRS = Keys(ANNA, "PHONE", public(), public())


def talk(
    room: RoomId | None = None,
    *,
    theirs: Keys = THEIRS,
    shown_by_server: Keys | None = None,
    ours: Keys = OURS,
    macs: tuple[str, ...] = ("hkdf-hmac-sha256.v2", "hkdf-hmac-sha256"),
    methods: tuple[str, ...] = ("emoji", "decimal"),
) -> tuple[Verification, Peer]:
    transaction = "$request" if room else "t1"
    request = Request(transaction, ANNA, theirs.device, ("m.sas.v1",), NOW, room)
    keys = {f"ed25519:{ours.device}": ours.signing, f"ed25519:{ours.master}": ours.master}
    peer = Peer(
        theirs.user, theirs.device, theirs.signing, theirs.master, ours.user, ours.device, keys, transaction,
        in_room=room is not None, macs=macs, methods=methods,
    )  # fmt: skip
    return Verification(request, ours, shown_by_server or theirs), peer


def kinds(sent: Sequence[Outgoing]) -> list[str]:
    return [one.kind.removeprefix(PREFIX) for one in sent]


def compared(ours: Verification, peer: Peer, now: datetime = NOW) -> None:
    """As far as both people look at the same emoji."""
    (ready,) = ours.answer()
    assert (ready.kind, ready.content["methods"]) == (f"{PREFIX}ready", ["m.sas.v1"])
    (accept,) = ours.take(*peer.start(), now)
    (key,) = ours.take(*peer.on_accept(dict(accept.content)), now)
    peer.on_key(dict(key.content))
    assert ours.shown is not None


@pytest.mark.parametrize("room", [None, ROOM])
@pytest.mark.parametrize("macs", [("hkdf-hmac-sha256.v2", "hkdf-hmac-sha256"), ("hkdf-hmac-sha256",)])
@pytest.mark.parametrize("first", ["the office", "the colleague"])
def test_both_sides_see_the_same_emoji_and_prove_their_keys(
    room: RoomId | None, macs: tuple[str, ...], first: str
) -> None:
    ours, peer = talk(room, macs=macs)
    compared(ours, peer)
    assert ours.shown is not None
    assert (ours.shown.emoji, ours.shown.decimals) == (peer.emoji, peer.decimals)
    assert all(number in range(len(EMOJI)) for number in ours.shown.emoji)
    if first == "the office":
        (mac,) = ours.confirm(NOW)
        (done,) = ours.take(*peer.mac(), NOW)
    else:
        assert ours.take(*peer.mac(), NOW) == []
        mac, done = ours.confirm(NOW)
    assert peer.verified_by(dict(mac.content)) == {f"ed25519:{OURS.device}", f"ed25519:{OURS.master}"}
    assert (done.kind, ours.outcome) == (f"{PREFIX}done", None)
    assert ours.take(*peer.done(), NOW) == []
    assert ours.outcome is Outcome.DONE
    relation = {"rel_type": "m.reference", "event_id": "$request"}
    for sent in (mac, done):
        assert sent.content.get("m.relates_to") == (relation if room else None)
        assert sent.content.get("transaction_id") == (None if room else "t1")


def test_a_bot_that_is_not_cross_signed_proves_its_device_only() -> None:
    ours, peer = talk(ours=Keys(BOT, "BOTDEVICE", public()))
    compared(ours, peer)
    (mac,) = ours.confirm(NOW)
    assert peer.verified_by(dict(mac.content)) == {"ed25519:BOTDEVICE"}


def test_a_client_without_emoji_compares_numbers() -> None:
    ours, peer = talk(methods=("decimal",))
    compared(ours, peer)
    assert ours.shown is not None
    assert (ours.shown.emoji, ours.shown.decimals) == ((), peer.decimals)


OTHER = public()


@pytest.mark.parametrize(
    "server",
    [
        Keys(ANNA, "PHONE", OTHER, THEIRS.master),
        Keys(ANNA, "PHONE", THEIRS.signing, OTHER),
        Keys(ANNA, "PHONE", THEIRS.signing),
    ],
)
def test_keys_that_the_homeserver_shows_otherwise_are_found_out(server: Keys) -> None:
    ours, peer = talk(shown_by_server=server)
    compared(ours, peer)
    ours.confirm(NOW)
    (cancel,) = ours.take(*peer.mac(), NOW)
    assert cancel.content["code"] == "m.key_mismatch"
    assert ours.outcome is Outcome.WRONG_KEYS


def test_who_proves_the_own_device_not_at_all_has_proved_nothing() -> None:
    ours, peer = talk()
    compared(ours, peer)
    (cancel,) = ours.take(*peer.mac({f"ed25519:{THEIRS.master}": THEIRS.master}), NOW)
    assert cancel.content["code"] == "m.key_mismatch"


def test_a_mac_over_fewer_names_than_it_lists_is_refused() -> None:
    ours, peer = talk()
    compared(ours, peer)
    kind, content = peer.mac()
    content["mac"].pop(f"ed25519:{THEIRS.master}")
    (cancel,) = ours.take(kind, content, NOW)
    assert cancel.content["code"] == "m.key_mismatch"


def test_emoji_that_differ_end_it_with_the_code_for_that() -> None:
    ours, peer = talk()
    compared(ours, peer)
    (cancel,) = ours.deny()
    assert (cancel.content["code"], ours.outcome) == ("m.mismatched_sas", Outcome.MISMATCH)
    assert ours.confirm(NOW) == [] == ours.take(*peer.mac(), NOW)


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("m.user", Outcome.CANCELLED),
        ("m.mismatched_sas", Outcome.MISMATCH),
        ("m.timeout", Outcome.TIMEOUT),
        (None, Outcome.CANCELLED),
    ],
)
def test_what_the_other_side_cancels_is_over_and_says_why(code: object, outcome: Outcome) -> None:
    ours, peer = talk()
    compared(ours, peer)
    assert ours.take(f"{PREFIX}cancel", peer.about({"code": code, "reason": "x" * 5000}), NOW) == []
    assert (ours.outcome, ours.reason) == (outcome, "x" * 200)


@pytest.mark.parametrize(
    "change",
    [
        {"method": "m.reciprocate.v1"},
        {"key_agreement_protocols": ["curve25519"]},
        {"hashes": []},
        {"message_authentication_codes": ["hmac-sha256"]},
        {"short_authentication_string": "emoji"},
        {"hashes": {"sha256": True}},
    ],
)
def test_a_kind_of_verification_that_we_do_not_speak_is_refused_as_such(change: dict[str, object]) -> None:
    ours, peer = talk()
    ours.answer()
    kind, content = peer.start()
    (cancel,) = ours.take(kind, content | change, NOW)
    assert cancel.content["code"] == "m.unknown_method"
    assert cancel.content["reason"] == "fedichat does not speak this kind of verification"


def test_who_can_only_scan_a_code_is_told_so() -> None:
    request = Request("t1", ANNA, "PHONE", ("m.qr_code.show.v1",), NOW)
    (cancel,) = Verification(request, OURS, THEIRS).answer()
    assert (cancel.content["code"], cancel.content["transaction_id"]) == ("m.unknown_method", "t1")


def test_another_device_of_the_person_cannot_take_over() -> None:
    ours, peer = talk()
    ours.answer()
    kind, content = peer.start()
    (cancel,) = ours.take(kind, content | {"from_device": "LAPTOP"}, NOW)
    assert cancel.content["code"] == "m.unexpected_message"


def test_what_comes_twice_is_taken_once_and_a_second_version_ends_it() -> None:
    ours, peer = talk()
    ours.answer()
    start = peer.start()
    (accept,) = ours.take(*start, NOW)
    assert ours.take(*start, NOW) == []
    key = peer.on_accept(dict(accept.content))
    assert len(ours.take(*key, NOW)) == 1
    assert ours.take(*key, NOW) == []
    (cancel,) = ours.take(key[0], peer.about({"key": vodozemac.Sas().public_key.to_base64()}), NOW)
    assert cancel.content["code"] == "m.unexpected_message"


@pytest.mark.parametrize("key", ["", "!!!", "A" * 43, "\ud800", 7, None, "A" * 1000])
def test_a_key_that_is_none_ends_it(key: object) -> None:
    ours, peer = talk()
    ours.answer()
    ours.take(*peer.start(), NOW)
    (cancel,) = ours.take(f"{PREFIX}key", peer.about({"key": key}), NOW)
    assert cancel.content["code"] == "m.invalid_message"


def test_json_that_nobody_can_write_down_ends_it() -> None:
    deep: dict[str, object] = {}
    for _ in range(100_000):
        deep = {"x": deep}
    for extra in ({"x": "\ud800"}, deep):
        ours, peer = talk()
        ours.answer()
        kind, content = peer.start()
        (cancel,) = ours.take(kind, {**content, **extra}, NOW)
        assert cancel.content["code"] == "m.invalid_message"
    while deep:
        deep = deep["x"]  # type: ignore[assignment] # destroyed at once, it would overflow the stack


@pytest.mark.parametrize("steps", [0, 1, 2, 3])
def test_every_step_has_its_end(steps: int) -> None:
    ours, peer = talk()
    moves: list[Callable[[], object]] = [
        ours.answer,
        lambda: ours.take(*peer.start(), NOW),
        lambda: ours.take(f"{PREFIX}key", peer.about({"key": peer.sas.public_key.to_base64()}), NOW),
    ]
    for move in moves[:steps]:
        move()
    assert ours.until == NOW + (ASKED_FOR if steps < 2 else COMPARING)
    assert ours.look_at(ours.until - timedelta(seconds=1)) == []
    (cancel,) = ours.look_at(ours.until)
    assert (cancel.content["code"], ours.outcome) == ("m.timeout", Outcome.TIMEOUT)
    assert ours.look_at(ours.until) == []


def test_a_colleague_whose_client_says_no_last_word_is_not_said_to_have_verified() -> None:
    ours, peer = talk()
    compared(ours, peer)
    ours.confirm(NOW)
    ours.take(*peer.mac(), NOW)
    assert ours.look_at(NOW + LAST_WORD) == []
    assert ours.outcome is Outcome.UNCONFIRMED


def in_room(**change: object) -> dict[str, object]:
    content: dict[str, object] = {
        "msgtype": f"{PREFIX}request",
        "to": BOT,
        "from_device": "PHONE",
        "methods": ["m.sas.v1"],
    }
    return {
        "type": "m.room.message",
        "event_id": "$e",
        "sender": ANNA,
        "origin_server_ts": int(NOW.timestamp() * 1000),
        "content": content | change,
    }


def test_requests_are_read_where_they_make_sense_and_are_for_us() -> None:
    assert request_in_room(in_room(), ROOM, BOT) == Request("$e", ANNA, "PHONE", ("m.sas.v1",), NOW, ROOM)
    content: dict[str, object] = {"transaction_id": "t", "from_device": "PHONE", "methods": ["m.sas.v1"]}
    timestamp: dict[str, object] = {"timestamp": int(NOW.timestamp() * 1000)}
    assert request_to_device(ANNA, content | timestamp) == Request("t", ANNA, "PHONE", ("m.sas.v1",), NOW)
    others = [
        in_room(to="@ben:example.org"),
        in_room(msgtype="m.text"),
        in_room(from_device=""),
        in_room(from_device=7),
        in_room(from_device="x" * 300),
        in_room() | {"origin_server_ts": 10**40},
        in_room() | {"origin_server_ts": True},
        in_room() | {"type": "m.sticker"},
    ]
    assert [request_in_room(one, ROOM, BOT) for one in others] == [None] * len(others)
    wrong = [content, content | timestamp | {"transaction_id": "t" * 300}, timestamp]
    assert [request_to_device(ANNA, one) for one in wrong] == [None] * 3


@pytest.mark.parametrize(
    ("age", "timely"),
    [(timedelta(minutes=9, seconds=59), True), (timedelta(minutes=10), False), (-timedelta(minutes=5), True),
     (-timedelta(minutes=5, seconds=1), False), (datetime.max.replace(tzinfo=UTC) - NOW, False)],
)  # fmt: skip
def test_a_request_of_another_day_is_left_alone(age: timedelta, timely: bool) -> None:
    at = NOW - age if age < timedelta(days=1) else datetime.max.replace(tzinfo=UTC)
    assert Request("t", ANNA, "PHONE", (), at).is_timely(NOW) is timely


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
NAMES = ["request", "ready", "start", "accept", "key", "mac", "done", "cancel", "else"]
FIELDS = ["from_device", "method", "hashes", "key", "mac", "keys", "code", "reason", "short_authentication_string"]
Step: TypeAlias = str | tuple[str, dict[str, object]] | tuple[str, str, object]
STEP: st.SearchStrategy[Step] = st.one_of(
    st.sampled_from(["start", "key", "mac", "done", "confirm", "deny", "look"]),
    st.tuples(st.sampled_from(NAMES), st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=4)),
    st.tuples(st.sampled_from(["start", "key", "mac"]), st.sampled_from(FIELDS), JSON),
)


RIGHT_ORDER: list[Step] = ["start", "key", "confirm", "mac", "done"]


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(RIGHT_ORDER)), st.lists(STEP, max_size=8))
def test_whatever_comes_in_whatever_order_nothing_is_raised_and_an_end_is_an_end(right: int, wild: list[Step]) -> None:
    """And nobody is said to be verified who did not prove the keys, or whom our person did not confirm."""
    ours, peer = talk()
    ours.answer()
    confirmed = proved = False
    for step in RIGHT_ORDER[:right] + wild:
        ended = ours.outcome is not None
        sent = _made(ours, peer, step)
        confirmed |= step == "confirm" and not ended and ours.shown is not None
        proved |= step == "mac"
        assert not (ended and sent)
        assert kinds(sent).count("cancel") <= 1
        if "cancel" in kinds(sent):
            assert ours.outcome is not None
        if ours.outcome in {Outcome.DONE, Outcome.UNCONFIRMED}:
            assert confirmed
            assert proved
        if "mac" in kinds(sent):
            assert confirmed


def _made(ours: Verification, peer: Peer, step: Step) -> list[Outgoing]:
    match step:
        case "confirm":
            return ours.confirm(NOW)
        case "deny":
            return ours.deny()
        case "look":
            return ours.look_at(NOW)
        case str():
            kind, content = _right(ours, peer, step)
        case (name, dict() as fields):
            kind, content = f"{PREFIX}{name}", peer.about(fields)
        case (name, key, value):
            kind, content = _right(ours, peer, name)
            content = {**content, key: value}
    sent = ours.take(kind, content, NOW)
    for one in sent:
        if one.kind == f"{PREFIX}accept":
            peer.accepted = dict(one.content)
        if one.kind == f"{PREFIX}key" and content.get("key") == peer.sas.public_key.to_base64():
            peer.sas, spare = vodozemac.Sas(), peer.sas
            theirs = vodozemac.Curve25519PublicKey.from_base64(word(one.content, "key"))
            peer.secret = spare.diffie_hellman(theirs)
    return sent


def _right(ours: Verification, peer: Peer, name: str) -> tuple[str, dict[str, Any]]:
    match name:
        case "start":
            return peer.start()
        case "key":
            return f"{PREFIX}key", peer.about({"key": peer.sas.public_key.to_base64()})
        case "mac" if ours.shown is not None and hasattr(peer, "secret"):
            return peer.mac()
        case _:
            return f"{PREFIX}{name}", peer.about({})


def test_events_are_put_to_the_transaction_that_they_name() -> None:
    reference = {"m.relates_to": {"rel_type": "m.reference", "event_id": "$e"}}
    assert transaction_of(reference, ROOM) == "$e"
    assert transaction_of({"transaction_id": "t"}, None) == "t"
    assert transaction_of({"transaction_id": "t"}, ROOM) == ""
    assert transaction_of({"m.relates_to": {"rel_type": "m.thread", "event_id": "$e"}}, ROOM) == ""
