"""The everyday order of tickets at the desk, on a real file: who, how soon, about what, when, and finding them."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Select
from sqlalchemy.dialects.sqlite import dialect as sqlite_dialect

from fedichat.desk import Desk, Settings
from fedichat.desk.tickets.lists import Queue, Wanted
from fedichat.domain.cause import Cause
from fedichat.domain.effects import Effect, React, ShowCard, ShowFollowUp, Tell
from fedichat.domain.history import Step
from fedichat.domain.names import SUPERVISORS, EventId, Place, TicketId, UserId, department_place
from fedichat.domain.posts.post import PostState
from fedichat.domain.tickets.escalation import Escalation
from fedichat.domain.tickets.mention import Author, StatusId, Visibility
from fedichat.domain.tickets.ticket import Priority, Ticket, TicketState
from fedichat.domain.time.timer import Timer, TimerKind
from fedichat.errors import Refusal
from fedichat.store import entries, escalations, finding, outbox, posts, retention, tickets, timers
from fedichat.store.database import Database, Transaction
from fedichat.store.outbox import Said
from tests.clocks import StoppedClock
from tests.factories import ANNA, BEN, DAY, DIRECT, ERIKA, NOW, TEAM, a_cause, a_mention, a_post, a_status
from tests.tables import with_tables

KRYPTO = department_place("krypto")
KIM = Author("kim@elsewhere.example", "Kim Beispiel")
HOUR = timedelta(hours=1)


@dataclass
class Office:
    """A desk with its database, and what it has recorded to be done."""

    database: Database
    desk: Desk
    clock: StoppedClock
    done: list[Effect] = field(default_factory=list)

    async def asked(
        self, text: str, by: Author = ERIKA, visibility: Visibility = Visibility.PUBLIC, *, at: datetime = NOW
    ) -> TicketId:
        """A citizen asks; the ticket's card is in its room."""
        number = TicketId(await self.count() + 1)
        status = a_status(id=StatusId(f"s{number}"), author=by, text=text, visibility=visibility, created_at=at)
        await self.desk.tickets.intake.receive("bsi", [a_mention(f"n{number}", status=status)])
        ticket = await self.ticket(number)
        card = Said(EventId(f"$card{number}"), ticket.place, number, is_card=True)
        await self.database.write(lambda tx: outbox.remember(tx, card))
        await self.effects()
        return number

    async def count(self) -> int:
        return len((await self.queue(limit=100)).lines) + len((await self.queue(DIRECT, limit=100)).lines)

    async def queue(
        self, place: Place = TEAM, *, limit: int = 20, label: str | None = None, snoozed: bool = False
    ) -> Queue:
        return await self.desk.tickets.lists.queue(place, limit, Wanted(label, snoozed))

    async def numbers(
        self, place: Place = TEAM, *, limit: int = 20, label: str | None = None, snoozed: bool = False
    ) -> list[int]:
        found = await self.queue(place, limit=limit, label=label, snoozed=snoozed)
        return [line.ticket.id for line in found.lines]

    async def found(self, words: str, place: Place = TEAM) -> list[int]:
        return [line.ticket.id for line in await self.desk.tickets.lists.search(a_cause(place=place), words, 10)]

    async def ticket(self, number: int) -> Ticket:
        ticket = await self.database.read(lambda tx: tickets.find_ticket(tx, TicketId(number)))
        assert ticket is not None
        return ticket

    async def steps(self, number: int) -> list[tuple[Step, str]]:
        entries = await self.desk.room.views.history(TicketId(number))
        return [(entry.step, entry.text or str(entry.said or "")) for entry in entries]

    async def effects(self) -> list[Effect]:
        """What waits to be done; it is done."""
        self.clock.time += timedelta(seconds=1)
        lanes, _ = await self.desk.room.outbox.agenda()
        taken = [waiting for lane in sorted(lanes) for waiting in await self.desk.room.outbox.take(lane, 100)]
        for waiting in taken:
            await self.desk.room.outbox.carried_out(waiting)
        return [waiting.effect for waiting in taken]

    async def escalated(self, number: TicketId, *, ended: bool = False) -> None:
        asked = Escalation(number, KRYPTO, "Hm?", ANNA, NOW, NOW if ended else None)
        await self.database.write(lambda tx: escalations.save(tx, asked))


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    database = await Database.open(with_tables(tmp_path / "fedichat.db"))
    clock = StoppedClock()
    rules = Settings(accounts=("bsi",), direct_rooms=frozenset({"bsi"}), zone=ZoneInfo("Europe/Berlin"))
    yield Office(database, Desk(database, clock, rules, {}, lambda _: None), clock)
    await database.close()


def told(effects: list[Effect]) -> list[tuple[str, tuple[UserId, ...]]]:
    return [
        (effect.message.format(**{"prefix": "!"} | effect.fields), effect.meant)
        for effect in effects
        if isinstance(effect, Tell)
    ]


# --- who ---


async def test_the_one_whom_a_ticket_is_assigned_to_is_told_and_the_one_who_had_it(office: Office) -> None:
    number = await office.asked("Hm?")
    await office.desk.tickets.triage.claim(a_cause(ANNA), number)
    await office.effects()
    boss = UserId("@boss:example.org")
    cause = a_cause(boss, place=SUPERVISORS)
    await office.desk.tickets.triage.assign(cause, number, BEN)
    effects = await office.effects()
    assert told(effects) == [
        ("boss has assigned #1 to you.", (BEN,)),
        ("boss has assigned #1 to ben; it was with you.", (ANNA,)),
    ]
    assert {effect.place for effect in effects if isinstance(effect, Tell)} == {TEAM}
    assert cause.answer_to
    assert React(SUPERVISORS, cause.answer_to, "👍") in effects
    assert (await office.ticket(number)).claimant == BEN
    assert (await office.steps(number))[-1] == (Step.ASSIGNED, "ben")


async def test_who_assigns_a_ticket_to_themselves_is_told_nothing(office: Office) -> None:
    number = await office.asked("Hm?")
    await office.desk.tickets.triage.assign(a_cause(ANNA), number, ANNA)
    assert told(await office.effects()) == []


async def test_taking_over_tells_the_one_who_had_it_and_of_a_free_one_nobody(office: Office) -> None:
    number = await office.asked("Hm?")
    await office.desk.tickets.triage.take_over(a_cause(ANNA), number)
    assert told(await office.effects()) == []
    with pytest.raises(Refusal, match=r"is with anna\. If you have agreed on it: `!claim 1 --take-over`"):
        await office.desk.tickets.triage.claim(a_cause(BEN), number)
    await office.desk.tickets.triage.take_over(a_cause(BEN), number)
    assert told(await office.effects()) == [("ben has taken #1 over from you.", (ANNA,))]
    assert [step for step, _ in await office.steps(number)] == [Step.OPENED, Step.CLAIMED, Step.TAKEN_OVER]


async def test_ignoring_a_ticket_ends_what_departments_were_asked(office: Office) -> None:
    number = await office.asked("Hm?")
    await office.escalated(number)
    await office.desk.tickets.triage.ignore(a_cause(ANNA), number, "spam")
    assert await office.numbers(KRYPTO) == []
    (asked,) = await office.database.read(lambda tx: escalations.of_ticket(tx, number))
    assert asked.ended_at is not None
    assert ShowCard(KRYPTO, number) in await office.effects()


# --- how soon, about what ---


async def test_the_queue_has_the_most_urgent_first_and_of_these_the_oldest(office: Office) -> None:
    for text in ("one", "two", "three", "four", "five"):
        await office.asked(text)
    for number, priority in ((2, Priority.LOW), (4, Priority.URGENT), (3, Priority.HIGH), (5, Priority.URGENT)):
        await office.desk.tickets.sorting.prioritize(a_cause(), TicketId(number), priority)
    assert await office.numbers() == [4, 5, 3, 1, 2]
    assert await office.numbers(limit=2) == [4, 5]
    assert (await office.queue(limit=2)).total == 5
    assert (await office.steps(4))[-1] == (Step.PRIORITIZED, "urgent")


async def test_the_same_again_is_acknowledged_and_leaves_no_trace(office: Office) -> None:
    number = await office.asked("Hm?")
    await office.desk.tickets.sorting.prioritize(a_cause(), number, Priority.NORMAL)
    await office.desk.tickets.sorting.label(a_cause(), number, ["tls"], [])
    await office.desk.tickets.sorting.label(a_cause(), number, ["tls"], [])
    assert [step for step, _ in await office.steps(number)] == [Step.OPENED, Step.LABELLED]
    assert sum(isinstance(effect, React) for effect in await office.effects()) == 3


async def test_the_queue_of_a_label_has_what_bears_it(office: Office) -> None:
    one, two, _ = [await office.asked("Hm?") for _ in range(3)]
    await office.desk.tickets.sorting.label(a_cause(), one, ["tls", "vpn"], [])
    await office.desk.tickets.sorting.label(a_cause(), two, ["tls-1.3", "100%"], [])
    assert await office.numbers(label="tls") == [one]
    assert await office.numbers(label="100%") == [two]
    assert await office.numbers(label="t") == []
    await office.desk.tickets.sorting.label(a_cause(), one, ["web"], ["tls"])
    assert await office.numbers(label="tls") == []
    assert (await office.steps(one))[-1] == (Step.LABELLED, "+web -tls")


# --- when ---


async def test_a_snoozed_ticket_is_out_of_the_queue_until_its_time_and_its_claimant_is_told(office: Office) -> None:
    number, other = await office.asked("Hm?"), await office.asked("Hm too?")
    await office.desk.tickets.triage.claim(a_cause(ANNA), number)
    await office.desk.tickets.sorting.snooze(a_cause(BEN), number, NOW + 2 * HOUR)
    await office.effects()
    assert await office.numbers() == [other]
    assert await office.numbers(snoozed=True) == [number]
    assert (await office.queue()).snoozed == 1
    timer, due = await office.desk.clock.timers.earliest_timer() or (Timer(TimerKind.CLOCK), NOW)
    assert timedelta() < due - office.clock.time <= 2 * HOUR
    office.clock.time = due + 5 * DAY  # the office was away
    await office.desk.clock.timers.fire(timer)
    assert await office.numbers() == [number, other]
    assert told(await office.effects()) == [
        ("#1 is back in the queue: the time for which it was snoozed is over.", (ANNA,))
    ]
    assert (await office.steps(number))[-1] == (Step.WOKEN, "")
    assert await office.desk.clock.timers.earliest_timer() is None


async def test_a_ticket_that_nobody_has_comes_back_without_waking_anybody(office: Office) -> None:
    number = await office.asked("Hm?")
    await office.desk.tickets.sorting.snooze(a_cause(), number, NOW + HOUR)
    await office.effects()
    office.clock.time = NOW + HOUR
    await office.desk.clock.timers.fire(Timer(TimerKind.SNOOZE, str(number)))
    assert [meant for _, meant in told(await office.effects())] == [()]


async def test_snoozing_again_moves_the_time_and_off_wakes_at_once(office: Office) -> None:
    number = await office.asked("Hm?")
    await office.desk.tickets.sorting.snooze(a_cause(), number, NOW + HOUR)
    await office.desk.tickets.sorting.snooze(a_cause(), number, NOW + 3 * DAY)
    timer = await office.desk.clock.timers.earliest_timer()
    assert timer is not None
    assert timer[1] - office.clock.time > 2 * DAY
    await office.desk.tickets.sorting.wake(a_cause(), number)
    assert await office.desk.clock.timers.earliest_timer() is None
    assert await office.numbers() == [number]
    with pytest.raises(Refusal, match="is not snoozed"):
        await office.desk.tickets.sorting.wake(a_cause(), number)


async def test_who_snoozes_it_again_at_the_very_moment_at_which_it_comes_back_is_heard(office: Office) -> None:
    number = await office.asked("Hm?")
    await office.desk.tickets.sorting.snooze(a_cause(), number, NOW + HOUR)
    office.clock.time = NOW + HOUR
    timer = await office.desk.clock.timers.earliest_timer()
    assert timer is not None
    await office.desk.tickets.sorting.snooze(a_cause(), number, NOW + 3 * DAY)
    await office.desk.clock.timers.fire(timer[0])
    assert await office.numbers() == []
    assert await office.desk.clock.timers.earliest_timer() == (timer[0], NOW + 3 * DAY)


async def test_a_ticket_that_was_closed_while_it_was_snoozed_stays_closed(office: Office) -> None:
    number = await office.asked("Hm?")
    await office.desk.tickets.sorting.snooze(a_cause(), number, NOW + HOUR)
    await office.desk.tickets.triage.ignore(a_cause(), number, "spam")
    await office.effects()
    office.clock.time = NOW + HOUR
    await office.desk.clock.timers.fire(Timer(TimerKind.SNOOZE, str(number)))
    assert await office.effects() == []
    assert (await office.ticket(number)).state is TicketState.IGNORED
    assert await office.desk.clock.timers.earliest_timer() is None


async def test_a_follow_up_wakes_a_snoozed_ticket(office: Office) -> None:
    number = await office.asked("Hm?")
    await office.desk.tickets.sorting.snooze(a_cause(), number, NOW + 3 * DAY)
    more = a_status(id=StatusId("more"), in_reply_to=StatusId("s1"), text="And now?")
    await office.desk.tickets.intake.receive("bsi", [a_mention("n-more", status=more)])
    assert await office.numbers() == [number]


# --- several that are one ---


async def test_what_is_merged_goes_on_in_the_other_ticket(office: Office) -> None:
    first, second = await office.asked("What about TLS?"), await office.asked("And VPN?", at=NOW + HOUR)
    await office.desk.tickets.triage.claim(a_cause(BEN), second)
    await office.desk.tickets.triage.claim(a_cause(ANNA), first)
    await office.escalated(second)
    draft = a_post(ticket=second, state=PostState.CONFIRMED)
    draft = await office.database.write(lambda tx: posts.add_post(tx, draft))
    await office.desk.tickets.sorting.snooze(a_cause(), second, NOW + 3 * DAY)
    await office.effects()

    await office.desk.tickets.sorting.merge(a_cause(ANNA), second, first)

    effects = await office.effects()
    assert told(effects) == [
        ("anna has merged #2, which was with you, into #1.", (BEN,)),
        ("Not asked any more, since #2 was merged: krypto. `!escalate 1 krypto …` asks there about #1.", ()),
    ]
    assert ShowFollowUp(TEAM, first, StatusId("s2"), is_quiet=True) in effects, "Anna knows: she did it"
    assert {ShowCard(TEAM, first), ShowCard(TEAM, second), ShowCard(KRYPTO, second)} <= {
        effect for effect in effects if isinstance(effect, ShowCard)
    }
    into, gone = await office.ticket(first), await office.ticket(second)
    assert (into.status, into.claimant, into.state) == (StatusId("s2"), ANNA, TicketState.CLAIMED)
    assert (gone.state, gone.merged_into, gone.snoozed_until) == (TicketState.CLOSED, first, None)
    mentions = await office.database.read(lambda tx: tickets.mentions_of(tx, first))
    assert [mention.status.id for mention in mentions] == ["s1", "s2"]
    withdrawn = await office.database.read(lambda tx: posts.find_post(tx, draft.id))
    assert withdrawn is not None
    assert withdrawn.state is PostState.WITHDRAWN
    assert await office.numbers(KRYPTO) == []
    assert await office.desk.clock.timers.earliest_timer() is None
    assert (await office.steps(first))[-1] == (Step.MERGED, "← #2")
    assert (await office.steps(second))[-2:] == [(Step.WITHDRAWN, ""), (Step.MERGED, "→ #1")]
    assert await office.found("VPN") == [first], "the words are where the question goes on"


async def test_whoever_has_the_other_ticket_is_woken_once_by_a_merge(office: Office) -> None:
    first, second = await office.asked("What about TLS?"), await office.asked("And VPN?", at=NOW + HOUR)
    more = a_status(id=StatusId("more"), in_reply_to=StatusId("s2"), text="Well?", created_at=NOW + DAY)
    await office.desk.tickets.intake.receive("bsi", [a_mention("n-more", status=more)])
    await office.desk.tickets.triage.claim(a_cause(BEN), first)
    await office.effects()
    await office.desk.tickets.sorting.merge(a_cause(ANNA), second, first)
    shown = [effect for effect in await office.effects() if isinstance(effect, ShowFollowUp)]
    assert [(effect.status, effect.is_quiet) for effect in shown] == [("s2", False), ("more", True)]


async def test_what_was_noted_in_a_merged_ticket_goes_on_time_though_its_author_deleted_their_words(
    office: Office,
) -> None:
    first, second = await office.asked("What about TLS?"), await office.asked("And VPN?", at=NOW + HOUR)
    await office.desk.tickets.triage.note(a_cause(), second, "she called twice")
    await office.desk.tickets.sorting.merge(a_cause(), second, first)
    await office.desk.tickets.triage.ignore(a_cause(), first, "nothing to say")
    for _ in range(2):
        for status in ("s1", "s2"):
            await office.desk.tickets.follow_ups.missing("bsi", StatusId(status))
        office.clock.time += timedelta(seconds=61)
    later = office.clock.now() + DAY
    await office.database.write(lambda tx: retention.forget_texts(tx, changed_before=later))
    history = await office.database.read(lambda tx: entries.history_of(tx, second))
    assert [entry.text for entry in history if entry.text] == []


async def test_private_tickets_of_a_person_are_not_counted_on_public_ones(office: Office) -> None:
    await office.asked("Between us.", visibility=Visibility.DIRECT)
    await office.asked("For all.")
    last = await office.asked("Once more.", at=NOW + HOUR)
    card = await office.desk.room.views.card(ShowCard(TEAM, last))
    assert card is not None
    assert card.earlier_tickets == 1


async def test_after_a_merge_the_conversation_goes_on_in_the_other_ticket(office: Office) -> None:
    first, second = await office.asked("What about TLS?"), await office.asked("And VPN?", at=NOW + HOUR)
    await office.desk.tickets.sorting.merge(a_cause(), second, first)
    more = a_status(id=StatusId("more"), in_reply_to=StatusId("s2"), text="Well?", created_at=NOW + DAY)
    await office.desk.tickets.intake.receive("bsi", [a_mention("n-more", status=more)])
    assert (await office.ticket(first)).status == "more"
    assert await office.numbers() == [first]


async def test_merging_an_older_question_into_a_newer_one_leaves_the_newer_to_be_answered(office: Office) -> None:
    first, second = await office.asked("What about TLS?"), await office.asked("And VPN?", at=NOW + HOUR)
    await office.desk.tickets.sorting.merge(a_cause(), first, second)
    assert (await office.ticket(second)).status == "s2"


async def test_a_merge_waits_for_an_answer_that_is_on_its_way(office: Office) -> None:
    first, second = await office.asked("What about TLS?"), await office.asked("And VPN?")
    draft = a_post(ticket=second, state=PostState.PUBLISHING)
    await office.database.write(lambda tx: posts.add_post(tx, draft))
    with pytest.raises(Refusal, match="on its way"):
        await office.desk.tickets.sorting.merge(a_cause(), second, first)
    assert (await office.ticket(second)).state is TicketState.NEW
    assert await office.found("VPN") == [second]


async def test_what_belongs_to_another_room_cannot_be_merged_and_is_not_even_confirmed_to_exist(office: Office) -> None:
    first = await office.asked("Hm?")
    secret = await office.asked("Psst!", visibility=Visibility.DIRECT)
    for source, target in ((secret, first), (first, secret)):
        with pytest.raises(Refusal, match=f"There is no ticket #{secret} in this room"):
            await office.desk.tickets.sorting.merge(a_cause(), source, target)


async def test_nothing_can_be_done_with_what_was_merged(office: Office) -> None:
    first, second = await office.asked("Hm?"), await office.asked("Hm, hm?")
    await office.desk.tickets.sorting.merge(a_cause(), second, first)
    desk = office.desk
    attempts: list[Callable[[Cause], Awaitable[None]]] = [
        lambda cause: desk.tickets.triage.claim(cause, second),
        lambda cause: desk.tickets.triage.take_over(cause, second),
        lambda cause: desk.tickets.triage.assign(cause, second, BEN),
        lambda cause: desk.tickets.triage.release(cause, second),
        lambda cause: desk.tickets.triage.ignore(cause, second, "spam"),
        lambda cause: desk.tickets.triage.reopen(cause, second),
        lambda cause: desk.tickets.sorting.prioritize(cause, second, Priority.LOW),
        lambda cause: desk.tickets.sorting.label(cause, second, ["tls"], []),
        lambda cause: desk.tickets.sorting.snooze(cause, second, NOW + DAY),
        lambda cause: desk.tickets.sorting.wake(cause, second),
        lambda cause: desk.tickets.sorting.merge(cause, second, first),
        lambda cause: desk.tickets.sorting.merge(cause, first, second),
    ]
    for attempt in attempts:
        with pytest.raises(Refusal, match="#2 was merged into #1"):
            await attempt(a_cause())


# --- finding ---


async def test_words_are_found_in_what_was_asked_by_whom_in_notes_and_in_answers(office: Office) -> None:
    one = await office.asked("Darf ich Schlüssel über E-Mail teilen?")
    two = await office.asked("Welche Straße?", by=KIM)
    await office.desk.tickets.triage.note(a_cause(), one, "asked the press office")
    await office.desk.tickets.triage.ignore(a_cause(), two, "Polemik")
    post = a_post(ticket=two, text="@kim@elsewhere.example Die Godesberger Allee.")
    await office.database.write(lambda tx: posts.add_post(tx, post))
    for words, expected in {
        "schlüssel": [one],
        "SCHLUSSEL": [one],
        "schlü": [one],
        "schlü teilen": [],
        "teilen schlü": [one],
        "e-mail": [one],
        "press office": [one],
        "polemik": [two],
        "godesberger": [two],
        "kim@elsewhere.example": [two],
        "Beispiel": [two],
        "": [],
        "nothing": [],
    }.items():
        assert await office.found(words) == expected, words


@pytest.mark.parametrize(
    "words",
    ['"', '"tls', "tls OR vpn", "NOT tls", "tls*", "(", "a:b", "^tls", "NEAR(tls vpn)", "-", "\0", "'; --", "*"],
)
async def test_nothing_in_what_is_searched_for_is_an_operator(office: Office, words: str) -> None:
    number = await office.asked("Is TLS allowed?")
    assert await office.found(words) in ([], [number])


async def test_the_newest_are_found_first(office: Office) -> None:
    for _ in range(12):
        await office.asked("TLS?")
    lines = await office.desk.tickets.lists.search(a_cause(), "tls", 11)
    assert [line.ticket.id for line in lines] == list(range(12, 1, -1))


async def test_what_is_deleted_or_forgotten_is_not_found_any_more_nor_left_in_the_file(
    office: Office, tmp_path: Path
) -> None:
    number = await office.asked("Geheimniskrämerei?")
    other = await office.asked("Verschwiegenheit?")
    await office.desk.tickets.triage.note(a_cause(), number, "Stillschweigen")
    assert await office.found("geheim") == [number]
    await office.database.write(lambda tx: tickets.forget_mention(tx, "bsi", other, StatusId("s2")))
    assert await office.found("verschwiegenheit") == []
    await office.desk.tickets.triage.ignore(a_cause(), number, "spam")
    office.clock.time += 100 * DAY
    await office.desk.clock.timers.set_up_timers()
    await office.desk.clock.timers.fire(Timer(TimerKind.CLEAN_UP))
    for words in ("geheim", "stillschweigen", "erika"):
        assert await office.found(words) == [], words
    # While it runs: of what was written last, the database keeps a log beside the file.
    left = b"".join((tmp_path / name).read_bytes().lower() for name in ("fedichat.db", "fedichat.db-wal"))
    assert b"stillschweigen" not in left
    assert b"geheimnis" not in left
    await office.database.close()


@pytest.mark.parametrize("added", ["note", "reopened", "draft"])
async def test_words_that_are_added_to_a_ticket_without_words_go_on_time_as_well(office: Office, added: str) -> None:
    number = await office.asked("What about TLS?")
    await office.desk.tickets.triage.ignore(a_cause(), number, "spam")
    office.clock.time += 100 * DAY
    await office.desk.clock.timers.set_up_timers()
    await office.desk.clock.timers.fire(Timer(TimerKind.CLEAN_UP))
    if added == "note":
        await office.desk.tickets.triage.note(a_cause(), number, "Erika called again")
    elif added == "reopened":
        await office.desk.tickets.triage.reopen(a_cause(), number)
        await office.desk.tickets.triage.ignore(a_cause(), number, "Erika called again")
    else:
        await office.database.write(lambda tx: posts.add_post(tx, a_post(ticket=number, text="Erika called again")))
    assert await office.found("erika") == [number]
    office.clock.time += 100 * DAY
    await office.desk.clock.timers.fire(Timer(TimerKind.CLEAN_UP))
    assert await office.found("erika") == []
    assert (await office.ticket(number)).reason == ""


async def test_a_person_s_tickets_are_found_by_their_address_or_by_their_name_on_any_server(office: Office) -> None:
    one, two = await office.asked("Hm?"), await office.asked("Hm, hm?")
    await office.asked("Hm?", by=KIM)
    await office.asked("Hm?", by=Author("erikas@remote.example"))
    await office.desk.tickets.triage.ignore(a_cause(), one, "spam")
    for author in ("erika@remote.example", "erika@"):
        lines, total = await office.desk.tickets.lists.of_author(a_cause(), author, 10)
        assert [line.ticket.id for line in lines] == [two, one]
        assert total == 2
    assert await office.desk.tickets.lists.of_author(a_cause(), "rika@remote.example", 10) == ([], 0)


async def test_mine_are_the_open_tickets_that_i_have(office: Office) -> None:
    one, two, three, _ = [await office.asked("Hm?") for _ in range(4)]
    for number in (one, two, three):
        await office.desk.tickets.triage.claim(a_cause(ANNA), number)
    await office.desk.tickets.sorting.prioritize(a_cause(), three, Priority.URGENT)
    await office.desk.tickets.triage.ignore(a_cause(ANNA), one, "spam")
    assert [line.ticket.id for line in await office.desk.tickets.lists.mine(a_cause(ANNA), 10)] == [three, two]
    assert await office.desk.tickets.lists.mine(a_cause(BEN), 10) == []


# --- what a place may see ---


async def test_every_list_has_only_what_the_place_that_asks_may_see(office: Office) -> None:
    public = await office.asked("TLS in public?")
    direct = await office.asked("TLS in private?", visibility=Visibility.DIRECT)
    asked, ended = await office.asked("TLS for experts?"), await office.asked("TLS, answered by experts?")
    await office.escalated(asked)
    await office.escalated(ended, ended=True)
    # Before the office had a room for direct messages, they came to the team's.
    stray = await office.asked("TLS, strayed?")
    strayed = replace(await office.ticket(stray), visibility=Visibility.DIRECT)
    await office.database.write(lambda tx: tickets.save_ticket(tx, strayed))
    for number in (public, asked, ended, stray):
        await office.desk.tickets.triage.claim(a_cause(ANNA), number)
    await office.desk.tickets.triage.claim(a_cause(ANNA, place=DIRECT), direct)
    seen = {
        TEAM: {public, asked, ended, stray},
        DIRECT: {direct},
        SUPERVISORS: {public, asked, ended},
        KRYPTO: {asked, ended},
        department_place("netz"): set(),
        Place("team/press"): set(),
    }
    for place, expected in seen.items():
        cause = a_cause(ANNA, place=place)
        assert set(await office.found("tls", place)) == expected, place
        assert {line.ticket.id for line in await office.desk.tickets.lists.mine(cause, 10)} == expected, place
        lines, total = await office.desk.tickets.lists.of_author(cause, ERIKA.acct, 10)
        assert {line.ticket.id for line in lines} == expected, place
        assert total == len(expected)
        at_work = expected - {ended} if place == KRYPTO else expected
        assert set(await office.numbers(place)) == at_work, place
        assert (await office.queue(place)).total == len(at_work)
        for number in (public, direct, asked, ended, stray):
            if number in expected:
                await office.desk.room.views.show(cause, number)
                await office.desk.tickets.lists.steps(cause, number)
            else:
                for look in (
                    office.desk.room.views.show,
                    office.desk.tickets.lists.steps,
                    office.desk.tickets.lists.ticket,
                ):
                    with pytest.raises(Refusal, match=f"There is no ticket #{number} in this room"):
                        await look(cause, number)


# --- few edits, fast queries ---


async def test_several_quick_changes_make_one_edit_of_the_card_and_the_first_card_does_not_wait(office: Office) -> None:
    number = await office.asked("Hm?")
    await office.desk.tickets.triage.claim(a_cause(), number)
    await office.desk.tickets.sorting.prioritize(a_cause(), number, Priority.HIGH)
    await office.desk.tickets.sorting.label(a_cause(), number, ["tls"], [])
    await office.desk.tickets.triage.note(a_cause(), number, "asked")
    for waiting in await office.desk.room.outbox.take(TEAM, 100):
        assert isinstance(waiting.effect, React)
        await office.desk.room.outbox.carried_out(waiting)
    _, due = await office.desk.room.outbox.agenda()
    assert due is not None
    assert due - office.clock.time <= timedelta(seconds=0.5)
    office.clock.time += timedelta(seconds=0.3)
    await office.desk.tickets.sorting.label(a_cause(), number, ["vpn"], [])
    _, later = await office.desk.room.outbox.agenda()
    assert later is None, "the thumb waits for nothing"
    office.clock.time += timedelta(seconds=0.3)
    assert not [each for each in await office.desk.room.outbox.take(TEAM, 100) if isinstance(each.effect, ShowCard)]
    assert [effect for effect in await office.effects() if isinstance(effect, ShowCard)] == [ShowCard(TEAM, number)]

    await office.desk.tickets.sorting.label(a_cause(), number, ["web"], [])
    await office.database.write(lambda tx: outbox.add_effects(tx, [ShowCard(TEAM, number)]))
    now = [waiting.effect for waiting in await office.desk.room.outbox.take(TEAM, 100)]
    assert ShowCard(TEAM, number) in now, "somebody wants it at once"
    await office.effects()

    await office.desk.tickets.intake.receive("bsi", [a_mention("n-new", status=a_status(id=StatusId("s-new")))])
    assert [waiting.effect for waiting in await office.desk.room.outbox.take(TEAM, 100)] == [
        ShowCard(TEAM, TicketId(2))
    ]


async def plan(database: Database, query: Select[tuple[int]]) -> list[str]:
    """How SQLite goes about a query."""
    sql = str(query.compile(dialect=sqlite_dialect(), compile_kwargs={"literal_binds": True}))

    def explained(tx: Transaction) -> list[str]:
        return [row.detail for row in tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}")]

    return await database.read(explained)


async def test_every_queue_is_read_by_way_of_an_index_and_a_team_s_is_in_order_already(office: Office) -> None:
    for place in (TEAM, DIRECT, SUPERVISORS, KRYPTO):
        for wanted in (Wanted(), Wanted("tls"), Wanted(snoozed=True)):
            steps = await plan(office.database, finding.queue_query(place, wanted))
            assert not any("SCAN tickets" in step for step in steps), steps
            if place in (TEAM, DIRECT):
                assert not any("B-TREE" in step for step in steps), steps
                assert any("tickets_open" in step for step in steps)


async def test_a_timer_that_nobody_knows_is_not_fired_for_ever(office: Office) -> None:
    await office.database.write(lambda tx: timers.set_timer(tx, Timer(TimerKind.SNOOZE, "99"), NOW))
    await office.desk.clock.timers.fire(Timer(TimerKind.SNOOZE, "99"))
    assert await office.desk.clock.timers.earliest_timer() is None
