"""The adapter against a real server that is not Mastodon: snac2."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from fedichat.adapters.mastodon.account import MastodonAccount
from fedichat.clock import SystemClock
from fedichat.domain.tickets.mention import Malformed, Mention, StatusId, Visibility
from fedichat.errors import Gone, Rejected, StopError
from fedichat.ports import FileData, NewStatus
from fedichat.sandbox.pages import png
from tests.live.snac import NO_SNAC, SNAC, Snac, SnacUser

pytestmark = [pytest.mark.skipif(SNAC is None, reason=NO_SNAC), pytest.mark.asyncio(loop_scope="module")]


@dataclass
class Town:
    """One server, an office and a citizen on it, and the office's adapter."""

    snac: Snac
    office: SnacUser
    erika: SnacUser
    account: MastodonAccount
    hesitant: str
    """What Erika will change and delete."""

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
        # All at once: they are as long under way as one of them.
        await erika.post("@bsi Wie sicher ist <b>das</b>?\nUnd https://example.org/ein?a=1&b=2", visibility="unlisted")
        await erika.post("@bsi Ganz unter uns", visibility="direct")
        await erika.post("@bsi Nur für Freunde", visibility="private")
        hesitant = await erika.post("@bsi Vorher")
        account = MastodonAccount("bsi", snac.url, office.token, SystemClock())
        try:
            yield Town(snac, office, erika, account, hesitant)
        finally:
            await account.close()


async def test_it_knows_itself_and_what_the_server_allows(town: Town) -> None:
    assert (await town.account.me()).acct == town.office.acct
    limits = await town.account.limits()
    assert (limits.characters, limits.url_characters, limits.attachments) == (100_000, 32, 4)
    assert (limits.image_bytes, limits.video_bytes) == (16_777_216, 103_809_024)
    assert limits.media_types is not None
    assert {"image/png", "video/mp4"} < limits.media_types
    assert "snac" in limits.software
    assert await town.account.scopes() == ()


class Unheard:
    """Nothing is to be heard."""

    def opened(self) -> None:
        pytest.fail("it opened")

    def ring(self) -> None:
        pytest.fail("it rang")

    def brought(self, mention: Mention) -> None:
        pytest.fail(f"it brought {mention}")

    def changed(self, status: StatusId) -> None:
        pytest.fail(f"{status} changed")


async def test_there_is_no_streaming(town: Town) -> None:
    async with asyncio.timeout(10):
        await town.account.listen(Unheard())


async def test_a_question_arrives_and_its_answer_reaches_the_citizen(town: Town) -> None:
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


async def test_what_is_for_those_mentioned_is_direct_although_the_server_calls_it_private(town: Town) -> None:
    for words in ("unter uns", "für Freunde"):
        assert (await town.mention(words)).status.visibility is Visibility.DIRECT
    made = await town.account.publish(NewStatus(f"@{town.erika.acct} Unter uns", Visibility.DIRECT), "key-direct")
    assert made.visibility is Visibility.DIRECT


async def test_what_came_after_is_told_the_oldest_first_although_min_id_is_ignored(town: Town) -> None:
    known = await town.mention("Vorher")
    for number in range(5):
        await town.erika.post(f"@bsi Reihe {number}")
        await asyncio.sleep(1.1)  # snac2 tells whole seconds
    for number in range(5):
        await town.mention(f"Reihe {number}")
    found = await town.mentions(known)
    assert known not in found
    # Those that came with the known one may have come after it.
    row = [item for item in found if isinstance(item, Mention) and "Reihe" in item.status.text]
    times = [item.notified_at for item in row]
    assert times == sorted(times)
    assert {item.status.text[-7:] for item in row} == {f"Reihe {n}" for n in range(5)}


async def test_edits_and_deletes_are_seen_by_looking(town: Town) -> None:
    before = (await town.mention("Vorher")).status
    await town.erika.edit(town.hesitant, "@bsi Nachher")
    now = await town.account.status(before.id)
    assert "Nachher" in now.text
    assert not now.is_version(before.version)
    assert now.id == before.id
    await town.erika.delete(town.hesitant)
    await town.gone(before.id)


async def test_what_is_published_is_changed_as_often_as_needed(town: Town) -> None:
    made = await town.account.publish(NewStatus(f"@{town.erika.acct} Vor der Korrektur", Visibility.PUBLIC), "key-edit")
    for _ in range(2):
        await town.account.edit(made.id, NewStatus(f"@{town.erika.acct} Korrigiert", Visibility.PUBLIC))
    assert "Korrigiert" in (await town.account.status(made.id)).text


async def test_what_the_server_cannot_delete_is_not_taken_for_deleted(town: Town) -> None:
    """snac2 2.75 deletes on its own web page only, and answers 404."""
    made = await town.account.publish(NewStatus("Das bleibt", Visibility.PUBLIC), "key-delete")
    with pytest.raises(Rejected, match="please do it there"):
        await town.account.delete(made.id)
    await town.office.delete(made.id)
    await town.gone(made.id)
    with pytest.raises(Gone):
        await town.account.delete(made.id)


async def test_a_file_is_uploaded_and_goes_along_and_can_be_fetched_back(town: Town) -> None:
    picture = FileData("karte.png", "image/png", png(4, 3, (0, 90, 160)))
    media = await town.account.upload(picture, "Eine Karte", lambda _share: None)
    text = f"@{town.erika.acct} Mit Bild"
    made = await town.account.publish(NewStatus(text, Visibility.PUBLIC, media=(media,)), "key-media")
    (attached,) = (await town.account.status(made.id)).media
    assert (attached.kind, attached.description) == ("image", "Eine Karte")
    assert (await town.account.fetch(attached.url, 10_000)).data == picture.data


async def test_what_is_not_there_is_gone(town: Town) -> None:
    with pytest.raises(Gone):
        await town.account.status(StatusId("17953652161111111111111111111111111111111f"))


async def test_a_wrong_token_stops(town: Town) -> None:
    account = MastodonAccount("bsi", town.snac.url, "f" * 32, SystemClock())
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
