"""Nobody edited the question: its answer goes out, and nobody is told of a change. The whole bot on a real database."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fedichat.adapters.mastodon.entities import View, mention_of, status_of
from fedichat.domain.tickets.mention import Mention, Poll, Status, StatusId
from tests.factories import NOW
from tests.world import ANNA, BEN, TEAM, World

CASES = Path(__file__).parent.parent / "cases" / "conversations"
VIEW = View("social.example.org", own_id="1", own_acct="bsi@social.example.org")
S1 = StatusId("s1")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = await World.open(tmp_path)
    await world.look()
    yield world
    await world.close()


def steps(case: str) -> tuple[Mention, Status]:
    """What the server brings, and how it tells the same status later."""
    told: list[dict[str, Any]] = json.loads((CASES / f"{case}.json").read_text())["steps"]
    brought = mention_of(next(one["json"] for one in told if one["do"] == "notification"), VIEW, NOW)
    later = next(one["json"] for one in told if one["do"] == "server_status_is_now")
    assert isinstance(brought, Mention)
    return brought, status_of(later, VIEW, NOW)


def said(world: World) -> str:
    return "\n".join(text for one in world.rooms.shown(TEAM) for text in one.texts)


@pytest.mark.parametrize(
    "case", ["version-without-author-media-cache-cleaned", "version-without-author-tagged-third-person-gone"]
)
async def test_what_only_the_server_tells_otherwise_was_not_edited(world: World, case: str) -> None:
    brought, later = steps(case)
    world.fediverse.statuses[S1] = brought.status
    world.fediverse.notifications.append(brought)
    await world.look()
    await world.deliver()
    await world.say(ANNA, TEAM, "!answer 1 Antwort")
    world.fediverse.statuses[S1] = later
    await world.recheck(S1)
    await world.tap(BEN, TEAM, world.preview(1), "✅")
    assert len(world.fediverse.published) == 1
    assert "edited" not in said(world)
    assert "has changed" not in said(world)


async def test_a_question_with_a_poll_is_answered_with_one_confirmation(world: World) -> None:
    poll = Poll(("yes", "no"), expires_at=NOW)
    status = await world.asked(poll=poll)
    await world.say(ANNA, TEAM, "!answer 1 Yes.")
    world.fediverse.statuses[status.id] = replace(status, poll=replace(poll, expires_at=None))
    await world.tap(BEN, TEAM, world.preview(1), "✅")
    assert len(world.fediverse.published) == 1
