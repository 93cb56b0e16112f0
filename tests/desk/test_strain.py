"""However hostile a text is, the bot goes on hearing everybody: no text of a Matrix event holds it up.

What may not last is a step of the event loop (`tests.steps`): while it hears a text, decides, and shows what follows
from it, no step takes more than 50 ms. Those are milliseconds of the processor, so nothing that other programs do
counts; on a slower machine, or a busy one, they are as much longer as work of a known length is, measured in the same
run; and what took longer once is tried again in a fresh office, of which the best counts.
"""

import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from importlib import import_module
from itertools import count
from pathlib import Path
from random import Random

import pytest

from fedichat.adapters.mastodon.length import status_length
from fedichat.adapters.matrix.events import heard_from
from fedichat.chat.command import Takes
from fedichat.chat.loading import load_commands
from fedichat.chat.parsing import MOST_TYPED
from fedichat.domain.names import EventId, RoomId
from fedichat.domain.posts.drafts import addressed
from fedichat.domain.posts.splitting import split
from fedichat.domain.posts.tagging import strangers, unforeseen
from fedichat.errors import Refusal
from fedichat.ports import Limits, Spoken
from tests.factories import a_status
from tests.steps import bound, least, longest_step, taken
from tests.world import ANNA, BOT, TEAM, World

TAKE_TICKET = {
    one.name: one.ticket is not Takes.NO
    for each in load_commands(import_module("fedichat.commands")).values()
    for one in (each, *each.parts)
}
EVENT = 60_000
"""Bytes of text that fit into a Matrix event, with what else has to be in it."""

_SIGNS = "a 1@#[(*\"'„`<|>.,:;/-—–_~+=!?\n\u00a0\u0301\u200d\ufe0f\u202e\u05d0ж字👩🇩"
SHAPES = {
    **{f"only {sign!a}": sign for sign in "a@[*#(\"'„1`<|.-—\u0301\u200d\u05d0ж👩🇩"},
    "spaces": " ",
    "line breaks": "\n",
    "empty paragraphs": "\n \n",
    "families": "👩\u200d👩\u200d👧 ",
    "accented": "e\u0301",
    "options": "--x ",
    "addresses": "https://a.example/x ",
    "one address": "https://a.",
    "begun addresses": "https://",
    "handles": "@a",
    "handles with dots": "@a.",
    "handles with hosts": "@a@b.example ",
    "short handles": "@a ",
    "odd handles": "@a-@b- ",
    "handles in other letters": "@ä@ö.example ",
    "hosts in Punycode": "@a@xn--mnchen-3ya.",
    "dates": "1.1.",
    "days": "1.1.1 ",
    "weekdays": "monday ",
    "recurrences": "every ",
    "posts": "P1 ",
    "ands": "1 and ",
    "sentences": "A. ",
    "quoted": "‘a’b",
    "apostrophes": "' a",
    "hangul": "ᄀ",
    "quotations": "> ",
}
FEW = (
    "only 'a'",
    "only '@'",
    "only '1'",
    "spaces",
    "line breaks",
    "options",
    "handles",
    "one address",
    "ands",
    "quoted",
)


def text_of(shape: str, size: int, *, in_bytes: bool = False) -> str:
    """So much of that shape, with an end that nothing about it expects."""
    piece = SHAPES[shape]
    length = len(piece.encode()) if in_bytes else len(piece)
    return piece * ((size - 2) // length) + "x"


def a_mix(seed: int, size: int) -> str:
    return "".join(Random(seed).choices(_SIGNS, k=size))


async def an_office(folder: Path) -> World:
    """A ticket and a planned post are there; texts count as on Mastodon."""
    world = await World.open(folder)

    def length(text: str, limits: Limits, content_warning: str = "") -> int:
        return status_length(text, content_warning)

    world.fediverse.length = length  # type: ignore[method-assign]
    await world.asked()
    await world.say(ANNA, TEAM, "!schedule tomorrow 10:00 | Our guide is out.")
    return world


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    logging.disable(logging.ERROR)
    yield
    logging.disable(logging.NOTSET)


Work = Callable[[World], Awaitable[object]]


def hears(text: str, thread: int | None = None) -> Work:
    """Anna says it, in the thread of a ticket or beside all, and what follows is shown."""

    async def work(world: World) -> None:
        card = None if thread is None else world.card(thread)
        await world.hear(Spoken(world.event(), TEAM, ANNA, world.clock.now(), text, card, None, None))

    return work


def edits(text: str, to: str) -> Work:
    """Anna edits what she said in the thread of a ticket."""

    async def work(world: World) -> None:
        said = await world.say(ANNA, TEAM, text, thread=world.card(1))
        await world.edit(ANNA, TEAM, said, to)

    return work


async def no_step_is_long(folder: Path, works: Mapping[str, Work], prepare: Work | None = None) -> None:
    """Do all of it in one office, one after the other; what took long is tried again in an office of its own."""
    tries = count(1)

    async def opened() -> World:
        own = folder / str(next(tries))
        own.mkdir()
        world = await an_office(own)
        if prepare is not None:
            await prepare(world)
        return world

    async def alone(work: Work) -> float:
        world = await opened()
        try:
            return await longest_step(work(world))
        finally:
            await world.close()

    world = await opened()
    first = {what: await longest_step(work(world)) for what, work in works.items()}
    await world.close()
    least_of = {what: await least(partial(alone, works[what]), took) for what, took in first.items()}
    too_long = {what: round(took) for what, took in least_of.items() if took > bound()}
    assert not too_long, f"more than {bound():.0f} ms in one step: {too_long}"


@pytest.mark.parametrize("command", sorted(TAKE_TICKET))
async def test_no_text_behind_a_command_holds_the_bot_up(tmp_path: Path, command: str) -> None:
    before = f"!{command} 1 " if TAKE_TICKET[command] else f"!{command} "
    texts = {shape: text_of(shape, MOST_TYPED - 10) for shape in SHAPES}
    texts |= {f"a mix {seed}": a_mix(seed, MOST_TYPED - 10) for seed in range(2)}
    whole = {f"{shape}, a whole event": text_of(shape, EVENT, in_bytes=True) for shape in ("only 'a'", "options")}
    await no_step_is_long(tmp_path, {shape: hears(before + text) for shape, text in (texts | whole).items()})


@pytest.mark.parametrize("shape", FEW)
async def test_no_other_text_holds_the_bot_up_either(tmp_path: Path, shape: str) -> None:
    text, long = text_of(shape, EVENT, in_bytes=True), text_of(shape, MOST_TYPED - 30)
    forms = ("!schedule {} | x", '!answer 1 --cw "{}" x', "!answer 1 --alt {} x", "!label 1 {}", "!duty {}")
    works = {form: hears(form.format(long)) for form in forms}
    works |= {"a command's name": hears(f"!{text}"), "talk": hears(text, thread=1), "an edit": edits(text, f"!{text}")}
    await no_step_is_long(tmp_path, works)


async def test_however_much_was_said_about_a_ticket_looking_at_it_holds_nobody_up(tmp_path: Path) -> None:
    long = text_of("sentences", MOST_TYPED - 30)
    views = ("!show 1", "!history 1", "!media 1", "!queue", "!plan", "!search a", "!answer 1 --from 1", "!propose 1 x")

    async def much(world: World) -> None:
        for number in range(20):
            for command in ("propose 1", "note 1", "draft", "interim 1", "label 1"):
                await hears(f"!{command} {number} {long}")(world)
            await hears(f"{number} {long}", thread=1)(world)

    await no_step_is_long(tmp_path, {view: hears(view) for view in views}, much)


@pytest.mark.parametrize("shape", SHAPES)
def test_no_event_is_read_for_long(shape: str) -> None:
    text = text_of(shape, EVENT, in_bytes=True)
    message: dict[str, object] = {"msgtype": "m.text", "body": text}
    contents: list[tuple[str, dict[str, object]]] = [
        ("m.room.message", message),
        ("m.room.message", {"msgtype": "m.text", "body": f"> <@a:b> {text}\n\n{text[:100]}"}),
        ("m.room.message", {"msgtype": "m.image", "body": text, "url": "mxc://a/b", "filename": text}),
        ("m.room.message", {"m.new_content": message, "m.relates_to": {"rel_type": "m.replace", "event_id": "$a"}}),
        ("m.reaction", {"m.relates_to": {"rel_type": "m.annotation", "event_id": "$a", "key": text}}),
    ]  # fmt: skip
    for kind, content in contents:
        event = {"type": kind, "event_id": "$e", "sender": ANNA, "origin_server_ts": 1, "content": content}
        took = taken(lambda event=event: heard_from(event, RoomId("!team"), BOT))  # type: ignore[misc]
        assert took <= bound(), f"{kind}: {took:.0f} ms"


@pytest.mark.parametrize("shape", SHAPES)
def test_a_long_text_is_split_in_one_go(shape: str) -> None:
    def measured(size: int) -> int:
        asked = 0

        def measure(text: str) -> int:
            nonlocal asked
            asked += len(text)
            return len(text)

        try:
            split(text_of(shape, size), ["erika@remote.example"], measure, 500)
        except Refusal:
            return asked
        return asked

    # Of a text four times as long, about four times as much is measured, not sixteen times.
    assert measured(40_000) <= 6 * measured(10_000) + 100_000


def test_whom_a_text_tags_is_found_in_one_go() -> None:
    names = [f"@{first}{second}" for first in "abcdefghijklmnopqrstuvwxyzäöü" for second in map(str, range(80))]
    people = tuple(f"a{number}@b.example" for number in range(50))
    status = replace(a_status(), mentions=people)
    for ending in (" ", "- ", "@ö.example "):
        text = ending.join(names)[:MOST_TYPED]
        for work in (
            lambda text=text: strangers(text, people),
            lambda text=text: addressed(text, status, tag_all=True),
            lambda: unforeseen(people, names, "social.example"),
        ):
            assert taken(work) <= bound(), f"handles that end in {ending}"


async def test_a_line_of_60_kilobytes_is_refused_at_once_and_says_why(tmp_path: Path) -> None:
    world = await an_office(tmp_path)
    event = EventId("$long")
    await world.hear(Spoken(event, TEAM, ANNA, world.clock.now(), f"!answer 1 {'a' * 60_000}", None, None, None))
    [said] = world.replies(event)
    assert said == "That is 60003 characters long; a command takes 12000 at most. Nothing was done: please shorten it."
    await world.close()
