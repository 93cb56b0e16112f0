"""What citizens change, delete or write later, on a real file: the desk decides, and nothing is sent here."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from fedichat.desk import Desk, Settings
from fedichat.domain.effects import Effect, Redact, Say, ShowCard, ShowEdited, ShowFollowUp, ShowMedia, Tell
from fedichat.domain.history import Step
from fedichat.domain.names import EventId, Place, TicketId, department_place
from fedichat.domain.posts.post import PostState
from fedichat.domain.tickets.escalation import Escalation
from fedichat.domain.tickets.mention import Author, Media, NotificationId, Status, StatusId, Visibility
from fedichat.domain.tickets.ticket import Ticket, TicketState
from fedichat.domain.time.timer import Timer, TimerKind
from fedichat.store import entries, escalations, inbox, outbox, posts, retention, tickets, timers
from fedichat.store.database import Database, Transaction
from fedichat.store.outbox import Quotation, Said
from tests.clocks import StoppedClock
from tests.factories import ANNA, DAY, ERIKA, NOW, TEAM, a_cause, a_mention, a_post, a_status
from tests.tables import with_tables

KRYPTO = department_place("krypto")
KIM = Author("kim@elsewhere.example", "Kim")
ONE = TicketId(1)
S1, S2 = StatusId("s1"), StatusId("s2")
SAID_AT = NOW - timedelta(hours=1)


class Bench:
    """A desk with one ticket, and a look at what it has decided."""

    def __init__(self, database: Database, clock: StoppedClock) -> None:
        self.database = database
        self.clock = clock
        rules = Settings(accounts=("bsi",), departments={"krypto": "Krypto"})
        self.desk = Desk(database, clock, rules, {}, lambda _: None)

    async def ticket(self, number: TicketId = ONE) -> Ticket:
        ticket = await self.database.read(lambda tx: tickets.find_ticket(tx, number))
        assert ticket is not None
        return ticket

    async def steps(self, number: TicketId = ONE) -> list[Step]:
        return [entry.step for entry in await self.database.read(lambda tx: entries.history_of(tx, number))]

    async def words(self, number: TicketId = ONE) -> list[str]:
        return [one.status.text for one in await self.database.read(lambda tx: tickets.mentions_of(tx, number))]

    async def save(self, ticket: Ticket) -> None:
        await self.database.write(lambda tx: tickets.save_ticket(tx, ticket))

    async def effects(self, place: Place = TEAM) -> list[Effect]:
        """What waits for a room; it is done now."""
        waiting = await self.desk.room.outbox.take(place, 100)
        for each in waiting:
            await self.desk.room.outbox.carried_out(each)
        return [each.effect for each in waiting]

    async def shown(self, event: str, *statuses: str, place: Place = TEAM, number: TicketId = ONE) -> None:
        """A message of ours is in a room and shows these statuses; none: the ticket as a whole."""

        def work(tx: Transaction) -> None:
            outbox.add_quotations(
                tx, [Quotation(EventId(event), place, number, StatusId(one)) for one in statuses or ("",)]
            )
            outbox.remember(tx, Said(EventId(event), place, number, is_card=event.startswith("$card")))

        await self.database.write(work)

    async def follow_up(self, number: int = 2, *, by: Author = ERIKA, above: StatusId = S1, **fields: object) -> None:
        """A reply arrives that mentions us."""
        status = a_status(
            id=StatusId(f"s{number}"), text=f"More {number}", author=by, in_reply_to=above, created_at=self.clock.time
        )
        status = replace(status, **fields)  # type: ignore[arg-type]
        await self.desk.tickets.intake.receive("bsi", [a_mention(f"n{number}", status=status)])

    async def deleted(self, status: StatusId = S1) -> None:
        """A status is missing, and still is a minute later."""
        await self.desk.tickets.follow_ups.missing("bsi", status)
        self.clock.time += timedelta(seconds=60)
        await self.desk.tickets.follow_ups.missing("bsi", status)

    async def consult(self) -> None:
        await self.database.write(lambda tx: escalations.save(tx, Escalation(ONE, KRYPTO, "?", ANNA, NOW)))


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    database = await Database.open(with_tables(tmp_path / "fedichat.db"))
    bench = Bench(database, StoppedClock())
    await bench.desk.tickets.intake.receive("bsi", [a_mention()])
    await bench.effects()
    yield bench
    await database.close()


def edited(**fields: object) -> Status:
    return replace(a_status(edited_at=NOW), **fields)  # type: ignore[arg-type]


# --- changed ---


async def test_an_edit_is_kept_told_with_old_and_new_in_every_room_and_is_in_the_history(bench: Bench) -> None:
    await bench.consult()
    await bench.desk.tickets.follow_ups.there("bsi", edited(text="Is SSL 3?", content_warning="TLS"))
    assert await bench.words() == ["Is SSL 3?"]
    for place in (TEAM, KRYPTO):
        assert await bench.effects(place) == [
            ShowCard(place, ONE),
            ShowEdited(place, ONE, S1, "Is TLS 1.2 still allowed?"),
        ]
    assert await bench.steps() == [Step.OPENED, Step.QUESTION_EDITED]


@pytest.mark.parametrize(
    "now",
    [
        a_status(),
        a_status(edited_at=NOW),
        a_status(author=Author(ERIKA.acct, "Erika M.")),
        a_status(html="<p>Is TLS 1.2 <b>still</b> allowed?</p>"),
    ],
    ids=["nothing", "time", "name", "markup"],
)
async def test_a_change_that_nobody_sees_is_kept_and_not_told(bench: Bench, now: Status) -> None:
    await bench.desk.tickets.follow_ups.there("bsi", now)
    (mention,) = await bench.database.read(lambda tx: tickets.mentions_of(tx, ONE))
    assert mention.status == now
    assert await bench.effects() == []
    assert await bench.steps() == [Step.OPENED]


async def test_media_that_a_server_moves_are_no_edit_and_others_are(bench: Bench) -> None:
    first = Media("image", "https://remote.example/1.png", "A map", id="m1")
    await bench.follow_up(media=(first,))
    await bench.effects()
    (_, mention) = await bench.database.read(lambda tx: tickets.mentions_of(tx, ONE))
    moved = replace(first, url="https://cache.example/1.png")
    await bench.desk.tickets.follow_ups.there("bsi", replace(mention.status, media=(moved,)))
    assert await bench.effects() == []
    other = replace(first, id="m2", url="https://remote.example/2.png")
    await bench.desk.tickets.follow_ups.there("bsi", replace(mention.status, media=(other,), edited_at=NOW))
    assert ShowMedia(TEAM, ONE, S2, 0) in await bench.effects()


async def test_what_becomes_more_private_narrows_the_ticket(bench: Bench) -> None:
    await bench.desk.tickets.follow_ups.there("bsi", a_status(visibility=Visibility.PRIVATE))
    assert (await bench.ticket()).visibility is Visibility.PRIVATE
    assert await bench.effects() == [ShowCard(TEAM, ONE)]
    await bench.desk.tickets.follow_ups.there("bsi", a_status())
    assert (await bench.ticket()).visibility is Visibility.PRIVATE


@pytest.mark.parametrize("state", [PostState.DRAFT, PostState.CONFIRMED])
async def test_a_draft_needs_a_fresh_confirmation_after_an_edit(bench: Bench, state: PostState) -> None:
    post = await bench.database.write(lambda tx: posts.add_post(tx, a_post(ticket=ONE, state=state)))
    await bench.desk.tickets.follow_ups.there("bsi", edited(text="Is SSL 3?"))
    after = await bench.database.read(lambda tx: posts.find_post(tx, post.id))
    assert after is not None
    assert (after.state, after.revision) == (PostState.DRAFT, 2)
    assert Step.OUTDATED in await bench.steps()


# --- deleted ---


async def test_a_deletion_counts_only_when_a_second_look_a_minute_later_finds_nothing_either(bench: Bench) -> None:
    await bench.desk.tickets.follow_ups.missing("bsi", S1)
    bench.clock.time += timedelta(seconds=59)
    await bench.desk.tickets.follow_ups.missing("bsi", S1)
    assert await bench.words() == ["Is TLS 1.2 still allowed?"]
    await bench.desk.tickets.follow_ups.there("bsi", a_status())
    bench.clock.time += timedelta(seconds=1)
    await bench.desk.tickets.follow_ups.missing("bsi", S1)
    assert (await bench.ticket()).state is TicketState.NEW
    await bench.deleted()
    assert (await bench.ticket()).state is TicketState.CLOSED


async def test_with_the_last_of_their_words_the_ticket_closes_and_nobody_is_named_any_more(bench: Bench) -> None:
    await bench.consult()
    await bench.desk.tickets.triage.claim(a_cause(), ONE)
    await bench.shown("$card", "s1")
    await bench.shown("$edit of it", "s1")
    await bench.shown("$list")
    await bench.shown("$card there", "s1", place=KRYPTO)
    await bench.effects()
    await bench.effects(KRYPTO)
    await bench.deleted()
    ticket = await bench.ticket()
    assert (ticket.state, ticket.author, ticket.claimant) == (TicketState.CLOSED, "", ANNA)
    assert await bench.words() == []
    assert (await bench.steps())[-1] is Step.QUESTION_DELETED
    *gone, told = await bench.effects()
    assert {one.event for one in gone if isinstance(one, Redact)} == {"$card", "$edit of it", "$list"}
    assert isinstance(told, Tell)
    assert (told.meant, told.thread) == ((ANNA,), "$card")
    *gone, told = await bench.effects(KRYPTO)
    assert gone == [Redact(KRYPTO, EventId("$card there"))]
    assert isinstance(told, Tell)
    assert (told.meant, told.thread) == ((), "$card there")
    found = await bench.database.read(lambda tx: escalations.of_ticket(tx, ONE))
    assert [one.ended_at is None for one in found] == [False]


@pytest.mark.parametrize("state", [TicketState.ANSWERED, TicketState.IGNORED])
async def test_a_ticket_that_is_dealt_with_stays_so_when_its_words_go(bench: Bench, state: TicketState) -> None:
    await bench.save(replace(await bench.ticket(), state=state, claimant=ANNA))
    await bench.shown("$card", "s1")
    await bench.deleted()
    ticket = await bench.ticket()
    assert (ticket.state, ticket.author) == (state, "")
    *_, told = await bench.effects()
    assert isinstance(told, Tell)
    assert told.meant == ()


async def test_what_is_deleted_is_not_taken_again_and_who_writes_below_it_asks_anew(bench: Bench) -> None:
    await bench.deleted()
    assert await bench.desk.tickets.intake.receive("bsi", [a_mention("n9")]) == 0
    await bench.desk.tickets.intake.receive_replies("bsi", ONE, [a_status()])
    assert await bench.words() == []
    await bench.follow_up(2)
    assert await bench.words(TicketId(2)) == ["More 2"]


async def test_the_others_of_their_messages_stay_and_an_answer_is_for_the_newest_of_them(bench: Bench) -> None:
    await bench.follow_up(2)
    await bench.shown("$card", "s1")
    await bench.shown("$second", "s2")
    await bench.effects()
    await bench.deleted(S2)
    ticket = await bench.ticket()
    assert (ticket.state, ticket.author, ticket.status) == (TicketState.NEW, ERIKA.acct, S1)
    gone, card, told = await bench.effects()
    assert gone == Redact(TEAM, EventId("$second"))
    assert card == ShowCard(TEAM, ONE)
    assert isinstance(told, Tell)
    assert await bench.database.read(lambda tx: outbox.card_of(tx, ONE, TEAM)) == "$card"


async def test_without_the_first_message_the_card_begins_anew_with_the_next(bench: Bench) -> None:
    await bench.follow_up(2)
    await bench.shown("$card", "s1")
    await bench.effects()
    await bench.deleted(S1)
    assert await bench.words() == ["More 2"]
    assert await bench.database.read(lambda tx: outbox.card_of(tx, ONE, TEAM)) is None
    old = await bench.database.read(lambda tx: outbox.what_was_said(tx, EventId("$card")))
    assert old is not None
    assert old.ticket == ONE  # what is said in its thread is understood still
    kinds = [type(effect) for effect in await bench.effects()]
    assert kinds == [Redact, ShowCard, Tell]


@pytest.mark.parametrize("state", [PostState.DRAFT, PostState.CONFIRMED])
async def test_the_draft_of_an_answer_goes_with_the_question(bench: Bench, state: PostState) -> None:
    post = await bench.database.write(lambda tx: posts.add_post(tx, a_post(ticket=ONE, state=state)))
    await bench.deleted()
    after = await bench.database.read(lambda tx: posts.find_post(tx, post.id))
    assert after is not None
    assert after.state is PostState.WITHDRAWN


async def test_what_waits_with_their_words_is_not_said_any_more(bench: Bench) -> None:
    waits: list[Effect] = [
        Say(TEAM, "Is TLS…", "Is TLS…", quotes=(ONE, TicketId(7))),
        Say(TEAM, "another's", "another's", quotes=(TicketId(7),)),
        ShowEdited(TEAM, ONE, S1, "Is TLS…"),
        ShowFollowUp(TEAM, ONE, S1),
        ShowFollowUp(TEAM, ONE, S2),
    ]
    await bench.database.write(lambda tx: outbox.add_effects(tx, waits))
    await bench.deleted()
    assert await bench.effects() == [waits[1], waits[4]]


async def test_what_is_under_way_when_it_is_deleted_is_redacted_as_soon_as_its_event_is_known(bench: Bench) -> None:
    await bench.follow_up(2)
    card, shown = await bench.desk.room.outbox.take(TEAM, 10)
    await bench.deleted(S1)
    quoted = [Quotation(EventId("$card"), TEAM, ONE, S1)]
    await bench.desk.room.outbox.carried_out(card, Said(EventId("$card"), TEAM, ONE, is_card=True), quoted=quoted)
    await bench.desk.room.outbox.carried_out(shown, quoted=[Quotation(EventId("$second"), TEAM, ONE, S2)])
    effects = await bench.effects()
    assert Redact(TEAM, EventId("$card")) in effects
    assert Redact(TEAM, EventId("$second")) not in effects
    assert effects[0] == ShowCard(TEAM, ONE)
    assert await bench.database.read(lambda tx: outbox.card_of(tx, ONE, TEAM)) is None


async def test_an_answer_to_a_command_that_may_be_in_the_room_keeps_no_words_to_repeat(bench: Bench) -> None:
    said: list[Effect] = [Say(TEAM, "Is TLS…", "Is TLS…", quotes=(ONE,))]
    await bench.database.write(lambda tx: outbox.add_effects(tx, said))
    await bench.desk.room.outbox.take(TEAM, 10)
    await bench.deleted()
    (waiting, *_) = await bench.desk.room.outbox.take(TEAM, 10)
    assert waiting.effect == Say(TEAM, "", "", quotes=(ONE,))
    assert await bench.desk.room.outbox.is_taken_back(waiting)


async def test_it_goes_from_above_what_somebody_else_asked_as_well(bench: Bench) -> None:
    asked = a_status(id=StatusId("s5"), author=KIM, in_reply_to=S1, text="Me too")
    await bench.desk.tickets.intake.receive("bsi", [replace(a_mention("n5", status=asked), earlier=(a_status(),))])
    other = TicketId(2)
    await bench.shown("$card 2", "s5", "s1", number=other)
    await bench.effects()
    await bench.deleted()
    (mention,) = await bench.database.read(lambda tx: tickets.mentions_of(tx, other))
    assert mention.earlier == ()
    assert mention.status.text == "Me too"
    assert await bench.effects() == [Redact(TEAM, EventId("$card 2")), ShowCard(TEAM, other)]


async def test_the_office_s_own_words_of_a_deleted_ticket_go_after_the_retention_time(bench: Bench) -> None:
    await bench.desk.tickets.triage.note(a_cause(), ONE, "Asked the experts")
    await bench.deleted()
    later = bench.clock.time + DAY
    assert await bench.database.write(lambda tx: retention.forget_texts(tx, changed_before=later)) == 1
    assert {entry.text for entry in await bench.desk.room.views.history(ONE)} == {""}
    assert await bench.database.write(lambda tx: retention.forget_texts(tx, changed_before=later)) == 0
    assert await bench.database.write(lambda tx: retention.forget_tickets(tx, changed_before=later)) == 1


# --- written later ---


async def test_a_follow_up_is_shown_in_every_room_with_its_media(bench: Bench) -> None:
    await bench.consult()
    image, video = Media("image", "https://remote.example/1.png"), Media("video", "https://remote.example/1.mp4")
    await bench.follow_up(2, media=(video, image))
    for place in (TEAM, KRYPTO):
        assert await bench.effects(place) == [
            ShowCard(place, ONE),
            ShowFollowUp(place, ONE, S2),
            ShowMedia(place, ONE, S2, 1),
        ]


@pytest.mark.parametrize(
    ("state", "after"),
    [
        (TicketState.NEW, TicketState.NEW),
        (TicketState.CLAIMED, TicketState.CLAIMED),
        (TicketState.WAITING, TicketState.WAITING),
        (TicketState.ANSWERED, TicketState.CLAIMED),
        (TicketState.IGNORED, TicketState.IGNORED),
    ],
)
async def test_what_a_follow_up_makes_of_a_ticket(bench: Bench, state: TicketState, after: TicketState) -> None:
    claimant = None if state is TicketState.NEW else ANNA
    await bench.save(replace(await bench.ticket(), state=state, claimant=claimant))
    await bench.follow_up(2)
    assert (await bench.ticket()).state is after


async def test_a_snoozed_ticket_wakes(bench: Bench) -> None:
    await bench.save(replace(await bench.ticket(), snoozed_until=NOW + DAY))
    await bench.database.write(lambda tx: timers.set_timer(tx, Timer(TimerKind.SNOOZE, "1"), NOW + DAY))
    await bench.follow_up(2)
    assert (await bench.ticket()).snoozed_until is None
    assert await bench.database.read(lambda tx: timers.moment_of(tx, Timer(TimerKind.SNOOZE, "1"))) is None
    assert (await bench.steps())[-2:] == [Step.FOLLOWED_UP, Step.WOKEN]


async def test_what_came_after_it_was_ignored_is_counted_on_the_card(bench: Bench) -> None:
    await bench.follow_up(2)
    await bench.desk.tickets.triage.ignore(a_cause(), ONE, "spam")
    await bench.follow_up(3)
    await bench.follow_up(4)
    card = await bench.desk.room.views.card(ShowCard(TEAM, ONE))
    assert card is not None
    assert (len(card.mentions), card.after_ignored) == (4, 2)


async def test_a_reply_to_a_merged_ticket_joins_the_one_that_it_became_part_of(bench: Bench) -> None:
    for number in (5, 6):
        await bench.desk.tickets.intake.receive(
            "bsi", [a_mention(f"n{number}", status=a_status(id=StatusId(f"s{number}")))]
        )
    closed = TicketState.CLOSED
    await bench.save(replace(await bench.ticket(), state=closed, merged_into=TicketId(2)))
    await bench.save(replace(await bench.ticket(TicketId(2)), state=closed, merged_into=TicketId(3)))
    await bench.follow_up(7)
    assert await bench.words(TicketId(3)) == [a_status().text, "More 7"]


async def test_replies_without_a_mention_are_taken_from_the_citizen_only_and_once(bench: Bench) -> None:
    unsaid = a_status(id=S2, text="No, TLS 1.1", in_reply_to=S1, created_at=NOW)
    chatter = replace(unsaid, id=StatusId("s3"), author=KIM)
    private = replace(unsaid, id=StatusId("s4"), visibility=Visibility.DIRECT)
    for _ in range(2):
        await bench.desk.tickets.intake.receive_replies("bsi", ONE, [chatter, private, a_status(), unsaid])
    assert await bench.words() == [a_status().text, "No, TLS 1.1"]
    assert await bench.effects() == [ShowCard(TEAM, ONE), ShowFollowUp(TEAM, ONE, S2)]
    assert await bench.desk.tickets.intake.receive("bsi", [a_mention("n2", status=unsaid)]) == 0
    assert await bench.effects() == []
    assert await bench.database.read(lambda tx: tickets.find_ticket(tx, TicketId(2))) is None
    # What was found so is no notification: from there nobody can ask upwards.
    assert await bench.database.read(lambda tx: inbox.cursor(tx, "bsi")) in (None, NotificationId("n1"))


async def test_what_is_found_late_is_not_what_an_answer_is_for(bench: Bench) -> None:
    await bench.follow_up(2)
    earlier = a_status(id=StatusId("s3"), text="In between", created_at=NOW - timedelta(minutes=1), in_reply_to=S1)
    await bench.desk.tickets.intake.receive_replies("bsi", ONE, [earlier])
    assert await bench.words() == [a_status().text, "In between", "More 2"]
    assert (await bench.ticket()).status == S2


# --- what is looked at, and when ---


async def test_open_tickets_are_looked_at_every_ten_minutes_and_what_is_missing_after_one(bench: Bench) -> None:
    await bench.follow_up(2)
    first = await bench.desk.tickets.follow_ups.next_check("bsi")
    assert first is not None
    assert (first.status, first.due) == (S1, SAID_AT + timedelta(minutes=10))
    bench.clock.time += timedelta(seconds=1)
    await bench.desk.tickets.follow_ups.there("bsi", a_status())
    second = await bench.desk.tickets.follow_ups.next_check("bsi")
    assert second is not None
    assert (second.status, second.due) == (S2, NOW + timedelta(minutes=10))
    await bench.desk.tickets.follow_ups.missing("bsi", S1)
    missing = await bench.desk.tickets.follow_ups.next_check("bsi")
    assert missing is not None
    now = bench.clock.time
    assert (missing.status, missing.due, missing.missing_since) == (S1, now + timedelta(minutes=1), now)
    assert await bench.desk.tickets.follow_ups.next_check("press") is None


async def test_closed_tickets_are_looked_at_for_a_week(bench: Bench) -> None:
    await bench.desk.tickets.triage.ignore(a_cause(), ONE, "spam")
    bench.clock.time += 7 * DAY
    assert await bench.desk.tickets.follow_ups.next_check("bsi") is not None
    bench.clock.time += timedelta(seconds=1)
    assert await bench.desk.tickets.follow_ups.next_check("bsi") is None


async def test_what_could_not_be_looked_at_lets_others_go_first(bench: Bench) -> None:
    await bench.follow_up(2)
    await bench.desk.tickets.follow_ups.look_later("bsi", S1)
    await bench.desk.tickets.follow_ups.look_later("bsi", S2)
    bench.clock.time += timedelta(minutes=1)
    await bench.desk.tickets.follow_ups.look_later("bsi", S1)
    check = await bench.desk.tickets.follow_ups.next_check("bsi")
    assert check is not None
    assert check.status == S2


async def test_replies_are_asked_for_once_a_round_below_the_first_message(bench: Bench) -> None:
    await bench.follow_up(2)
    assert await bench.desk.tickets.follow_ups.replies_are_below(ONE, S1) is None
    assert await bench.desk.tickets.follow_ups.replies_are_below(ONE, S2) == S1
