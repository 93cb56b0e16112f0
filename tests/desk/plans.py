"""What tests of planned posts have in common: the office in Berlin, its posts, and what is said about them."""

from datetime import datetime
from pathlib import Path

from fedichat.domain.names import PostId, RoomId, UserId
from fedichat.domain.posts.post import Post, PostState
from fedichat.domain.tickets.remark import SharedFile
from fedichat.errors import TryLater
from fedichat.store import posts
from tests.world import BEN, TEAM, Fediverse, World

NINE = "!schedule 2026-11-24 09:00 | Our guide is out."
MAP = SharedFile("map.png", "image/png", "mxc://example.org/map", 4)


def at(moment: str) -> datetime:
    """A moment on the office's clock in winter, as in "2026-11-24 09:00"."""
    return datetime.fromisoformat(f"{moment}+01:00")


async def an_office(folder: Path, *, cert: bool = False, **publishing: object) -> World:
    """It is Monday, 23 November 2026, 10:00 in Berlin."""
    return await World.open(folder, cert=cert, timezone="Europe/Berlin", publishing={"undo_seconds": 0} | publishing)


async def post(world: World, number: int) -> Post:
    """That post."""
    found = await world.database.read(lambda tx: posts.find_post(tx, PostId(number)))
    assert found is not None
    return found


async def state(world: World, number: int) -> PostState:
    """Where that post stands."""
    return (await post(world, number)).state


async def approve(world: World, number: int, *, who: UserId = BEN, room: RoomId = TEAM) -> None:
    """✅ on the newest preview."""
    await world.tap(who, room, world.preview(number, room), "✅")


def preview(world: World, number: int, room: RoomId = TEAM) -> str:
    """What the newest preview shows."""
    return world.rooms.sent[world.preview(number, room)].text


def told(world: World, room: RoomId = TEAM) -> list[str]:
    """What was said in the room and is no card and no preview, the newest last."""
    return [one.text for one in world.rooms.shown(room) if not one.text.startswith(("#", "📝"))]


def out(world: World) -> list[str]:
    """The texts that the account has published, in order."""
    return [new.text for new in world.fediverse.published.values()]


async def steps(world: World, number: int) -> list[str]:
    """What happened to that post, in order."""
    return [str(row["step"]) for row in await world.rows("history") if row["post"] == number]


class Outage:
    """A server that answers nothing until it is `over`."""

    def __init__(self, world: World, fediverse: Fediverse) -> None:
        self.over: datetime | None = None
        self._clock = world.clock
        self._works = fediverse.publish
        fediverse.publish = self._publish  # type: ignore[method-assign, assignment]

    async def _publish(self, *args: object, **options: object) -> object:
        if self.over is None or self._clock.now() < self.over:
            raise TryLater("the server does not answer")
        return await self._works(*args, **options)  # type: ignore[arg-type]
