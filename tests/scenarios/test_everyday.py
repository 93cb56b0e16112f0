"""A day's order at the desk: whose a ticket is, how soon, about what, when, which are one, and finding them again."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from fedichat.adapters.matrix.events import part, relation_of, word
from fedichat.demo.synapse import Synapse
from tests.clocks import BriskClock
from tests.scenarios.at_work import AtWork, Case, SteeredClock, at_work, who
from tests.scenarios.test_encrypted import SafeClient

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def clock() -> BriskClock:
    return BriskClock()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def work(synapse: Synapse, tmp_path_factory: pytest.TempPathFactory, clock: BriskClock) -> AsyncIterator[AtWork]:
    folder: Path = tmp_path_factory.mktemp("everyday")
    async with at_work(synapse, folder) as work, work.stage.bot_running(clock=clock):
        yield work


async def carried_out(work: AtWork, command: str, case: Case) -> None:
    """Ben says it in the thread, and it is acknowledged by a thumb."""
    await work.done(work.team, await work.ben.say(work.team, command, thread=case.card))


async def pinged(work: AtWork, case: Case, *words: str) -> tuple[str, ...]:
    """Whom the message in the thread wakes."""
    line = await work.in_thread(case, *words)
    assert line.notice == (not line.pings)
    return line.pings


# --- whose it is ---


@pytest.mark.parametrize("how", ["@{local}", "{user}", "{local}", "anna", "https://matrix.to/#/{user}"])
async def test_a_ticket_is_assigned_to_a_colleague_however_they_are_named_and_they_are_told(
    work: AtWork, how: str
) -> None:
    case = await work.asked()
    named = how.format(local=who(work.anna), user=work.anna.user_id)
    await carried_out(work, f"!assign {named}", case)
    assert await pinged(work, case, f"{who(work.ben)} has assigned #{case.number} to you.") == (work.anna.user_id,)
    await work.card(case, f"with {who(work.anna)}")


async def test_a_ticket_cannot_be_assigned_to_nobody_nor_to_the_bot(work: AtWork) -> None:
    case = await work.asked()
    near = await work.told(work.anna, work.team, f"!assign {case.number} {who(work.ben)}x")
    assert near.body == f"Nobody in the ticket's room is called {who(work.ben)}x. Did you mean {who(work.ben)}?"
    nobody = await work.told(work.anna, work.team, f"!assign {case.number} @xyzzy")
    assert nobody.body == "Nobody in the ticket's room is called @xyzzy."
    bot = await work.told(work.anna, work.team, f"!assign {case.number} {work.stage.bot}")
    assert bot.body.startswith("Nobody in the ticket's room is called")
    await work.card(case, "🆕 new")


async def test_a_colleague_s_ticket_is_taken_over_only_on_purpose_and_they_are_told(work: AtWork) -> None:
    case = await work.asked()
    await carried_out(work, "!claim", case)
    refused = await work.told(work.anna, work.team, f"!claim {case.number}")
    assert refused.body.startswith(f"#{case.number} is with {who(work.ben)}.")
    assert f"`!claim {case.number} --take-over`" in refused.body
    assert refused.pings == ()
    await work.anna.say(work.team, f"!claim {case.number} --take-over")
    assert await pinged(work, case, f"has taken #{case.number} over from you") == (work.ben.user_id,)
    await work.card(case, f"with {who(work.anna)}")


# --- how soon, about what ---


async def test_priority_and_labels_are_on_the_card_and_in_the_queue(work: AtWork) -> None:
    first, second = await work.asked("one"), await work.asked("two")
    await carried_out(work, "!priority urgent", second)
    await carried_out(work, f"!label TLS #word{second.number}", second)
    await work.card(second, "🔴 urgent", f"🏷 tls, word{second.number}")
    queue = await work.told(work.anna, work.team, "!queue")
    places = [queue.body.index(f"#{case.number} ") for case in (second, first)]
    assert places == sorted(places)
    labelled = await work.told(work.anna, work.team, f"!queue --label word{second.number}")
    assert labelled.body.splitlines()[0] == f"1 open ticket · 🏷 word{second.number}"
    assert f"#{second.number} 🆕" in labelled.body
    listed = await work.told(work.anna, work.team, "!label", thread=second.card)
    assert listed.body == f"#{second.number} 🏷 tls, word{second.number}"
    wrong = await work.told(work.anna, work.team, f"!priority {first.number} asap")
    assert wrong.body == "A priority is one of urgent, high, normal, low, not “asap”."


async def test_ten_quick_changes_make_few_edits_of_the_card(work: AtWork) -> None:
    case = await work.asked()
    commands = ("!claim", "!priority high", *(f"!label l{number}" for number in range(8)))
    said = await asyncio.gather(*(work.ben.say(work.team, command, thread=case.card) for command in commands))
    await asyncio.gather(*(work.done(work.team, event) for event in said))
    card = await work.card(case, f"with {who(work.ben)}", "🟠 high", *(f"l{number}" for number in range(8)))
    assert card.edited <= 3


# --- when ---


async def test_a_snoozed_ticket_comes_back_on_time_and_wakes_whoever_has_it(work: AtWork, clock: BriskClock) -> None:
    case = await work.asked()
    await carried_out(work, "!claim", case)
    await carried_out(work, "!snooze 20 minutes", case)
    await work.card(case, "💤 until")
    queue = await work.told(work.anna, work.team, "!queue")
    assert f"#{case.number} " not in queue.body
    assert "snoozed" in queue.body.splitlines()[-1]
    snoozed = await work.told(work.anna, work.team, "!queue --snoozed")
    assert f"#{case.number} 👀" in snoozed.body
    clock.advance(20 * 60)
    assert await pinged(work, case, "is back in the queue") == (work.ben.user_id,)
    queue = await work.told(work.anna, work.team, "!queue")
    assert f"#{case.number} 👀" in queue.body


async def test_a_bell_on_the_card_snoozes_until_tomorrow_and_off_takes_it_back(work: AtWork, clock: BriskClock) -> None:
    case = await work.asked()
    await work.anna.react(work.team, case.card, "🔔")
    await work.card(case, "💤 until", "09:00")
    await carried_out(work, "!snooze off", case)
    shown = await work.told(work.anna, work.team, f"!show {case.number}")
    assert "💤" not in shown.body.splitlines()[1]
    assert "snoozed: → " in shown.body
    assert "back in the queue" in shown.body
    for said, why in (
        ("!snooze soon", "“soon” is too vague."),
        ("!snooze as agreed", "I do not understand “as agreed” as a time."),
        ("!snooze 1.1.2020", "“1.1.2020” is past."),
        ("!snooze 31.2.", "“31.2.” does not exist"),
        ("!snooze two working days", "“two working days” counts working time."),
    ):
        refused = await work.told(work.anna, work.team, said, thread=case.card)
        assert refused.body.startswith(why)


async def test_in_an_encrypted_room_a_ticket_comes_back_also_when_the_bot_was_away_at_its_time(
    synapse: Synapse, tmp_path: Path
) -> None:
    keys = tmp_path / "anna"
    keys.mkdir()
    async with (
        at_work(synapse, tmp_path, encrypted=True) as work,
        SafeClient.login(synapse.url, work.anna.user_id, keys) as anna,
    ):
        bot = work.stage.bot
        async with work.stage.bot_running():
            await anna.knows(work.team, bot)
            await work.citizen().post(f"@{work.stage.account.username} Is this safe?")
            card = word(await anna.reads(bot, "#1 🆕 new", "Is this safe?"), "event_id")
            await anna.say(work.team, "!label tls", thread=card)
            await anna.say(work.team, "!search safe tls", thread=card)
            await anna.reads(bot, "1 ticket", "#1 🆕", "🏷 tls")
            await anna.say(work.team, "!snooze 3 days", thread=card)
            await anna.reads(bot, "#1 🆕 new", "🏷 tls · 💤 until")
        async with work.stage.bot_running(clock=SteeredClock(timedelta(days=4))):
            back = await anna.reads(bot, "#1 is back in the queue")
            assert word(part(back, "content"), "msgtype") == "m.notice", "nobody has it, so nobody is woken"
            assert relation_of(part(back, "content")).thread == card


# --- several that are one ---


async def test_two_questions_of_one_person_are_merged_and_the_conversation_goes_on_in_one_thread(
    work: AtWork,
) -> None:
    first, second = await work.asked("TLS?", by="frida"), await work.asked("And VPN?", by="frida")
    done = await work.anna.say(work.team, f"!merge {first.number}", thread=second.card)
    await work.done(work.team, done)
    await work.card(second, f"merged into #{first.number}")
    moved = await work.in_thread(first, "And VPN?")
    assert moved.body.startswith("↩ Frida Muster")
    refused = await work.told(work.ben, work.team, "!claim", thread=second.card)
    assert refused.body.startswith(f"#{second.number} was merged into #{first.number}: go on there")
    again = await work.told(work.ben, work.team, "!reopen", thread=second.card)
    assert again.body.startswith(f"#{second.number} was merged into")
    await second.citizen.post(f"@{work.stage.account.username} Hello?", in_reply_to=second.status)
    await work.in_thread(first, "Hello?")
    await work.drafted(first, "Both of it.")


async def test_questions_of_different_people_are_not_merged(work: AtWork) -> None:
    first, second = await work.asked(by="frida"), await work.asked(by="gustav")
    refused = await work.told(work.anna, work.team, f"!merge {second.number} {first.number}")
    assert f"an answer to #{first.number} would not reach who asked #{second.number}" in refused.body
    alone = await work.told(work.anna, work.team, f"!merge {second.number}")
    assert alone.body.startswith("Which ticket goes into which?")


# --- finding them again ---


async def test_tickets_are_found_by_words_by_person_and_as_one_s_own(work: AtWork) -> None:
    case = await work.asked("Darf ich Schließfächer verschlüsseln?", by="hanna")
    await carried_out(work, "!claim", case)
    await carried_out(work, "!note asked the registry office", case)
    for words in ("schließfacher", "darf verschl", "hanna", "registry office"):
        found = await work.told(work.anna, work.team, f"!search {words}")
        assert f"#{case.number} 👀" in found.body, words
    nothing = await work.told(work.anna, work.team, "!search AND (xyzzy")
    assert nothing.body.startswith("Nothing found.")
    mine = await work.told(work.ben, work.team, "!mine")
    assert f"#{case.number} 👀 Hanna Muster: " in mine.body
    for said in ("!author @hanna@remote.example", "!author hanna"):
        theirs = await work.told(work.anna, work.team, said)
        assert theirs.body.startswith("1 ticket · @hanna")
    in_thread = await work.told(work.anna, work.team, "!author", thread=case.card)
    assert in_thread.body.splitlines()[0] == "1 ticket · @hanna@remote.example"
    steps = await work.told(work.anna, work.team, f"!history {case.number}")
    assert [line.split(" · ", 1)[1].partition(":")[0] for line in steps.body.splitlines()] == [
        "arrived",
        f"{who(work.ben)} · claimed",
        f"{who(work.ben)} · note",
    ]
