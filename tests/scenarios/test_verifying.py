"""A colleague verifies the running bot: first nobody is there, then somebody is at `fedichat verify`."""

from contextlib import closing
from pathlib import Path

from fedichat.demo.stage import PASSWORD
from fedichat.demo.synapse import Synapse
from fedichat.domain.names import localpart
from tests.at_the_terminal import AtTheTerminal
from tests.js_client import JsClients
from tests.scenarios.at_work import at_work


async def test_a_colleague_is_told_what_to_do_and_then_verifies_the_bot(
    synapse: Synapse, tmp_path: Path, js: JsClients
) -> None:
    async with at_work(synapse, tmp_path, encrypted=True) as work, work.stage.bot_running():
        bot = work.stage.bot
        anna = await js.login(synapse.url, localpart(work.anna.user_id), PASSWORD)
        await anna.sign()
        await anna.until_knows(work.team, bot)
        await anna.verify_in_room(bot, work.team)
        told = await anna.reads(lambda one: one.sender == bot and "compare the emoji" in one.body)
        assert told.body.endswith("run `fedichat verify`, then try again.")

        person = AtTheTerminal(work.stage.config().matrix.store)
        with closing(person):
            person.start()
            await person.sees("Waiting for somebody")
            direct = await anna.create_room("", [bot], direct=True)
            await anna.until_knows(direct, bot)
            key = await anna.verify_in_room(bot, direct)
            await anna.verification(lambda one: one.key == key and one.phase == "ready")
            await anna.start_sas(key)
            shown = [picture for picture, _ in await anna.emoji(key)]
            await person.sees(*shown, "Do they match? [y/N]")
            await anna.confirm(key)
            person.types("y\n")
            await person.sees("Verified: both sides have the same keys.")
            await anna.verification(lambda one: one.key == key and one.phase == "done")
        trusted = (await anna.devices_of(bot)).values()
        assert [device["verified"] for device in trusted] == [True]
