"""What somebody with an account on the homeserver can send, and what a member's broken client can: nobody pays for it.

Beside matrix-js-sdk and nio; on a server that keeps its answers to syncs, where an answer that fails is lost with all
that it holds, and on one that does not, where it is asked for again for ever.
"""

import asyncio
import json
from base64 import b64encode

import pytest
import vodozemac

from fedichat.adapters.matrix.events import Json, part, word
from fedichat.ports import Spoken
from tests.adapters.safe_room import SafeRoom, a_carla, safe_room
from tests.js_client import JsClient, JsClients
from tests.office import PASSWORD, Office, listening, on_both_servers

OLM = "m.olm.v1.curve25519-aes-sha2"
NONSENSE: Json = {"algorithm": [], "room_id": 7, "session_id": {}, "transaction_id": None, "from_device": []}
GIBBERISH = "AwogGgBvDi8SXhhOoGvDi8SXhhOoGg"


@pytest.fixture
async def safe(office: Office, js: JsClients) -> SafeRoom:
    return await safe_room(office, js)


async def stranger(safe: SafeRoom) -> JsClient:
    """Somebody with an account, who shares no room with anybody here."""
    await safe.office.account("mallory")
    return await safe.js.login(safe.office.synapse.url, safe.office.local("mallory"), PASSWORD)


async def key_of_the_bot(safe: SafeRoom) -> str:
    said = await safe.anna.request("POST", "/_matrix/client/v3/keys/query", {"device_keys": {safe.bot: []}})
    keys = part(part(part(part(said, "device_keys"), safe.bot), safe.matrix.device), "keys")
    return word(keys, f"curve25519:{safe.matrix.device}")


def letters(key: str) -> list[tuple[str, Json]]:
    """Letters to the device with that key in which something is wrong; the first is the one of the issue."""
    mallory = vodozemac.Account()
    sender = mallory.curve25519_key.to_base64()
    opened = mallory.create_outbound_session(
        vodozemac.Curve25519PublicKey.from_base64(key), vodozemac.Account().curve25519_key
    ).encrypt(b"\xff\xfe not for anybody")
    kind, sealed = opened.to_parts()
    bodies: list[object] = ["!!!", "", "A", GIBBERISH, "ä", 7, None, [], {"type": 0}, "A" * 20_000]
    types: list[object] = [2, -1, "0", None, True, [], 1.5]
    olm: list[Json] = [{"type": number, "body": body} for body in bodies for number in (0, 1)]
    olm += [{"type": number, "body": "!!!"} for number in types]
    olm += [{"type": kind, "body": b64encode(sealed).decode()}, {}]  # with a one-time key that nobody has
    ciphertexts: list[object] = [*({key: one} for one in olm), {}, {key: "!!!"}, {key: None}, [], "!!!", None, {"": {}}]
    senders: list[object] = ["!!!", "", None, 7, [], {}, sender[:-1], "A" * 43, key]
    content = {"algorithm": OLM, "sender_key": sender}
    return [
        *(("m.room.encrypted", {**content, "ciphertext": one}) for one in ciphertexts),
        *(
            ("m.room.encrypted", {"algorithm": OLM, "sender_key": bad, "ciphertext": {key: {"type": 0, "body": "!!!"}}})
            for bad in senders
        ),
        *(("m.room.encrypted", bad) for bad in ({}, {"algorithm": "m.megolm.v1.aes-sha2"}, {"algorithm": 7})),
        *(
            (kind, bad)
            for kind in (
                "m.room_key",
                "m.forwarded_room_key",
                "m.room_key_request",
                "m.room_key.withheld",
                "m.key.verification.request",
                "m.key.verification.start",
                "m.key.verification.mac",
                "m.secret.request",
                "m.dummy",
                "",
                "x" * 200,
            )
            for bad in (
                {},
                {"algorithm": [], "room_id": 7, "session_id": {}, "transaction_id": None, "from_device": []},
            )
        ),
    ]


async def post(safe: SafeRoom, mallory: JsClient, many: list[tuple[str, Json]]) -> None:
    for kind, content in many:
        await mallory.send_to_device(kind or "%20", safe.letter(content))


@on_both_servers
async def test_a_stranger_s_letters_make_nobody_unheard_and_keep_nobody_in(safe: SafeRoom) -> None:
    """In one answer: keys, a colleague who leaves, messages, and in between a hundred letters of a stranger."""
    ben = await safe.newcomer("ben")
    async with listening(safe.matrix) as ears:
        await safe.let_in(ben)
        await safe.all_there()
        await ben.until_knows(safe.room, safe.bot)
        await ben.reads_event(await safe.card("#1"))

    mallory = await stranger(safe)
    bad = letters(await key_of_the_bot(safe))
    await post(safe, mallory, bad[: len(bad) // 2])
    by_anna = await safe.anna.say(safe.room, "by Anna")
    await ben.leave(safe.room)
    by_carla = await safe.carla.say(safe.room, "by Carla")
    await post(safe, mallory, bad[len(bad) // 2 :])

    async with listening(safe.matrix, ears.token) as ears:
        heard = await ears.until(lambda heard: len(heard) == 2)
        assert [(one.event_id, one.unproven) for one in heard] == [(by_anna, None), (by_carla, None)]
        card = await safe.card("#2")
        await safe.both_read(card, "#2")
        await post(safe, mallory, bad)
        await safe.both_are_heard(ears)
    given = [word(part(letter, "content"), "session_id") for letter in ben.letters if letter["type"] == "m.room_key"]
    assert safe.anna.seen[card].session not in given


@on_both_servers
async def test_a_flood_of_letters_holds_nobody_up_for_long(safe: SafeRoom) -> None:
    async with listening(safe.matrix) as ears:
        await safe.all_there()
        await safe.both_are_heard(ears)
        mallory = await stranger(safe)
        flood = letters(await key_of_the_bot(safe))[:1] * 300
        halves = asyncio.gather(post(safe, mallory, flood[::2]), post(safe, mallory, flood[1::2]))
        await safe.both_are_heard(ears)
        await halves
        async with asyncio.timeout(10):
            await safe.both_are_heard(ears)


def plaintexts(room: str) -> list[bytes]:
    """What can be encrypted and is no message; the first is the one of the issue."""
    text = {"msgtype": "m.text", "body": "!publish P1"}
    whole = {"type": "m.room.message", "room_id": room, "content": text}
    return [
        b"\xff\xfe\x80 not UTF-8",
        b"",
        b"!!!",
        b"[]",
        b"7",
        b"null",
        b"NaN",
        b'"\\ud800"',
        b"[" * 100_000,
        b'{"a":' * 20_000,
        b"1" * 5_000,
        *(
            json.dumps(one).encode()
            for one in (
                {},
                {**whole, "room_id": "!elsewhere"},
                {**whole, "room_id": 7},
                {**whole, "type": None},
                {**whole, "type": ["m.room.message"]},
                {**whole, "content": []},
                {**whole, "content": None},
                {**whole, "content": {**text, "body": {"a": 1}}},
                {**whole, "content": {**text, "body": "a word", "m.relates_to": [7]}},
                {**whole, "type": "m.room.member", "state_key": "@x:y", "content": {"membership": "leave"}},
                {**whole, "type": "m.room.redaction", "redacts": "$x"},
                {**whole, "type": "m.room.encrypted"},
            )
        ),
    ]


@on_both_servers
async def test_what_a_broken_client_encrypts_ends_nothing_also_far_back_in_the_gap(safe: SafeRoom) -> None:
    async with listening(safe.matrix) as ears:
        await safe.all_there()
        await safe.both_are_heard(ears)
    for plaintext in plaintexts(safe.room):
        await safe.carla.send_raw(safe.room, "m.room.encrypted", safe.carla.seal(safe.room, plaintext[:40_000]))
    by_anna = await safe.anna.say(safe.room, "by Anna")
    later = [await safe.carla.say(safe.room, f"{number}") for number in range(110)]

    async with listening(safe.matrix, ears.token) as ears:
        readable = {by_anna, *later}
        heard = await ears.until(lambda heard: readable <= {one.event_id for one in heard}, timeout=40)
        said = [one for one in heard if isinstance(one, Spoken) and one.event_id in readable]
        assert [one.text for one in said] == ["by Anna", *(f"{number}" for number in range(110))]
        others = [one for one in heard if isinstance(one, Spoken) and one.event_id not in readable]
        assert [one for one in others if one.text == "!publish P1"] == []
        await safe.both_are_heard(ears)


async def test_what_is_in_an_encrypted_event_s_envelope_ends_nothing(safe: SafeRoom) -> None:
    async with listening(safe.matrix) as ears:
        await safe.all_there()
        await safe.both_are_heard(ears)
        sealed = safe.carla.seal(safe.room, b"{}")
        odd: list[object] = [None, 7, "", "!!!", "ä", [], {}, GIBBERISH, "A" * 20_000]
        for field in ("algorithm", "ciphertext", "session_id", "sender_key", "device_id", "m.relates_to"):
            for value in odd:
                await safe.carla.send_raw(safe.room, "m.room.encrypted", {**sealed, field: value})
        await safe.carla.send_raw(safe.room, "m.room.encrypted", {})
        await safe.both_are_heard(ears)


@on_both_servers
@pytest.mark.parametrize("running", [True, False], ids=["while running", "while away"])
async def test_who_uses_up_the_bot_s_keys_keeps_no_new_device_from_reaching_it(
    office: Office, js: JsClients, running: bool
) -> None:
    safe = await safe_room(office, js)
    async with listening(safe.matrix) as ears:
        await safe.all_there()
        await safe.both_are_heard(ears)
        if running:
            await use_up_the_keys(safe)
            said = await said_first_by_newcomers(safe)
            await ears.until(lambda heard: said <= {one.event_id for one in heard if isinstance(one, Spoken)})
    if not running:
        await use_up_the_keys(safe)
        said = await said_first_by_newcomers(safe)
        async with listening(safe.matrix, ears.token) as ears:
            await ears.until(lambda heard: said <= {one.event_id for one in heard if isinstance(one, Spoken)})


async def use_up_the_keys(safe: SafeRoom) -> None:
    """All one-time keys, and more: what a client claims for somebody else's device it gets, without a limit."""
    mallory = await stranger(safe)
    body = {"one_time_keys": {safe.bot: {safe.matrix.device: "signed_curve25519"}}}
    for _ in range(120):
        await mallory.request("POST", "/_matrix/client/v3/keys/claim", body)


async def said_first_by_newcomers(safe: SafeRoom) -> set[str]:
    """A device of each kind that nobody has heard of says something, and the bot has not spoken to it before."""
    ben = await safe.newcomer("ben")
    await safe.let_in(ben)
    await ben.until_knows(safe.room, safe.bot)
    dora = await a_carla(safe.office, "dora")
    await safe.anna.invite(safe.room, dora.client.user_id)
    await dora.client.join(safe.room)
    await dora.until_knows(safe.room, safe.bot)
    return {await ben.say(safe.room, "first words"), await dora.say(safe.room, "first words")}
