"""What must not go out, be seen or be forgotten when people change their minds. The whole bot on a real database."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from fedichat.adapters.mastodon.errors import fault_of
from fedichat.adapters.mastodon.outcome import Answer
from fedichat.domain.names import EventId, RoomId, department_place
from fedichat.domain.posts.post import PostState
from fedichat.domain.tickets.mention import Media, StatusId, Visibility
from fedichat.domain.tickets.remark import SharedFile
from fedichat.errors import Rejected, TryLater, Unsure
from fedichat.ports import FileData, NewStatus, Spoken, Unreadable
from fedichat.workers.delivery import loop as delivery
from tests.desk.test_posts import LONG, out, post, published, said, shown, steps, told, troubled
from tests.factories import NOW
from tests.world import ANNA, BEN, DIRECT, EVA, KRYPTO, NETZ, TEAM, World

SLOWLY = {"undo_seconds": 60}


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = await World.open(tmp_path, publishing=SLOWLY)
    await world.look()
    yield world
    await world.close()


async def test_a_change_that_may_have_been_made_cannot_be_called_off_as_if_it_had_not(tmp_path: Path) -> None:
    world = await World.open(tmp_path)
    await world.look()
    await published(world)
    await said(world, "!edit No.")
    works = world.fediverse.edit
    seen: list[PostState] = []

    async def edit(status_id: StatusId, new: NewStatus) -> tuple[str, ...]:
        seen.append((await post(world, 2)).state)
        if len(seen) == 1:
            await works(status_id, new)
            raise Unsure("lost")
        if len(seen) == 2:
            raise TryLater("busy")
        state = (await post(world, 2)).state
        assert state is PostState.PUBLISHING, "nobody can say that nothing was changed"
        return await works(status_id, new)

    world.fediverse.edit = edit  # type: ignore[method-assign]
    sleep = world.clock.sleep
    between: list[PostState] = []

    async def look(seconds: float) -> None:
        between.append((await post(world, 2)).state)
        await sleep(seconds)

    world.clock.sleep = look  # type: ignore[method-assign]
    await world.tap(BEN, TEAM, world.preview(2), "✅")
    assert between == [PostState.PUBLISHING, PostState.PUBLISHING]
    assert (await post(world, 2)).state is PostState.PUBLISHED
    await world.close()


async def test_who_was_recalled_sees_no_new_words_of_a_proposal_and_that_it_is_gone(world: World) -> None:
    await world.asked()
    await world.say(ANNA, TEAM, "!escalate 1 krypto")
    await world.say(ANNA, TEAM, "!escalate 1 netz")
    event = await world.say(EVA, NETZ, "!propose 1 Yes")
    await world.say(ANNA, TEAM, "!recall 1 krypto")
    await world.edit(EVA, NETZ, event, "!propose 1 Hidden")
    assert not any("Hidden" in text for one in world.rooms.sent.values() if one.room == KRYPTO for text in one.texts)
    await world.redact(EVA, NETZ, event)
    assert any("was taken back" in one.text for one in world.rooms.shown(KRYPTO))


def words_in(world: World, room: RoomId) -> str:
    """Everything that was ever shown in a room."""
    return "\n".join(text for one in world.rooms.sent.values() if one.room == room for text in one.texts)


async def test_a_department_reads_nothing_of_a_private_talk_after_it_was_taken_back(world: World) -> None:
    first = await world.asked("Private.", visibility=Visibility.DIRECT)
    await world.say(ANNA, DIRECT, "!escalate 1 --sure krypto")
    await world.say(ANNA, DIRECT, "!recall 1")
    world.clock.advance(seconds=5)
    await world.deliver()
    assert world.rooms.sent[world.card(1, KRYPTO)].text.endswith("Taken back by anna.")

    await world.asked("Confidential.", visibility=Visibility.DIRECT, in_reply_to=first.id)
    world.fediverse.change(first.id, "Changed.")
    await world.recheck(first.id)
    await world.say(ANNA, DIRECT, "!note 1 Annotated.")
    for command in (
        "!show 1",
        "!history 1",
        "!search Confidential",
        "!search Annotated",
        "!author @erika@remote.example",
    ):
        await world.say(EVA, KRYPTO, command)
    world.fediverse.take_away(first.id)
    await world.recheck(first.id)

    assert not any(word in words_in(world, KRYPTO) for word in ("Confidential", "Changed", "Annotated"))
    assert "Confidential" in words_in(world, DIRECT)


async def test_nor_after_it_was_answered(world: World) -> None:
    first = await world.asked("Private.", visibility=Visibility.DIRECT)
    await world.say(ANNA, DIRECT, "!escalate 1 --sure krypto")
    await world.say(ANNA, DIRECT, "!answer 1 Yes.")
    await world.tap(BEN, DIRECT, world.preview(1, DIRECT), "✅")
    world.clock.advance(minutes=5)
    await world.deliver()
    assert "📣 This was answered" in words_in(world, KRYPTO)
    await world.asked("Confidential.", visibility=Visibility.DIRECT, in_reply_to=first.id)
    world.fediverse.take_away(first.id)
    await world.recheck(first.id)
    for command in ("!show 1", "!search Confidential"):
        await world.say(EVA, KRYPTO, command)
    assert "Confidential" not in words_in(world, KRYPTO)


async def test_nor_what_is_changed_or_answered_there_later(world: World) -> None:
    first = await world.asked("Private.", visibility=Visibility.DIRECT)
    await world.say(ANNA, DIRECT, "!escalate 1 --sure krypto")
    await world.say(ANNA, DIRECT, "!answer 1 Yes.")
    await world.tap(BEN, DIRECT, world.preview(1, DIRECT), "✅")
    world.clock.advance(minutes=5)
    await world.deliver()
    await world.asked("Confidential.", visibility=Visibility.DIRECT, in_reply_to=first.id)
    world.fediverse.change(first.id, "Reworded.")
    await world.recheck(first.id)
    await world.say(ANNA, DIRECT, "!answer 1 Classified.")
    await world.tap(BEN, DIRECT, world.preview(2, DIRECT), "✅")
    world.clock.advance(minutes=5)
    await world.deliver()

    shown = words_in(world, KRYPTO)
    assert not any(word in shown for word in ("Confidential", "Reworded", "Classified"))
    card = world.rooms.sent[world.card(1, KRYPTO)].text
    assert card.endswith("A direct message: it was shown here only as long as the department was asked about it.")
    # What was said while they took part is theirs to know, also what becomes of it.
    await world.say(ANNA, DIRECT, "!unpublish 1")
    await world.tap(BEN, DIRECT, world.preview(3, DIRECT), "✅")
    world.clock.advance(minutes=5)
    await world.deliver()
    assert "deleted" not in words_in(world, KRYPTO)
    await world.say(ANNA, DIRECT, "!edit 1 Yes indeed.")
    await world.tap(BEN, DIRECT, world.preview(4, DIRECT), "✅")
    world.clock.advance(minutes=5)
    await world.deliver()
    assert "📣 The answer was changed and says now:\n> @erika@remote.example Yes indeed." in words_in(world, KRYPTO)


async def test_a_private_ticket_is_not_merged_into_one_that_a_department_reads(world: World) -> None:
    await world.asked("Private.", visibility=Visibility.DIRECT)
    await world.say(ANNA, DIRECT, "!escalate 1 --sure krypto")
    await world.asked("Confidential.", visibility=Visibility.DIRECT)
    refused = await world.say(ANNA, DIRECT, "!merge 2 1")

    assert world.replies(refused)[0].startswith("#1 is with Kryptografie, where #2 would be read as well")
    assert "Confidential" not in words_in(world, KRYPTO)
    await world.say(ANNA, DIRECT, "!escalate 2 --sure krypto")
    await world.say(ANNA, DIRECT, "!merge 2 1")
    assert [row["merged_into"] for row in await world.rows("tickets")] == [None, 1]


@pytest.mark.parametrize("is_taken_back", [True, False])
async def test_what_was_made_of_a_proposal_that_changes_is_held_back(world: World, is_taken_back: bool) -> None:
    await world.asked()
    await world.say(ANNA, TEAM, "!escalate 1 krypto")
    event = await world.say(EVA, KRYPTO, "!propose 1 Yes")
    await said(world, "!answer --proposal 1")
    await world.tap(BEN, TEAM, world.preview(1), "✅")
    if is_taken_back:
        await world.redact(EVA, KRYPTO, event)
    else:
        await world.edit(EVA, KRYPTO, event, "!propose 1 No")
    world.clock.advance(minutes=5)
    await world.deliver()
    assert ((await post(world, 1)).state, out(world)) == (PostState.DRAFT, [])
    assert any(
        text.startswith("ben: Proposal 1, of which P1 was made, was changed or taken back") for text in told(world)
    )
    assert ("unconfirmed", "") in await steps(world)
    assert "draft by anna" in shown(world, 1)

    await world.tap(BEN, TEAM, world.preview(1), "✅")
    world.clock.advance(minutes=5)
    await world.deliver()
    assert out(world) == ["@erika@remote.example Yes"]


async def test_a_draft_that_has_nothing_to_do_with_it_goes_out(world: World) -> None:
    await world.asked()
    await world.say(ANNA, TEAM, "!escalate 1 krypto")
    event = await world.say(EVA, KRYPTO, "!propose 1 Yes")
    await said(world, "!answer No.")
    await world.tap(BEN, TEAM, world.preview(1), "✅")
    await world.redact(EVA, KRYPTO, event)
    world.clock.advance(minutes=5)
    await world.deliver()
    assert out(world) == ["@erika@remote.example No."]


async def test_an_edit_that_is_none_holds_back_and_the_history_has_it(world: World) -> None:
    await world.asked()
    event = await said(world, "!answer Yes.")
    await world.tap(BEN, TEAM, world.preview(1), "✅")
    await world.edit(ANNA, TEAM, event, "never mind")
    assert (await post(world, 1)).state is PostState.DRAFT
    assert ("unconfirmed", ANNA) in await steps(world)


async def test_what_was_written_before_an_edit_confirms_nothing_after_it(world: World) -> None:
    """The key of an encrypted message came late, say: it is heard when the new preview is there already."""
    await world.asked()
    asked_for = await said(world, "!answer Yes.")
    now, position = world.clock.now(), next(world.rooms.numbers)
    early = Spoken(world.event(), TEAM, BEN, now, "!publish", world.card(1), arrived_at=now, position=position)
    await world.edit(ANNA, TEAM, asked_for, "!answer No.")
    await world.hear(early)
    assert (await post(world, 1)).state is PostState.DRAFT
    assert world.replies(early.event_id) == [
        "P1 is newer than what you wrote. Look at its newest preview, then confirm."
    ]
    await said(world, "!publish", who=BEN)
    assert (await post(world, 1)).state is PostState.CONFIRMED


async def test_an_answer_that_breaks_on_its_way_is_not_called_about_to_go_out(world: World) -> None:
    async def publish(*_args: object, **_options: object) -> object:
        raise LookupError("nobody has thought of that")

    world.fediverse.publish = publish  # type: ignore[method-assign, assignment]
    await world.asked()
    await said(world, "!answer Yes.")
    await world.tap(BEN, TEAM, world.preview(1), "✅")
    world.clock.advance(minutes=2)
    await world.deliver()
    assert (await post(world, 1)).state is PostState.FAILED
    assert any("It is not known whether P1 was published" in text for text in told(world))


@pytest.mark.parametrize("how", ["follow-up", "merge", "edit"])
async def test_who_goes_on_in_private_is_not_answered_in_public(world: World, how: str) -> None:
    first = await world.asked("Is it safe?")
    second = await world.asked("Any news?", in_reply_to=first.id)
    await said(world, "!answer Yes.")
    await world.tap(BEN, TEAM, world.preview(1), "✅")
    if how == "edit":
        world.fediverse.statuses[first.id] = replace(first, visibility=Visibility.PRIVATE)
        await world.recheck(first.id)
    else:
        above = second.id if how == "follow-up" else None
        await world.asked("It is about my office.", in_reply_to=above, visibility=Visibility.PRIVATE)
        if how == "merge":
            await world.say(ANNA, TEAM, "!merge 2 1")
    world.clock.advance(minutes=2)
    await world.deliver()
    assert out(world) == []
    assert any("P1 would be seen by more people than #1 by now" in text for text in told(world))
    await world.tap(BEN, TEAM, world.preview(1), "✅")
    world.clock.advance(minutes=2)
    await world.deliver()
    assert [new.visibility for new in world.fediverse.published.values()] == [Visibility.PRIVATE]


async def test_an_edit_that_cannot_be_decrypted_holds_back_what_was_there_before(world: World) -> None:
    await world.asked()
    asked_for = await said(world, "!answer Yes.")
    await world.tap(BEN, TEAM, world.preview(1), "✅")
    await world.hear(Unreadable(world.event(), TEAM, BEN, world.clock.now(), target=asked_for))
    assert (await post(world, 1)).state is PostState.CONFIRMED, "only its author's edit counts"
    await world.hear(Unreadable(world.event(), TEAM, ANNA, world.clock.now(), target=asked_for))
    world.clock.advance(minutes=2)
    await world.deliver()
    assert out(world) == []
    assert any("I cannot read this message" in text for text in world.replies(asked_for))
    assert any("P1 stays as its preview shows it" in text for text in told(world))


async def test_talk_in_a_room_that_is_stuck_makes_nobody_unheard_for_long(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Each message in a thread that is none of ours might be about what is just being said."""
    monkeypatch.setattr(delivery, "_UNTIL_RECORDED", 0.1)
    world.fediverse.write("Is it safe?")
    await world.look()
    assert await world.desk.room.outbox.take("team/bsi", 20), "it is being sent, and that is never recorded"
    for _ in range(3):
        talk = Spoken(world.event(), TEAM, ANNA, world.clock.now(), "Lunch?", EventId("$lunch"))
        await world.hears(talk)
    assert caplog.text.count("effect-under-way-for-long") == 1


async def test_a_draft_that_is_replaced_is_withdrawn_in_the_history(world: World) -> None:
    await world.asked()
    await said(world, "!answer Yes.")
    await said(world, "!answer No.", who=ANNA)
    rows = [(row["step"], row["post"]) for row in await world.rows("history")]
    assert rows[-2:] == [("withdrawn", 1), ("drafted", 2)]


@pytest.mark.parametrize("command", ["!edit No.", "!unpublish"])
async def test_a_thread_that_is_partly_out_is_finished_or_left_before_it_is_changed(world: World, command: str) -> None:
    await world.asked()
    await said(world, f"!answer {LONG}")
    await world.tap(BEN, TEAM, world.preview(1), "✅")
    troubled(world, "publish", None, Rejected("not that", 422))
    world.clock.advance(minutes=5)
    await world.deliver()
    event = await said(world, command)
    assert world.replies(event) == [
        "The thread P1 is only partly out, see its preview: ✅ goes on with it; `!withdraw 1` leaves it at that."
    ]
    await said(world, "!withdraw")
    await said(world, "!unpublish")
    assert "This post would be deleted:" in shown(world, 2)


@pytest.mark.parametrize("caption", ["!answre Yes.", "!answer --nonsense Yes.", "!note"])
async def test_a_file_whose_caption_is_a_command_that_is_refused_can_be_taken_along(world: World, caption: str) -> None:
    await world.asked()
    file = SharedFile("map.png", "image/png", "mxc://example.org/map", 1000)
    event = await world.say(ANNA, TEAM, caption, thread=world.card(1), file=file)
    assert len(world.replies(event)) == 1
    assert world.rooms.buttons(event) == ["📎1"]
    await world.say(ANNA, TEAM, '!answer --with --alt "A map." Yes.', thread=world.card(1), reply_to=event)
    assert "📎 map.png: A map." in shown(world, 1)


# --- what servers say, in a German room ---


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (Answer(422, {"error": "Text is too long."}), "the server says “Text is too long” (422)."),
        (Answer(403, readable=False), "the server refuses it without saying why (403)."),
    ],
)
async def test_why_a_server_refuses_is_said_without_our_own_notation(tmp_path: Path, answer: Answer, says: str) -> None:
    refused = fault_of(answer, "bsi: POST", NOW, changing=True)
    world = await World.open(tmp_path)
    await world.look()
    await world.asked()
    await said(world, "!answer Yes.")
    troubled(world, "publish", refused)
    await world.tap(BEN, TEAM, world.preview(1), "✅")
    text = next(text for text in told(world) if "was not published" in text)
    assert says in text
    assert "POST" not in text
    await world.close()


async def a_picture(_url: str, _limit: int) -> FileData:
    return FileData("a.png", "image/png", b"\x89PNG\r\n\x1a\n" + bytes(20))


@pytest.mark.parametrize("is_under_way", [False, True])
async def test_nor_what_still_waits_to_be_shown_there_when_it_is_taken_back(
    world: World, monkeypatch: pytest.MonkeyPatch, is_under_way: bool
) -> None:
    """The homeserver is slow, or the process died just then."""
    first = await world.asked("Private.", visibility=Visibility.DIRECT)
    await world.say(ANNA, DIRECT, "!escalate 1 --sure krypto")
    picture = Media("image", "https://files.example/a.png", "Classified plan")
    monkeypatch.setattr(world.fediverse, "fetch", a_picture)
    later = world.fediverse.write("Secret.", visibility=Visibility.DIRECT, in_reply_to=first.id, media=(picture,))
    world.fediverse.change(first.id, "Reworded.")
    await world.look()
    await world.desk.tickets.follow_ups.there("bsi", world.fediverse.statuses[first.id])
    if is_under_way:
        await world.desk.room.outbox.take(department_place("krypto"), 20)
    await world.say(ANNA, DIRECT, "!recall 1")
    assert not any(word in words_in(world, KRYPTO) for word in ("Secret", "Classified", "Reworded"))
    assert not any(one.text == "…" for one in world.rooms.shown(KRYPTO))

    await world.say(ANNA, DIRECT, "!escalate 1 --sure krypto What now?")
    assert [words_in(world, KRYPTO).count(word) for word in ("Secret", "Classified plan")] == [1, 2]
    world.fediverse.take_away(later.id)
    await world.recheck(later.id)
    assert not any("Secret" in one.text or "Classified" in one.text for one in world.rooms.shown(KRYPTO))
