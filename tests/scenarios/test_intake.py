"""What citizens write becomes tickets: each once, none left out, whatever servers do meanwhile."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from fedichat.demo.synapse import Synapse
from fedichat.demo.timeline import Line
from fedichat.domain.names import team_place
from fedichat.sandbox.accounts import SandboxAccount
from fedichat.sandbox.faults import MALFORMATIONS
from fedichat.sandbox.model import NewMedia
from tests.scenarios._process import until
from tests.scenarios._watch import Watch, utc_now, watching
from tests.scenarios.at_work import AtWork, at_work

WRITERS = 8


@pytest.fixture
async def watch(tmp_path: Path) -> AsyncIterator[Watch]:
    async with watching(tmp_path) as watch:
        yield watch


@pytest.fixture
async def work(synapse: Synapse, tmp_path: Path) -> AsyncIterator[AtWork]:
    async with at_work(synapse, tmp_path, direct_room=True) as work, work.stage.bot_running():
        yield work


# --- nothing is lost ---


class Ago:
    """A sandbox's clock that runs through the last minutes in no time, then is the real one."""

    def __init__(self) -> None:
        self.offset = timedelta(minutes=10)

    def __call__(self) -> datetime:
        return utc_now() - self.offset


async def test_ten_minutes_of_downtime_with_a_thousand_mentions_by_eight_writers_lose_nothing(
    tmp_path: Path,
) -> None:
    clock, chance = Ago(), random.Random(8)
    async with watching(tmp_path, clock=clock) as watch:
        citizens = [watch.citizen(f"citizen{number}") for number in range(WRITERS)]
        await citizens[0].post("@bsi Vorher.")
        assert await watch.intake.look() == 1
        # The downtime: 800 mentions in ten minutes, in groups whose rows become visible out of order.
        watch.sandbox.faults.hold_commits = True
        for number in range(800):
            clock.offset -= timedelta(minutes=10) / 800
            await chance.choice(citizens).post(f"@bsi Nr. {number}.")
            if number % 40 == 39:
                watch.sandbox.faults.commit_held(newest_first=True)
        clock.offset = timedelta()
        watch.sandbox.faults.hold_commits = False
        # The return: all eight go on writing while the backlog is read.
        watch.sandbox.faults.commit_delay = (0.0, 0.5)
        rest = iter(range(800, 1000))
        async with asyncio.TaskGroup() as group:
            for citizen in citizens:
                group.create_task(_write(citizen, rest, chance))
            while watch.count("tickets") < 1001 and any(_unread(watch)):
                await watch.intake.look()
        await until(lambda: len(watch.office.mentions) == 1001, "all rows are visible")
        await watch.intake.look()
        texts = Counter(text.removeprefix("@bsi@social.example ") for text in await watch.texts())
        assert texts == Counter(["Vorher.", *(f"Nr. {number}." for number in range(1000))])
        assert watch.count("effects") == 1001  # a card for each
        assert await watch.intake.look() == 0


async def _write(citizen: SandboxAccount, numbers: Iterator[int], chance: random.Random) -> None:
    for number in numbers:
        await citizen.post(f"@bsi Nr. {number}.")
        await asyncio.sleep(chance.uniform(0, 0.05))


def _unread(watch: Watch) -> Iterator[bool]:
    """True while there may be something that is not a ticket yet."""
    yield len(watch.office.mentions) < 1001
    yield watch.count("tickets") < len(watch.office.mentions)


async def test_a_mention_that_appears_late_with_an_older_id_is_taken(watch: Watch) -> None:
    erika, hans = watch.citizen("erika"), watch.citizen("hans")
    watch.sandbox.faults.hold_commits = True
    await erika.post("@bsi Die frühere.")
    watch.sandbox.faults.hold_commits = False
    await hans.post("@bsi Die spätere.")
    await watch.intake.look()
    assert len(await watch.texts()) == 1
    watch.sandbox.faults.commit_held()
    await watch.intake.look()
    assert sorted(text.split()[-1] for text in await watch.texts()) == ["frühere.", "spätere."]


async def test_the_whole_chain_shows_one_card_for_each_of_many_at_once(synapse: Synapse, tmp_path: Path) -> None:
    async with at_work(synapse, tmp_path) as work, work.stage.bot_running():
        work.sandbox.faults.commit_delay = (0.0, 1.0)
        numbers = iter(range(48))
        async with asyncio.TaskGroup() as group:
            for place in range(WRITERS):
                citizen = work.citizen(f"citizen{place}")
                group.create_task(_write_to(work, citizen, numbers))
        for number in range(48):
            await work.anna.wait_for(work.team, partial(_shows, f"Nr-{number}."))
        cards = [line.body for line in await work.anna.lines(work.team) if line.body.startswith("#")]
        assert len(cards) == 48


def _shows(words: str, line: Line) -> bool:
    return words in line.body


async def _write_to(work: AtWork, citizen: SandboxAccount, numbers: Iterator[int]) -> None:
    for number in numbers:
        await citizen.post(f"@{work.stage.account.username} Nr-{number}.")
        await asyncio.sleep(0)


# --- what is none of our business ---


async def test_own_posts_boosts_and_favourites_make_no_tickets(watch: Watch) -> None:
    erika, hans = watch.citizen("erika"), watch.citizen("hans")
    ours = await watch.office.post("Guten Morgen von @bsi und Grüße an @erika@remote.example!")
    hans.boost(ours)
    hans.favourite(ours)
    erika.follow(watch.office)
    question = await erika.post("@bsi Eine Frage.")
    hans.boost(question)
    watch.office.boost(question)
    await watch.office.edit(ours, "Guten Morgen von @bsi, und Grüße an @erika@remote.example!")
    assert await watch.intake.look() == 1
    assert len(await watch.texts()) == 1


async def test_a_mention_that_is_edited_stays_one_ticket(watch: Watch) -> None:
    erika = watch.citizen()
    question = await erika.post("@bsi Eine Frage.")
    await watch.intake.look()
    await erika.edit(question, "@bsi Eine bessere Frage.")
    await watch.intake.look()
    assert watch.count("tickets") == 1


async def test_mentions_that_the_notification_policy_keeps_aside_arrive_as_well(watch: Watch) -> None:
    erika = watch.citizen()
    watch.office.filter_notifications_of(erika)
    await erika.post("@bsi Mein Konto ist ganz neu.")
    assert await watch.intake.look() == 1


# --- malformed notifications ---


@pytest.mark.parametrize("how", sorted(MALFORMATIONS))
async def test_a_malformed_notification_holds_up_nobody(watch: Watch, how: str) -> None:
    erika = watch.citizen()
    await erika.post("@bsi Davor.")
    watch.sandbox.faults.malform(how)
    await erika.post("@bsi Mittendrin.")
    await erika.post("@bsi Dahinter.")
    await watch.intake.look()
    texts = {word for text in await watch.texts() for word in text.split()}
    assert {"Davor.", "Dahinter."} <= texts
    # It is a ticket all the same, as far as it can be read, or it is set aside: never neither, never both.
    assert watch.count("tickets") + watch.count("malformed") == 3
    await erika.post("@bsi Später.")
    assert await watch.intake.look() == 1
    assert watch.count("tickets") + watch.count("malformed") == 4


async def test_all_malformations_in_one_page_are_each_set_aside_once(watch: Watch) -> None:
    erika = watch.citizen()
    for how in MALFORMATIONS:
        watch.sandbox.faults.malform(how)
        await erika.post(f"@bsi Kaputt ({how}).")
        await erika.post("@bsi Heil.")
    await watch.intake.look()
    await watch.intake.look()
    texts = Counter(word for text in await watch.texts() for word in text.split())
    assert texts["Heil."] == len(MALFORMATIONS)
    assert watch.count("tickets") + watch.count("malformed") == 2 * len(MALFORMATIONS)


async def test_a_visibility_that_nobody_knows_is_taken_for_the_narrowest(watch: Watch) -> None:
    watch.sandbox.faults.malform("status visibility unknown")
    await watch.citizen().post("@bsi Nur für Bekannte.")
    await watch.intake.look()
    queue = await watch.desk.tickets.lists.queue(team_place("bsi"), 5)
    assert [line.ticket.visibility.value for line in queue.lines] == ["direct"]


# --- servers differ ---


async def test_a_server_without_streaming_is_polled(tmp_path: Path) -> None:
    async with watching(tmp_path, poll_seconds=0.2) as watch:
        watch.sandbox.faults.streaming_status = 404
        async with watch.running():
            await watch.citizen().post("@bsi Ohne Klingel.")
            await until(lambda: watch.count("tickets") == 1, "the poll finds it")
        assert watch.sandbox.streams.open_streams == 0


async def test_a_server_that_ignores_min_id_loses_nothing_and_doubles_nothing(watch: Watch) -> None:
    watch.sandbox.faults.ignore_cursors = True
    erika = watch.citizen()
    for number in range(120):
        await erika.post(f"@bsi Nr. {number}.")
        if number % 30 == 29:
            await watch.intake.look()
    assert len(await watch.texts()) == watch.count("tickets") == 120


async def test_mentions_below_many_favourites_are_found_where_filters_apply_after_the_limit(
    watch: Watch,
) -> None:
    watch.sandbox.faults.filter_after_limit = True
    ours = await watch.office.post("Guten Morgen!")
    await watch.citizen().post("@bsi Tief vergraben.")
    for number in range(100):
        watch.citizen(f"fan{number}").favourite(ours)
    assert await watch.intake.look() == 1


async def test_a_ring_brings_a_mention_long_before_the_next_poll(watch: Watch) -> None:
    async with watch.running():
        await until(lambda: watch.sandbox.streams.open_streams == 1, "the stream is open")
        await watch.citizen().post("@bsi Es klingelt.")
        await until(lambda: watch.count("tickets") == 1, "the ring is heard")


async def test_a_stream_that_breaks_comes_back_and_what_came_meanwhile_is_read(watch: Watch) -> None:
    erika = watch.citizen()
    async with watch.running():
        await until(lambda: watch.sandbox.streams.open_streams == 1, "the stream is open")
        for number in range(3):
            watch.sandbox.faults.streaming_status = 503
            watch.sandbox.drop_streams()
            await until(lambda: watch.sandbox.streams.open_streams == 0, "the stream is gone")
            await erika.post(f"@bsi Nr. {number}.")
            watch.sandbox.faults.streaming_status = None
            await until(lambda: watch.sandbox.streams.open_streams == 1, "the stream is back")
            await until(partial(_has_tickets, watch, number + 1), "the mention is read")


async def test_a_stream_that_has_gone_silent_delays_a_mention_until_the_poll_only(tmp_path: Path) -> None:
    async with watching(tmp_path, poll_seconds=0.5) as watch, watch.running():
        await until(lambda: watch.sandbox.streams.open_streams == 1, "the stream is open")
        watch.sandbox.faults.silent_streams = True
        await watch.citizen().post("@bsi Hört mich jemand?")
        await until(lambda: watch.count("tickets") == 1, "the poll finds it")


def _has_tickets(watch: Watch, number: int) -> bool:
    return watch.count("tickets") == number


@pytest.mark.parametrize("answer", ["503", "html with 200", "dropped", "no list"])
async def test_trouble_while_reading_loses_nothing(tmp_path: Path, answer: str) -> None:
    async with watching(tmp_path, poll_seconds=0.2) as watch:
        faults = watch.sandbox.faults
        await watch.citizen().post("@bsi Trotz allem.")
        match answer:
            case "503":
                faults.answer(503, path="/notifications")
            case "html with 200":
                faults.answer(200, path="/notifications")
            case "dropped":
                faults.drop(path="/notifications", times=2)
            case _:
                faults.answer(200, path="/notifications", body="{}", content_type="application/json")
        async with watch.running():
            await until(lambda: watch.count("tickets") == 1, "it is read")


# --- conversations ---


async def test_a_reply_to_the_question_joins_its_ticket(work: AtWork) -> None:
    case = await work.asked()
    await case.citizen.post(f"@{work.stage.account.username} Ich meine die Version 1.2.", in_reply_to=case.status)
    await work.in_thread(case, "Ich meine die Version 1.2.")
    await work.card(case, "1 more message")


async def test_a_reply_to_our_answer_joins_the_ticket_and_opens_it_again(work: AtWork) -> None:
    case = await work.asked()
    await work.drafted(case, "Ja, noch bis Ende 2026.")
    await work.anna.say(work.team, "!publish", thread=case.card)
    await work.card(case, "answered")
    answer = work.answers_to(case)[0]
    # Their own client tags the office; ours must not need it to be the direct parent's mention.
    await case.citizen.post(f"@{work.stage.account.username} Und danach?", in_reply_to=answer)
    await work.in_thread(case, "Und danach?")
    await work.card(case, "with")


async def test_a_reply_further_down_joins_the_ticket_of_what_stands_above(work: AtWork) -> None:
    case = await work.asked()
    hans = work.citizen("hans")
    # Between the two stand statuses that do not mention the office.
    between = await hans.post("Das frage ich mich auch.", in_reply_to=case.status)
    deeper = await hans.post("Seit Wochen schon.", in_reply_to=between)
    await case.citizen.post(f"@{work.stage.account.username} Weiß man dort etwas?", in_reply_to=deeper)
    await work.in_thread(case, "Weiß man dort etwas?")


async def test_somebody_else_who_asks_in_the_same_conversation_has_a_ticket_of_their_own(work: AtWork) -> None:
    case = await work.asked()
    hans = work.citizen("hans")
    await hans.post(f"@{work.stage.account.username} Gilt das auch für Vereine?", in_reply_to=case.status)
    card = await work.anna.wait_for(work.team, lambda line: "Vereine" in line.body)
    assert card.thread is None
    # So an answer to it reaches the one who asked it; what stands above is on the card.
    assert f"@{hans.acct}" in card.body.splitlines()[0]
    assert "Earlier in this conversation" in card.body


async def test_a_private_reply_does_not_join_a_public_ticket(work: AtWork) -> None:
    case = await work.asked()
    private = f"@{work.stage.account.username} Nur unter uns: Aktenzeichen 17."
    await case.citizen.post(private, in_reply_to=case.status, visibility="direct")
    card = await work.anna.wait_for(work.direct, lambda line: "Aktenzeichen 17" in line.body)
    assert card.body.startswith("#")
    await work.settled()
    assert not any("Aktenzeichen" in line.body for line in await work.anna.lines(work.team))


async def test_a_mention_under_a_conversation_of_others_shows_what_stands_above_it(work: AtWork) -> None:
    hans, erika = work.citizen("hans"), work.citizen("erika")
    above = await hans.post("Meine Hausverwaltung verlangt ein Fax.")
    await erika.post(f"@{work.stage.account.username} Ist das noch zeitgemäß?", in_reply_to=above)
    card = await work.anna.wait_for(work.team, lambda line: "zeitgemäß" in line.body)
    assert "Hausverwaltung" in card.body


# --- what stands on a card ---


async def test_a_card_carries_all_that_a_question_has(work: AtWork) -> None:
    status = await work.citizen().post(
        f"@{work.stage.account.username} Ist das echt? https://example.org/brief?nr=1",
        visibility="unlisted",
        language="de",
        spoiler_text="Betrugsversuch",
        media=[NewMedia(b"x", description="Ein Brief mit Bundesadler"), NewMedia(b"y")],
    )
    card = await work.anna.wait_for(work.team, lambda line: "Ist das echt?" in line.body)
    for words in (
        "Erika Muster",
        "@erika@remote.example",
        "Content warning: Betrugsversuch",
        "https://example.org/brief?nr=1",
        "Ein Brief mit Bundesadler",
        "no alt text",
        "unlisted",
        "German",
        work.sandbox.entities.status_url(status),
    ):
        assert words in card.body
    assert not card.notice
    assert card.pings == ()


async def test_a_poll_stands_on_the_card_with_its_options(work: AtWork) -> None:
    await work.citizen().post(f"@{work.stage.account.username} Was empfehlen Sie?", poll=["Passwort", "Passkey"])
    card = await work.anna.wait_for(work.team, lambda line: "Was empfehlen Sie?" in line.body)
    assert "Passwort" in card.body
    assert "Passkey" in card.body
