"""What citizens take back is gone from everywhere, and what looks like that is not taken for it."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from fedichat.domain.names import EventId, RoomId, TicketId
from fedichat.domain.tickets.mention import Author, Media, StatusId
from fedichat.errors import Rejected, TryLater, Unsure
from fedichat.ports import FileData, FileMessage
from tests.world import ANNA, EVA, KRYPTO, TEAM, World

XAVER = Author("xaver@other.example", "Xaver", "https://other.example/@xaver")
PICTURE = Media("image", "https://files.example/a.png", "A secret plan")
PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = await World.open(tmp_path)
    yield world
    await world.close()


def seen(world: World, *rooms: RoomId) -> str:
    """All that can be read in these rooms."""
    return "\n".join(one.text for room in rooms or (TEAM, KRYPTO) for one in world.rooms.shown(room))


async def kept(world: World, words: str) -> bool:
    """Whether words are anywhere in the database."""
    tables = ("mentions", "effects", "history", "posts", "remarks", "ticket_words", "search")
    rows = [row for table in tables for row in await world.rows(table)]
    return words in str(rows)


async def test_words_that_stood_above_a_later_message_of_the_same_person_go_too(world: World) -> None:
    first = await world.asked("a secret")
    between = world.fediverse.write("Why?", by=XAVER, in_reply_to=first.id)
    world.fediverse.notifications.pop()  # which does not mention us
    await world.asked("because", in_reply_to=between.id)
    world.fediverse.take_away(first.id)
    await world.recheck(first.id)
    assert "because" in seen(world)
    assert "a secret" not in seen(world)
    assert not await kept(world, "a secret")


async def test_words_that_are_kept_above_and_not_shown_go_too(world: World) -> None:
    first = await world.asked("a secret")
    above = first
    for number in range(4):
        above = world.fediverse.write(f"Chatter {number}", by=XAVER, in_reply_to=above.id)
        world.fediverse.notifications.pop()
    await world.asked("and I?", by=replace(XAVER, acct="yves@other.example"), in_reply_to=above.id)
    assert "a secret" not in world.rooms.sent[world.card(2)].text
    world.fediverse.take_away(first.id)
    await world.recheck(first.id)
    assert not await kept(world, "a secret")


async def test_experts_may_nod_at_each_other(world: World) -> None:
    """A ✅ among them makes nothing a proposal, and is not worth a line."""
    await world.asked()
    await world.say(ANNA, TEAM, "!escalate 1 krypto")
    said = await world.say(EVA, KRYPTO, "It is fine.", thread=world.card(1, KRYPTO))
    before = len(world.rooms.sent)
    await world.tap(EVA, KRYPTO, said, "✅")
    assert len(world.rooms.sent) == before
    assert await world.rows("proposals") == []


async def test_three_numbers_say_too_much_for_a_merge(world: World) -> None:
    for text in ("one", "two", "three"):
        await world.asked(text)
    event = await world.say(ANNA, TEAM, "!merge 1 2 3")
    assert "Which ticket goes into which?" in world.replies(event)[0]
    assert [row["state"] for row in await world.rows("tickets")] == ["new"] * 3


async def test_a_department_that_the_ticket_was_taken_back_from_is_not_shown_it_anew(world: World) -> None:
    first = await world.asked("a first")
    await world.asked("a second", in_reply_to=first.id)
    await world.say(ANNA, TEAM, "!escalate 1 krypto")
    await world.say(ANNA, TEAM, "!recall 1")
    world.fediverse.take_away(first.id)
    await world.recheck(first.id)
    assert [one.text for one in world.rooms.shown(KRYPTO) if one.text.startswith("#1")] == []
    await world.say(ANNA, TEAM, "!escalate 1 krypto again")
    assert "#1" in world.rooms.sent[world.card(1, KRYPTO)].text


@pytest.mark.parametrize("is_deleted", [True, False])
async def test_whatever_changes_in_a_ticket_its_draft_needs_a_fresh_look(world: World, *, is_deleted: bool) -> None:
    """The answer to "Any news?" was made of what was asked before."""
    first = await world.asked("Is it safe?")
    second = await world.asked("Any news?", in_reply_to=first.id)
    await world.say(ANNA, TEAM, "!answer 1 Yes, it is.")
    seen_preview = world.preview(1)
    if is_deleted:
        world.fediverse.take_away(first.id)
    else:
        world.fediverse.change(first.id, "Is it dangerous?")
    await world.recheck(first.id)
    await world.tap(ANNA, TEAM, seen_preview, "✅")
    assert world.fediverse.published == {}
    await world.tap(ANNA, TEAM, world.preview(1), "✅")
    assert [new.in_reply_to for new in world.fediverse.published.values()] == [second.id]


async def test_what_is_unpublished_after_its_question_was_deleted_opens_nothing(world: World) -> None:
    question = await world.asked()
    await world.say(ANNA, TEAM, "!answer 1 Yes.")
    await world.say(ANNA, TEAM, "!publish 1")
    world.fediverse.take_away(question.id)
    await world.recheck(question.id)
    await world.say(ANNA, TEAM, "!unpublish 1")
    await world.say(ANNA, TEAM, "!publish 1")
    assert world.fediverse.published.keys() == set(world.fediverse.deleted)
    assert (await world.rows("tickets"))[0]["state"] == "answered"
    assert "open again" not in seen(world)


# --- media, whose sending may have worked without our hearing of it ---


async def the_picture(world: World, monkeypatch: pytest.MonkeyPatch, *, then: str) -> EventId:
    """A picture comes, its sending is unsure, and before it is tried again, `then` happens."""

    async def fetch(_url: str, _limit: int) -> FileData:
        return FileData("a.png", "image/png", PNG)

    async def fails(_url: str, _limit: int) -> FileData:
        raise TryLater("the server is down")

    send_file = world.rooms.send_file

    async def unsure(room: RoomId, message: FileMessage, transaction: str) -> EventId:
        await send_file(room, message, transaction)
        monkeypatch.setattr(world.rooms, "send_file", send_file)
        if then == "deleted":
            world.fediverse.take_away(StatusId("s1"))
            for _ in range(2):
                await world.desk.tickets.follow_ups.missing("bsi", StatusId("s1"))
                world.clock.advance(minutes=2)
        else:
            monkeypatch.setattr(world.fediverse, "fetch", fails)
        raise Unsure("no answer came")

    monkeypatch.setattr(world.fediverse, "fetch", fetch)
    monkeypatch.setattr(world.rooms, "send_file", unsure)
    await world.asked(media=(PICTURE,))
    return next(one.event for one in world.rooms.sent.values() if isinstance(one.message, FileMessage))


async def test_a_picture_that_was_deleted_while_its_sending_was_unsure_is_taken_away(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = await the_picture(world, monkeypatch, then="deleted")
    assert world.rooms.sent[picture].is_gone
    assert "secret plan" not in seen(world)


async def test_a_picture_that_cannot_be_had_again_after_an_unsure_sending_is_known_all_the_same(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = await the_picture(world, monkeypatch, then="server down")
    assert not world.rooms.sent[picture].is_gone
    world.fediverse.take_away(StatusId("s1"))
    await world.recheck(StatusId("s1"))
    assert world.rooms.sent[picture].is_gone


async def test_nothing_is_left_of_a_picture_when_words_stand_in_its_place(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first try did not even reach the room."""

    async def fetch(_url: str, _limit: int) -> FileData:
        return FileData("a.png", "image/png", PNG)

    async def fails(_url: str, _limit: int) -> FileData:
        raise Rejected("gone")

    async def unsure(_room: RoomId, _message: FileMessage, _transaction: str) -> EventId:
        monkeypatch.setattr(world.fediverse, "fetch", fails)
        raise Unsure("no answer came")

    monkeypatch.setattr(world.fediverse, "fetch", fetch)
    monkeypatch.setattr(world.rooms, "send_file", unsure)
    await world.asked(media=(PICTURE,))
    assert "📎 A secret plan" in [one.text for one in world.rooms.shown(TEAM)]
    world.fediverse.take_away(StatusId("s1"))
    await world.recheck(StatusId("s1"))
    assert "secret plan" not in seen(world)


async def test_what_somebody_wrote_above_who_never_mentioned_us_goes_too_when_they_delete_it(world: World) -> None:
    above = world.fediverse.write("a secret", by=XAVER)
    world.fediverse.notifications.pop()  # which does not mention us
    asked = await world.asked("Is that so?", in_reply_to=above.id)
    list_of_them = await world.say(ANNA, TEAM, "!show 1")
    assert "a secret" in seen(world)
    world.fediverse.take_away(above.id)
    await world.app.recheckers["bsi"].look(asked.id, TicketId(1))
    await world.deliver()
    assert "a secret" in seen(world), "once may be a mistake"
    await world.recheck(asked.id)
    assert "Is that so?" in world.rooms.sent[world.card(1)].text or "Is that so?" in seen(world)
    assert "a secret" not in seen(world)
    assert world.replies(list_of_them)
    assert not await kept(world, "a secret")
