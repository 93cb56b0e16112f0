"""The Matrix adapter in encrypted rooms, on a real Synapse, with people whose client is nio itself."""

import asyncio
import json
from datetime import UTC, datetime

import pytest
import vodozemac

from fedichat.adapters.matrix.encryption.signing import canonical
from fedichat.adapters.matrix.events import Json, part, word
from fedichat.demo.clock import SteeredClock
from fedichat.errors import TryLater
from fedichat.ports import Edited, Message, Reacted, Spoken, Unreadable, UserId
from tests.carla import Carla, body_of, event_of
from tests.clocks import StandingClock
from tests.flaky import Flaky, answering, dropping, holding
from tests.office import Ears, Office, listening


@pytest.fixture
async def carla(office: Office) -> Carla:
    await office.account("carla")
    carla = Carla(office.synapse.url, office.folder / "carla")
    await office.enter(carla)
    await carla.login(office.local("carla"))
    return carla


async def until_heard(flaky: Flaky) -> None:
    """Until the bot has what was said so far: it has asked twice for what comes after that."""
    for _ in range(2):
        flaky.seen.clear()
        await flaky.until_seen("/sync")


async def test_both_sides_read_each_other(office: Office, carla: Carla) -> None:
    bot = await office.account("bot")
    room = await carla.room(bot)
    matrix = office.matrix(bot, room)
    await matrix.start()

    async with listening(matrix) as ears:
        await carla.until_knows(room, bot)
        card = await matrix.send(room, Message("#1", "<b>#1</b>", notice=False), "t1")
        read = await carla.reads(event_of(card))
        assert (read.decrypted, body_of(read)) == (True, "#1")
        relation = {
            "m.relates_to": {
                "rel_type": "m.thread",
                "event_id": card,
                "is_falling_back": True,
                "m.in_reply_to": {"event_id": card},
            }
        }
        asked = await carla.say(room, "!answer a", **relation)
        heard = await ears.next()
        assert isinstance(heard, Spoken)
        assert (heard.text, heard.event_id, heard.thread) == ("!answer a", asked, card)

        edit = {
            "m.new_content": {"msgtype": "m.text", "body": "!answer b"},
            "m.relates_to": {"rel_type": "m.replace", "event_id": asked},
        }
        await carla.say(room, "* !answer b", **edit)
        edited = await ears.next()
        assert isinstance(edited, Edited)
        assert (edited.text, edited.target) == ("!answer b", asked)

        annotation = {"m.relates_to": {"rel_type": "m.annotation", "event_id": card, "key": "👀"}}
        await carla.client.room_send(room, "m.reaction", annotation)
        reacted = await ears.next()
        assert isinstance(reacted, Reacted)
        assert (reacted.target, reacted.key) == (card, "👀")

        assert await matrix.react(room, asked, "✅", "t2") is not None
        edit_of_card = await matrix.send(room, Message("#1 claimed", "").editing(card), "t3")
        changed = await carla.reads(event_of(edit_of_card))
        assert part(part(changed.source, "content"), "m.new_content")["body"] == "#1 claimed"
        assert await matrix.send(room, Message("#1", ""), "t1") == card

    state = await matrix.state_of(room)
    assert state is not None
    assert state.encrypted


@pytest.mark.parametrize("signed", [True, False])
async def test_a_message_that_is_looked_up_is_as_proven_as_when_it_was_heard(office: Office, signed: bool) -> None:
    bot, name = await office.account("bot"), await office.account("carla")
    carla = Carla(office.synapse.url, office.folder / "carla")
    await office.enter(carla)
    await carla.login(office.local("carla"), signed=signed)
    room = await carla.room(bot)
    matrix = office.matrix(bot, room, signed_only=True)
    await matrix.start()
    async with listening(matrix) as ears:
        await carla.until_knows(room, bot)
        await carla.say(room, "encrypted")
        await (await office.again("carla")).say(room, "in plain text")
        heard = [one for one in await ears.until(lambda heard: len(heard) == 2) if isinstance(one, Spoken)]
        found = [await matrix.message(room, one.event_id) for one in heard]
    assert [one.sender for one in heard] == [name, name]
    assert [one is not None and one.unproven for one in found] == [one.unproven for one in heard]
    assert [one.unproven is None for one in sorted(heard, key=lambda one: one.text)] == [signed, False]


async def test_a_long_text_in_any_script_can_be_edited(office: Office, carla: Carla) -> None:
    bot = await office.account("bot")
    room = await carla.room(bot)
    matrix = office.matrix(bot, room)
    await matrix.start()
    text = "Чи безпечний TLS? 🔒 " * 250  # at most as many bytes as a card or a preview shows

    async with listening(matrix):
        await carla.until_knows(room, bot)
        card = await matrix.send(room, Message(text, text, notice=False), "t1")
        edit = await matrix.send(room, Message(f"{text}!", f"{text}!").editing(card), "t2")
        changed = await carla.reads(event_of(edit))
        assert part(part(changed.source, "content"), "m.new_content")["body"] == f"{text}!"


async def test_a_restart_keeps_the_keys(office: Office, carla: Carla) -> None:
    bot = await office.account("bot")
    room = await carla.room(bot)
    first = office.matrix(bot, room)
    await first.start()
    async with listening(first) as before:
        await carla.until_knows(room, bot)
        await carla.say(room, "before")
        await before.until(lambda heard: heard)
    await first.close()
    for number in range(120):  # more than a page, in a session whose key came before the restart
        await carla.say(room, f"missed {number}")

    second = office.matrix(bot, room)
    await second.start()
    async with listening(second, before.token) as after:
        heard = await after.until(lambda heard: len(heard) == 120)
        answer = await second.send(room, Message("caught up", ""), "t1")
        read = await carla.reads(event_of(answer))

    assert [one.text for one in heard if isinstance(one, Spoken)] == [f"missed {n}" for n in range(120)]
    assert body_of(read) == "caught up"


async def test_a_message_without_a_key_is_reported_once(office: Office, carla: Carla) -> None:
    bot = await office.account("bot")
    room = await carla.room(bot)
    clock = SteeredClock()
    async with Flaky(office.synapse.url) as flaky:
        matrix = office.matrix(bot, room, clock=clock, url=flaky.url)
        await matrix.start()
        async with listening(matrix) as ears:
            await carla.until_knows(room, bot)
            letters = await carla.keep_the_key(room, bot)
            card = await matrix.send(room, Message("#1", ""), "t1")
            in_thread = {"m.relates_to": {"rel_type": "m.thread", "event_id": card}}
            lost = await carla.say(room, "!claim", **in_thread)
            await until_heard(flaky)
            clock.advance(11)
            await ears.until(lambda heard: heard)
            await carla.hand_over(letters)  # too late
            await carla.say(room, "readable")
            heard = await ears.until(lambda heard: len(heard) > 1)

    unreadable, readable = heard
    assert isinstance(unreadable, Unreadable)
    assert (unreadable.event_id, unreadable.sender, unreadable.thread) == (
        lost,
        carla.client.user_id,
        card,
    )
    assert isinstance(readable, Spoken)


async def test_a_key_that_comes_late_is_waited_for(office: Office, carla: Carla) -> None:
    bot = await office.account("bot")
    room = await carla.room(bot)
    async with Flaky(office.synapse.url) as flaky:
        matrix = office.matrix(bot, room, url=flaky.url, clock=StandingClock())
        await matrix.start()
        async with listening(matrix) as ears:
            await carla.until_knows(room, bot)
            letters = await carla.keep_the_key(room, bot)
            before = ears.token
            await carla.say(room, "!claim")
            await until_heard(flaky)
            await carla.say(room, "!queue")
            assert ears.heard == []
            assert ears.token == before  # a crash now would not lose them
            handed_over = datetime.now(UTC)
            await carla.hand_over(letters)
            heard = await ears.until(lambda heard: len(heard) == 2)

    assert [one.text for one in heard if isinstance(one, Spoken)] == ["!claim", "!queue"]
    assert heard[0].arrived_at is not None
    assert heard[0].arrived_at < handed_over, "nothing that was made since then can have been seen"


async def test_what_was_said_while_away_is_not_all_heard_before_its_key_is_there(office: Office, carla: Carla) -> None:
    bot = await office.account("bot")
    room = await carla.room(bot)
    ears, ready = Ears(), asyncio.Event()
    async with Flaky(office.synapse.url) as flaky:
        matrix = office.matrix(bot, room, url=flaky.url, clock=StandingClock())
        await matrix.start()
        async with listening(matrix) as before:
            await carla.until_knows(room, bot)
            await carla.say(room, "!claim")
            await before.until(lambda heard: heard)
        letters = await carla.keep_the_key(room, bot)
        await carla.say(room, "!withdraw")
        running = asyncio.create_task(matrix.run(before.token, ears.hear, ears.keep, ready.set))
        caught_up = asyncio.create_task(matrix.mark().heard())
        await until_heard(flaky)
        assert not caught_up.done()
        await carla.hand_over(letters)
        await ears.until(lambda heard: heard)
        await asyncio.wait_for(caught_up, 20)
        running.cancel()
        await asyncio.wait([running])


async def test_a_send_that_nobody_waits_for_any_more_locks_nothing(office: Office, carla: Carla) -> None:
    bot = await office.account("bot")
    room = await carla.room(bot)
    async with Flaky(office.synapse.url) as flaky:
        matrix = office.matrix(bot, room, url=flaky.url)
        await matrix.start()
        async with listening(matrix):
            await carla.until_knows(room, bot)
            held, release = asyncio.Event(), asyncio.Event()
            flaky.fault = holding("/keys/claim", held, release)
            impatient = asyncio.create_task(matrix.send(room, Message("one", ""), "t1"))
            await held.wait()
            impatient.cancel()
            await asyncio.wait({impatient})
            release.set()
            event = await asyncio.wait_for(matrix.send(room, Message("two", ""), "t2"), 20)
            read = await carla.reads(event_of(event))
            first = await matrix.send(room, Message("one", ""), "t1")
            assert body_of(await carla.reads(event_of(first))) == "one"
        await matrix.close()
    assert body_of(read) == "two"


@pytest.mark.parametrize("path", ["/keys/claim", "/sendToDevice/", "/joined_members"])
@pytest.mark.parametrize("broken", [True, False], ids=["a broken connection", "a bad gateway"])
async def test_keys_that_cannot_be_handed_over_hold_the_message_back(
    office: Office, carla: Carla, path: str, broken: bool
) -> None:
    bot = await office.account("bot")
    room = await carla.room(bot)
    async with Flaky(office.synapse.url) as flaky:
        matrix = office.matrix(bot, room, url=flaky.url)
        await matrix.start()
        async with listening(matrix):
            await carla.until_knows(room, bot)
            flaky.fault = dropping(path) if broken else answering(path, 502, "<h1>502</h1>")
            with pytest.raises(TryLater):
                await asyncio.wait_for(matrix.send(room, Message("one", ""), "t1"), 20)
            flaky.fault = None
            event = await asyncio.wait_for(matrix.send(room, Message("one", ""), "t1"), 20)
            assert body_of(await carla.reads(event_of(event))) == "one"
        await matrix.close()


async def test_the_device_is_signed_by_its_user(office: Office, carla: Carla) -> None:
    bot = await office.account("bot")
    matrix = office.matrix(bot)
    await matrix.start()

    keys = await served_keys(carla, bot)

    assert is_signed(keys, bot, matrix.device)


async def test_signing_again_changes_nothing(office: Office, carla: Carla) -> None:
    bot = await office.account("bot")
    async with Flaky(office.synapse.url) as flaky:
        first = office.matrix(bot, url=flaky.url)
        await first.start()
        before = await served_keys(carla, bot)
        await first.close()
        flaky.seen.clear()
        second = office.matrix(bot, url=flaky.url)
        await second.start()
        await second.close()
    assert await served_keys(carla, bot) == before
    assert not [path for path in flaky.seen if "upload" in path]


async def test_a_lost_store_is_a_new_signed_device(office: Office, carla: Carla) -> None:
    bot = await office.account("bot")
    first = office.matrix(bot)
    await first.start()
    await first.close()

    second = office.matrix(bot, store="another-store")
    await second.start()

    assert second.device != first_device(office)
    keys = await served_keys(carla, bot)
    assert is_signed(keys, bot, second.device)  # the server wanted the password for this


def first_device(office: Office) -> str:
    return str(json.loads((office.folder / "matrix-store" / "session.json").read_text())["device_id"])


async def served_keys(carla: Carla, bot: UserId) -> Json:
    """What everybody gets who asks for the bot's keys."""
    client = carla.client
    answer = await client.send(
        "POST",
        "/_matrix/client/v3/keys/query",
        json.dumps({"device_keys": {bot: []}}),
        {"Authorization": f"Bearer {client.access_token}"},
    )
    said = await answer.json()
    assert isinstance(said, dict)
    return said


def is_signed(keys: Json, user: str, device: str) -> bool:
    """Follow the signatures from the master key down to the device, as a client does."""
    master = part(part(keys, "master_keys"), user)
    self_signing = part(part(keys, "self_signing_keys"), user)
    device_keys = part(part(part(keys, "device_keys"), user), device)
    return verifies(self_signing, user, public(master)) and verifies(device_keys, user, public(self_signing))


def public(key: Json) -> str:
    return str(next(iter(part(key, "keys").values())))


def verifies(signed: Json, user: str, key: str) -> bool:
    signature = word(part(part(signed, "signatures"), user), f"ed25519:{key}")
    bare = {name: value for name, value in signed.items() if name not in {"signatures", "unsigned"}}
    try:
        vodozemac.Ed25519PublicKey.from_base64(key).verify_signature(
            canonical(bare), vodozemac.Ed25519Signature.from_base64(signature)
        )
    except vodozemac.SignatureException:
        return False
    return True
