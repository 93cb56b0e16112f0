"""However hostile a text is, the bot goes on hearing everybody: no text of a Matrix event holds it up.

Work is counted in calls, not in seconds: some twenty of them take a microsecond. What the regular expression engine
does inside one call is no call, so the processor's time has a bound as well, far above what anything should take.
"""

import logging
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from random import Random
from types import FrameType
from typing import Self

import pytest

from fedichat.adapters.mastodon_length import status_length
from fedichat.adapters.matrix_events import heard_from
from fedichat.chat.command import Takes, load_commands
from fedichat.chat.parsing import MOST_TYPED
from fedichat.domain.names import EventId, RoomId
from fedichat.domain.post import addressed
from fedichat.domain.splitting import split
from fedichat.domain.tagging import strangers, unforeseen
from fedichat.errors import Refusal
from fedichat.ports import Edited, Limits, Spoken
from tests.factories import a_status
from tests.world import ANNA, BOT, TEAM, World

TAKE_TICKET = {
    one.name: one.ticket is not Takes.NO
    for each in load_commands(import_module("fedichat.commands")).values()
    for one in (each, *each.parts)
}
EVENT = 60_000
"""Bytes of text that fit into a Matrix event, with what else has to be in it."""
MOST_CALLS = 120_000
MOST_SECONDS = 1.0

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


class Work:
    """Counts the calls of the thread that it is in."""

    def __init__(self) -> None:
        self.calls = 0
        self.seconds = 0.0

    def __enter__(self) -> Self:
        self._began = time.thread_time()
        sys.setprofile(self._count)
        return self

    def __exit__(self, *error: object) -> None:
        sys.setprofile(None)
        self.seconds = time.thread_time() - self._began

    def _count(self, frame: FrameType, event: str, arg: object) -> None:
        self.calls += event in ("call", "c_call")

    def check(self, what: str) -> None:
        assert self.calls <= MOST_CALLS, f"{what}: {self.calls} calls"
        assert self.seconds <= MOST_SECONDS, f"{what}: {self.seconds:.2f} s"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """A ticket and a planned post are there; texts count as on Mastodon."""
    logging.disable(logging.ERROR)
    world = await World.open(tmp_path)

    def length(text: str, limits: Limits, content_warning: str = "") -> int:
        return status_length(text, content_warning)

    world.fediverse.length = length  # type: ignore[method-assign]
    await world.asked()
    await world.say(ANNA, TEAM, "!schedule tomorrow 10:00 | Our guide is out.")
    yield world
    logging.disable(logging.NOTSET)
    await world.close()


async def heard(world: World, text: str, what: str) -> None:
    with Work() as work:
        await world.app._dispatcher.hear(Spoken(world.event(), TEAM, ANNA, world.clock.now(), text, None, None, None))
    work.check(what)


@pytest.mark.parametrize("command", sorted(TAKE_TICKET))
async def test_no_text_behind_a_command_holds_the_bot_up(world: World, command: str) -> None:
    before = "1 " if TAKE_TICKET[command] else ""
    for shape in SHAPES:
        await heard(world, f"!{command} {before}{text_of(shape, MOST_TYPED - 10)}", f"{command} {shape}")
    for seed in range(2):
        await heard(world, f"!{command} {before}{a_mix(seed, MOST_TYPED - 10)}", f"{command} a mix {seed}")
    for shape in ("only 'a'", "options"):
        await heard(world, f"!{command} {text_of(shape, EVENT, in_bytes=True)}", f"{command} {shape}, a whole event")


@pytest.mark.parametrize("shape", FEW)
async def test_no_other_text_holds_the_bot_up_either(world: World, shape: str) -> None:
    text = text_of(shape, EVENT, in_bytes=True)
    await heard(world, f"!{text}", f"a command called {shape}")
    for before in ("!schedule {} | x", '!answer 1 --cw "{}" x', "!answer 1 --alt {} x", "!label 1 {}", "!duty {}"):
        long = text_of(shape, MOST_TYPED - 30)
        await heard(world, before.format(long), f"{before} {shape}")
    card = world.card(1)
    said = Spoken(world.event(), TEAM, ANNA, world.clock.now(), text, card, None, None)
    with Work() as work:
        await world.app._dispatcher.hear(said)
        await world.deliver()
    work.check(f"talk in a thread: {shape}")
    with Work() as work:
        await world.hear(Edited(world.event(), TEAM, ANNA, world.clock.now(), said.event_id, f"!{text}"))
    work.check(f"an edit: {shape}")


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
        with Work() as work:
            heard_from(event, RoomId("!team"), BOT)
        work.check(f"{kind}: {shape}")


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
        with Work() as work:
            strangers(text, people)
            addressed(text, status, tag_all=True)
            unforeseen(people, names, "social.example")
        work.check(f"handles that end in {ending}")


async def test_a_line_of_60_kilobytes_is_refused_at_once_and_says_why(world: World) -> None:
    event = EventId("$long")
    await world.hear(Spoken(event, TEAM, ANNA, world.clock.now(), f"!answer 1 {'a' * 60_000}", None, None, None))
    [said] = world.replies(event)
    assert said == "That is 60003 characters long; a command takes 12000 at most. Nothing was done: please shorten it."
