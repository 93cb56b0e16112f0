"""A normal day in an encrypted room, beside clients on matrix-js-sdk (as in the Element family) and on nio."""

import json

import pytest

from fedichat.adapters.matrix.events import part
from fedichat.ports import Edited, Message, Reacted, Redacted, Spoken, Unproven
from tests.adapters.safe_room import SafeRoom, a_carla, safe_room
from tests.carla import body_of
from tests.js_client import JsClients
from tests.office import Office, listening, on_both_servers

BARE = {"type": "m.room.message", "content": {"msgtype": "m.text", "body": "bare"}}


@pytest.fixture
async def safe(office: Office, js: JsClients) -> SafeRoom:
    return await safe_room(office, js)


@on_both_servers
async def test_both_sides_read_each_other_where_only_signed_devices_count(safe: SafeRoom) -> None:
    anna, room, matrix = safe.anna, safe.room, safe.matrix
    async with listening(matrix) as ears:
        await safe.all_there()
        card = await safe.card()
        await safe.both_read(card)
        assert await anna.shield(anna.seen[card]) is None

        asked = await anna.say(room, "!answer a", thread=card)
        heard = await ears.next()
        assert isinstance(heard, Spoken)
        assert (heard.text, heard.event_id, heard.thread, heard.unproven) == ("!answer a", asked, card, None)
        await anna.say(room, "!answer b", edits=asked)
        edited = await ears.next()
        assert isinstance(edited, Edited)
        assert (edited.text, edited.target, edited.unproven) == ("!answer b", asked, None)

        tap = await anna.react(room, card, "👀")
        reacted = await ears.next()
        assert isinstance(reacted, Reacted)
        assert (reacted.target, reacted.key, reacted.unproven) == (card, "👀", None)
        await anna.redact(room, tap)
        redacted = await ears.next()
        assert isinstance(redacted, Redacted)
        assert redacted.target == tap

        edit = await matrix.send(room, Message("#1 claimed", "").editing(card), "edit")
        changed = await anna.reads_event(edit)
        assert (changed.replaces, part(changed.content, "m.new_content")["body"]) == (card, "#1 claimed")
        await safe.both_are_heard(ears)

    assert anna.unreadable == {}


@on_both_servers
async def test_events_without_the_names_of_key_and_device_are_read(safe: SafeRoom) -> None:
    """Both are deprecated since Matrix 1.3; clients need not send them any more."""
    async with listening(safe.matrix) as ears:
        await safe.all_there()
        await safe.both_are_heard(ears)
        await safe.anna.leave_out("sender_key", "device_id")
        by_anna = await safe.anna.say(safe.room, "bare")
        content = safe.carla.seal(safe.room, json.dumps(BARE | {"room_id": safe.room}).encode())
        bare = {key: value for key, value in content.items() if key not in {"sender_key", "device_id"}}
        by_carla = await safe.carla.send_raw(safe.room, "m.room.encrypted", bare)
        heard = await ears.until(lambda heard: len(heard) == 4)
    assert [(one.event_id, one.unproven) for one in heard[2:] if isinstance(one, Spoken)] == [
        (by_anna, None),
        (by_carla, None),
    ]


@on_both_servers
async def test_a_device_that_its_owner_has_not_signed_is_named_and_gets_no_keys(safe: SafeRoom) -> None:
    ben = await safe.newcomer("ben", signed=False)
    async with listening(safe.matrix) as ears:
        await safe.all_there()
        await safe.let_in(ben)
        await ben.until_knows(safe.room, safe.bot)

        said = await ben.say(safe.room, "!claim 1")
        heard = await ears.next()
        assert isinstance(heard, Spoken)
        assert (heard.event_id, heard.unproven) == (said, Unproven(device=ben.device_id))

        card = await safe.card()
        await safe.both_read(card)
        assert await ben.fails_to_read(card) == "MEGOLM_KEY_WITHHELD_FOR_UNVERIFIED_DEVICE"

        await ben.sign()
        said = await ben.say(safe.room, "!claim 1")
        heard = await ears.next()
        assert isinstance(heard, Spoken)
        assert (heard.event_id, heard.unproven) == (said, None)
        await ben.reads_event(await safe.card("#2"))


@on_both_servers
async def test_plaintext_in_an_encrypted_room_is_nobody_s_word(safe: SafeRoom) -> None:
    async with listening(safe.matrix) as ears:
        await safe.all_there()
        await safe.both_are_heard(ears)
        ears.heard.clear()
        content = {"msgtype": "m.text", "body": "!publish P1"}
        await safe.anna.send_raw(safe.room, "m.room.message", content)
        await safe.carla.send_raw(safe.room, "m.room.message", content)
        heard = await ears.until(lambda heard: len(heard) == 2)
    assert [one.unproven for one in heard] == [Unproven(), Unproven()]


@on_both_servers
async def test_a_new_key_is_made_as_often_as_the_room_asks_for(office: Office, js: JsClients) -> None:
    safe = await safe_room(office, js, rotation_msgs=3)
    async with listening(safe.matrix):
        await safe.all_there()
        cards = [await safe.card(f"#{number}") for number in range(7)]
        sessions = [(await safe.anna.reads_event(card)).session for card in cards]
        await safe.both_read(cards[-1], "#6")
    assert [sessions.index(session) for session in sessions] == [0, 0, 0, 3, 3, 3, 6]


@on_both_servers
@pytest.mark.parametrize("signed", [True, False], ids=["signed", "not signed"])
async def test_who_comes_later_can_read_the_open_cards(safe: SafeRoom, signed: bool) -> None:
    ben = await safe.newcomer("ben", signed=signed)
    async with listening(safe.matrix) as ears:
        await safe.all_there()
        cards = [await safe.card(f"#{number}") for number in range(3)]
        await safe.both_are_heard(ears)
        await safe.let_in(ben)
        if not signed:
            assert await ben.fails_to_read(cards[0])
            await ben.sign()
        for number, card in enumerate(cards):
            assert (await ben.reads_event(card)).body == f"#{number}"


async def test_so_can_who_comes_later_with_nio(safe: SafeRoom) -> None:
    dora = await a_carla(safe.office, "dora")
    async with listening(safe.matrix):
        await safe.all_there()
        card = await safe.card("#0")
        await safe.both_read(card, "#0")
        await safe.anna.invite(safe.room, dora.client.user_id)
        await dora.client.join(safe.room)
        assert body_of(await dora.reads_when_the_key_comes(card)) == "#0"


async def test_where_the_past_is_not_for_newcomers_they_get_a_key_that_does_not_open_it(
    office: Office, js: JsClients
) -> None:
    safe = await safe_room(office, js, history="joined")
    ben = await safe.newcomer("ben")
    async with listening(safe.matrix) as ears:
        await safe.all_there()
        before = await safe.card("#1")
        await safe.both_read(before)
        await safe.let_in(ben)
        await ben.until_knows(safe.room, safe.bot)
        await ben.say(safe.room, "good morning")
        await ears.until(lambda heard: heard)
        after = await safe.card("#2")
        await safe.both_read(after, "#2")
        assert (await ben.reads_event(after)).session != safe.anna.seen[before].session
