"""A day in an encrypted team room, at a client of the Element family's kind that trusts signed devices alone."""

from pathlib import Path

from fedichat.demo.stage import PASSWORD
from fedichat.demo.synapse import Synapse
from fedichat.domain.names import localpart
from fedichat.ports import UserId
from tests.js_client import JsClient, JsClients, Seen
from tests.office import on_both_servers
from tests.scenarios.at_work import AtWork, at_work, who


async def at_client(js: JsClients, work: AtWork, user: UserId) -> JsClient:
    """One more device of somebody, which knows the bot's."""
    return await js.login(work.stage.synapse.url, localpart(user), PASSWORD)


async def reads(client: JsClient, work: AtWork, *words: str) -> Seen:
    """The bot's first message that has all these words."""
    return await client.reads(
        lambda event: event.sender == work.stage.bot and all(word in event.body for word in words), timeout=60
    )


@on_both_servers
async def test_a_day_where_only_signed_devices_count(homeserver: Synapse, js: JsClients, tmp_path: Path) -> None:
    async with at_work(homeserver, tmp_path, encrypted=True) as work:
        anna = await at_client(js, work, work.anna.user_id)
        await anna.sign()
        await anna.only_signed()
        ben = await at_client(js, work, work.ben.user_id)  # he has not verified his new client
        erika = work.citizen()
        async with work.stage.bot_running():
            await anna.until_knows(work.team, work.stage.bot)
            await ben.until_knows(work.team, work.stage.bot)
            question = await erika.post(f"@{work.stage.account.username} Is this safe?")
            card = await reads(anna, work, "#1 🆕 new", "Is this safe?")
            assert await anna.shield(card) is None

            by_ben = await ben.say(work.team, "!claim", thread=card.event_id)
            refused = await reads(anna, work, "This does not count", ben.device_id)
            assert refused.thread == card.event_id
            await work.anna.say(work.team, "!claim", thread=card.event_id)
            await reads(anna, work, "This does not count: it came unencrypted")

            await anna.say(work.team, "!claim", thread=card.event_id)
            claimed = await reads(anna, work, f"with {who(work.anna)}")
            assert claimed.replaces == card.event_id
            draft = await anna.say(work.team, "!answer Yes.", thread=card.event_id)
            first = await reads(anna, work, "📝 P1", "Yes.", "✅ publishes")
            await anna.say(work.team, "!answer Yes, it is.", edits=draft)
            preview = await reads(anna, work, "📝 P1", "Yes, it is.", "✅ publishes")
            assert preview.event_id != first.event_id
            await anna.react(work.team, preview.event_id, "✅")
            await reads(anna, work, "Published: http")
            await reads(anna, work, "#1 ✅ answered")
            assert await ben.fails_to_read(card.event_id) == "MEGOLM_KEY_WITHHELD_FOR_UNVERIFIED_DEVICE"

        assert [(status.text, status.in_reply_to) for status in work.published] == [
            ("@erika@remote.example Yes, it is.", question)
        ]
        assert set(anna.unreadable) <= {by_ben}, "she reads from signed devices alone, and misses nothing of the bot"
