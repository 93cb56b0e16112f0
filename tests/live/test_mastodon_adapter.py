"""The adapter against a real server that is not Mastodon: snac2."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from fedichat.adapters.mastodon import MastodonAccount
from fedichat.domain.mention import Malformed, Mention, StatusId, Visibility
from fedichat.errors import Gone, StopError
from fedichat.ports import NewStatus
from tests.live.snac import NO_SNAC, SNAC, Snac, SnacUser

pytestmark = [pytest.mark.skipif(SNAC is None, reason=NO_SNAC), pytest.mark.asyncio(loop_scope="module")]


class RealClock:
    """The real time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


@dataclass
class Town:
    """One server, an office and a citizen on it, and the office's adapter."""

    snac: Snac
    office: SnacUser
    erika: SnacUser
    account: MastodonAccount

    async def mentions(self, after: Mention | None = None) -> list[Mention | Malformed]:
        cursor = None if after is None else after.notification_id
        return [item async for page in self.account.mentions(cursor, None) for item in page]

    async def mention(self, words: str) -> Mention:
        """The mention with these words, once it has arrived."""
        async with asyncio.timeout(30):
            while True:
                for item in await self.mentions():
                    if isinstance(item, Mention) and words in item.status.text:
                        return item
                await asyncio.sleep(0.3)

    async def gone(self, status_id: StatusId) -> None:
        """Wait until a status is gone: a deletion takes its time like everything else."""
        async with asyncio.timeout(30):
            while True:
                try:
                    await self.account.status(status_id)
                except Gone:
                    return
                await asyncio.sleep(0.3)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    folder: Path = tmp_path_factory.mktemp("snac")
    async with Snac(folder) as snac:
        office, erika = await snac.add_user("bsi"), await snac.add_user("erika")
        account = MastodonAccount("bsi", snac.url, office.token, RealClock())
        try:
            yield Town(snac, office, erika, account)
        finally:
            await account.close()


async def test_it_knows_itself_and_what_the_server_allows(town: Town) -> None:
    assert (await town.account.me()).acct == town.office.acct
    limits = await town.account.limits()
    assert limits.characters > 500
    assert "snac" in limits.software
    assert await town.account.scopes() == ()


async def test_there_is_no_streaming(town: Town) -> None:
    async with asyncio.timeout(10):
        await town.account.listen(lambda: pytest.fail("it rang"))


async def test_a_question_arrives_and_its_answer_reaches_the_citizen(town: Town) -> None:
    await town.erika.post("@bsi Wie sicher ist <b>das</b>?\nUnd https://example.org/ein?a=1&b=2", visibility="unlisted")
    mention = await town.mention("sicher")
    status = mention.status
    assert status.author.acct == town.erika.acct
    assert status.text.startswith(f"@{town.office.acct} Wie sicher ist")
    assert "https://example.org/ein?a=1&b=2" in status.text
    assert "<script" not in status.html
    assert not status.visibility.wider_than(Visibility.PUBLIC)
    before = datetime.now(UTC) - timedelta(seconds=1)
    text = f"@{town.erika.acct} Sehr."
    made = await town.account.publish(NewStatus(text, status.visibility, status.id, content_warning="Antwort"), "key-1")
    assert (await town.erika.mention("Sehr."))["id"] == made.id
    (reply,) = await town.account.replies(status.id)
    assert (reply.id, reply.in_reply_to, reply.text) == (made.id, status.id, text)
    assert [earlier.id for earlier in await town.account.earlier(made.id)] == [status.id]
    if made.visibility is Visibility.PUBLIC:  # snac2 lists nothing else
        assert [own.id for own in await town.account.own_statuses(before)] == [made.id]


async def test_a_direct_question_is_not_taken_for_a_public_one(town: Town) -> None:
    await town.erika.post("@bsi Ganz unter uns", visibility="direct")
    mention = await town.mention("unter uns")
    assert mention.status.visibility in {Visibility.PRIVATE, Visibility.DIRECT}


async def test_what_came_after_is_told_the_oldest_first_although_min_id_is_ignored(town: Town) -> None:
    await town.erika.post("@bsi Bezugspunkt")
    known = await town.mention("Bezugspunkt")
    for number in range(5):
        await town.erika.post(f"@bsi Reihe {number}")
        await asyncio.sleep(1.1)  # snac2 tells whole seconds
    await town.mention("Reihe 4")
    found = await town.mentions(known)
    assert all(isinstance(item, Mention) for item in found)
    assert known not in found
    times = [item.notified_at for item in found if isinstance(item, Mention)]
    assert times == sorted(times)
    assert {item.status.text[-7:] for item in found if isinstance(item, Mention)} == {f"Reihe {n}" for n in range(5)}


async def test_edits_and_deletes_are_seen_by_looking(town: Town) -> None:
    written = await town.erika.post("@bsi Vorher")
    before = (await town.mention("Vorher")).status
    await town.erika.edit(written, "@bsi Nachher")
    now = await town.account.status(before.id)
    assert "Nachher" in now.text
    assert now.version != before.version
    await town.erika.delete(written)
    await town.gone(before.id)


async def test_what_is_not_there_is_gone(town: Town) -> None:
    with pytest.raises(Gone):
        await town.account.status(StatusId("17953652161111111111111111111111111111111f"))


async def test_a_wrong_token_stops(town: Town) -> None:
    account = MastodonAccount("bsi", town.snac.url, "f" * 32, RealClock())
    with pytest.raises(StopError):
        await account.me()
    await account.close()


async def test_connections_that_the_server_closed_are_no_failure(town: Town) -> None:
    await town.account.scopes()
    await town.snac.stop()
    await town.snac.start()
    for _ in range(5):
        assert await town.account.scopes() == ()
    assert (await town.account.publish(NewStatus("Wieder da", Visibility.PUBLIC), "key-2")).id
