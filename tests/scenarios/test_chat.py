"""Speaking to the bot: reactions, two at once, what is misunderstood, what was said while it was away."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from fedichat.demo.synapse import Synapse
from tests.scenarios.at_work import AtWork, SteeredClock, at_work, who

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def work(synapse: Synapse, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[AtWork]:
    folder: Path = tmp_path_factory.mktemp("chat")
    async with at_work(synapse, folder) as work, work.stage.bot_running():
        yield work


# --- reactions ---


@pytest.mark.parametrize("eyes", ["👀", "👀\ufe0f", "👀\U0001f3fd"], ids=["plain", "variation", "skin tone"])
async def test_eyes_on_the_card_claim_it_and_taking_them_back_releases_it(work: AtWork, eyes: str) -> None:
    case = await work.asked()
    reaction = await work.anna.react(work.team, case.card, eyes)
    await work.card(case, f"with {who(work.anna)}")
    await work.anna.redact(work.team, reaction)
    await work.card(case, "🆕 new")


async def test_the_monkey_on_the_card_ignores_the_ticket(work: AtWork) -> None:
    case = await work.asked()
    await work.ben.react(work.team, case.card, "🙈\ufe0f")
    await work.card(case, "🙈 ignored")
    await work.settled()
    lines = await work.anna.lines(work.team)
    assert not [line for line in lines if line.thread == case.card], "a tap is answered by the card alone"


async def test_other_reactions_and_reactions_elsewhere_mean_nothing(work: AtWork) -> None:
    case = await work.asked()
    hello = await work.anna.say(work.team, "Good morning!")
    await work.ben.react(work.team, hello, "👀")
    await work.ben.react(work.team, hello, "✅")
    for key in ("👍", "✅", "❌", "claim"):
        await work.ben.react(work.team, case.card, key)
    await work.settled()
    await work.card(case, "🆕 new")
    lines = await work.anna.lines(work.team)
    assert not [line for line in lines if line.thread == case.card]


# --- two at once ---


@pytest.mark.parametrize("how", ["word", "tap"])
async def test_of_two_who_claim_at_the_same_instant_one_wins_and_the_other_is_told_who(work: AtWork, how: str) -> None:
    case = await work.asked()
    people = [work.anna, work.ben]
    if how == "word":
        claims = [person.say(work.team, f"!claim {case.number}") for person in people]
    else:
        claims = [person.react(work.team, case.card, "👀") for person in people]
    events = await asyncio.gather(*claims)
    told = await work.anna.wait_for(
        work.team,
        lambda line: f"#{case.number} is with" in line.body and (line.reply_to in events or line.thread == case.card),
    )
    winner, loser = people if f"is with {who(work.anna)}" in told.body else reversed(people)
    assert f"#{case.number} is with {who(winner)}" in told.body
    await work.card(case, f"with {who(winner)}")
    if how == "word":
        assert told.reply_to == events[people.index(loser)]
    else:
        assert told.pings == (loser.user_id,)
        await loser.redact(work.team, events[people.index(loser)])
        await work.settled()
        await work.card(case, f"with {who(winner)}")
    assert "\n".join(await work.history(case)).count("· claimed") == 1


async def test_who_had_a_ticket_is_told_when_a_colleague_releases_it(work: AtWork) -> None:
    case = await work.asked()
    await work.anna.say(work.team, "!claim", thread=case.card)
    await work.card(case, "with anna")
    await work.ben.say(work.team, "!release", thread=case.card)
    told = await work.in_thread(case, f"{who(work.ben)} has released #{case.number}")
    assert told.pings == (work.anna.user_id,)
    assert not told.notice
    await work.card(case, "🆕 new")


# --- what is misunderstood ---


async def test_what_the_bot_does_not_understand_gets_a_line_that_helps(work: AtWork) -> None:
    case = await work.asked()
    for said, answer in [
        ("!hlep", "I do not know `!hlep`. Did you mean `!help`?"),
        ("!xyzzy", "I do not know `!xyzzy`. `!help` shows all commands."),
        ("!claim", "Which ticket? Say its number, as in `!claim 42`, or write in the ticket's thread."),
        ("!claim 99999", "There is no ticket #99999 in this room."),
        ("!claim now", "I do not understand “now” there. For example: `!claim 42`"),
        (f"!answer {case.number}", "Something is missing: the text. For example: `!answer 42"),
        (f"!answer {case.number} --waring x Yes.", "`!answer` has no `--waring`"),
        (f"!withdraw {case.number}", f"There is no draft for #{case.number}."),
    ]:
        line = await work.told(work.anna, work.team, said)
        assert line.body.startswith(answer), said
        assert line.notice
        assert line.pings == ()
    unclear = await work.told(work.anna, work.team, "!answer 2026 was dry", thread=case.card)
    assert unclear.body.startswith(f"This is the thread of #{case.number}.")
    assert unclear.thread == case.card


async def test_what_somebody_typed_comes_back_as_text_and_nothing_else(work: AtWork) -> None:
    line = await work.told(work.anna, work.team, "!x<b>x</b>[y](https://evil.example)@room")
    assert "<b>x" not in line.html.replace("&lt;b&gt;", "")
    assert "<a " not in line.html
    line = await work.told(work.anna, work.team, "!claim <img src=x>_a_ `b` {prefix}")
    assert "“<img src=x>_a_ `b` {prefix}”" in line.body
    assert "<img" not in line.html
    assert "<em>" not in line.html


async def test_help_for_one_command_shows_its_options_and_examples(work: AtWork) -> None:
    line = await work.told(work.anna, work.team, "!help answer")
    assert "!answer 42 [text]" in line.body
    for option in ("--visibility", "--cw", "--lang", "--all"):
        assert option in line.body
    assert line.html.count("<code>") > 5


# --- while the bot was away ---


async def test_what_was_said_while_the_bot_was_away_is_carried_out_once_and_not_when_it_is_too_old(
    synapse: Synapse, tmp_path: Path
) -> None:
    async with at_work(synapse, tmp_path) as work:
        async with work.stage.bot_running():
            case = await work.asked()
        claim = await work.anna.say(work.team, "!claim", thread=case.card)
        await work.ben.react(work.team, case.card, "👀")
        note = await work.ben.say(work.team, f"!note {case.number} asked around")
        gone = await work.anna.say(work.team, f"!ignore {case.number} a mistake")
        await work.anna.redact(work.team, gone)
        while_away = work.citizen("kim")
        await while_away.post(f"@{work.stage.account.username} Hello?")
        async with work.stage.bot_running():
            await work.card(case, f"with {who(work.anna)}")
            await work.done(work.team, claim)
            await work.done(work.team, note)
            await work.anna.wait_for(work.team, lambda line: "Kim Muster" in line.body)
            await work.in_thread(case, f"#{case.number} is with {who(work.anna)}")
        late = await work.anna.say(work.team, "!release", thread=case.card)
        late_tap = await work.ben.react(work.team, case.card, "🙈")
        async with work.stage.bot_running(clock=SteeredClock(timedelta(hours=2))):
            told = await work.reply_to(work.team, late)
            assert told.body.startswith("That is too old to be carried out now")
            assert late_tap
            await work.in_thread(case, "That is too old", after=told.event_id)
            await work.anna.wait_for(work.team, lambda line: line.event_id == told.event_id)
        async with work.stage.bot_running():
            history = "\n".join(await work.history(case))
            assert history.count("· claimed") == 1
            assert history.count("asked around") == 1
            assert "released" not in history
            assert "ignored" not in history
            lines = await work.anna.lines(work.team)
            cards = [line for line in lines if line.body.startswith("#") and not (line.thread or line.reply_to)]
            assert len(cards) == 2
            assert len([line for line in lines if "too old" in line.body]) == 2


async def test_what_was_taken_back_or_changed_while_the_bot_was_away_does_not_go_out(
    synapse: Synapse, tmp_path: Path
) -> None:
    async with at_work(synapse, tmp_path, undo_seconds=60) as work:
        async with work.stage.bot_running():
            crossed, changed, kept = [await work.asked() for _ in range(3)]
            drafts = [await work.drafted(case, f"Yes to {case.number}.") for case in (crossed, changed, kept)]
            for case, (_, preview) in zip((crossed, changed, kept), drafts, strict=True):
                await work.anna.react(work.team, preview.event_id, "✅")
                await work.line(case, preview.event_id, "confirmed by")
        await work.anna.react(work.team, drafts[0][1].event_id, "❌")
        await work.anna.edit(work.team, drafts[1][0], "!answer No.")
        async with work.stage.bot_running(clock=SteeredClock(timedelta(minutes=5))):
            await work.in_thread(kept, "Published: http")
            await work.line(crossed, drafts[0][1].event_id, "withdrawn, nothing was published")
            await work.preview(changed, "No.")
            await work.settled()
            assert [len(work.answers_to(case)) for case in (crossed, changed, kept)] == [0, 0, 1]


# --- a German office with a room for direct messages ---


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def amt(synapse: Synapse, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[AtWork]:
    folder: Path = tmp_path_factory.mktemp("amt")
    async with (
        at_work(synapse, folder, language="de", direct_room=True) as work,
        work.stage.bot_running(),
    ):
        yield work


async def test_a_german_office_works_with_german_commands(amt: AtWork) -> None:
    case = await amt.asked("Ist TLS 1.2 noch erlaubt?")
    card = await amt.card(case, "🆕 neu")
    assert "öffentlich" in card.body
    await amt.anna.say(amt.team, "!Uebernehmen", thread=case.card)
    await amt.card(case, f"👀 zuständig: {who(amt.anna)}")
    await amt.anna.say(amt.team, "!antwort —sichtbarkeit=nicht-gelistet —warnung „Technik“ Ja.", thread=case.card)
    preview = await amt.preview(case, "Ja.")
    assert "Inhaltswarnung: Technik" in preview.body
    assert "nicht gelistet" in preview.body
    await amt.anna.say(amt.team, f"!veröffentlichen {case.number}")
    await amt.in_thread(case, "Veröffentlicht: http")
    (status,) = amt.answers_to(case)
    assert (status.visibility.value, status.spoiler_text) == ("unlisted", "Technik")
    line = await amt.told(amt.anna, amt.team, "!hilf")
    assert "`!hilfe`" in line.body
    line = await amt.told(amt.anna, amt.team, "!hilfe")
    assert "!übernehmen 42" in line.body
    assert "!claim" not in line.body


async def test_a_direct_message_is_seen_in_the_direct_room_and_nowhere_else(amt: AtWork) -> None:
    secret = "Mein Kennwort lautet 1234."
    case = await amt.asked(secret, visibility="direct", room=amt.direct)
    card = await amt.card(case)
    assert secret in card.body
    answers = [
        await amt.told(amt.anna, amt.team, said.format(case.number))
        for said in ("!zeigen {}", "!übernehmen {}", "!antwort {} Ja.", "!notiz {} x", "!ignorieren {} x")
    ]
    unknown = await amt.told(amt.anna, amt.team, "!zeigen 99999")
    for answer in answers:
        assert answer.body == unknown.body.replace("99999", str(case.number)), "not even that it exists is told"
    queue = await amt.told(amt.anna, amt.team, "!offen")
    assert f"#{case.number} " not in queue.body
    assert not [line for line in await amt.anna.lines(amt.team) if "1234" in line.body + line.html]

    queue = await amt.told(amt.anna, amt.direct, "!offen")
    assert f"#{case.number} " in queue.body
    _, preview = await amt.drafted(case, "Bitte gleich ändern.")
    assert "direkt" in preview.body
    await amt.anna.react(amt.direct, preview.event_id, "✅")
    await amt.in_thread(case, "Veröffentlicht")
    (status,) = amt.answers_to(case)
    assert status.visibility.value == "direct"
    wider = await amt.told(amt.anna, amt.direct, "!antwort --sichtbarkeit öffentlich Ja.", thread=case.card)
    assert "direkt" in wider.body
    assert len(amt.answers_to(case)) == 1


async def test_a_public_reply_to_a_private_talk_shows_nothing_of_it_in_the_team_s_room(amt: AtWork) -> None:
    case = await amt.asked("Mein Kennwort lautet 5678.", visibility="direct", room=amt.direct)
    status = await case.citizen.post(f"@{amt.stage.account.username} Und nun?", in_reply_to=case.status)
    assert status.visibility.value == "public"
    await amt.anna.wait_for(amt.team, lambda line: "Und nun?" in line.body and line.body.startswith("#"))
    by_hand = await amt.stage.account.post("@erika@remote.example Kennwort 8642.", visibility="direct")
    await case.citizen.post(f"@{amt.stage.account.username} Und jetzt?", in_reply_to=by_hand)
    await amt.anna.wait_for(amt.team, lambda line: "Und jetzt?" in line.body and line.body.startswith("#"))
    for line in await amt.anna.lines(amt.team):
        assert "5678" not in line.body + line.html
        assert "8642" not in line.body + line.html
