"""What has come in: nothing is taken twice, and nothing is left out between two looks."""

from datetime import datetime, timedelta

import pytest

from fedichat.domain.names import EventId, UserId
from fedichat.domain.tickets.mention import Malformed, NotificationId
from fedichat.domain.time.timer import Timer, TimerKind
from fedichat.errors import AlreadyHandled
from fedichat.store import inbox, timers
from fedichat.store.database import Database, Transaction
from fedichat.store.inbox import BEGINNING, Reaction
from tests.factories import ANNA, DAY, NOW

BOT = UserId("@fedichat:example.org")


async def known(database: Database, *seconds_ago: float, account: str = "bsi") -> None:
    rows = [(NotificationId(f"n{ago:g}"), NOW - timedelta(seconds=ago)) for ago in seconds_ago]
    await database.write(lambda tx: inbox.add_notifications(tx, account, rows))


async def cursor(database: Database, account: str = "bsi") -> str | None:
    return await database.read(lambda tx: inbox.cursor(tx, account))


# --- the cursor ---


@pytest.mark.parametrize(
    ("known_seconds_ago", "asked_from"),
    [
        ((), None),
        ((0,), None),
        ((0, 59), None),
        ((0, 60), "n60"),
        ((0, 61), "n61"),
        ((0, 30, 90), "n90"),
        ((0, 59.9, 60.1, 300), "n60.1"),
        ((300, 90, 30, 0), "n90"),
        ((1000, 1059, 1061), "n1061"),
        ((1000, 1000, 1060), "n1060"),
    ],
)
async def test_notifications_are_asked_for_again_from_a_minute_before_the_newest_known_one(
    database: Database, known_seconds_ago: tuple[float, ...], asked_from: str | None
) -> None:
    await known(database, *known_seconds_ago)
    assert await cursor(database) == asked_from


async def test_each_account_has_a_cursor_of_its_own(database: Database) -> None:
    await known(database, 0, 90)
    await known(database, 0, 600, account="press")
    assert (await cursor(database), await cursor(database, "press")) == ("n90", "n600")


async def test_an_account_is_watched_from_its_beginning_even_before_anything_came(database: Database) -> None:
    await database.write(lambda tx: inbox.add_notifications(tx, "bsi", [(BEGINNING, NOW - DAY)]))
    assert await cursor(database) is None
    assert await database.read(lambda tx: inbox.newest_notification(tx, "bsi")) == NOW - DAY
    await known(database, 0)
    assert await cursor(database) is None, "the beginning is no notification that a server knows"


async def test_what_was_taken_is_known_and_may_come_again(database: Database) -> None:
    await known(database, 0, 90)
    await known(database, 0, 90, 120)
    ids = [NotificationId(name) for name in ("n0", "n90", "n120", "n500")]
    assert await database.read(lambda tx: inbox.known_notifications(tx, "bsi", ids)) == {"n0", "n90", "n120"}
    assert await database.read(lambda tx: inbox.known_notifications(tx, "press", ids)) == set()


async def test_what_cannot_be_read_is_kept_for_the_operator_and_counted(database: Database) -> None:
    with_id = Malformed(NotificationId("n1"), NOW, '{"id":"n1"}', "no status")
    without = Malformed(None, None, "{}", "no id")

    def work(tx: Transaction) -> None:
        for malformed in (with_id, without):
            inbox.set_malformed_aside(tx, "bsi", malformed, NOW)

    await database.write(work)
    assert await database.read(lambda tx: inbox.count_malformed(tx, "bsi")) == 2
    assert await database.read(lambda tx: inbox.count_malformed(tx, "press")) == 0
    assert await database.read(lambda tx: inbox.is_malformed_known(tx, "bsi", "{}"))
    assert not await database.read(lambda tx: inbox.is_malformed_known(tx, "bsi", "[]"))


# --- chat events ---


async def test_a_chat_event_has_its_outcome_once(database: Database) -> None:
    event = EventId("$said")
    assert not await database.read(lambda tx: inbox.was_seen(tx, event))
    await database.write(lambda tx: inbox.see_event(tx, event, NOW))
    assert await database.read(lambda tx: inbox.was_seen(tx, event))
    with pytest.raises(AlreadyHandled):
        await database.write(lambda tx: inbox.see_event(tx, event, NOW + DAY))


async def test_an_event_whose_outcome_failed_may_be_tried_again(database: Database) -> None:
    def fail(tx: Transaction) -> None:
        inbox.see_event(tx, EventId("$said"), NOW)
        raise LookupError

    with pytest.raises(LookupError):
        await database.write(fail)
    await database.write(lambda tx: inbox.see_event(tx, EventId("$said"), NOW))


async def test_reactions_are_kept_so_that_taking_them_back_is_understood(database: Database) -> None:
    anna = Reaction(EventId("$r1"), EventId("$card"), ANNA, "👀")
    ours = Reaction(EventId("$r2"), EventId("$card"), None, "✅")

    def work(tx: Transaction) -> None:
        for reaction in (anna, ours, anna):
            inbox.keep_reaction(tx, reaction, NOW)

    await database.write(work)
    assert await database.read(lambda tx: inbox.find_reaction(tx, anna.event)) == anna
    assert await database.read(lambda tx: inbox.own_reactions(tx, anna.target)) == [ours]
    await database.write(lambda tx: inbox.drop_reaction(tx, ours.event))
    assert await database.read(lambda tx: inbox.own_reactions(tx, anna.target)) == []


async def test_the_sync_token_is_the_one_kept_last_for_that_user(database: Database) -> None:
    assert await database.read(lambda tx: inbox.sync_token(tx, BOT)) is None
    for token in ("s1", "s2"):
        await database.write(lambda tx, token=token: inbox.keep_sync_token(tx, BOT, token))  # type: ignore[misc]
    assert await database.read(lambda tx: inbox.sync_token(tx, BOT)) == "s2"
    assert await database.read(lambda tx: inbox.sync_token(tx, ANNA)) is None


# --- forgetting ---


async def test_repeats_are_recognised_for_as_long_as_they_can_come_and_then_forgotten(
    database: Database,
) -> None:
    old, young = NOW - 40 * DAY, NOW - DAY

    def work(tx: Transaction) -> None:
        for name, at in (("old", old), ("young", young)):
            inbox.see_event(tx, EventId(name), at)
            inbox.keep_reaction(tx, Reaction(EventId(name), EventId("$card"), ANNA, "👀"), at)
            inbox.set_malformed_aside(tx, "bsi", Malformed(None, None, name, "no id"), at)
        inbox.forget_traffic(tx, before=NOW - 30 * DAY)

    await database.write(work)
    for name, stays in (("old", False), ("young", True)):
        event = EventId(name)
        assert await database.read(lambda tx, event=event: inbox.was_seen(tx, event)) is stays  # type: ignore[misc]
        kept = await database.read(lambda tx, event=event: inbox.find_reaction(tx, event))  # type: ignore[misc]
        assert (kept is not None) is stays
    assert await database.read(lambda tx: inbox.count_malformed(tx, "bsi")) == 1


@pytest.mark.parametrize("newest", [NOW, NOW - 100 * DAY])
async def test_forgetting_old_notifications_does_not_move_the_cursor(database: Database, newest: datetime) -> None:
    rows = [
        (NotificationId("newest"), newest),
        (NotificationId("settled"), newest - timedelta(seconds=70)),
        (NotificationId("old"), newest - 60 * DAY),
    ]
    await database.write(lambda tx: inbox.add_notifications(tx, "bsi", rows))
    await database.write(lambda tx: inbox.forget_traffic(tx, before=NOW - 30 * DAY))
    assert await cursor(database) == "settled"
    ids = [number for number, _ in rows]
    assert await database.read(lambda tx: inbox.known_notifications(tx, "bsi", ids)) == {"newest", "settled"}


# --- timers ---


async def test_the_timer_that_is_due_first_comes_first_and_can_be_moved_or_cleared(
    database: Database,
) -> None:
    later, sooner = Timer(TimerKind.SNOOZE, "1"), Timer(TimerKind.SNOOZE, "2")

    def work(tx: Transaction) -> None:
        timers.set_timer(tx, later, NOW + 2 * DAY)
        timers.set_timer(tx, sooner, NOW + DAY)

    assert await database.read(timers.earliest_timer) is None
    await database.write(work)
    assert await database.read(timers.earliest_timer) == (sooner, NOW + DAY)
    await database.write(lambda tx: timers.set_timer(tx, sooner, NOW + 3 * DAY))
    assert await database.read(timers.earliest_timer) == (later, NOW + 2 * DAY)
    assert await database.read(lambda tx: timers.moment_of(tx, sooner)) == NOW + 3 * DAY
    await database.write(lambda tx: timers.clear_timer(tx, later))
    assert await database.read(lambda tx: timers.moment_of(tx, later)) is None
