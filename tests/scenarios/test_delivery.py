"""What was decided is carried out: in order, each lane by itself, once, and honestly where it cannot be."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from aiohttp import web

from fedichat.demo.synapse import Synapse
from fedichat.demo.timeline import Line
from fedichat.sandbox.faults import Fault, Kind
from tests.clocks import BriskClock, while_time_passes
from tests.flaky import Flaky, answering
from tests.scenarios._door import Door
from tests.scenarios._process import count, until
from tests.scenarios.at_work import AtWork, Case, SteeredClock, at_work


@pytest.fixture
async def work(synapse: Synapse, tmp_path: Path) -> AsyncIterator[AtWork]:
    """The office; the bot is not started."""
    async with at_work(synapse, tmp_path, direct_room=True) as work:
        yield work


@pytest.fixture
async def busy(work: AtWork) -> AsyncIterator[AtWork]:
    """The office with the bot at work."""
    async with work.stage.bot_running():
        yield work


def through(work: AtWork, url: str) -> dict[str, object]:
    """The configuration's part for a homeserver that is reached by another address."""
    matrix = work.stage.settings["matrix"]
    assert isinstance(matrix, dict)
    return {**matrix, "homeserver": url}


def at_instance(work: AtWork, url: str) -> dict[str, object]:
    """The same for the instance; it is asked every two seconds."""
    accounts = work.stage.settings["accounts"]
    assert isinstance(accounts, dict)
    return {"bsi": {**accounts["bsi"], "instance": url, "poll_seconds": 2}}


def number(work: AtWork, question: str) -> int:
    return count(work.stage.folder / "fedichat.db", question)


def waiting(work: AtWork) -> int:
    return number(work, "SELECT count(*) FROM effects WHERE set_aside IS NULL")


def set_aside(work: AtWork) -> int:
    return number(work, "SELECT count(*) FROM effects WHERE set_aside IS NOT NULL")


async def said_by_bot(work: AtWork) -> list[Line]:
    return [line for line in await work.anna.lines(work.team) if line.sender == work.stage.bot]


async def confirmed(work: AtWork, case: Case, text: str) -> Line:
    """An answer is drafted and its preview confirmed; that preview."""
    _, preview = await work.drafted(case, text)
    await work.anna.react(case.room, preview.event_id, "✅")
    return preview


# --- order ---


async def test_cards_stand_in_the_order_of_their_tickets_however_the_homeserver_behaves(work: AtWork) -> None:
    troubles = iter([*(["ok", "429", "502", "lost", "cut"] * 4), *(["ok"] * 1000)])

    async with Flaky(work.stage.synapse.url) as flaky:

        async def trouble(request: web.Request) -> web.StreamResponse | None:
            if "/send/m.room.message" not in request.path:
                return None
            match next(troubles):
                case "429":
                    body = {"errcode": "M_LIMIT_EXCEEDED", "error": "slowly", "retry_after_ms": 100}
                    return web.json_response(body, status=429)
                case "502":
                    return web.Response(status=502, text="<html>Bad gateway</html>", content_type="text/html")
                case "lost":  # carried out, and the answer never comes
                    await flaky.forward(request)
                    return _cut(request)
                case "cut":
                    return _cut(request)
                case _:
                    return None

        flaky.fault = trouble
        async with work.stage.bot_running(work.stage.config(matrix=through(work, flaky.url)), BriskClock()):
            for place in range(12):
                await work.citizen().post(f"@{work.stage.account.username} Nr-{place}.")
            for place in range(12):
                await work.anna.wait_for(work.team, partial(_shows, f"Nr-{place}."), timeout=120)
        cards = [line.body.split()[0] for line in await said_by_bot(work)]
        assert cards == [f"#{place}" for place in range(1, 13)]


def _shows(words: str, line: Line) -> bool:
    return words in line.body


def _cut(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


# --- lanes ---


async def test_an_answer_that_hangs_holds_up_neither_cards_nor_commands(busy: AtWork) -> None:
    case = await busy.asked()
    held = busy.sandbox.faults.hold(method="POST", path="/statuses$", after=True)
    await confirmed(busy, case, "Das dauert.")
    await until(lambda: held.hits, "the answer is under way")
    other = await busy.asked(by="hans")
    event = await busy.ben.say(busy.team, f"!claim {other.number}")
    await busy.done(busy.team, event)
    assert not any("Published" in line.body for line in await busy.anna.lines(busy.team))
    busy.sandbox.faults.release()
    await busy.in_thread(case, "Published:")
    assert len(busy.answers_to(case)) == 1


async def test_a_room_that_cannot_be_reached_holds_up_no_other_room(work: AtWork) -> None:
    async with Flaky(work.stage.synapse.url) as flaky:
        flaky.fault = answering(f"/{work.direct}/send/", 502, "Bad gateway", content_type="text/plain")
        async with work.stage.bot_running(work.stage.config(matrix=through(work, flaky.url))):
            await work.citizen().post(f"@{work.stage.account.username} Unter vier Augen.", visibility="direct")
            await flaky.until_seen(f"/{work.direct}/send/", timeout=60)
            await work.asked("Is the team's room alive?")
            flaky.fault = None
            await work.anna.wait_for(work.direct, partial(_shows, "Unter vier Augen."))


async def test_while_the_instance_is_down_the_rooms_go_on_and_the_answer_follows(work: AtWork) -> None:
    async with Door(work.sandbox.url) as door:
        async with work.stage.bot_running(work.stage.config(accounts=at_instance(work, door.url))):
            case = await work.asked()
            _, preview = await work.drafted(case, "Sobald es wieder geht.")
            await door.shut()
            await work.anna.react(work.team, preview.event_id, "✅")
            event = await work.ben.say(work.team, "!note Der Server ist weg.", thread=case.card)
            await work.done(work.team, event)
            await case.citizen.post(f"@{work.stage.account.username} Hallo?", in_reply_to=case.status)
            await door.open()
            await work.in_thread(case, "Published:")
            await work.in_thread(case, "Hallo?")
        assert len(work.answers_to(case)) == 1


async def test_while_the_homeserver_is_down_mentions_are_taken_and_a_confirmed_answer_goes_out(
    synapse: Synapse, tmp_path: Path
) -> None:
    clock = SteeredClock()

    def is_out() -> bool:
        clock.advance(1)  # it waits a minute for somebody to take it back who cannot be heard
        return bool(work.answers_to(case))

    async with (
        at_work(synapse, tmp_path, undo_seconds=3) as work,
        Door(work.stage.synapse.url) as door,
        work.stage.bot_running(work.stage.config(matrix=through(work, door.url)), clock),
    ):
        case = await work.asked()
        await confirmed(work, case, "Schon unterwegs.")
        await work.anna.wait_for(work.team, partial(_shows, "confirmed by"))
        await door.shut()
        await until(is_out, "the answer goes out")
        await work.citizen("hans").post(f"@{work.stage.account.username} Trotzdem da.")
        await until(lambda: number(work, "SELECT count(*) FROM tickets") == 2, "the mention is taken")
        assert not any("Published:" in line.body for line in await work.anna.lines(work.team))
        await door.open()
        await work.in_thread(case, "Published:")
        await work.anna.wait_for(work.team, partial(_shows, "Trotzdem da."))
        assert len(work.answers_to(case)) == 1


# --- what servers ask for ---


async def test_the_homeserver_s_retry_after_is_honoured(work: AtWork) -> None:
    sent: list[datetime] = []
    slowly = {"errcode": "M_LIMIT_EXCEEDED", "error": "slowly", "retry_after_ms": 2500}

    async def limiting(request: web.Request) -> web.StreamResponse | None:
        if "/send/m.room.message" not in request.path:
            return None
        sent.append(datetime.now(UTC))
        return web.json_response(slowly, status=429) if len(sent) == 1 else None

    async with Flaky(work.stage.synapse.url) as flaky:
        flaky.fault = limiting
        async with work.stage.bot_running(work.stage.config(matrix=through(work, flaky.url))):
            await work.asked()
    assert (sent[1] - sent[0]).total_seconds() >= 2.5


async def test_the_instance_s_retry_after_is_honoured_and_meanwhile_the_answer_can_be_taken_back(
    work: AtWork,
) -> None:
    clock = SteeredClock()
    confirmed_again = "SELECT count(*) FROM posts WHERE state = 'confirmed'"
    async with work.stage.bot_running(clock=clock):
        case = await work.asked()
        limit = work.sandbox.faults.answer(
            429, method="POST", path="/statuses$", headers={"Retry-After": "300"}, times=None
        )
        await confirmed(work, case, "Bitte warten.")
        await until(lambda: limit.hits == 1, "the instance asks for patience")
        await until(lambda: number(work, confirmed_again) == 1, "it is certain that nothing went out")
        await work.told(work.ben, work.team, "!queue")  # by now the lane has begun to wait
        clock.advance(290)
        await work.told(work.ben, work.team, "!queue")
        assert limit.hits == 1
        clock.advance(20)
        await until(lambda: limit.hits == 2, "it is tried again")
        await until(lambda: number(work, confirmed_again) == 1, "it is certain again")
        await work.anna.say(work.team, "!withdraw", thread=case.card)
        await work.anna.wait_for(work.team, partial(_shows, "withdrawn"))
        work.sandbox.faults.clear()
        clock.advance(400)
        await until(lambda: waiting(work) == 0, "nothing is left to be done")
        assert work.published == []


# --- what can never succeed ---


async def test_an_answer_that_the_instance_refuses_is_said_and_holds_up_no_other(busy: AtWork) -> None:
    refused, fine = await busy.asked(), await busy.asked(by="hans")
    busy.sandbox.faults.answer(
        422,
        method="POST",
        path="/statuses$",
        body=json.dumps({"error": "Validation failed: Text is not allowed"}),
        content_type="application/json",
    )
    await confirmed(busy, refused, "Das nimmt er nicht.")
    told = await busy.in_thread(refused, "was not published", "Text is not allowed")
    assert told.pings == (busy.anna.user_id,)
    await confirmed(busy, fine, "Das schon.")
    await busy.in_thread(fine, "Published:")
    assert [status.in_reply_to for status in busy.published] == [fine.status]
    assert set_aside(busy) == 1
    # The ticket is still with her, and a new answer is taken.
    await confirmed(busy, refused, "Anders gesagt.")
    await busy.in_thread(refused, "Published:")


async def test_an_answer_whose_question_may_not_be_looked_at_is_said(busy: AtWork) -> None:
    case = await busy.asked()
    busy.sandbox.faults.answer(
        403,
        path=f"/statuses/{case.status.id}$",
        body='{"error": "Forbidden"}',
        content_type="application/json",
    )
    await confirmed(busy, case, "Kommt nicht an.")
    await busy.in_thread(case, "was not published", "403")
    assert busy.published == []


async def test_a_room_that_forbids_the_bot_to_speak_loses_what_was_said_and_nothing_else(
    busy: AtWork,
) -> None:
    levels = dict(await busy.anna.ask("GET", f"/rooms/{busy.direct}/state/m.room.power_levels/"))
    await busy.anna.set_state(busy.direct, "m.room.power_levels", {**levels, "events_default": 50})
    private = f"@{busy.stage.account.username} Unter vier Augen."
    await busy.citizen().post(private, visibility="direct")
    await until(lambda: set_aside(busy) == 2, "the card, and the notice about it, are set aside")
    await busy.asked("Is the team's room alive?")
    await busy.anna.set_state(busy.direct, "m.room.power_levels", levels)
    await busy.citizen("hans").post(private.replace("vier", "sechs"), visibility="direct")
    await busy.anna.wait_for(busy.direct, partial(_shows, "Unter sechs Augen."))
    await until(lambda: waiting(busy) == 0, "nothing waits any more")


async def test_what_cannot_be_shown_because_of_its_size_is_said_in_the_room(busy: AtWork) -> None:
    await busy.citizen().post(f"@{busy.stage.account.username} Ein ganzes Buch: {'wort ' * 30_000}")
    shown = await busy.anna.wait_for(
        busy.team, lambda line: "Ein ganzes Buch" in line.body or "could not be shown" in line.body
    )
    assert len(shown.body) < 60_000
    await busy.asked("And the next one?")


async def test_a_bot_put_out_of_a_room_says_there_what_waited_once_it_is_back(work: AtWork) -> None:
    async with work.stage.bot_running() as app:
        await work.anna.kick(work.direct, work.stage.bot)
        await until(lambda: work.direct not in app.matrix.joined, "it has noticed")
        await work.citizen().post(f"@{work.stage.account.username} Unter vier Augen.", visibility="direct")
        await work.asked("Is the team's room alive?")
        await work.anna.invite(work.direct, work.stage.bot)
        await work.anna.wait_for(work.direct, partial(_shows, "Unter vier Augen."), timeout=120)


# --- unknown outcomes ---


LOST = {
    "the connection is cut": Fault(Kind.DROP, after=True),
    "a proxy answers for it": Fault(Kind.ANSWER, after=True, status=502),
    "a page instead of JSON": Fault(Kind.ANSWER, after=True, status=200),
    "an answer without an id": Fault(Kind.ANSWER, after=True, status=200, body="{}", content_type="application/json"),
}


@pytest.mark.parametrize("how", LOST)
@pytest.mark.parametrize("visibility", ["public", "direct"])
async def test_an_answer_whose_outcome_is_unknown_is_looked_up_and_not_repeated(
    busy: AtWork, how: str, visibility: str
) -> None:
    busy.sandbox.faults.ignore_idempotency = True
    room = busy.direct if visibility == "direct" else busy.team
    case = await busy.asked(visibility=visibility, room=room)
    fault = busy.sandbox.faults.add(_copy_of(LOST[how]))
    await confirmed(busy, case, "Genau *einmal*: https://example.org/a_b")
    await busy.in_thread(case, "Published:")
    assert fault.hits == 1
    assert len(busy.answers_to(case)) == len(busy.published) == 1


async def test_an_answer_that_never_arrived_goes_out_once_that_is_certain(work: AtWork) -> None:
    work.sandbox.faults.ignore_idempotency = True
    clock = SteeredClock()
    async with work.stage.bot_running(clock=clock):
        case = await work.asked()
        fault = work.sandbox.faults.drop(method="POST", path="/statuses$")
        looked = work.sandbox.gate.requests
        await confirmed(work, case, "Nicht angekommen.")
        await until(lambda: fault.hits and work.sandbox.gate.requests > looked + 3, "it is being looked for")
        assert work.published == []
        await while_time_passes(clock, work.in_thread(case, "Published:"))
    assert len(work.answers_to(case)) == 1


async def test_a_question_edited_while_the_server_was_away_is_confirmed_anew(work: AtWork) -> None:
    clock = SteeredClock()
    async with work.stage.bot_running(clock=clock):
        case = await work.asked()
        fault = work.sandbox.faults.drop(method="POST", path="/statuses$")
        await confirmed(work, case, "Ja.")
        await until(lambda: fault.hits, "the answer was lost on the way")
        await case.citizen.edit(case.status, f"@{work.stage.account.username} Is TLS 1.0 still allowed?")
        changed = work.in_thread(case, "has changed a message", "TLS 1.2", "TLS 1.0")
        await while_time_passes(clock, changed)
        await work.in_thread(case, "Nothing was published")
        await work.preview(case, "Ja.", "draft by")
        assert work.published == []


def _copy_of(fault: Fault) -> Fault:
    return Fault(fault.kind, 1, "POST", "/statuses$", fault.after, fault.status, fault.body, fault.content_type)


# --- what is said the moment it happens ---


async def _body_of(request: web.Request) -> str:
    """The text of the message that is being sent."""
    return str(json.loads(await request.read()).get("body"))


async def test_a_tap_on_a_preview_that_the_bot_has_not_recorded_yet_counts(work: AtWork) -> None:
    """Its answer from the homeserver is lost: the preview is in the room, and the bot does not know that."""
    async with Flaky(work.stage.synapse.url) as flaky:
        lost: list[str] = []

        async def losing(request: web.Request) -> web.StreamResponse | None:
            if "/send/m.room.message" not in request.path or "📝" not in await _body_of(request):
                return None
            if len(lost) >= 2:
                return None
            lost.append(request.path)
            await flaky.forward(request)
            return _cut(request)

        flaky.fault = losing
        async with work.stage.bot_running(work.stage.config(matrix=through(work, flaky.url))):
            case = await work.asked()
            await work.anna.say(work.team, "!answer Sofort.", thread=case.card)
            preview = await work.anna.wait_for(work.team, lambda line: line.body.startswith("📝"))
            await work.anna.react(work.team, preview.event_id, "✅")
            await work.in_thread(case, "Published:")
        assert lost
        assert len(work.answers_to(case)) == 1
