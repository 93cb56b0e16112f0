"""With a token refused or a server away, people hear of it: the office once, each post's thread once."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from fedichat.domain.effects import account_lanes
from fedichat.errors import Refusal, StopError, TryLater
from fedichat.workers.delivery.turn import Turn
from tests.world import ANNA, BEN, BOSS, TEAM, World

REFUSED = StopError("the token is no good", Refusal("the server refuses the access token: “{words}”", words="gone"))
AWAY = TryLater("bsi: no connection", told=Refusal("the server cannot be reached"))
AT_THE_SERVER = tuple(account_lanes("bsi"))
REFUSED_WORDS, AWAY_WORDS = "the server refuses the access token: “gone”", "the server cannot be reached"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = await World.open(tmp_path)
    await world.asked()
    yield world
    await world.close()


async def passes(world: World, seconds: float) -> None:
    """Time passes: timers fire, rooms are served; nothing can be done at the account's server."""
    until = world.clock.now() + timedelta(seconds=seconds)
    while (timer := await world.desk.clock.timers.earliest_timer()) is not None and timer[1] <= until:
        world.clock.time = max(world.clock.time, timer[1])
        await world.desk.clock.timers.fire(timer[0])
        await rooms_are_served(world)
    world.clock.time = until
    await rooms_are_served(world)


async def rooms_are_served(world: World) -> None:
    for _ in range(20):
        due, _next = await world.desk.room.outbox.agenda()
        lanes = [lane for lane in due if not lane.startswith(AT_THE_SERVER)]
        for lane in lanes:
            for waiting in await world.desk.room.outbox.take(lane, 20):
                await world.app.delivery.settle(waiting, Turn(None))
        if not lanes:
            return
    raise AssertionError("the rooms come to no end")


async def try_to_publish(world: World) -> None:
    """One try of each effect of the account that is due."""
    due, _next = await world.desk.room.outbox.agenda()
    for lane in filter(lambda lane: lane.startswith(AT_THE_SERVER), due):
        for waiting in await world.desk.room.outbox.take(lane, 20):
            try:
                await world.app.delivery.carry_out(waiting, Turn(None))
            except (TryLater, StopError):
                return


async def confirmed(world: World) -> None:
    await world.say(ANNA, TEAM, "!answer 1 Yes, it is.")
    preview = world.preview(1)
    deliver = world.deliver
    world.deliver = lambda: rooms_are_served(world)  # type: ignore[method-assign]
    try:
        await world.tap(ANNA, TEAM, preview, "✅")
    finally:
        world.deliver = deliver  # type: ignore[method-assign]


def said(world: World, *words: str, room: str = TEAM) -> list[str]:
    return [one.text for one in world.rooms.sent.values() if one.room == room and all(w in one.text for w in words)]


async def hears(world: World, error: Exception | None) -> None:
    """The account is asked for mentions once, as intake does, and what came of it is kept."""
    intake = world.app.intakes["bsi"]
    world.fediverse.trouble = error
    since = world.clock.now()
    try:
        await intake.look()
    except (TryLater, StopError) as caught:
        await intake.tell(caught, since)
    else:
        await world.desk.room.troubles.answering("bsi")
    await rooms_are_served(world)


@pytest.mark.parametrize(("error", "words"), [(REFUSED, REFUSED_WORDS), (AWAY, AWAY_WORDS)], ids=["token", "away"])
async def test_an_answer_that_cannot_leave_says_so_within_a_minute_once_and_when_it_is_out(
    world: World, error: Exception, words: str
) -> None:
    await confirmed(world)
    world.fediverse.trouble = error
    await try_to_publish(world)
    await passes(world, 30)
    assert said(world, "is not out yet") == []
    await passes(world, 29)
    assert said(world, "P1 is not out yet", words) != []
    shown = world.rooms.sent[world.preview(1)].text
    assert "waits for the server since" in shown
    assert "goes out" not in shown
    for _ in range(3):
        await try_to_publish(world)
        await passes(world, 600)
    assert len(said(world, "is not out yet")) == 1
    await world.crash()
    await try_to_publish(world)
    await passes(world, 600)
    assert len(said(world, "is not out yet")) == 1
    world.fediverse.trouble = None
    await world.deliver()
    assert [new.text for new in world.fediverse.published.values()] == ["@erika@remote.example Yes, it is."]
    assert len(said(world, "Published: ")) == 1


async def test_one_whose_request_hangs_says_so_too(world: World) -> None:
    await confirmed(world)
    await passes(world, 100)
    assert len(said(world, "P1 is not out yet", "no answer has come so far")) == 1


async def test_one_that_is_out_after_a_hiccup_says_nothing_of_it(world: World) -> None:
    await confirmed(world)
    world.fediverse.trouble = AWAY
    await try_to_publish(world)
    world.fediverse.trouble = None
    await world.deliver()
    await passes(world, 600)
    assert said(world, "not out yet") == []
    assert await world.rows("troubles") == []


async def test_it_can_be_taken_back_while_it_waits(world: World) -> None:
    await confirmed(world)
    world.fediverse.trouble = AWAY
    await try_to_publish(world)
    await passes(world, 60)
    await world.say(ANNA, TEAM, "!withdraw 1")
    world.fediverse.trouble = None
    await world.deliver()
    assert world.fediverse.published == {}


async def test_a_refused_token_is_said_at_once_to_the_supervisors_and_once(world: World) -> None:
    for _ in range(3):
        await hears(world, REFUSED)
        await passes(world, 60)
    assert len(said(world, "Account bsi", REFUSED_WORDS, "new token", room=BOSS)) == 1
    assert said(world, "Account bsi") == []
    await world.crash()
    await hears(world, REFUSED)
    await passes(world, 3600)
    assert len(said(world, "Account bsi", room=BOSS)) == 1
    await hears(world, None)
    assert len(said(world, "Account bsi", "answers again", room=BOSS)) == 1
    await hears(world, None)
    assert len(said(world, "answers again", room=BOSS)) == 1


async def test_a_server_that_is_away_is_said_after_five_minutes_also_if_the_poll_hangs(world: World) -> None:
    await hears(world, AWAY)
    await passes(world, 290)
    assert said(world, "Account bsi", room=BOSS) == []
    await passes(world, 20)
    assert len(said(world, "Account bsi", AWAY_WORDS, "No mentions come in", room=BOSS)) == 1
    await hears(world, AWAY)
    await passes(world, 3600)
    assert len(said(world, "Account bsi", room=BOSS)) == 1
    await hears(world, None)
    assert len(said(world, "its server answers again", room=BOSS)) == 1


async def test_a_server_that_is_back_in_time_is_not_mentioned(world: World) -> None:
    await hears(world, AWAY)
    await passes(world, 240)
    await hears(world, None)
    await passes(world, 3600)
    assert said(world, "Account bsi", room=BOSS) == []


async def test_one_that_comes_and_goes_is_said_every_half_hour_at_most(world: World) -> None:
    for _ in range(12):
        await hears(world, AWAY)
        await passes(world, 360)
        await hears(world, None)
        await passes(world, 60)
    assert 1 < len(said(world, AWAY_WORDS, room=BOSS)) <= 3


async def test_a_token_that_is_refused_after_the_server_was_away_is_said_as_that(world: World) -> None:
    await hears(world, AWAY)
    await passes(world, 310)
    await hears(world, REFUSED)
    assert len(said(world, REFUSED_WORDS, room=BOSS)) == 1
    await hears(world, AWAY)
    await passes(world, 600)
    assert len(said(world, AWAY_WORDS, room=BOSS)) == 1


async def test_what_was_wrong_before_a_restart_is_tried_before_it_is_said(world: World) -> None:
    await hears(world, AWAY)
    world.clock.advance(minutes=20)
    await world.crash()
    await world.desk.clock.timers.set_up_timers()
    await passes(world, 30)
    assert said(world, "Account bsi", room=BOSS) == []
    await hears(world, None)
    await passes(world, 600)
    assert said(world, "Account bsi", room=BOSS) == []


async def test_without_supervisors_the_team_hears_of_it(tmp_path: Path) -> None:
    world = await World.open(tmp_path, supervisors=None)
    await hears(world, REFUSED)
    assert len(said(world, "Account bsi", REFUSED_WORDS)) == 1
    await world.close()


async def test_a_warning_that_cannot_leave_is_said_at_once_and_wakes_people(world: World) -> None:
    await world.say(ANNA, TEAM, "!crisis Please do not open attachments.")
    preview = world.preview(1)
    deliver = world.deliver
    world.deliver = lambda: rooms_are_served(world)  # type: ignore[method-assign]
    await world.tap(BEN, TEAM, preview, "✅")
    world.deliver = deliver  # type: ignore[method-assign]
    world.fediverse.trouble = AWAY
    await try_to_publish(world)
    await rooms_are_served(world)
    (told,) = said(world, "P1 could not be published yet", AWAY_WORDS)
    assert "ben" in told
    assert "anna" in told
