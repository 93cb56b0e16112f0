"""An office's own command in `commands.extra` can do all that ours can: `tests/own_commands`, used as people use it.

It drafts; its message is edited and redacted; it holds something back; a tap stands for it, and is taken back.
"""

import sys
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from shutil import copytree, ignore_patterns

import pytest

from fedichat.domain.names import EventId
from fedichat.ports import Spoken, Unproven
from tests.world import ANNA, BEN, EVA, KRYPTO, TEAM, World

OWN = Path(__file__).resolve().parent.parent / "own_commands"


@pytest.fixture
def extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The office's folder, which nobody else on the machine can change."""
    folder = copytree(OWN, tmp_path / "our-commands", ignore=ignore_patterns("__*"))
    for path in (folder, *folder.iterdir()):
        path.chmod(path.stat().st_mode & ~0o022)
    package = import_module("fedichat.commands")
    monkeypatch.setattr(package, "__path__", list(package.__path__))
    yield folder
    for file in folder.glob("*.py"):
        if sys.modules.pop(f"{package.__name__}.{file.stem}", None) is not None:
            delattr(package, file.stem)


async def an_office(folder: Path, extra: Path, **settings: object) -> World:
    """Ticket 1 waits for an answer."""
    world = await World.open(folder, commands={"extra": [str(extra)]}, **settings)  # type: ignore[arg-type]
    await world.asked()
    return world


@pytest.fixture
async def world(tmp_path: Path, extra: Path) -> AsyncIterator[World]:
    world = await an_office(tmp_path, extra, publishing={"undo_seconds": 600})
    yield world
    await world.close()


async def states(world: World) -> list[object]:
    """What became of each post."""
    return [row["state"] for row in await world.rows("posts")]


def shown(world: World) -> str:
    """The newest preview of the first post."""
    return world.rooms.sent[world.preview(1)].text


async def say_late(world: World, text: str) -> EventId:
    """Anna said it five hours ago, and it is heard only now."""
    spoken = Spoken(world.event(), TEAM, ANNA, world.clock.now() - timedelta(hours=5), text)
    await world.hear(spoken)
    return spoken.event_id


async def confirmed(world: World) -> EventId:
    """The message that asked for thanks that a colleague has confirmed; they wait for ten minutes."""
    asked = await world.say(ANNA, TEAM, "!thank 1")
    await world.tap(BEN, TEAM, world.preview(1), "✅")
    assert await states(world) == ["confirmed"]
    return asked


@pytest.mark.parametrize("line", ["!thank 1 your patience", "!danken 1 your patience"])
async def test_it_drafts_and_the_draft_is_published_as_any_other(world: World, line: str) -> None:
    await world.say(ANNA, TEAM, line)
    assert "Thank you for your patience!" in shown(world)
    await world.tap(BEN, TEAM, world.preview(1), "✅")
    world.clock.advance(minutes=11)
    await world.wake()
    assert [new.text for new in world.fediverse.published.values()] == [
        "@erika@remote.example Thank you for your patience!"
    ]


async def test_its_edited_message_revises_the_draft_and_an_earlier_confirmation_does_not_count(world: World) -> None:
    asked = await confirmed(world)
    await world.edit(ANNA, TEAM, asked, "!thank 1 your question")
    assert "Thank you for your question!" in shown(world)
    assert await states(world) == ["draft"]
    assert len(await world.rows("posts")) == 1


async def test_its_edited_message_must_still_be_a_command_that_drafts_an_answer(world: World) -> None:
    asked = await confirmed(world)
    await world.edit(ANNA, TEAM, asked, "!hush 1")
    assert "is no longer `!answer`" in world.replies(asked)[-2]
    assert world.replies(asked)[-1] == "P1 stays as its preview shows it, and is not confirmed."
    assert await states(world) == ["draft"]


async def test_its_redacted_message_withdraws_the_draft(world: World) -> None:
    asked = await confirmed(world)
    await world.redact(ANNA, TEAM, asked)
    assert await states(world) == ["withdrawn"]


@pytest.mark.parametrize("why", [Unproven("Anna's phone (PHONEXYZ)"), Unproven()])
async def test_what_holds_back_counts_whoever_may_have_said_it(world: World, why: Unproven) -> None:
    await confirmed(world)
    await world.say(ANNA, TEAM, "!thank 1 nothing", unproven=why)
    assert await states(world) == ["confirmed"]
    await world.say(ANNA, TEAM, "!hush 1", unproven=why)
    assert await states(world) == ["withdrawn"]


async def test_what_holds_back_counts_however_late_it_is_heard(world: World) -> None:
    await world.say(ANNA, TEAM, "!thank 1")
    late = await say_late(world, "!thank 1")
    assert world.replies(late)[-1].startswith("That is too old")
    await say_late(world, "!hush 1")
    assert await states(world) == ["withdrawn"]


async def test_if_what_holds_back_breaks_nothing_confirmed_leaves(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await confirmed(world)

    async def broken(*_: object) -> None:
        raise RuntimeError("a fault in an office's own command")

    monkeypatch.setattr(world.desk.posts.confirming, "withdraw", broken)
    await world.tap(ANNA, TEAM, world.preview(1), "🤫")
    assert await states(world) == ["draft"]


async def test_a_tap_on_the_card_stands_for_it_and_taking_the_tap_back_undoes_it(world: World) -> None:
    tap = await world.tap(ANNA, TEAM, world.card(1), "🙏")
    assert "Thank you!" in shown(world)
    await world.redact(BEN, TEAM, tap)
    assert await states(world) == ["draft"]  # only one's own tap can be taken back
    tap = await world.tap(ANNA, TEAM, world.card(1), "🙏")
    await world.redact(ANNA, TEAM, tap)
    assert await states(world) == ["withdrawn", "withdrawn"]


async def test_a_tap_on_the_preview_stands_for_it(world: World) -> None:
    await confirmed(world)
    await world.tap(ANNA, TEAM, world.preview(1), "🤫")
    assert await states(world) == ["withdrawn"]


async def test_a_tap_needs_the_right_of_what_it_stands_for(tmp_path: Path, extra: Path) -> None:
    world = await an_office(tmp_path, extra, users={str(BEN): {"deny": ["hush", "go"]}})
    await world.say(ANNA, TEAM, "!thank 1")
    for key in ("🤫", "🚀"):
        await world.tap(BEN, TEAM, world.preview(1), key)
    assert await states(world) == ["draft"]
    assert "is not open to you" in world.rooms.shown(TEAM)[-1].text
    await world.close()


async def test_a_department_can_neither_type_nor_see_it(world: World) -> None:
    await world.say(ANNA, TEAM, "!escalate 1 krypto Is it?")
    said = await world.say(EVA, KRYPTO, "!thank 1")
    assert await states(world) == []
    assert world.replies(said)[-1].startswith("That is for the communications team")
    listed = await world.say(EVA, KRYPTO, "!help")
    assert "!thank" not in world.replies(listed)[-1]


async def test_help_explains_it(world: World) -> None:
    listed = await world.say(ANNA, TEAM, "!help")
    assert "!thank 42 [what for]" in world.replies(listed)[-1]
    explained = await world.say(ANNA, TEAM, "!help danken")
    assert "taking it back withdraws them" in world.replies(explained)[-1]


@pytest.mark.parametrize("confirm", ["tap", "typed"])
async def test_where_confirmations_are_typed_none_of_its_taps_lets_anything_out(
    tmp_path: Path, extra: Path, confirm: str
) -> None:
    matrix = {
        "homeserver": "https://matrix.example.org",
        "user": "@fedichat:example.org",
        "password": "Sehr/geheim 1!",
        "store": str(tmp_path / "matrix-store"),
        "confirm": confirm,
    }
    world = await an_office(tmp_path, extra, matrix=matrix)
    await world.say(ANNA, TEAM, "!thank 1")
    await world.tap(BEN, TEAM, world.preview(1), "🚀")
    assert bool(world.fediverse.published) == (confirm == "tap")
    if confirm == "typed":
        assert "Please type: `!go P1`" in world.rooms.shown(TEAM)[-1].text
    await world.close()


async def test_an_office_may_have_another_emoji_stand_for_it(tmp_path: Path, extra: Path) -> None:
    world = await an_office(tmp_path, extra, reactions={"💐": "danken"})
    await world.tap(ANNA, TEAM, world.card(1), "🙏")
    await world.tap(ANNA, TEAM, world.card(1), "👀")
    assert await states(world) == []
    tap = await world.tap(ANNA, TEAM, world.card(1), "💐")
    assert await states(world) == ["draft"]
    await world.redact(ANNA, TEAM, tap)
    assert await states(world) == ["withdrawn"]
    await world.close()
