"""What is heard when: rooms that wait for nobody else, marks that nothing older escapes, and a room's own order."""

import asyncio
import random
from collections.abc import Awaitable, Callable

import pytest
from aiohttp import web

from fedichat.adapters.matrix.user import Matrix
from fedichat.ports import AnyHeard, Message, Spoken
from fedichat.workers.delivery.gate import WITHOUT_EARS
from tests.clocks import HurriedClock
from tests.flaky import Fault, Flaky, answering, holding
from tests.office import Ears, Office, listening

SOON = 20
"""Less than a long sync lasts (30 s), however slow the machine."""


def texts(ears: Ears) -> list[str]:
    return [heard.text for heard in ears.heard if isinstance(heard, Spoken)]


async def seen(happens: Callable[[], bool]) -> None:
    """Wait until that is so."""
    async with asyncio.timeout(SOON):
        while not happens():  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)


async def all_heard(matrix: Matrix) -> None:
    """Everything said until now has been heard."""
    async with asyncio.timeout(SOON):
        await matrix.mark().heard()


async def test_a_room_that_waits_makes_nobody_unheard_in_another(office: Office) -> None:
    anna = await office.person("anna")
    bot = await office.account("bot")
    one, other = await office.room(anna, "one", bot), await office.room(anna, "other", bot)
    matrix = office.matrix(bot, one, other)
    await matrix.start()
    waits, goes_on = asyncio.Event(), asyncio.Event()
    ears = Ears()

    async def hear(heard: AnyHeard) -> None:
        if heard.room == one:
            waits.set()
            await goes_on.wait()
        await ears.hear(heard)

    ready = asyncio.Event()
    running = asyncio.create_task(matrix.run(None, hear, ears.keep, ready.set))
    await ready.wait()
    await anna.say(one, "!publish 2")
    await waits.wait()
    token = ears.token
    for text in ("first", "second"):
        await anna.say(other, text)
    async with asyncio.timeout(SOON):
        while texts(ears) != ["first", "second"]:
            await ears.next_news()
    mark = matrix.mark()
    heard = asyncio.create_task(mark.heard())
    await anna.say(other, "third")
    async with asyncio.timeout(SOON):
        while len(texts(ears)) < 3:
            await ears.next_news()
    assert not heard.done(), "what was said in the first room is not dealt with"
    assert not mark.is_cut_off
    assert ears.token == token, "a crash now must not lose it"
    goes_on.set()
    async with asyncio.timeout(SOON):
        await heard
    assert "!publish 2" in texts(ears)
    running.cancel()
    await asyncio.wait([running])


async def test_what_was_said_before_a_mark_is_heard_before_it(office: Office) -> None:
    anna, ben = await office.person("anna"), await office.person("ben")
    bot = await office.account("bot")
    rooms = [await office.room(anna, word, bot, ben.user_id) for word in ("one", "two")]
    for room in rooms:
        await ben.join(room)
    matrix = office.matrix(bot, *rooms)
    await matrix.start()
    said: set[str] = set()

    async def talk(person: object, name: str) -> None:
        chance = random.Random(name)
        for number in range(12):
            text = f"{name} {number}"
            await person.say(chance.choice(rooms), text)  # type: ignore[attr-defined]
            said.add(text)

    async with listening(matrix) as ears:
        talking = asyncio.gather(talk(anna, "anna"), talk(ben, "ben"))
        while not talking.done():
            before = set(said)
            await all_heard(matrix)
            assert before <= set(texts(ears))
        await talking


async def test_a_mark_does_not_wait_for_the_end_of_a_long_sync(office: Office) -> None:
    anna = await office.person("anna")
    bot = await office.account("bot")
    room = await office.room(anna, "social", bot)
    matrix = office.matrix(bot, room)
    await matrix.start()
    async with listening(matrix) as ears:
        await anna.say(room, "before")
        await ears.until(lambda heard: heard)
        for _ in range(5):
            await all_heard(matrix)  # nothing is new: the server would keep us waiting for half a minute
        await anna.say(room, "after")
        await ears.until(lambda heard: len(heard) == 2)
    assert texts(ears) == ["before", "after"]


def keeping_back(held: asyncio.Event, release: asyncio.Event, flaky: Flaky) -> Fault:
    """The next answer to a sync that has news is fetched, and then does not arrive until `release`."""

    async def fault(request: web.Request) -> web.StreamResponse | None:
        if "/sync" not in request.path or held.is_set():
            return None
        answer = await flaky.forward(request)
        if isinstance(answer.body, bytes) and b"m.room.message" in answer.body:
            held.set()
            await release.wait()
        return answer

    return fault


async def test_an_answer_that_is_on_its_way_for_long_hides_nothing(office: Office) -> None:
    """Synapse would answer the same request again from its cache, without what was said since."""
    anna = await office.person("anna")
    bot = await office.account("bot")
    room = await office.room(anna, "social", bot)
    held, release = asyncio.Event(), asyncio.Event()
    async with Flaky(office.synapse.url) as flaky:
        matrix = office.matrix(bot, room, url=flaky.url)
        await matrix.start()
        async with listening(matrix) as ears:
            await anna.say(room, "hello")
            await ears.until(lambda heard: heard)
            flaky.fault = keeping_back(held, release, flaky)
            await anna.say(room, "Lunch?")
            async with asyncio.timeout(SOON):
                await held.wait()
            await anna.say(room, "!withdraw 1")
            await all_heard(matrix)
            assert texts(ears) == ["hello", "Lunch?", "!withdraw 1"]
            release.set()


TROUBLES: list[tuple[str, Callable[[], Fault]]] = [
    ("it answers with an error", lambda: answering("/sync", 502, "<h1>502</h1>", content_type="text/html")),
    ("it does not answer", lambda: holding("/sync", asyncio.Event(), asyncio.Event())),
]


@pytest.mark.parametrize("trouble", [make for _, make in TROUBLES], ids=[name for name, _ in TROUBLES])
async def test_a_homeserver_that_is_away_is_told_from_one_that_is_slow(
    office: Office, trouble: Callable[[], Fault]
) -> None:
    anna = await office.person("anna")
    bot = await office.account("bot")
    room = await office.room(anna, "social", bot)
    async with Flaky(office.synapse.url) as flaky:
        matrix = office.matrix(bot, room, url=flaky.url, clock=HurriedClock())
        await matrix.start()
        async with listening(matrix) as ears:
            await all_heard(matrix)
            flaky.fault = trouble()
            flaky.seen.clear()
            mark = matrix.mark()
            heard = asyncio.create_task(mark.heard())
            await flaky.until_seen("/sync")
            await anna.say(room, "!withdraw 1")
            was_cut_off, was_heard = mark.is_cut_off, heard.done()
            flaky.fault = None
            async with asyncio.timeout(60):  # a request without an answer is given up after 15 s
                await heard
            assert (was_cut_off, was_heard, mark.is_cut_off) == (True, False, False)
            assert texts(ears) == ["!withdraw 1"]


async def test_a_homeserver_that_goes_away_before_all_is_dealt_with_is_away(office: Office) -> None:
    """What waits for it (a key, the sender of an edit) would be waited for without an end."""
    anna = await office.person("anna")
    bot = await office.account("bot")
    room = await office.room(anna, "social", bot)
    waits, goes_on = asyncio.Event(), asyncio.Event()

    class Busy(Ears):
        async def hear(self, heard: AnyHeard) -> None:
            waits.set()
            await goes_on.wait()
            await super().hear(heard)

    async with Flaky(office.synapse.url) as flaky:
        matrix = office.matrix(bot, room, url=flaky.url, clock=HurriedClock())
        await matrix.start()
        async with listening(matrix, ears=Busy()):
            await anna.say(room, "!withdraw 1")
            mark = matrix.mark()
            heard = asyncio.create_task(mark.heard())
            async with asyncio.timeout(SOON):
                await waits.wait()
            await seen(lambda: not mark.is_cut_off)
            flaky.fault = answering("/sync", 502, "{}")
            flaky.seen.clear()
            matrix.mark()  # whatever is under way is given up
            await flaky.until_seen("/sync")
            await seen(lambda: mark.is_cut_off)
            assert not heard.done()
            flaky.fault = None
            await seen(lambda: not mark.is_cut_off)
            goes_on.set()
            async with asyncio.timeout(SOON):
                await heard


async def test_a_homeserver_that_is_away_is_asked_several_times_a_minute_for_as_long_as_it_is(office: Office) -> None:
    """An answer waits a minute for it: if it is back within that, what was said must be heard."""
    anna = await office.person("anna")
    bot = await office.account("bot")
    room = await office.room(anna, "social", bot)
    clock = HurriedClock()
    async with Flaky(office.synapse.url) as flaky:
        matrix = office.matrix(bot, room, url=flaky.url, clock=clock)
        await matrix.start()
        async with listening(matrix):
            await all_heard(matrix)
            flaky.fault = answering("/sync", 502, "{}")
            flaky.seen.clear()
            matrix.mark()
            await seen(lambda: sum("/sync" in path for path in flaky.seen) >= 15)
            assert max(clock.slept) <= WITHOUT_EARS / 4


async def test_a_gap_that_cannot_be_filled_is_being_cut_off_too(office: Office) -> None:
    anna = await office.person("anna")
    bot = await office.account("bot")
    room = await office.room(anna, "social", bot)
    async with Flaky(office.synapse.url) as flaky:
        first = office.matrix(bot, room, url=flaky.url)
        await first.start()
        async with listening(first) as before:
            await anna.say(room, "before")
            await before.until(lambda heard: heard)
        await first.close()
        await anna.say(room, "!withdraw 1")
        await asyncio.gather(*(anna.say(room, f"missed {number}") for number in range(110)))
        second = office.matrix(bot, room, url=flaky.url, clock=HurriedClock())
        await second.start()
        flaky.fault = answering("/messages", 503, "{}")
        flaky.seen.clear()
        async with listening(second, before.token) as ears:
            mark = second.mark()
            heard = asyncio.create_task(mark.heard())
            await flaky.until_seen("/messages")
            flaky.seen.clear()
            await flaky.until_seen("/messages")  # it was refused, and is asked for again
            assert mark.is_cut_off
            assert not heard.done()
            flaky.fault = None
            async with asyncio.timeout(SOON):
                await heard
            assert texts(ears)[0] == "!withdraw 1"
            assert not mark.is_cut_off


Sending = Callable[[Matrix, str], Awaitable[object]]


async def test_an_invitation_that_takes_long_makes_nobody_unheard(office: Office) -> None:
    anna = await office.person("anna")
    bot = await office.account("bot")
    room = await office.room(anna, "social", bot)
    held, release = asyncio.Event(), asyncio.Event()
    async with Flaky(office.synapse.url) as flaky:
        matrix = office.matrix(bot, room, office.alias("late"), url=flaky.url)
        await matrix.start()
        async with listening(matrix) as ears:
            flaky.fault = holding("/directory/room/", held, release)
            await office.room(anna, "late", bot)
            async with asyncio.timeout(SOON):
                await held.wait()
            await anna.say(room, "!withdraw 1")
            await all_heard(matrix)
            assert texts(ears) == ["!withdraw 1"]
            release.set()


async def test_what_is_said_right_before_we_are_put_out_of_a_room_is_heard(office: Office) -> None:
    anna = await office.person("anna")
    bot = await office.account("bot")
    room, other = await office.room(anna, "social", bot), await office.room(anna, "other", bot)
    first = office.matrix(bot, room, other)
    await first.start()
    async with listening(first) as before:
        await anna.say(room, "hello")
        await before.until(lambda heard: heard)
        await first.mark().heard()
        token = before.token
    await first.close()
    await anna.say(room, "!freeze")
    await anna.kick(room, bot)
    second = office.matrix(bot, room, other)
    await second.start()
    async with listening(second, token) as ears:
        await all_heard(second)
    assert texts(ears) == ["!freeze"]


async def test_it_is_known_what_stood_in_the_room_before_something_was_said(office: Office) -> None:
    anna = await office.person("anna")
    bot = await office.account("bot")
    room = await office.room(anna, "social", bot)
    matrix = office.matrix(bot, room)
    await matrix.start()
    async with listening(matrix) as ears:
        await anna.say(room, "!publish 1")
        preview = await matrix.send(room, Message("preview", ""), "t1")
        await anna.say(room, "!publish 1")
        too_early, in_time = await ears.until(lambda heard: len(heard) == 2)
    assert matrix.is_later(preview, too_early.position)
    assert not matrix.is_later(preview, in_time.position)


async def test_it_is_known_while_the_echo_is_not_here_yet_and_after_a_restart(office: Office) -> None:
    anna = await office.person("anna")
    bot = await office.account("bot")
    room = await office.room(anna, "social", bot)
    first = office.matrix(bot, room)
    await first.start()
    async with listening(first) as before:
        old = await first.send(room, Message("an old preview", ""), "t0")
        await anna.say(room, "hello")
        await before.until(lambda heard: heard)
        await first.mark().heard()
        token = before.token
    await anna.say(room, "!publish 1")
    await first.close()
    last = office.matrix(bot, room)
    await last.start()
    async with listening(last) as echo:  # it sends one more message, and dies before it has kept any token
        new = await last.send(room, Message("a new preview", ""), "t1")
        await last.mark().heard()
    assert echo.heard == []
    await last.close()
    await anna.say(room, "!publish 2")
    second = office.matrix(bot, room)
    await second.start()
    async with listening(second, token) as ears:
        too_early, in_time = await ears.until(lambda heard: len(heard) == 2)
    assert [second.is_later(event, too_early.position) for event in (old, new)] == [False, True]
    assert [second.is_later(event, in_time.position) for event in (old, new)] == [False, False]
