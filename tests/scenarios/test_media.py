"""Files: from the thread to the instance, and citizens' media into the room; in plain and in encrypted rooms."""

import asyncio
from pathlib import Path

import nio
from nio.crypto.attachments import encrypt_attachment

from fedichat.adapters.matrix.events import Json, part, shared_file, word
from fedichat.adapters.matrix.files import content_of_file
from fedichat.demo.synapse import Synapse
from fedichat.ports import EventId, FileData, FileMessage, RoomId
from fedichat.sandbox.model import NewMedia
from fedichat.sandbox.pages import png
from tests.scenarios.at_work import AtWork, Case, SteeredClock, at_work
from tests.scenarios.test_encrypted import SafeClient

MAP = FileData("map.png", "image/png", png(4, 3, (0, 90, 160)))
CHART = FileData("chart.png", "image/png", png(3, 3, (160, 90, 0)))
FILM = FileData("film.mp4", "video/mp4", b"\x00\x00\x00\x18ftypisom" + bytes(2000))


async def shared(work: AtWork, case: Case, file: FileData, caption: str = "", *, encrypt: bool = False) -> EventId:
    """Anna sends a file into the thread, and the bot has taken note of it."""
    event = await work.anna.send_file(work.team, file, caption, thread=case.card, encrypt=encrypt)
    await work.anna.wait_for(work.team, lambda line: line.event_id == event and "📎" in str(line.reactions))
    return event


async def published(work: AtWork, case: Case, preview: EventId) -> list[tuple[bytes, str | None]]:
    """Ben confirms; what the published answer has attached, with its alt texts."""
    await work.ben.react(work.team, preview, "✅")
    await work.in_thread(case, "Published: http")
    (status,) = work.answers_to(case)
    return [(media.data, media.description) for media in status.media]


async def test_files_of_the_thread_go_along_with_answers(synapse: Synapse, tmp_path: Path) -> None:
    async with at_work(synapse, tmp_path) as work, work.stage.bot_running():
        case = await work.asked()
        await shared(work, case, MAP, "A map of the office.")
        chart = await shared(work, case, CHART, encrypt=True)
        refused = await work.told(work.anna, work.team, "!answer --with Yes.", thread=case.card)
        assert "📎1 map.png, 📎2 chart.png" in refused.body
        asked = await work.anna.say(work.team, "!answer --with Yes.", thread=case.card, reply_to=chart)
        refused = await work.reply_to(work.team, asked)
        assert "📎2 chart.png has no alt text." in refused.body
        _, preview = await work.drafted(case, "Yes, both.", '--with all --alt "A map." --alt „Ein Diagramm.“')
        assert "chart.png: Ein Diagramm." in preview.body
        attached = await published(work, case, preview.event_id)
        assert attached == [(MAP.data, "A map."), (CHART.data, "Ein Diagramm.")]

        # A command may be the caption, and what does not fit is refused before anything is uploaded.
        second = await work.asked("And what else?")
        stored = len(work.sandbox.world.media)
        await work.anna.send_file(
            work.team, FileData("x.pdf", "application/pdf", b"%PDF-"), '!answer --alt "x" No.', thread=second.card
        )
        await work.in_thread(second, "The instance does not take files like x.pdf (application/pdf)")
        event = await work.anna.send_file(work.team, MAP, '!answer --alt "The map." Here.', thread=second.card)
        preview = await work.preview(second, "Here.", "map.png: The map.")
        assert len(work.sandbox.world.media) == stored
        await work.anna.redact(work.team, event)
        await work.line(second, preview.event_id, "withdrawn, nothing was published")
        assert work.answers_to(second) == []


async def test_a_video_is_awaited_and_the_room_hears_how_far_it_is(synapse: Synapse, tmp_path: Path) -> None:
    clock = SteeredClock()
    async with at_work(synapse, tmp_path) as work, work.stage.bot_running(clock=clock):
        work.sandbox.world.limits = work.sandbox.world.limits.__class__(media_polls=6)
        case = await work.asked()
        await shared(work, case, FILM, "A film.")
        _, preview = await work.drafted(case, "Watch this.", "--with")
        await work.ben.react(work.team, preview.event_id, "✅")
        notice = await work.in_thread(case, "film.mp4 is there; the instance is processing it …")
        assert work.answers_to(case) == []
        async with asyncio.timeout(30):
            while not work.answers_to(case):
                clock.advance(1)
                await asyncio.sleep(0.05)
        await work.line(case, notice.event_id, "film.mp4 is uploaded.")
        await work.in_thread(case, "Published: http")
        (status,) = work.answers_to(case)
        assert [(media.data, media.description) for media in status.media] == [(FILM.data, "A film.")]
        notices = [line for line in await work.anna.lines(work.team) if line.body.startswith("film.mp4 is")]
        assert len(notices) == 1


async def test_citizens_pictures_are_shown_with_their_alt_text_and_go_with_them(
    synapse: Synapse, tmp_path: Path
) -> None:
    async with at_work(synapse, tmp_path) as work, work.stage.bot_running():
        erika = work.citizen()
        status = await erika.post(
            f"@{work.stage.account.username} Look at this",
            media=[NewMedia(MAP.data, "image/png", "A broken padlock."), NewMedia(b"<svg/>", "image/svg+xml")],
        )
        line = await work.anna.wait_for(work.team, lambda line: line.body == "A broken padlock.")
        card = await work.anna.wait_for(work.team, lambda line: line.body.startswith("#1") and "Look at" in line.body)
        assert line.thread == card.event_id
        assert line.file is not None
        assert (line.file.name, line.file.width, line.file.height) == ("image-1.png", 4, 3)
        assert await work.anna.read_file(line.file) == MAP.data
        await work.settled()
        assert len([one for one in await work.anna.lines(work.team) if one.file]) == 1
        assert status.media


class SafeSender(SafeClient):
    """Somebody at an encrypting client who sends files, too."""

    async def send_file(self, room: RoomId, file: FileData, caption: str, *, thread: EventId) -> EventId:
        data, keys = encrypt_attachment(file.data)
        response, _ = await self._client.upload(lambda *_: data, "application/octet-stream", filesize=len(data))
        assert isinstance(response, nio.UploadResponse)
        source = {"file": {**keys, "url": response.content_uri}}
        content = content_of_file(FileMessage(file, caption, thread), source)
        sent = await self._client.room_send(room, "m.room.message", content, ignore_unverified_devices=True)
        assert isinstance(sent, nio.RoomSendResponse)
        return EventId(sent.event_id)


def has_file(event: Json) -> bool:
    return bool(part(part(event, "content"), "file"))


async def test_in_an_encrypted_room_files_are_decrypted_and_encrypted(synapse: Synapse, tmp_path: Path) -> None:
    (tmp_path / "anna").mkdir()
    async with (
        at_work(synapse, tmp_path, encrypted=True) as work,
        SafeSender.login(synapse.url, work.anna.user_id, tmp_path / "anna") as anna,
        work.stage.bot_running(),
    ):
        assert isinstance(anna, SafeSender)
        bot, erika = work.stage.bot, work.citizen()
        await anna.knows(work.team, bot)
        question = await erika.post(
            f"@{work.stage.account.username} Is this safe?", media=[NewMedia(CHART.data, "image/png", "A chart.")]
        )
        card = EventId(word(await anna.reads(bot, "Is this safe?"), "event_id"))
        shown = await anna.reads(bot, "A chart.", fits=has_file)
        file = shared_file(part(shown, "content"))
        assert file is not None
        assert file.key is not None
        assert await work.anna.read_file(file) == CHART.data

        await anna.send_file(work.team, MAP, "!antwort --alt 'A map.' Yes.", thread=card)
        preview = await anna.reads(bot, "map.png: A map.")
        await work.ben.react(work.team, EventId(word(preview, "event_id")), "✅")
        await anna.reads(bot, "Published: http")
        (status,) = [one for one in work.published if one.in_reply_to is question]
        assert [(media.data, media.description) for media in status.media] == [(MAP.data, "A map.")]
