"""A store that was put back, as colleagues on matrix-js-sdk and on nio see it; Anna accepts signed devices only."""

import shutil

from fedichat.adapters.matrix.events import part
from fedichat.ports import Message
from tests.adapters.safe_room import SafeRoom, safe_room
from tests.js_client import JsClients
from tests.office import Office, listening, on_both_servers


async def started_again(safe: SafeRoom) -> None:
    safe.matrix = safe.office.matrix(safe.bot, safe.room, signed_only=True)
    await safe.matrix.start(wait=False)


@on_both_servers
async def test_both_colleagues_read_the_new_device_and_are_heard_by_it(office: Office, js: JsClients) -> None:
    safe = await safe_room(office, js)
    store, backup = office.folder / "matrix-store", office.folder / "backup"
    async with listening(safe.matrix) as ears:
        await safe.all_there()
        card = await safe.card()
        await safe.both_read(card)
        await safe.both_are_heard(ears)
    old = safe.matrix.device
    await safe.matrix.close()
    shutil.copytree(store, backup)
    await started_again(safe)
    async with listening(safe.matrix, ears.token) as ears:
        await safe.both_read(await safe.card("#2"), "#2")
    await safe.matrix.close()
    shutil.rmtree(store)
    shutil.copytree(backup, store)

    await started_again(safe)

    assert safe.matrix.device != old
    async with listening(safe.matrix, ears.token) as ears:
        edit = await safe.matrix.send(safe.room, Message("#1 claimed", "").editing(card), "edit")
        changed = await safe.anna.reads_event(edit)
        assert (changed.replaces, part(changed.content, "m.new_content")["body"]) == (card, "#1 claimed")
        assert await safe.anna.shield(changed) is None
        await safe.both_read(await safe.card("#3"), "#3")
        await safe.both_are_heard(ears)
    assert safe.anna.unreadable == {}
