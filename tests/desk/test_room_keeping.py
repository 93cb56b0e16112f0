"""What moves when another room takes the place of one: everything that is open, and nothing that belongs to the old."""

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest

from fedichat.domain.effects import (
    EFFECTS,
    Ask,
    Effect,
    React,
    Redact,
    Remind,
    RoomEffect,
    Say,
    ShowCard,
    ShowChart,
    ShowDigest,
    ShowEdited,
    ShowFollowUp,
    ShowHandover,
    ShowMedia,
    ShowMissed,
    ShowPreview,
    ShowProposal,
    ShowPublished,
    ShowRemark,
    ShowSettled,
    Tell,
)
from fedichat.domain.names import SUPERVISORS, EventId, PostId, RoomId, TicketId, former_place, team_place
from fedichat.domain.tickets.mention import StatusId
from fedichat.domain.time.period import Period
from fedichat.ports import KeyTrouble
from fedichat.store import outbox
from tests.world import ANNA, BEN, TEAM, World

HERE, NAME = team_place("bsi"), "#team:example.org"
OLD, NEW = RoomId("!old:example.org"), RoomId("!new:example.org")
GONE = EventId("$old-event")
ONE, POST, STATUS = TicketId(1), PostId(1), StatusId("1")
PERIOD = Period(date(2026, 11, 23), date(2026, 11, 24))

STAYS: tuple[Effect, ...] = (
    ShowCard(HERE, ONE),
    ShowFollowUp(HERE, ONE, STATUS),
    ShowEdited(HERE, ONE, STATUS, "before"),
    ShowMedia(HERE, ONE, STATUS, 0),
    ShowRemark(HERE, ONE, EventId("$remark")),
    ShowProposal(HERE, ONE, 1),
    ShowPublished(HERE, ONE, POST),
    ShowPreview(HERE, POST, 1),
    Tell(HERE, "Hello", thread=GONE, reply_to=GONE),
    Say(HERE, "Hello", "Hello", thread=GONE, reply_to=GONE),
    Ask(HERE, "Well?", {}, {"✅": "publish 1"}, thread=GONE, reply_to=GONE),
    Remind(HERE, ()),
    ShowDigest(HERE, PERIOD, thread=GONE, reply_to=GONE),
    ShowChart(HERE, date(2026, 11, 24), thread=GONE),
    ShowHandover(HERE, 1),
    ShowMissed(HERE),
)
ENDS: tuple[Effect, ...] = (React(HERE, GONE, "👍"), ShowSettled(HERE, GONE, "✅", "anna", "Well?"))
IN_THE_OLD = Redact(HERE, GONE)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = await World.open(tmp_path)
    yield world
    await world.close()


async def waiting(world: World, lane: str) -> list[Effect]:
    return [one.effect for one, _ in await world.database.write(lambda tx: outbox.take_out(tx, lane))]


def test_every_kind_of_effect_that_concerns_a_room_is_in_the_table() -> None:
    bound = {kind for kind in EFFECTS if issubclass(kind, RoomEffect)}
    assert {type(effect) for effect in (*STAYS, *ENDS, IN_THE_OLD)} == bound


async def test_what_waits_goes_along_and_refers_to_nothing_in_the_old_room(world: World) -> None:
    await world.desk.room.book.enter(HERE, NAME, OLD)
    await world.deliver()
    await world.database.write(lambda tx: outbox.add_effects(tx, [*STAYS, *ENDS, IN_THE_OLD]))
    begun = await world.desk.room.outbox.take(HERE, 3)
    assert {one.room for one in begun} == {OLD}
    await world.desk.room.book.enter(HERE, NAME, NEW)

    found = await waiting(world, HERE)
    assert isinstance(found[0], Tell)
    assert [type(one) for one in found[1:]] == [type(one) for one in STAYS]
    assert GONE not in repr(found)
    assert await waiting(world, former_place(OLD)) == [Redact(former_place(OLD), GONE)]


async def test_what_was_sent_while_the_room_moved_is_known_where_it_is(world: World) -> None:
    await world.desk.room.book.enter(HERE, NAME, TEAM)
    await world.asked()
    await world.database.write(lambda tx: outbox.not_a_card(tx, [world.card(1)]))
    await world.database.write(lambda tx: outbox.add_effects(tx, [ShowCard(HERE, ONE)]))
    (card,) = await world.desk.room.outbox.take(HERE, 1)
    await world.desk.room.book.enter(HERE, NAME, NEW)
    late = outbox.Said(EventId("$late"), HERE, ONE, is_card=True)
    await world.desk.room.outbox.carried_out(card, late, quoted=[outbox.Quotation(late.event, HERE, ONE, STATUS)])

    assert await world.desk.room.views.thread_of(ONE, HERE) is None
    said = await world.desk.room.views.what_was_said(late.event)
    assert said is not None
    assert said.place == former_place(TEAM)
    assert ShowCard(HERE, ONE) in await waiting(world, HERE)


async def test_what_is_open_is_shown_again_and_back_in_the_first_room_it_is_found_again(world: World) -> None:
    await world.desk.room.book.enter(HERE, NAME, TEAM)
    await world.asked()
    await world.deliver()
    first = world.card(1)
    await world.say(ANNA, TEAM, "!answer 1 Yes.")
    await world.deliver()
    await world.desk.room.book.enter(HERE, NAME, NEW)
    moved = await waiting(world, HERE)
    assert ShowCard(HERE, ONE) in moved
    assert ShowPreview(HERE, POST, 1) in moved
    assert await world.desk.room.views.thread_of(ONE, HERE) is None
    await world.desk.room.book.enter(HERE, NAME, TEAM)
    assert await world.desk.room.views.thread_of(ONE, HERE) == first
    assert ShowPreview(HERE, POST, 1) in await waiting(world, HERE)


async def test_questions_are_asked_again_with_who_would_read_along(world: World) -> None:
    await world.desk.room.book.enter(HERE, NAME, OLD)
    asked = Ask(HERE, "Well?", {}, {"✅": "publish 1"}, readers=team_place("cert"))
    await world.database.write(lambda tx: outbox.add_effects(tx, [asked]))
    (one,) = await world.desk.room.outbox.take(HERE, 1)
    await world.desk.room.questions.question_put(one, asked, GONE)
    await world.desk.room.book.enter(HERE, NAME, NEW)
    assert asked in await waiting(world, HERE)
    assert await world.desk.room.questions.find_question(GONE) is None


@pytest.mark.parametrize("again", [1, 2])
async def test_entering_the_same_room_again_shows_nothing(world: World, again: int) -> None:
    for _ in range(1 + again):
        await world.desk.room.book.enter(HERE, NAME, OLD)
    assert await waiting(world, HERE) == []
    assert await world.desk.room.book.known_rooms() == {NAME: OLD}


@pytest.mark.parametrize("trouble", KeyTrouble)
async def test_that_somebodys_keys_are_others_is_said_once_a_day_however_often_they_change(
    world: World, trouble: KeyTrouble
) -> None:
    place = SUPERVISORS if world.desk.settings.has_supervisors else HERE
    await waiting(world, place)
    for _ in range(50):
        await world.desk.room.book.tell_of_keys(ANNA, trouble, "Phone (ABC)")
    (told,) = await waiting(world, place)
    assert isinstance(told, Tell)
    assert told.fields == {"user": ANNA, "device": "Phone (ABC)"}

    await world.desk.room.book.tell_of_keys(BEN, trouble, "Phone (ABC)")
    assert len(await waiting(world, place)) == 1
    world.clock.advance(hours=25)
    await world.desk.room.book.tell_of_keys(ANNA, trouble, "Phone (ABC)")
    assert len(await waiting(world, place)) == 1
