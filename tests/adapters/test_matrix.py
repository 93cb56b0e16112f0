"""The Matrix adapter against a real Synapse, in rooms without encryption: hearing and speaking."""

import asyncio
from dataclasses import replace

import pytest

from fedichat.adapters.matrix.state import CREATOR_POWER
from fedichat.errors import Gone, Rejected, TryLater
from fedichat.ports import Edited, EventId, FileData, FileMessage, Message, Reacted, Redacted, RoomId, Spoken
from fedichat.sandbox.pages import png
from tests.office import Ears, Office, listening


def texts(ears: Ears) -> list[str]:
    return [heard.text for heard in ears.heard if isinstance(heard, Spoken)]


async def test_a_message_is_heard_and_answered(office: Office) -> None:
    anna = await office.person("anna")
    bot = await office.account("bot")
    room = await office.room(anna, "social", bot)
    matrix = office.matrix(bot, office.alias("social"))
    await matrix.start()

    async with listening(matrix) as ears:
        asked = await anna.say(room, "!queue")
        heard = await ears.next()
        answered = await matrix.send(room, Message("nothing", "<i>nothing</i>", reply_to=asked), "t1")

    assert isinstance(heard, Spoken)
    assert (heard.text, heard.sender, heard.room, heard.event_id) == ("!queue", anna.user_id, room, asked)
    line = await anna.line(room, answered)
    assert (line.body, line.html, line.reply_to, line.notice) == ("nothing", "<i>nothing</i>", asked, True)
    assert await matrix.name_of(room, anna.user_id) == "Anna"


async def test_everything_that_people_do_is_heard(office: Office) -> None:
    anna, ben = await office.person("anna"), await office.person("ben")
    bot = await office.account("bot")
    room = await office.room(anna, "social", bot, ben.user_id)
    await ben.join(room)
    matrix = office.matrix(bot, room)
    await matrix.start()

    async with listening(matrix) as ears:
        card = await matrix.send(room, Message("#1", "", notice=False), "card")
        said = await anna.say(room, "!answer a", thread=card)
        await ben.edit(room, said, "!answer something else")  # servers let him, clients ignore it
        edited = await anna.edit(room, said, "!answer b")
        eye = await anna.react(room, card, "👀\ufe0f")
        await anna.redact(room, eye)
        await ben.say(room, "I am a bot too", notice=True)
        await anna.redact(room, said)
        heard = await ears.until(lambda heard: len(heard) == 5)

    assert [type(one) for one in heard] == [Spoken, Edited, Reacted, Redacted, Redacted]
    spoken, edit, reaction, untapped, redacted = heard
    assert isinstance(spoken, Spoken)
    assert spoken.thread == card
    assert isinstance(edit, Edited)
    assert (edit.event_id, edit.target, edit.text) == (edited, said, "!answer b")
    assert isinstance(reaction, Reacted)
    assert (reaction.target, reaction.key) == (card, "👀")
    assert isinstance(untapped, Redacted)
    assert untapped.target == eye
    assert isinstance(redacted, Redacted)
    assert (redacted.target, redacted.sender) == (said, anna.user_id)


async def test_edits_reactions_and_redactions_of_ours_are_seen(office: Office) -> None:
    anna = await office.person("anna")
    bot = await office.account("bot")
    room = await office.room(anna, "social", bot)
    matrix = office.matrix(bot, room)
    await matrix.start()

    async with listening(matrix):
        card = await matrix.send(room, Message("new", "<b>new</b>", mentions=(anna.user_id,)), "t1")
        preview = await matrix.send(room, Message("preview", "", thread=card), "t2")
        assert await matrix.react(room, preview, "✅", "t3") is not None
        assert await matrix.react(room, preview, "✅", "t4") is None
        await matrix.send(room, Message("claimed", "<b>claimed</b>").editing(card), "t5")
        seen = await anna.wait_for(room, lambda line: line.event_id == card and line.edited)
        assert (seen.body, seen.html, seen.pings) == ("claimed", "<b>claimed</b>", (anna.user_id,))
        tapped = await anna.wait_for(room, lambda line: line.event_id == preview and line.reactions)
        assert (tapped.thread, tapped.reacted("✅")) == (card, (bot,))
        await matrix.redact(room, preview, "t6", "out of date")
        await anna.wait_for(room, lambda line: line.event_id == preview and line.redacted)


async def test_a_thread_on_something_in_a_thread_goes_into_that_thread(office: Office) -> None:
    anna = await office.person("anna")
    bot = await office.account("bot")
    room = await office.room(anna, "social", bot)
    matrix = office.matrix(bot, room)
    await matrix.start()

    async with listening(matrix):
        card = await anna.say(room, "card")
        inside = await anna.say(room, "inside", thread=card)
        answer = await matrix.send(room, Message("answer", "", thread=inside), "t1")

    assert (await anna.line(room, answer)).thread == card


async def test_before_the_homeserver_was_reached_we_are_in_no_room(office: Office) -> None:
    """Posts are carried out as soon as the process runs, and ask where their lane's room is."""
    bot = await office.account("bot")
    matrix = office.matrix(bot, "#social:office.test")
    assert (matrix.joined, matrix.room_ids) == (set(), {})
    await matrix.start()
    assert (matrix.joined, matrix.room_ids) == (set(), {})


async def test_what_belongs_under_a_message_that_nobody_has_is_said_beside_it(office: Office) -> None:
    """A client may write in the thread of anything: whoever reads the answer must not miss it for that."""
    anna = await office.person("anna")
    bot = await office.account("bot")
    room = await office.room(anna, "social", bot)
    matrix = office.matrix(bot, room)
    await matrix.start()
    nobodys = EventId(f"${'A' * 43}")

    async with listening(matrix):
        answer = await matrix.send(room, Message("answer", "", thread=nobodys), "t1")

    assert (await anna.line(room, answer)).body == "answer"


async def test_files_are_read_within_limits_and_only_when_they_are_what_their_key_says(office: Office) -> None:
    anna = await office.person("anna")
    bot = await office.account("bot")
    room = await office.room(anna, "social", bot)
    matrix = office.matrix(bot, room)
    await matrix.start()
    picture = FileData("karte ä.png", "image/png", png(4, 3, (0, 0, 0)))

    async with listening(matrix) as ears:
        await anna.send_file(room, picture, "Eine Karte")
        await anna.send_file(room, picture, encrypt=True)
        plain, locked = await ears.until(lambda heard: len(heard) == 2)
        assert isinstance(plain, Spoken)
        assert isinstance(locked, Spoken)
        assert (plain.text, locked.text) == ("Eine Karte", "")
        assert plain.file is not None
        assert locked.file is not None
        assert await matrix.download(plain.file, 1000) == picture
        assert await matrix.download(locked.file, 1000) == picture
        with pytest.raises(Rejected, match="more than 10 bytes"):
            await matrix.download(plain.file, 10)
        with pytest.raises(Rejected, match="cannot be decrypted"):
            await matrix.download(replace(plain.file, key=locked.file.key), 1000)
        with pytest.raises(Gone):
            await matrix.download(replace(plain.file, url=f"{plain.file.url}x"), 1000)


async def test_a_file_is_shown_in_the_thread_once_also_when_it_is_sent_again(office: Office) -> None:
    anna = await office.person("anna")
    bot = await office.account("bot")
    room = await office.room(anna, "social", bot)
    matrix = office.matrix(bot, room)
    await matrix.start()
    picture = FileData("karte.png", "image/png", png(4, 3, (0, 0, 0)))

    async with listening(matrix):
        card = await anna.say(room, "card")
        message = FileMessage(picture, "Eine *Karte*", card, "Eine <i>Karte</i>")
        sent = [await matrix.send_file(room, message, "file-1") for _ in range(2)]
        line = await anna.line(room, sent[0])

    assert len(set(sent)) == 1
    assert (line.body, line.html, line.thread, line.pings) == ("Eine *Karte*", "Eine <i>Karte</i>", card, ())
    assert line.file is not None
    assert (line.file.name, line.file.size, line.file.width) == ("karte.png", len(picture.data), 4)
    assert await anna.read_file(line.file) == picture.data


async def test_the_same_transaction_is_the_same_event_also_after_a_restart(office: Office) -> None:
    anna = await office.person("anna")
    bot = await office.account("bot")
    room = await office.room(anna, "social", bot)
    first = office.matrix(bot, room)
    await first.start()
    async with listening(first):
        sent = [await first.send(room, Message("once", ""), "effect-1") for _ in range(2)]
    await first.close()
    second = office.matrix(bot, room)
    await second.start()
    async with listening(second):
        sent.append(await second.send(room, Message("once", ""), "effect-1"))

    assert len(set(sent)) == 1
    await anna.line(room, sent[0])
    assert [line.body for line in await anna.lines(room)] == ["once"]


async def test_what_was_said_before_the_first_start_is_left_alone(office: Office) -> None:
    anna = await office.person("anna")
    bot = await office.account("bot")
    room = await office.room(anna, "social", bot)
    await anna.ask("POST", f"/rooms/{room}/join", {})
    await anna.say(room, "!claim 1")
    matrix = office.matrix(bot, room)
    await matrix.start()
    await anna.say(room, "!claim 2")

    async with listening(matrix) as ears:
        await anna.say(room, "!claim 3")
        await ears.until(lambda heard: heard)

    assert texts(ears) == ["!claim 3"]


async def test_what_was_said_while_away_is_heard_once_and_in_order(office: Office) -> None:
    anna = await office.person("anna")
    bot = await office.account("bot")
    room = await office.room(anna, "social", bot)
    first = office.matrix(bot, room)
    await first.start()
    async with listening(first) as before:
        await anna.say(room, "before")
        await before.until(lambda heard: heard)
    await first.close()
    for ten in range(23):  # more than two pages
        await asyncio.gather(*(anna.say(room, f"missed {ten}{one}") for one in range(10)))
    missed = [line.body for line in await anna.lines(room)][1:]
    assert len(missed) == 230

    second = office.matrix(bot, room)
    await second.start()
    async with listening(second, before.token) as after:
        await after.until(lambda heard: len(heard) >= len(missed))
        await anna.say(room, "after")
        await after.until(lambda heard: len(heard) > len(missed))

    assert texts(after) == [*missed, "after"]


async def test_a_room_entered_later_is_heard_from_then_on(office: Office) -> None:
    anna = await office.person("anna")
    bot = await office.account("bot")
    matrix = office.matrix(bot, office.alias("social"))
    await matrix.start()  # the room does not exist yet: that is no reason not to start
    assert not matrix.joined

    async with listening(matrix) as ears:
        room = await office.room(anna, "social")
        for _ in range(12):  # more than one page
            await asyncio.gather(*(anna.say(room, "!claim 1") for _ in range(10)))
        await anna.invite(room, bot)
        await anna.wait_until_joined(room, bot)
        await anna.say(room, "!queue")
        await ears.until(lambda heard: heard)
        await matrix.send(room, Message("ok", ""), "t1")

    assert texts(ears) == ["!queue"]
    assert matrix.room_ids == {office.alias("social"): room}
    assert matrix.joined == {room}


async def test_only_invitations_to_configured_rooms_are_accepted(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    anna = await office.person("anna")
    bot = await office.account("bot")
    room = await office.room(anna, "social", bot)
    matrix = office.matrix(bot, room)
    await matrix.start()

    async with listening(matrix) as ears:
        other = await office.room(anna, "other", bot)
        await anna.say(room, "!queue")
        await ears.until(lambda heard: heard)
        await anna.say(other, "!queue")
        await anna.say(room, "!help")
        await ears.until(lambda heard: len(heard) == 2)

    assert texts(ears) == ["!queue", "!help"]
    assert matrix.joined == {room}
    assert caplog.text.count(f"matrix-invite-ignored room={other}") == 1


async def test_put_out_of_a_room_and_invited_back(office: Office) -> None:
    anna = await office.person("anna")
    bot = await office.account("bot")
    room = await office.room(anna, "social", bot)
    matrix = office.matrix(bot, room)
    await matrix.start()

    async with listening(matrix) as ears:
        await anna.kick(room, bot)
        with pytest.raises(Rejected) as refused:
            await matrix.send(room, Message("hello?", ""), "t1")
        assert refused.value.status == 403
        state = await matrix.state_of(room)
        assert state is not None
        assert not state.joined
        await anna.say(room, "among ourselves")
        await anna.invite(room, bot)
        await anna.wait_until_joined(room, bot)
        await anna.say(room, "welcome back")
        await ears.until(lambda heard: heard)

    assert texts(ears) == ["welcome back"]


async def test_a_room_that_we_are_not_in_is_waited_for(office: Office) -> None:
    bot = await office.account("bot")
    matrix = office.matrix(bot)
    await matrix.start()
    async with listening(matrix):
        assert await matrix.state_of(RoomId("!elsewhere")) is None
        with pytest.raises(TryLater) as later:
            await matrix.send(RoomId("!elsewhere"), Message("a", ""), "t1")
        assert later.value.retry_after
        with pytest.raises(Rejected):
            await matrix.redact(RoomId("!elsewhere"), EventId("$1"), "t2")


async def test_an_event_that_is_not_there_is_gone(office: Office) -> None:
    anna = await office.person("anna")
    bot = await office.account("bot")
    room = await office.room(anna, "social", bot)
    matrix = office.matrix(bot, room)
    await matrix.start()
    async with listening(matrix):
        with pytest.raises(Gone):
            await matrix.redact(room, EventId("$nothing"), "t1")


@pytest.mark.parametrize(("version", "power"), [("11", 100), ("12", CREATOR_POWER)])
async def test_who_made_the_room_has_power_in_every_version(office: Office, version: str, power: int) -> None:
    anna = await office.person("anna")
    room = await office.room(anna, "social", version=version)
    matrix = office.matrix(anna.user_id, room)
    await matrix.start(wait=False)

    state = await matrix.state_of(room)

    assert state is not None
    assert (state.name, state.joined, state.encrypted, state.power) == ("Social", True, False, power)
