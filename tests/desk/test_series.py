"""Posts that come again and again: each is visible beforehand, and can be changed, left out, or be the last one."""

from datetime import UTC, datetime

import pytest

from fedichat.domain.names import EventId
from fedichat.domain.posts.post import PostState
from tests.desk.plans import MAP, approve, at, out, post, preview, state, told
from tests.world import ANNA, BEN, TEAM, World

DAILY = "!schedule every day at 9 | Tip of the day."


async def daily(world: World, *, is_approved: bool = True) -> EventId:
    """P1 is tomorrow's at nine, the first of a series."""
    said = await world.say(ANNA, TEAM, DAILY)
    if is_approved:
        await approve(world, 1)
    return said


def moments(world: World) -> list[str]:
    """When, in UTC, something was published."""
    return [status.created_at.astimezone(UTC).isoformat() for status in world.fediverse.statuses.values()]


async def waiting(world: World) -> list[int]:
    """The posts that are still to come, by number."""
    rows = await world.rows("posts")
    return [int(str(row["id"])) for row in rows if row["state"] in ("draft", "confirmed")]


async def test_each_one_is_visible_before_it_comes(world: World) -> None:
    await daily(world, is_approved=False)
    assert "🔁" in preview(world, 1)
    assert "Tue 24 Nov 2026 09:00 CET" in preview(world, 1)
    await approve(world, 1)
    assert await waiting(world) == [1], "one at a time"

    await world.live_until(at("2026-11-24 09:00"))
    assert out(world) == ["Tip of the day."]
    assert await waiting(world) == [2]
    assert "Wed 25 Nov 2026 09:00 CET" in preview(world, 2)
    assert "scheduled, confirmed by ben" in preview(world, 2)
    assert "⚠️" not in preview(world, 2)

    await world.live_until(at("2026-11-27 08:59"))
    assert len(out(world)) == 3
    assert moments(world) == [f"2026-11-2{day}T08:00:00+00:00" for day in (4, 5, 6)]


async def test_without_an_approval_none_of_them_comes(world: World) -> None:
    await daily(world, is_approved=False)
    await world.live_until(at("2026-11-26 12:00"))
    assert out(world) == []
    assert await state(world, 1) is PostState.MISSED
    assert len(await waiting(world)) == 1


async def test_the_author_s_own_tick_approves_no_series(world: World) -> None:
    await daily(world, is_approved=False)
    await approve(world, 1, who=ANNA)
    await world.live_until(at("2026-11-26 12:00"))
    assert out(world) == []


async def test_a_tick_that_is_taken_back_approves_none_of_them(world: World) -> None:
    await daily(world, is_approved=False)
    tick = await world.tap(BEN, TEAM, world.preview(1), "✅")
    await world.redact(BEN, TEAM, tick)
    await world.live_until(at("2026-11-26 12:00"))
    assert out(world) == []


async def test_one_can_be_changed_and_the_others_stay_as_they_were(world: World) -> None:
    await daily(world)
    await world.say(ANNA, TEAM, "!edit P1 Only today's.")
    await approve(world, 1)
    await world.live_until(at("2026-11-25 09:00"))
    assert out(world) == ["Only today's.", "Tip of the day."]


async def test_a_changed_one_that_nobody_approves_holds_back_itself_only(world: World) -> None:
    await daily(world)
    await world.say(ANNA, TEAM, "!edit P1 Only today's.")
    await world.live_until(at("2026-11-25 09:00"))
    assert out(world) == ["Tip of the day."]
    assert await state(world, 1) is PostState.MISSED


async def test_one_can_be_moved_and_the_next_comes_at_its_usual_time(world: World) -> None:
    await daily(world)
    await world.say(ANNA, TEAM, "!reschedule P1 2026-11-24 16:00")
    await approve(world, 1)
    await world.live_until(at("2026-11-25 09:00"))
    assert moments(world) == ["2026-11-24T15:00:00+00:00", "2026-11-25T08:00:00+00:00"]


@pytest.mark.parametrize("by", ["❌", "!unschedule P1", "!withdraw P1"])
async def test_one_can_be_left_out(world: World, by: str) -> None:
    await daily(world)
    if by == "❌":
        await world.tap(ANNA, TEAM, world.preview(1), by)
    else:
        await world.say(ANNA, TEAM, by)
    assert await waiting(world) == [2]
    await world.live_until(at("2026-11-25 09:00"))
    assert moments(world) == ["2026-11-25T08:00:00+00:00"]


@pytest.mark.parametrize("number", ["P1", "P2"])
async def test_the_series_can_be_ended(world: World, number: str) -> None:
    await daily(world)
    await world.live_until(at("2026-11-24 09:00"))
    await world.say(ANNA, TEAM, f"!unschedule {number} --series")
    assert await waiting(world) == []
    await world.live_until(at("2026-12-01 09:00"))
    assert len(out(world)) == 1


async def test_it_is_ended_by_one_that_was_missed_as_well(world: World) -> None:
    await daily(world)
    world.clock.time = at("2026-11-24 12:00")
    await world.crash()
    await world.wake()
    assert await state(world, 1) is PostState.MISSED
    assert await waiting(world) == [2]
    await world.say(ANNA, TEAM, "!unschedule P1 --series")
    assert await waiting(world) == []
    await world.live_until(at("2026-12-01 09:00"))
    assert out(world) == []


async def test_deleting_the_message_ends_the_series(world: World) -> None:
    said = await daily(world)
    await world.live_until(at("2026-11-24 09:00"))
    await world.redact(ANNA, TEAM, said)
    assert await waiting(world) == []
    await world.live_until(at("2026-12-01 09:00"))
    assert len(out(world)) == 1


async def test_deleting_the_message_during_a_freeze_drops_what_was_held_back_too(world: World) -> None:
    said = await daily(world)
    await world.say(ANNA, TEAM, "!freeze")
    await world.live_until(at("2026-11-24 12:00"))
    assert (await state(world, 1), await waiting(world)) == (PostState.MISSED, [2])
    await world.redact(ANNA, TEAM, said)
    await world.say(ANNA, TEAM, "!unfreeze --all")
    assert out(world) == []
    assert [await state(world, number) for number in (1, 2)] == [PostState.WITHDRAWN] * 2


async def test_editing_the_message_changes_those_to_come_and_asks_again(world: World) -> None:
    said = await daily(world)
    await world.live_until(at("2026-11-24 09:00"))
    await world.edit(ANNA, TEAM, said, "!schedule every day at 9 | Another tip.")
    changed = await post(world, 2)
    assert (changed.text, changed.state) == ("Another tip.", PostState.DRAFT)
    await world.live_until(at("2026-11-26 10:00"))
    assert out(world) == ["Tip of the day."]
    number = (await waiting(world))[-1]
    await approve(world, number)
    await world.live_until(at("2026-11-28 10:00"))
    assert out(world) == ["Tip of the day.", "Another tip.", "Another tip."]


async def test_an_edit_of_the_rule_counts_from_then_on(world: World) -> None:
    said = await daily(world)
    await world.edit(ANNA, TEAM, said, "!schedule every day at 11 | Tip of the day.")
    await approve(world, 1)
    await world.live_until(at("2026-11-24 12:00"))
    assert moments(world) == ["2026-11-23T10:00:00+00:00", "2026-11-24T10:00:00+00:00"]


async def test_an_edit_that_cannot_be_understood_holds_back_those_to_come(world: World) -> None:
    said = await daily(world)
    await world.edit(ANNA, TEAM, said, "!schedule every day at 9 --nonsense | Another tip.")
    await world.live_until(at("2026-11-26 12:00"))
    assert out(world) == []


async def test_a_single_time_in_its_message_makes_it_a_single_post(world: World) -> None:
    said = await daily(world)
    await world.edit(ANNA, TEAM, said, "!schedule 2026-11-24 09:00 | Tip of the day.")
    await approve(world, 1)
    await world.live_until(at("2026-11-30 12:00"))
    assert len(out(world)) == 1


async def test_after_some_days_away_nothing_is_made_up_for_by_itself(world: World) -> None:
    await daily(world)
    world.clock.time = at("2026-11-28 12:00")
    await world.crash()
    await world.wake()
    assert out(world) == []
    assert sum("missed" in words for words in told(world)) == 1
    assert any("passed meanwhile and are left out: 4." in words for words in told(world))
    assert len(await waiting(world)) == 1
    await world.live_until(at("2026-11-29 09:00"))
    assert out(world) == ["Tip of the day."]


async def test_back_within_the_grace_of_one_that_one_goes_out_late(world: World) -> None:
    await daily(world)
    world.clock.time = at("2026-11-26 09:10")
    await world.crash()
    await world.wake()
    assert out(world) == ["Tip of the day."]
    assert any("published, late: it was planned for Thu 26 Nov 2026 09:00 CET" in words for words in told(world))


@pytest.mark.parametrize(
    ("begins", "expected"),
    [
        (
            "2027-03-26T12:00:00+01:00",
            ["2027-03-27T08:00:00+00:00", "2027-03-28T07:00:00+00:00", "2027-03-29T07:00:00+00:00"],
        ),
        (
            "2027-10-29T12:00:00+02:00",
            ["2027-10-30T07:00:00+00:00", "2027-10-31T08:00:00+00:00", "2027-11-01T08:00:00+00:00"],
        ),
    ],
)
async def test_nine_stays_nine_when_the_clocks_are_changed(world: World, begins: str, expected: list[str]) -> None:
    world.clock.time = datetime.fromisoformat(begins).astimezone(UTC)
    await daily(world)
    await world.live_until(datetime.fromisoformat(expected[-1]))
    assert moments(world) == expected


async def test_a_crash_right_after_one_is_out_loses_and_doubles_none(world: World) -> None:
    await daily(world)
    for day in (24, 25, 26):
        world.clock.time = at(f"2026-11-{day} 09:00")
        world.fediverse.lost_answers = 1
        await world.wake()
        await world.crash()
        await world.wake()
    assert len(out(world)) == 3
    assert len(await waiting(world)) == 1


async def test_a_freeze_over_one_of_them_leaves_the_next_to_come(world: World) -> None:
    await daily(world)
    await world.say(ANNA, TEAM, "!freeze")
    await world.live_until(at("2026-11-24 12:00"))
    await world.say(ANNA, TEAM, "!unfreeze")
    await world.live_until(at("2026-11-25 09:00"))
    assert out(world) == ["Tip of the day."]
    assert await state(world, 1) is PostState.MISSED


async def test_their_file_goes_along_each_time_and_its_deletion_ends_them(world: World) -> None:
    said = await world.say(ANNA, TEAM, DAILY.replace(" |", ' --alt "A map" |'), file=MAP)
    await approve(world, 1)
    await world.live_until(at("2026-11-25 09:00"))
    assert [new.media for new in world.fediverse.published.values()] == [("m1",), ("m2",)]
    await world.redact(ANNA, TEAM, said)
    assert await waiting(world) == []
    await world.live_until(at("2026-12-01 09:00"))
    assert len(out(world)) == 2


async def test_a_file_of_the_thread_that_is_deleted_ends_them_too(world: World) -> None:
    said = await daily(world, is_approved=False)
    file = await world.say(BEN, TEAM, "A map", thread=world.preview(1), file=MAP)
    await world.edit(ANNA, TEAM, said, DAILY.replace(" |", " --with 1 |"))
    await approve(world, 1)
    await world.redact(BEN, TEAM, file)
    assert await waiting(world) == []
    await world.live_until(at("2026-12-01 09:00"))
    assert out(world) == []


async def test_only_one_that_belongs_to_a_series_can_end_one(world: World) -> None:
    await world.say(ANNA, TEAM, "!schedule 2026-11-24 09:00 | Our guide is out.")
    said = await world.say(ANNA, TEAM, "!unschedule P1 --series")
    assert "not one of a series" in world.replies(said)[-1]


async def test_a_copy_of_one_is_no_part_of_the_series(world: World) -> None:
    await daily(world)
    await world.say(ANNA, TEAM, "!copy P1 2026-11-24 15:00")
    await approve(world, 2)
    await world.live_until(at("2026-11-24 15:00"))
    assert moments(world) == ["2026-11-24T08:00:00+00:00", "2026-11-24T14:00:00+00:00"]
    assert len(await waiting(world)) == 1


async def test_a_series_whose_words_were_mistyped_for_a_while_goes_on(world: World) -> None:
    said = await daily(world)
    await world.edit(ANNA, TEAM, said, DAILY.replace("every", "evvvry"))
    await world.edit(ANNA, TEAM, said, DAILY)
    assert "🔁" in preview(world, 1)
    await approve(world, 1)
    await world.live_until(at("2026-11-26 12:00"))
    assert out(world) == ["Tip of the day."] * 3
