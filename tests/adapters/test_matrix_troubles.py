"""Servers that are away, slow, limiting or confused, and a bot that stumbles over an event."""

import asyncio
from collections import Counter
from pathlib import Path

import pytest
from aiohttp import web

from fedichat.backoff import Backoff
from fedichat.demo.synapse import Rate, Synapse
from fedichat.errors import FarEndError, Gone, Rejected, StopError, TryLater
from fedichat.ports import AnyHeard, Edited, Message, Spoken
from tests.clocks import HurriedClock
from tests.flaky import Fault, Flaky, answering, dropping
from tests.office import Ears, Office, listening


def texts(ears: Ears) -> list[str]:
    return [heard.text for heard in ears.heard if isinstance(heard, Spoken)]


async def test_an_event_that_fails_is_tried_again_and_does_not_hold_up_the_next(office: Office) -> None:
    anna = await office.person("anna")
    bot = await office.account("bot")
    room = await office.room(anna, "social", bot)
    matrix = office.matrix(bot, room, clock=HurriedClock())
    await matrix.start()
    tries: Counter[str] = Counter()

    def trouble(heard: AnyHeard) -> None:
        assert isinstance(heard, Spoken)
        tries[heard.text] += 1
        if heard.text == "always" or (heard.text == "once" and tries["once"] == 1):
            raise RuntimeError(heard.text)

    async with listening(matrix, ears=Ears(trouble=trouble)) as ears:
        for text in ("once", "always", "never"):
            await anna.say(room, text)
        await ears.until(lambda heard: len(heard) == 2)

    assert texts(ears) == ["once", "never"]
    assert tries == {"once": 2, "always": 3, "never": 1}


async def test_no_token_is_kept_before_its_events_were_heard(office: Office) -> None:
    anna = await office.person("anna")
    bot = await office.account("bot")
    room = await office.room(anna, "social", bot)
    first = office.matrix(bot, room, clock=HurriedClock())
    await first.start()
    hanging = asyncio.Event()
    before, ready = Ears(), asyncio.Event()

    async def hang(heard: AnyHeard) -> None:
        hanging.set()
        await asyncio.Event().wait()

    running = asyncio.create_task(first.run(None, hang, before.keep, ready.set))
    await ready.wait()
    await anna.say(room, "!claim")
    await hanging.wait()
    running.cancel()  # as if the process died now
    await asyncio.wait({running})
    await first.close()

    second = office.matrix(bot, room)
    await second.start()
    async with listening(second, before.token) as after:
        await after.until(lambda heard: heard)
    assert texts(after) == ["!claim"]


async def test_a_fatal_error_of_ours_ends_the_run(office: Office) -> None:
    anna = await office.person("anna")
    bot = await office.account("bot")
    room = await office.room(anna, "social", bot)
    matrix = office.matrix(bot, room)
    await matrix.start()
    ready = asyncio.Event()

    async def stop(heard: AnyHeard) -> None:
        raise StopError("the disk is full")

    running = asyncio.create_task(matrix.run(None, stop, Ears().keep, ready.set))
    await ready.wait()
    await anna.say(room, "!claim")
    with pytest.raises(StopError, match="disk"):
        await asyncio.wait_for(running, 20)


async def test_the_server_goes_and_comes_back(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with Synapse(tmp_path / "synapse") as synapse, Office(synapse, tmp_path) as office:
        anna = await office.person("anna")
        bot = await office.account("bot")
        room = await office.room(anna, "social", bot)
        matrix = office.matrix(bot, room, clock=HurriedClock())
        await matrix.start()
        async with listening(matrix) as ears:
            await anna.say(room, "before")
            await ears.until(lambda heard: heard)
            await synapse.stop()
            with pytest.raises(TryLater, match="cannot be reached"):
                await matrix.send(room, Message("answer", ""), "t1")
            await synapse.start()
            answer = await matrix.send(room, Message("answer", ""), "t1")
            await anna.say(room, "after")
            await ears.until(lambda heard: len(heard) == 2)
        assert (await anna.line(room, answer)).body == "answer"

    assert texts(ears) == ["before", "after"]
    assert caplog.text.count("matrix-sync-failed") == 1
    assert caplog.text.count("matrix-sync-works-again") == 1


async def test_a_server_that_limits_says_how_long(tmp_path: Path) -> None:
    slow = Rate(per_second=0.2, burst=3)
    async with Synapse(tmp_path / "synapse", messages=slow) as synapse, Office(synapse, tmp_path) as office:
        anna = await office.person("anna")
        bot = await office.account("bot")
        room = await office.room(anna, "social", bot)
        matrix = office.matrix(bot, room)
        await matrix.start()
        async with listening(matrix):
            sends = [matrix.send(room, Message("quick", ""), f"t{number}") for number in range(10)]
            with pytest.raises(TryLater) as limited:
                await asyncio.gather(*sends)
    assert limited.value.retry_after is not None
    assert 0 < limited.value.retry_after <= 10


FAULTS = [
    ("a bad gateway", answering("/sync", 502, "<h1>502</h1>", content_type="text/html", times=2)),
    ("limits", answering("/sync", 429, '{"errcode": "M_LIMIT_EXCEEDED", "error": "x"}', times=2)),
    ("nonsense", answering("/sync", 200, "<h1>maintenance</h1>", content_type="text/html", times=2)),
    ("wrong types", answering("/sync", 200, '{"next_batch": "s9", "rooms": []}', times=2)),
    ("a list", answering("/sync", 200, "[]", times=2)),
    ("a broken connection", dropping("/sync", times=3)),
    ("a gap that cannot be filled at once", answering("/messages", 503, "{}", times=2)),
]


@pytest.mark.parametrize("fault", [fault for _, fault in FAULTS], ids=[name for name, _ in FAULTS])
async def test_sync_survives(office: Office, fault: Fault, request: pytest.FixtureRequest) -> None:
    missed = 110 if "gap" in request.node.name else 10
    anna = await office.person("anna")
    bot = await office.account("bot")
    room = await office.room(anna, "social", bot)
    clock = HurriedClock()
    async with Flaky(office.synapse.url) as flaky:
        first = office.matrix(bot, room, clock=clock, url=flaky.url)
        await first.start()
        async with listening(first) as ears:
            await anna.say(room, "before")
            await ears.until(lambda heard: heard)
        await first.close()
        await asyncio.gather(*(anna.say(room, f"missed {number}") for number in range(missed)))
        second = office.matrix(bot, room, clock=clock, url=flaky.url)
        await second.start()
        flaky.fault = fault
        async with listening(second, ears.token) as ears:
            await ears.until(lambda heard: len(heard) == missed)
            await anna.say(room, "after")
            await ears.until(lambda heard: len(heard) == missed + 1)
    assert 1 <= len(clock.slept) <= 4  # as often as it failed, and no spinning
    assert texts(ears)[-1] == "after"


@pytest.mark.parametrize(
    "hostile",
    ['{"a":' * 5_000 + "1" + "}" * 5_000, "[" * 100_000 + "]" * 100_000, "9" * 5_000, "1e999", r'"\ud800"', '"\xff"'],
    ids=["objects in objects", "lists in lists", "a number of 5,000 digits", "infinity", "half a letter", "no text"],
)
async def test_whatever_is_in_a_letter_to_the_bot_the_rooms_are_heard(office: Office, hostile: str) -> None:
    """Synapse on Python 3.13 takes, and hands on, JSON that nobody can read on 3.11: each time, until it was read."""
    anna = await office.person("anna")
    bot = await office.account("bot")
    room = await office.room(anna, "social", bot)
    letter = '{"type": "m.dummy", "sender": "@mallory:office.test", "content": {"a": %s}}' % hostile  # noqa: UP031 - braces

    async with Flaky(office.synapse.url) as flaky:

        async def with_letter(request: web.Request) -> web.StreamResponse | None:
            if not request.path.endswith("/sync"):
                return None
            answer = await flaky.forward(request)
            assert isinstance(answer.body, bytes)
            body = b'{"to_device": {"events": [%s]}, ' % letter.encode("latin-1") + answer.body.lstrip()[1:]
            return web.Response(body=body, content_type="application/json")

        flaky.fault = with_letter
        matrix = office.matrix(bot, room, url=flaky.url)
        await matrix.start()
        async with listening(matrix) as ears:
            await anna.say(room, "!claim")
            await ears.until(lambda heard: heard)
    assert texts(ears) == ["!claim"]


async def test_an_edit_is_heard_although_the_server_cannot_say_at_once_whose_message_it_was(office: Office) -> None:
    anna = await office.person("anna")
    bot = await office.account("bot")
    room = await office.room(anna, "social", bot)
    clock = HurriedClock()
    async with Flaky(office.synapse.url) as flaky:
        first = office.matrix(bot, room, clock=clock, url=flaky.url)
        await first.start()
        async with listening(first) as ears:
            event = await anna.say(room, "!answer Yes.")
            await ears.until(lambda heard: heard)
        await first.close()
        second = office.matrix(bot, room, clock=clock, url=flaky.url)
        await second.start()
        flaky.fault = answering("/event/", 503, "{}", times=5)
        async with listening(second, ears.token) as ears:
            await anna.edit(room, event, "!answer No.")
            (heard,) = await ears.until(lambda heard: heard)
    assert isinstance(heard, Edited)
    assert heard.text == "!answer No."


ANSWERS: list[tuple[int, str, type[FarEndError] | type[StopError]]] = [
    (400, '{"errcode": "M_BAD_JSON", "error": "x"}', Rejected),
    (403, '{"errcode": "M_FORBIDDEN", "error": "x"}', Rejected),
    (404, '{"errcode": "M_NOT_FOUND", "error": "x"}', Gone),
    (404, "<h1>404</h1>", Gone),
    (413, '{"errcode": "M_TOO_LARGE", "error": "x"}', Rejected),
    (408, "", TryLater),
    (429, '{"errcode": "M_LIMIT_EXCEEDED", "error": "x", "retry_after_ms": 1500}', TryLater),
    (429, "slow down", TryLater),
    (500, '{"errcode": "M_UNKNOWN", "error": "x"}', TryLater),
    (502, "<h1>502</h1>", TryLater),
    (504, "", TryLater),
    (200, "<h1>maintenance</h1>", TryLater),
    (200, "{}", TryLater),
    (401, '{"errcode": "M_UNKNOWN_TOKEN", "error": "x"}', StopError),
    (403, '{"errcode": "M_USER_DEACTIVATED", "error": "x"}', StopError),
]


async def test_what_answers_to_a_send_mean(office: Office) -> None:
    anna = await office.person("anna")
    bot = await office.account("bot")
    room = await office.room(anna, "social", bot)
    async with Flaky(office.synapse.url) as flaky:
        matrix = office.matrix(bot, room, clock=HurriedClock(), url=flaky.url)
        await matrix.start()
        async with listening(matrix):
            for status, body, expected in ANSWERS:
                flaky.fault = answering("/send/", status, body)
                with pytest.raises(expected) as raised:
                    await matrix.send(room, Message("secret words", ""), "t1")
                assert type(raised.value) is expected, (status, body)
                assert "secret words" not in str(raised.value)
                if "1500" in body:
                    assert isinstance(raised.value, TryLater)
                    assert raised.value.retry_after == 1.5
            assert len([path for path in flaky.seen if "/send/" in path]) == len(ANSWERS)  # nio repeats nothing
            flaky.fault = dropping("/send/")
            with pytest.raises(TryLater):
                await matrix.send(room, Message("a", ""), "t1")
            flaky.fault = None
            event = await matrix.send(room, Message("a", ""), "t1")
            assert (await anna.line(room, event)).body == "a"


async def test_a_start_waits_for_the_server(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    anna = await office.person("anna")
    bot = await office.account("bot")
    room = await office.room(anna, "social", bot)
    clock = HurriedClock()
    async with Flaky(office.synapse.url) as flaky:
        flaky.fault = answering("/login", 503, "{}", times=3)
        matrix = office.matrix(bot, room, clock=clock, url=flaky.url)
        await matrix.start()
    assert len(clock.slept) == 3
    assert caplog.text.count("matrix-start-waits") == 1
    assert matrix_log(caplog).count("matrix-start-goes-on") == 1


def matrix_log(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name.startswith("fedichat")]


def test_waits_grow_and_honour_the_server() -> None:
    backoff = Backoff(first=1, longest=60)
    waits = [backoff.next() for _ in range(12)]
    assert all(low / 2 <= wait <= low for low, wait in zip([1, 2, 4, 8, 16, 32, 60, 60], waits, strict=False))
    assert backoff.next(retry_after=100) == 100
    backoff.reset()
    assert backoff.next() <= 1
