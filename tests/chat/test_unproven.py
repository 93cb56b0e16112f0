"""What somebody else may have said in an encrypted room is not obeyed, whatever it is; who meant it is told why.

The whole bot on a real database, see `tests.world`; which messages are unproven is for the adapter to say.
"""

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import pytest

from fedichat.chat.command import Takes
from fedichat.chat.loading import load_commands
from fedichat.chat.manual import distinct
from fedichat.domain.names import EventId, RoomId, UserId
from fedichat.domain.posts.post import PostState
from fedichat.domain.roles import RoomKind
from fedichat.domain.tickets.mention import Visibility
from fedichat.domain.tickets.remark import SharedFile
from fedichat.ports import Edited, Reacted, Redacted, Spoken, Unproven
from tests.chat.test_rights_table import KEPT, LINES, ROOMS
from tests.world import ANNA, BEN, DIRECT, EVA, KRYPTO, TEAM, World

COMMANDS = load_commands(import_module("fedichat.commands"))
PHONE = Unproven("Anna's phone (PHONEXYZ)")
PLAIN = Unproven()
WHY = [pytest.param(PHONE, id="unsigned device"), pytest.param(PLAIN, id="plain text")]
MAP = SharedFile("map.png", "image/png", "mxc://example.org/map", 4)
EVERYTHING = (*KEPT, "series", "freezes", "effects", "reactions", "escalations", "remarks", "handovers")
SPEAKERS = {RoomKind.TEAM: ANNA, RoomKind.DIRECT: ANNA, RoomKind.SUPERVISORS: UserId("@vera:example.org")}


@asynccontextmanager
async def an_office(folder: Path, **more: object) -> AsyncIterator[World]:
    """Ticket 1 is public and put to krypto, where Eva has proposed; 2 is direct; P1 is planned, P2 answers 1."""
    duty = {"rotation": [str(ANNA), str(BEN)]}
    world = await World.open(folder, publishing={"undo_seconds": 600}, duty=duty, **more)  # type: ignore[arg-type]
    await world.asked()
    await world.asked("A secret", visibility=Visibility.DIRECT)
    await world.say(ANNA, TEAM, "!escalate 1 krypto Is it?")
    await world.say(ANNA, TEAM, "!schedule 2026-12-01 10:00 | Our guide is out.")
    await world.say(ANNA, TEAM, "!answer 1 Yes.")
    try:
        yield world
    finally:
        await world.close()


async def everything(world: World) -> dict[str, list[dict[str, object]]]:
    """All that is kept, but for the bot's own reactions."""
    kept = {table: await world.rows(table) for table in EVERYTHING}
    return kept | {"reactions": [row for row in kept["reactions"] if row["sender"]]}


def told_since(world: World, count: int) -> list[str]:
    """What the bot has said since it had said so much."""
    return [one.text for one in list(world.rooms.sent.values())[count:]]


# --- commands ---


def test_there_is_a_line_for_every_command() -> None:
    assert {command.name for command in distinct(COMMANDS)} - set(LINES) == {
        *("claim", "history", "publish", "recall", "release", "reopen", "show", "unpublish", "withdraw")
    }


@pytest.mark.parametrize("kind", RoomKind)
async def test_no_command_in_any_room_does_anything_but_hold_back(tmp_path: Path, kind: RoomKind) -> None:
    async with an_office(tmp_path) as world:
        who, room = SPEAKERS.get(kind, EVA), ROOMS[kind]
        before, count = await everything(world), len(world.rooms.sent)
        lines = [
            line
            for command in distinct(COMMANDS)
            if not command.holds_back
            for line in (
                LINES.get(command.name, f"{command.name} 1"),
                *([f"{command.name} P1"] if command.post is not Takes.NO else []),
            )
        ]
        for line, why in zip(lines, itertools.cycle((PHONE, PLAIN)), strict=False):
            world.clock.advance(minutes=61)  # each is answered
            (told,) = world.replies(await world.say(who, room, f"!{line}", unproven=why))
            assert told.startswith("This does not count: it came "), line
        assert await everything(world) == before
        assert len(told_since(world, count)) == len(lines)
        assert not world.fediverse.published


@pytest.mark.parametrize("why", WHY)
@pytest.mark.parametrize("text", ["!clam 1", "!nothing", "!publish P2 P1 --sure", "!claim 1 " + 13_000 * "x"])
async def test_nor_does_what_is_no_command_or_cannot_be_understood(tmp_path: Path, text: str, why: Unproven) -> None:
    async with an_office(tmp_path) as world:
        event = await world.say(ANNA, TEAM, text, unproven=why)
        (told,) = world.replies(event)
        assert told.startswith("This does not count: it came ")


@pytest.mark.parametrize("why", WHY)
@pytest.mark.parametrize("line", ["withdraw P2", "withdraw 1", "withdraw P1", "unschedule P1", "freeze"])
async def test_what_only_holds_something_back_counts_from_whoever_it_comes(
    tmp_path: Path, line: str, why: Unproven
) -> None:
    async with an_office(tmp_path) as world:
        for number in (1, 2):
            await world.tap(BEN, TEAM, world.preview(number), "✅")
        await world.say(ANNA, TEAM, f"!{line}", unproven=why)
        await world.live_until(world.clock.now() + timedelta(days=10))
        (out,) = (new.text for new in world.fediverse.published.values())
        assert ("Our guide is out." in out) == (line in ("withdraw P2", "withdraw 1"))


@pytest.mark.parametrize("why", WHY)
async def test_a_freeze_that_is_unproven_gives_nobody_s_reason(tmp_path: Path, why: Unproven) -> None:
    async with an_office(tmp_path) as world:
        await world.say(ANNA, TEAM, "!freeze Please use the other bot", unproven=why)
        assert len(await world.rows("freezes")) == 1
        assert not any("other bot" in text for one in world.rooms.sent.values() for text in one.texts)
        assert "other bot" not in str([await world.rows(table) for table in ("freezes", "history", "effects")])


@pytest.mark.parametrize("why", WHY)
async def test_a_file_that_comes_with_an_unproven_command_is_nobody_s(tmp_path: Path, why: Unproven) -> None:
    async with an_office(tmp_path) as world:
        card = world.card(1)
        for text in ("!withdraw P2", "!withdraw P99", "!note 1 see there"):
            await world.say(ANNA, TEAM, text, thread=card, file=MAP, unproven=why)
        assert await world.rows("remarks") == []


@pytest.mark.parametrize("why", WHY)
async def test_a_file_that_is_unproven_does_not_go_along_with_what_is_replied_to_it(
    tmp_path: Path, why: Unproven
) -> None:
    async with an_office(tmp_path) as world:
        event = world.event()
        world.rooms.spoken[event] = Spoken(event, TEAM, ANNA, world.clock.now(), "", file=MAP, unproven=why)
        said = await world.say(ANNA, TEAM, "!draft --with --alt Map Look at this.", reply_to=event)
        (told,) = world.replies(said)
        assert told.startswith("The file that you reply to does not count")
        assert len(await world.rows("posts")) == 2


# --- whatever else is heard ---


class Doing(NamedTuple):
    """Something that somebody does, and whether it does anything where it is proven."""

    do: Callable[[World, Unproven | None], Awaitable[EventId]]
    does_something: bool = True


async def remark(world: World, why: Unproven | None) -> EventId:
    return await world.say(ANNA, TEAM, "What do you think?", thread=world.card(1), unproven=why)


async def remark_of_expert(world: World, why: Unproven | None) -> EventId:
    return await world.say(EVA, KRYPTO, "It is not.", thread=world.card(1, KRYPTO), unproven=why)


async def remark_as_reply(world: World, why: Unproven | None) -> EventId:
    event = world.event()
    card = world.card(1)
    await world.hear(Spoken(event, TEAM, ANNA, world.clock.now(), "And?", reply_to=card, unproven=why))
    return event


async def file_for_ticket(world: World, why: Unproven | None) -> EventId:
    return await world.say(ANNA, DIRECT, "", thread=world.card(2, DIRECT), file=MAP, unproven=why)


async def file_for_planned(world: World, why: Unproven | None) -> EventId:
    return await world.say(ANNA, TEAM, "A map", thread=world.preview(1), file=MAP, unproven=why)


async def chatter(world: World, why: Unproven | None) -> EventId:
    return await world.say(ANNA, TEAM, "Good morning!", unproven=why)


async def exclamation(world: World, why: Unproven | None) -> EventId:
    return await world.say(ANNA, TEAM, "!!! at last", unproven=why)


async def chatter_nobody_hears(world: World, why: Unproven | None) -> EventId:
    return await world.say(ANNA, DIRECT, "Who takes it?", thread=world.card(2, DIRECT), unproven=why)


async def chatter_about_planned(world: World, why: Unproven | None) -> EventId:
    return await world.say(ANNA, TEAM, "Nice.", thread=world.preview(1), unproven=why)


async def file_in_room(world: World, why: Unproven | None) -> EventId:
    return await world.say(ANNA, TEAM, "", file=MAP, unproven=why)


def an_edit(text: str, of: str, who: UserId = ANNA, room: RoomId = TEAM, thread: str = "") -> Doing:
    async def do(world: World, why: Unproven | None) -> EventId:
        within = world.card(1, room) if thread else None
        target = await world.say(who, room, of, thread=within)
        return await world.edit(who, room, target, text, unproven=why)

    return Doing(do)


async def edit_of_nothing(world: World, why: Unproven | None) -> EventId:
    return await world.edit(ANNA, TEAM, await world.say(ANNA, TEAM, "Hello"), "Hello!", unproven=why)


async def edit_of_another_s_draft(world: World, why: Unproven | None) -> EventId:
    target = await world.say(ANNA, TEAM, "!answer 1 No.")
    return await world.edit(BEN, TEAM, target, "!answer 1 Perhaps.", unproven=why)


DOINGS = {
    "a remark of the team": Doing(remark),
    "a remark of an expert": Doing(remark_of_expert),
    "a remark as a reply to the card": Doing(remark_as_reply),
    "a file for a ticket": Doing(file_for_ticket),
    "a file for a planned post": Doing(file_for_planned),
    "chatter": Doing(chatter, does_something=False),
    "an exclamation": Doing(exclamation, does_something=False),
    "chatter in a thread in which nobody is asked": Doing(chatter_nobody_hears, does_something=False),
    "chatter in the thread of a planned post": Doing(chatter_about_planned, does_something=False),
    "a file in the room": Doing(file_in_room, does_something=False),
    "an edit of a draft": an_edit("!answer 1 No.", "!answer 1 Never."),
    "an edit of an interim reply": an_edit("!interim 1 Later.", "!interim 1 Soon."),
    "an edit of a planned post": an_edit("!draft Today.", "!draft Some day."),
    "an edit of a warning": an_edit("!crisis Do open it.", "!crisis Do not open it."),
    "an edit of a draft into talk": an_edit("Never mind.", "!answer 1 Never."),
    "an edit of a draft into an order": an_edit("!publish P2", "!answer 1 Never."),
    "an edit of a proposal": an_edit("!propose 1 No.", "!propose 1 Yes.", EVA, KRYPTO),
    "an edit of a note": an_edit("!note 1 no", "!note 1 yes"),
    "an edit of a remark": an_edit("It is.", "It is not.", EVA, KRYPTO, "in the thread"),
    "an edit into a command": an_edit("!claim 1", "claim 1"),
    "an edit of talk": Doing(edit_of_nothing, does_something=False),
    "an edit of somebody else's draft": Doing(edit_of_another_s_draft, does_something=False),
}


@pytest.mark.parametrize("why", [pytest.param(None, id="proven"), *WHY])
async def test_what_would_have_done_something_does_not_and_is_answered_and_all_else_is_passed_over(
    tmp_path: Path, why: Unproven | None
) -> None:
    async with an_office(tmp_path) as world:
        hear = world.hear
        before: dict[str, list[dict[str, object]]] = {}
        counted = 0

        async def watched(heard: Spoken | Edited) -> None:
            """The last thing that is heard is what it is about: everything before only leads to it."""
            nonlocal before, counted
            before, counted = await everything(world), len(world.rooms.sent)
            await hear(heard)

        world.hear = watched  # type: ignore[method-assign, assignment]
        for name, doing in DOINGS.items():
            world.clock.advance(minutes=61)  # each is answered
            event = await doing.do(world, why)
            said = told_since(world, counted)
            if why is None:
                assert (await everything(world) != before or bool(said)) == doing.does_something, name
                continue
            assert await everything(world) == before, name
            declined = [text for text in said if text.startswith("This does not count: it came ")]
            assert bool(declined) == bool(said) == doing.does_something, name
            assert event not in str(await world.rows("remarks"))


@pytest.mark.parametrize("why", WHY)
async def test_reactions_and_redactions_are_never_encrypted_and_go_on_counting(tmp_path: Path, why: Unproven) -> None:
    async with an_office(tmp_path) as world:
        now = world.clock.now()
        await world.hear(Reacted(world.event(), TEAM, BEN, now, world.preview(2), "✅", unproven=why))
        (_, answer) = await world.rows("posts")
        assert answer["state"] == "confirmed"
        await world.hear(Redacted(world.event(), TEAM, BEN, now, world.preview(2), unproven=why))
        (_, answer) = await world.rows("posts")
        assert answer["state"] == "draft"


# --- an edit that nobody can be sure of, or that nobody can read ---


async def unproven_edit(world: World, target: EventId) -> EventId:
    return await world.edit(ANNA, TEAM, target, "!answer 1 Buy now!", unproven=PHONE)


async def unreadable_edit(world: World, target: EventId) -> EventId:
    return await world.says_unreadably(ANNA, TEAM, target=target)


async def old_unreadable_edit(world: World, target: EventId) -> EventId:
    return await world.says_unreadably(ANNA, TEAM, target=target, at=world.clock.now() - timedelta(days=2))


async def of_post(world: World, number: int) -> dict[str, object]:
    """That post but for when it would have gone out."""
    row = next(row for row in await world.rows("posts") if row["id"] == number)
    return {key: value for key, value in row.items() if key != "publish_after"}


@pytest.mark.parametrize("edit", [unproven_edit, unreadable_edit, old_unreadable_edit])
async def test_what_waits_is_held_back_each_time_and_nothing_else_of_it_changes(
    tmp_path: Path, edit: Callable[[World, EventId], Awaitable[EventId]]
) -> None:
    async with an_office(tmp_path) as world:
        target = await world.say(ANNA, TEAM, "!answer 1 No.")
        drafted = await of_post(world, 3)
        for _ in range(7):
            await world.tap(BEN, TEAM, world.preview(3), "✅")
            assert (await of_post(world, 3))["state"] == "confirmed"
            count = len(world.rooms.sent)
            await edit(world, target)
            assert await of_post(world, 3) == drafted
            # Whoever confirmed it must hear that it does not go out, however often.
            assert any("P3 stays as its preview shows it" in text for text in told_since(world, count))
        world.clock.advance(hours=3)
        await world.wake()
        assert not world.fediverse.published


@pytest.mark.parametrize("edit", [unproven_edit, unreadable_edit, old_unreadable_edit])
async def test_a_flood_of_such_edits_says_little(
    tmp_path: Path, edit: Callable[[World, EventId], Awaitable[EventId]]
) -> None:
    async with an_office(tmp_path) as world:
        target = await world.say(ANNA, TEAM, "!answer 1 No.")
        await world.tap(BEN, TEAM, world.preview(3), "✅")
        count = len(world.rooms.sent)
        for _ in range(60):
            await edit(world, target)
        assert (await of_post(world, 3))["state"] == "draft"
        assert len(told_since(world, count)) <= 10


@pytest.mark.parametrize("edit", [unproven_edit, unreadable_edit])
async def test_a_planned_post_that_is_held_back_in_the_last_minutes_does_not_pass_unnoticed(
    tmp_path: Path, edit: Callable[[World, EventId], Awaitable[EventId]]
) -> None:
    async with an_office(tmp_path) as world:
        target = await world.say(ANNA, TEAM, "!schedule in 2 hours | Doors open.")
        await world.tap(BEN, TEAM, world.preview(3), "✅")
        await world.pass_time(world.clock.now() + timedelta(minutes=115))
        await edit(world, target)
        assert (await of_post(world, 3))["state"] == PostState.DRAFT
        await world.pass_time(world.clock.now() + timedelta(hours=1))
        assert (await of_post(world, 3))["state"] == PostState.MISSED
        assert any("P3 has missed its time" in one.text for one in world.rooms.shown(TEAM))


# --- how often it is said ---


@pytest.mark.parametrize("why", WHY)
async def test_who_repeats_a_command_is_answered_and_a_flood_is_not(tmp_path: Path, why: Unproven) -> None:
    async with an_office(tmp_path) as world:
        await world.crash(timezone="Europe/Berlin")
        events = [await world.say(ANNA, TEAM, f"!claim {number}", unproven=why) for number in range(60)]
        told = [text for event in events for text in world.replies(event)]
        assert len(told) == 5
        assert told[0].startswith("This does not count: it came ")
        assert all(text.startswith("This does not count either: ") for text in told[1:])
        assert told[-1].endswith("I will not repeat that before Mon 23 Nov 2026 11:00 CET.")
        assert all("Anna's phone (PHONEXYZ)" in text for text in told) == (why == PHONE)
        # Everybody else is heard, and answered on their own account.
        assert world.replies(await world.say(BEN, TEAM, "!claim 1", unproven=why))
        assert world.replies(await world.say(ANNA, DIRECT, "!claim 2", unproven=why))
        await world.say(ANNA, TEAM, "!claim 1")
        assert (await world.rows("tickets"))[0]["claimant"] == ANNA
        await world.crash()
        assert world.replies(await world.say(ANNA, TEAM, "!claim 1", unproven=why)) == []
        world.clock.advance(hours=1)
        (again,) = world.replies(await world.say(ANNA, TEAM, "!claim 1", unproven=why))
        assert again == told[0]


async def test_a_flood_of_what_would_hold_back_and_cannot_is_not_answered_each(tmp_path: Path) -> None:
    async with an_office(tmp_path) as world:
        count = len(world.rooms.sent)
        for _, line in itertools.product(range(20), ("withdraw", "withdraw P99", "freeze", "unschedule")):
            await world.say(ANNA, TEAM, f"!{line}", unproven=PLAIN)
        assert len(told_since(world, count)) <= 12


async def test_sixty_messages_without_a_key_are_answered_once_an_hour(tmp_path: Path) -> None:
    async with an_office(tmp_path) as world:
        count = len(world.rooms.sent)
        first = await world.says_unreadably(ANNA, TEAM)
        for _ in range(30):
            await world.says_unreadably(ANNA, TEAM)
        await world.crash()
        for _ in range(30):
            await world.says_unreadably(ANNA, TEAM, thread=world.card(1))
        (told,) = told_since(world, count)
        assert world.replies(first) == [told]
        assert told.startswith("I cannot read this message")
        assert world.replies(await world.says_unreadably(BEN, TEAM)) == [told]
        assert world.replies(await world.says_unreadably(ANNA, DIRECT)) == [told]
        world.clock.advance(hours=1)
        assert world.replies(await world.says_unreadably(ANNA, TEAM)) == [told]


@pytest.mark.parametrize(("minutes", "is_answered"), [(0, True), (59, True), (61, False), (10_000, False)])
async def test_old_talk_that_cannot_be_read_is_not_answered(tmp_path: Path, minutes: int, is_answered: bool) -> None:
    async with an_office(tmp_path) as world:
        event = await world.says_unreadably(ANNA, TEAM, at=world.clock.now() - timedelta(minutes=minutes))
        assert bool(world.replies(event)) == is_answered
        # Nor does it count: what cannot be read now is answered.
        assert bool(world.replies(await world.says_unreadably(ANNA, TEAM))) != is_answered


@pytest.mark.parametrize("why", WHY)
async def test_what_is_declined_and_heard_again_is_not_said_again(tmp_path: Path, why: Unproven) -> None:
    async with an_office(tmp_path) as world:
        spoken = Spoken(world.event(), TEAM, ANNA, world.clock.now(), "!claim 1", unproven=why)
        for _ in range(3):
            await world.hear(spoken)
        assert len(world.replies(spoken.event_id)) == 1
        await world.crash()
        await world.hear(spoken)
        assert len(world.replies(spoken.event_id)) == 1


@pytest.mark.parametrize("why", WHY)
async def test_a_device_that_can_read_no_answer_sees_that_nothing_was_done(tmp_path: Path, why: Unproven) -> None:
    """It is given no keys; reactions are not encrypted."""
    async with an_office(tmp_path) as world:
        events = [await world.say(ANNA, TEAM, "!claim 1", unproven=why) for _ in range(20)]
        assert [world.rooms.buttons(event) for event in events] == 5 * [["🚫"]] + 15 * [[]]
        draft = await world.say(BEN, TEAM, "!draft Some day.")
        await world.edit(BEN, TEAM, draft, "!draft Today.", unproven=why)
        assert world.rooms.buttons(draft) == ["🚫"]
        assert world.rooms.buttons(await world.says_unreadably(BEN, TEAM)) == []


async def test_a_device_s_name_is_shown_as_a_name_and_short(tmp_path: Path) -> None:
    async with an_office(tmp_path) as world:
        nasty = Unproven("`!publish P2` <b>bold</b>\n# heading \u202e " + 500 * "x")
        event = await world.say(ANNA, TEAM, "!claim 1", unproven=nasty)
        sent = next(one for one in world.rooms.sent.values() if world.replies(event) == [one.text])
        assert "\n" not in sent.text
        assert "\u202e" not in sent.text
        assert len(sent.text) < 300
        assert "<b>" not in getattr(sent.message, "html", "<b>")
        assert "<code>!publish" not in getattr(sent.message, "html", "<code>!publish")


async def test_the_refusal_is_in_the_room_s_language_and_in_the_thread(tmp_path: Path) -> None:
    async with an_office(tmp_path, language="de") as world:
        event = await world.say(ANNA, TEAM, "!übernehmen 1", thread=world.card(1), unproven=PHONE)
        (told,) = world.replies(event)
        assert told.startswith("Das zählt nicht: Es kam von „Anna's phone (PHONEXYZ)“")
        assert "„mit einem anderen Gerät verifizieren“" in told
