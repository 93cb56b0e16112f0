"""The Matrix adapter in encrypted rooms, beside clients on matrix-js-sdk: what people in the Element family have."""

from fedichat.adapters.matrix_events import part
from fedichat.ports import Edited, Message, Reacted, Redacted, Spoken
from tests.js_client import JsClients
from tests.office import PASSWORD, Office, listening, on_both_servers


@on_both_servers
async def test_both_sides_read_each_other_where_only_signed_devices_count(office: Office, js: JsClients) -> None:
    bot = await office.account("bot")
    await office.account("anna")
    anna = await js.login(office.synapse.url, office.local("anna"), PASSWORD)
    await anna.sign()
    await anna.only_signed()
    room = await anna.create_room("Safe", [bot])
    matrix = office.matrix(bot, room)
    await matrix.start()

    async with listening(matrix) as ears:
        await anna.until_knows(room, bot)
        card = await matrix.send(room, Message("#1", "<b>#1</b>", notice=False), "t1")
        read = await anna.reads_event(card)
        assert (read.body, read.encrypted) == ("#1", True)
        assert await anna.shield(read) is None

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
        assert (reacted.target, reacted.key) == (card, "👀")
        await anna.redact(room, tap)
        redacted = await ears.next()
        assert isinstance(redacted, Redacted)
        assert redacted.target == tap

        edit = await matrix.send(room, Message("#1 claimed", "").editing(card), "t2")
        changed = await anna.reads_event(edit)
        assert (changed.replaces, part(changed.content, "m.new_content")["body"]) == (card, "#1 claimed")

    assert anna.unreadable == {}
