"""What a preview shows is what is published, sign for sign, in both bodies. The whole bot on a real database."""

import html as entities
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from fedichat.domain.tickets.mention import Visibility
from fedichat.ports import Message
from tests.world import ANNA, BEN, BOSS, DIRECT, EVA, KRYPTO, TEAM, VERA, World

HOSTILE = (
    "The number is \u202e0800 123\u202c ok\u2028next\u2029par \ufeff\u200bzero\u200d\x00\x07 half\ud83d "
    "Z\u0300\u0301\u0302\u0303\u0304\u0305 \u2066iso\u2069 \u061c\u200e\u200f \U000e0061tag so\xadft x\ufe0f & "
    "<b>bold</b> *stars*\n\n> quoted\n# 👩‍👩‍👧 ❤️ می‌خواهم  two"
)
COMMANDS = {
    "answer": '!answer 1 --cw "Wa\u202ern\u200bing" {}',
    "interim": "!interim 1 {}",
    "schedule": "!schedule tomorrow 9:00\n\n{}",
    "draft": "!draft {}",
    "crisis": "!crisis {}",
}


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = await World.open(tmp_path)
    await world.look()
    yield world
    await world.close()


def quoted(message: Message) -> tuple[list[str], list[str]]:
    """The texts that a message sets apart, read from its plain body and from its HTML."""
    in_plain: list[list[str]] = [[]]
    for line in message.plain.split("\n"):
        if line.startswith("> "):
            in_plain[-1].append(line[2:])
        elif in_plain[-1]:
            in_plain.append([])
    blocks = re.findall(r"<blockquote>(.*?)</blockquote>", message.html, re.DOTALL)
    in_html = [entities.unescape(block.replace("<br>", "\n")) for block in blocks]
    return ["\n".join(lines) for lines in in_plain if lines], in_html


def shown(world: World, number: int, room: object = TEAM) -> tuple[list[str], list[str]]:
    sent = world.rooms.sent[world.preview(number, room)]  # type: ignore[arg-type]
    message = sent.versions[-1] if sent.versions else sent.message
    assert isinstance(message, Message)
    return quoted(message)


@pytest.mark.parametrize("command", COMMANDS)
async def test_the_preview_is_exactly_what_is_published(world: World, command: str) -> None:
    await world.asked()
    room, who = (BOSS, VERA) if command == "crisis" else (TEAM, ANNA)
    other = BEN if room == TEAM else VERA
    await world.say(who, TEAM, COMMANDS[command].format(HOSTILE))
    in_plain, in_html = shown(world, 1)
    await world.say(other if room == TEAM else BEN, TEAM, "!publish P1" if command != "answer" else "!publish 1")
    await world.pass_time(world.clock.now() + timedelta(days=2))
    (new,) = world.fediverse.published.values()
    assert in_plain == in_html == [new.text]
    assert "0800 123 ok\nnext\n\npar" in new.text
    if command == "answer":
        assert new.content_warning == "Warning"
        assert "Content warning: Warning" in world.rooms.sent[world.preview(1)].texts[0]


async def test_the_parts_of_a_thread_are_exactly_what_is_published(world: World) -> None:
    await world.asked()
    await world.say(ANNA, TEAM, f"!answer 1 {(HOSTILE + ' ') * 8}")
    in_plain, in_html = shown(world, 1)
    await world.tap(BEN, TEAM, world.preview(1), "✅")
    sent = [new.text for new in world.fediverse.published.values()]
    assert len(sent) > 1
    assert in_plain == in_html == sent


async def test_a_change_is_exactly_what_is_published(world: World) -> None:
    await world.asked()
    await world.say(ANNA, TEAM, "!answer 1 Yes.")
    await world.tap(BEN, TEAM, world.preview(1), "✅")
    await world.say(ANNA, TEAM, f"!edit 1 {HOSTILE}")
    in_plain, in_html = shown(world, 2)
    await world.tap(BEN, TEAM, world.preview(2), "✅")
    ((_, new),) = world.fediverse.edits
    assert in_plain[-1] == in_html[-1] == new.text


async def test_an_expert_s_proposal_is_published_as_it_was_shown(world: World) -> None:
    await world.asked()
    await world.say(ANNA, TEAM, "!escalate 1 krypto")
    await world.say(EVA, KRYPTO, f"!propose 1 {HOSTILE}")
    await world.say(ANNA, TEAM, "!answer 1 --proposal 1")
    in_plain, in_html = shown(world, 1)
    await world.tap(BEN, TEAM, world.preview(1), "✅")
    (new,) = world.fediverse.published.values()
    assert in_plain == in_html == [new.text]
    assert "\u202e" not in new.text


@pytest.mark.parametrize(
    "text",
    [
        ".@bob@other.example",
        "@@bob@other.example",
        "-@bob@other.example",
        "(@bob",
        "x @\u200bbob@other.example",
        "＠bob",
        "@erika＠remote.example",
    ],
)
async def test_nobody_is_planted_in_a_direct_answer(world: World, text: str) -> None:
    await world.asked(visibility=Visibility.DIRECT)
    event = await world.say(ANNA, DIRECT, f"!answer 1 Yes {text}")
    assert "is not in the conversation" in world.replies(event)[-1]
    await world.say(ANNA, DIRECT, "!escalate 1 --sure krypto")
    event = await world.say(EVA, KRYPTO, f"!propose 1 Yes {text}")
    assert "is not in the conversation" in world.replies(event)[-1]


async def test_a_content_warning_plants_nobody_in_a_direct_answer(world: World) -> None:
    await world.asked(visibility=Visibility.DIRECT, content_warning="@bob@other.example")
    event = await world.say(ANNA, DIRECT, "!answer 1 Yes.")
    assert "content warning" in world.replies(event)[-1]
    await world.say(ANNA, DIRECT, '!answer 1 --cw "TLS" Yes, and write to poststelle@bsi.bund.de')
    await world.say(BEN, DIRECT, "!publish 1")
    assert len(world.fediverse.published) == 1


async def test_a_preview_names_whoever_else_would_be_tagged(world: World) -> None:
    await world.asked()
    await world.say(ANNA, TEAM, "!answer 1 Yes .@bob@other.example")
    assert "Also tagged: @bob@other.example" in world.rooms.sent[world.preview(1)].text


async def test_a_preview_names_them_as_well_when_the_question_is_gone(world: World) -> None:
    asked = await world.asked()
    await world.say(ANNA, TEAM, "!answer 1 Yes .@bob@other.example")
    world.fediverse.take_away(asked.id)
    await world.tap(BEN, TEAM, world.preview(1), "✅")
    shown_now = world.rooms.sent[world.preview(1)].text
    assert "The question is gone" in shown_now
    assert "Also tagged: @bob@other.example" in shown_now
