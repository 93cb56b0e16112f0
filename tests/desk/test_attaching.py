"""Files that go along with answers, from the thread to the instance; citizens' media in the room."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from fedichat.domain.cause import Cause
from fedichat.domain.names import EventId, Place, PostId
from fedichat.domain.tickets.mention import Author, Media
from fedichat.domain.tickets.remark import SharedFile
from fedichat.errors import Gone, Refusal, Rejected, TryLater
from fedichat.ports import Edited, FileData, FileMessage, NewStatus, PublishedStatus, Redacted
from fedichat.sandbox.pages import png
from tests.world import ANNA, BEN, TEAM, World

PNG = png(2, 2, (200, 0, 0))
FILE = SharedFile("map.png", "image/png", "mxc://example.org/map", len(PNG))
FILM = SharedFile("film.mp4", "video/mp4", "mxc://example.org/film", 1000)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = await World.open(tmp_path)
    yield world
    await world.close()


async def share(world: World, file: SharedFile = FILE, caption: str = "") -> EventId:
    return await world.say(ANNA, TEAM, caption, thread=world.card(1), file=file)


async def answer(world: World, text: str, **more: object) -> EventId:
    return await world.say(ANNA, TEAM, f"!answer {text}", thread=world.card(1), **more)  # type: ignore[arg-type]


def media_of(world: World) -> list[tuple[str, ...]]:
    return [new.media for new in world.fediverse.published.values()]


async def test_a_file_of_the_thread_goes_along_with_its_caption_as_alt_text(world: World) -> None:
    await world.asked()
    event = await share(world, caption="A map.")
    assert "📎1" in world.rooms.buttons(event)
    await answer(world, "--with Yes.")
    preview = world.rooms.sent[world.preview(1)]
    assert "map.png: A map." in preview.text
    assert world.fediverse.uploads == []
    await world.tap(BEN, TEAM, preview.event, "✅")
    assert [file.name for file in world.fediverse.uploads] == ["map.png"]
    assert media_of(world) == [("m1",)]
    (post,) = await world.rows("posts")
    assert "m1" in str(post["attachments"])


async def test_a_draft_says_what_it_does_not_take_along_unless_that_went_out_already(world: World) -> None:
    await world.asked()
    await share(world, caption="A map.")
    await answer(world, "Yes.")
    assert "Not attached: 📎1 map.png (`--with 1`)" in world.rooms.sent[world.preview(1)].text
    await answer(world, "--with 1 Yes.")
    preview = world.rooms.sent[world.preview(2)]
    assert "Not attached" not in preview.text
    await world.tap(BEN, TEAM, preview.event, "✅")
    await world.say(ANNA, TEAM, "!reopen 1")
    await answer(world, "And more.")
    assert "Not attached" not in world.rooms.sent[world.preview(3)].text


async def test_a_command_as_the_caption_takes_the_file_along(world: World) -> None:
    await world.asked()
    event = await answer(world, '--alt "A map." Yes.', file=FILE)
    assert "📎1" in world.rooms.buttons(event)
    await world.tap(ANNA, TEAM, world.preview(1), "✅")
    assert media_of(world) == [("m1",)]


async def test_a_reply_takes_the_file_in_the_message_above(world: World) -> None:
    await world.asked()
    await share(world, caption="One.")
    second = await share(world, replace(FILE, name="two.png"), "Two.")
    which = await answer(world, "--with Yes.")
    assert world.replies(which)[0].startswith("Which file? 📎1 map.png, 📎2 two.png")
    await answer(world, "--with Yes.", reply_to=second)
    assert "two.png: Two." in world.rooms.sent[world.preview(1)].text


async def test_editing_the_command_keeps_what_it_took_along(world: World) -> None:
    await world.asked()
    await share(world, caption="One.")
    second = await share(world, replace(FILE, name="two.png"), "Two.")
    asked = await answer(world, "--with Yes.", reply_to=second)
    await world.edit(ANNA, TEAM, asked, "!answer --with Yes, it is.")
    shown = world.rooms.sent[world.preview(1)].text
    assert "Yes, it is." in shown
    assert "two.png: Two." in shown
    await world.edit(ANNA, TEAM, asked, "!answer No.")
    shown = world.rooms.sent[world.preview(1)].text
    assert "two.png: Two." not in shown
    assert "Not attached: 📎1 map.png, 📎2 two.png (`--with 1`)" in shown


async def test_without_an_alt_text_the_reason_is_kept(world: World) -> None:
    await world.asked()
    await share(world)
    refused = await answer(world, "--with Yes.")
    assert world.replies(refused)[0].startswith("📎1 map.png has no alt text.")
    await answer(world, '--with --no-alt "only decoration" Yes.')
    assert "only decoration" in world.rooms.sent[world.preview(1)].text
    world.clock.advance(minutes=1)
    asked = await world.say(ANNA, TEAM, "!history 1")
    assert "without alt text: only decoration" in world.replies(asked)[-1]


@pytest.mark.parametrize(
    "options", ["", ' --alt "\u2060\u3164"', ' --no-alt "\u200b"', ' --alt "\u202e" --no-alt "\ufeff"']
)
async def test_an_alt_text_or_a_reason_that_nobody_can_see_is_none(world: World, options: str) -> None:
    await world.asked()
    await share(world, caption="\u200b\ufeff")
    event = await world.say(ANNA, TEAM, f"!answer 1 --with 1{options} Yes.")
    assert "has no alt text" in world.replies(event)[-1]


async def test_a_draft_whose_file_is_deleted_is_withdrawn(world: World) -> None:
    await world.asked()
    event = await share(world, caption="A map.")
    await answer(world, "--with Yes.")
    preview = world.preview(1)
    await world.redact(ANNA, TEAM, event)
    assert "withdrawn, nothing was published" in world.rooms.sent[preview].text
    told = [one.text for one in world.rooms.shown(TEAM) if "was deleted here" in one.text]
    assert told == ["anna: P1 is withdrawn: map.png, which was to go along with it, was deleted here."]
    await world.tap(ANNA, TEAM, preview, "✅")
    assert media_of(world) == []


async def test_a_file_that_cannot_be_read_stops_the_post_and_the_room_hears_why(world: World) -> None:
    await world.asked()
    await share(world, caption="A map.")
    await answer(world, "--with Yes.")

    async def broken(file: SharedFile, limit: int) -> FileData:
        told = Refusal("the file cannot be decrypted")
        raise Rejected(f"{told}: Mismatched SHA-256 digest.", told=told)

    world.rooms.download = broken  # type: ignore[method-assign]
    await world.tap(ANNA, TEAM, world.preview(1), "✅")
    assert media_of(world) == []
    assert any("the file cannot be decrypted" in one.text for one in world.rooms.shown(TEAM))


async def test_after_a_crash_nothing_is_uploaded_twice(world: World) -> None:
    await world.asked()
    await share(world, caption="One.")
    await share(world, replace(FILE, name="two.png"), "Two.")
    await answer(world, "--with all Yes.")
    upload = world.fediverse.upload
    died: list[str] = []

    async def dies_once(file: FileData, alt: str, progress: Callable[[float], None]) -> str:
        if file.name == "two.png" and not died:
            died.append(file.name)
            raise SystemExit
        return await upload(file, alt, progress)

    world.fediverse.upload = dies_once  # type: ignore[method-assign]
    with pytest.raises(SystemExit):
        await world.tap(ANNA, TEAM, world.preview(1), "✅")
    await world.crash()
    await world.deliver()
    assert [file.name for file in world.fediverse.uploads] == ["map.png", "two.png"]
    assert media_of(world) == [("m1", "m2")]


async def test_it_can_be_taken_back_while_it_uploads(world: World) -> None:
    await world.asked()
    await share(world, caption="One.")
    await share(world, replace(FILE, name="two.png"), "Two.")
    await answer(world, "--with all Yes.")
    preview = world.preview(1)
    upload = world.fediverse.upload

    async def meanwhile(file: FileData, alt: str, progress: Callable[[float], None]) -> str:
        cause = Cause(world.event(), ANNA, Place("team/bsi"), world.clock.now())
        await world.desk.posts.confirming.withdraw(cause, PostId(1))
        return await upload(file, alt, progress)

    world.fediverse.upload = meanwhile  # type: ignore[method-assign]
    await world.tap(ANNA, TEAM, preview, "✅")
    assert [file.name for file in world.fediverse.uploads] == ["map.png"]
    assert media_of(world) == []
    assert "withdrawn" in world.rooms.sent[preview].text


async def test_what_the_instance_has_forgotten_is_uploaded_again_once(world: World) -> None:
    await world.asked()
    await share(world, caption="A map.")
    await answer(world, "--with Yes.")
    publish = world.fediverse.publish
    down = [True]

    async def away_then_forgetful(new: NewStatus, idempotency_key: str) -> PublishedStatus:
        if down:
            raise SystemExit
        if "m1" in new.media:
            raise Rejected("HTTP 422 (Media m1 not found or already attached to another post)", 422)
        return await publish(new, idempotency_key)

    world.fediverse.publish = away_then_forgetful  # type: ignore[method-assign]
    with pytest.raises(SystemExit):
        await world.tap(ANNA, TEAM, world.preview(1), "✅")
    down.clear()
    await world.crash()
    await world.deliver()
    assert media_of(world) == [("m2",)]


async def test_an_answer_whose_file_lies_on_a_dead_server_holds_up_no_other_one_for_long(world: World) -> None:
    async def download(_file: SharedFile, _limit: int) -> FileData:
        raise TryLater("the server cannot be reached")

    world.rooms.download = download  # type: ignore[method-assign, assignment]
    await world.asked()
    await world.asked("Another one?", by=Author("otto@remote.example"))
    await share(world, caption="A map.")
    await answer(world, "--with Yes.")
    await world.say(ANNA, TEAM, "!answer 2 No.")
    preview = world.preview(2)
    async with asyncio.timeout(10):
        await world.tap(ANNA, TEAM, world.preview(1), "✅")
        await world.tap(ANNA, TEAM, preview, "✅")
    assert [new.text for new in world.fediverse.published.values()] == ["@otto@remote.example No."]
    assert any("the server that holds map.png does not answer" in one.text for one in world.rooms.shown(TEAM))


async def test_a_file_that_is_deleted_while_the_server_is_busy_does_not_go_out(world: World) -> None:
    await world.asked()
    file = await share(world, caption="A map.")
    await answer(world, "--with Yes.")
    works, tries = world.fediverse.publish, list[NewStatus]()

    async def busy_at_first(new: NewStatus, idempotency_key: str) -> PublishedStatus:
        tries.append(new)
        if len(tries) == 1:
            await world.hears(Redacted(world.event(), TEAM, ANNA, world.clock.now(), file))
            raise TryLater("HTTP 429")
        return await works(new, idempotency_key)

    world.fediverse.publish = busy_at_first  # type: ignore[method-assign]
    await world.tap(ANNA, TEAM, world.preview(1), "✅")
    assert media_of(world) == []
    assert any("map.png was deleted in the room" in one.text for one in world.rooms.shown(TEAM))


async def test_a_draft_that_was_changed_while_a_file_was_refused_stays_a_draft(world: World) -> None:
    await world.asked()
    await share(world, caption="A map.")
    asked_for = await answer(world, "--with Yes.")

    async def refused(*_args: object) -> str:
        edit = Edited(world.event(), TEAM, ANNA, world.clock.now(), asked_for, "!answer No, without the map.")
        await world.hears(edit)
        raise Rejected("HTTP 422 (the file is broken)", 422)

    world.fediverse.upload = refused  # type: ignore[method-assign, assignment]
    await world.tap(ANNA, TEAM, world.preview(1), "✅")
    assert "✅ publishes" in world.rooms.sent[world.preview(1)].text
    await world.tap(ANNA, TEAM, world.preview(1), "✅")
    assert [new.text for new in world.fediverse.published.values()] == ["@erika@remote.example No, without the map."]


def notice_texts(world: World) -> list[str]:
    return [text for one in world.rooms.sent.values() for text in one.texts if "film.mp4" in text and "📝" not in text]


async def test_a_long_upload_tells_how_far_it_is_in_one_notice(world: World) -> None:
    await world.asked()
    await share(world, FILM, caption="A film.")
    await answer(world, "--with 1 Yes.")
    upload = world.fediverse.upload

    async def slow(file: FileData, alt: str, progress: Callable[[float], None]) -> str:
        for share in (0.4, 0.8, 1.0):
            progress(share)
            told = len(notice_texts(world))
            while len(notice_texts(world)) == told:
                await world.clock.sleep(1)
        return await upload(file, alt, progress)

    world.fediverse.upload = slow  # type: ignore[method-assign]
    await world.tap(ANNA, TEAM, world.preview(1), "✅")
    texts = notice_texts(world)
    assert texts[0] == "Uploading film.mp4 … 40 %"
    assert "Uploading film.mp4 … 80 %" in texts
    assert "film.mp4 is there; the instance is processing it …" in texts
    assert texts[-1] == "film.mp4 is uploaded."
    assert len([one for one in world.rooms.sent.values() if "Uploading" in one.texts[0]]) == 1


# --- citizens' media ---


async def shown_media(world: World, media: Media, fetched: FileData | Exception) -> list[FileMessage]:
    async def fetch(url: str, limit: int) -> FileData:
        assert (url, limit) == (media.url, 10 * 1024 * 1024)
        if isinstance(fetched, Exception):
            raise fetched
        return fetched

    world.fediverse.fetch = fetch  # type: ignore[method-assign]
    await world.asked(media=(media,))
    return [one.message for one in world.rooms.sent.values() if isinstance(one.message, FileMessage)]


PICTURE = Media("image", "https://files.example/x.png", "A broken padlock.")


async def test_a_citizens_picture_is_shown_in_the_thread_with_its_alt_text(world: World) -> None:
    (message,) = await shown_media(world, PICTURE, FileData("x.png", "image/png", PNG))
    assert message == FileMessage(FileData("image-1.png", "image/png", PNG), "A broken padlock.", world.card(1))
    quoted = await world.rows("quotations")
    assert "s1" in {row["status_id"] for row in quoted}


async def test_a_picture_without_an_alt_text_says_so(world: World) -> None:
    (message,) = await shown_media(world, replace(PICTURE, description=None), FileData("x.png", "image/png", PNG))
    assert message.caption == "(without alt text)"


@pytest.mark.parametrize(
    "fetched",
    [
        FileData("x.svg", "image/svg+xml", b"<svg onload='alert(1)'/>"),
        FileData("x.html", "text/html", b"<script>"),
        FileData("x.png", "image/png", b"<html>"),
        FileData("x.png", "text/html", PNG),
        FileData("x.mp4", "video/mp4", PNG),
        Rejected("fetching a file: not a public address"),
        Gone("fetching a file: HTTP 404", 404),
        TryLater("fetching a file: TimeoutError"),
    ],
)
async def test_what_cannot_or_must_not_be_shown_is_passed_over(world: World, fetched: FileData | Exception) -> None:
    assert await shown_media(world, PICTURE, fetched) == []
    assert "A broken padlock." in world.rooms.sent[world.card(1)].text
    assert (await world.rows("effects")) == []


async def test_what_the_citizen_deletes_is_taken_away(world: World) -> None:
    await shown_media(world, PICTURE, FileData("x.png", "image/png", PNG))
    for _ in range(2):
        await world.desk.tickets.follow_ups.missing("bsi", next(iter(world.fediverse.statuses)))
        world.clock.advance(minutes=2)
    await world.deliver()
    (file,) = [one for one in world.rooms.sent.values() if isinstance(one.message, FileMessage)]
    assert file.is_gone
