"""Whatever people, servers and the clock do to the plan, in whatever order: nothing goes out unseen, early or twice.

Every text has a mark of its own, so that it can be told where it turns up. See `test_invariants` for tickets.
"""

import itertools
import re
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from fedichat.domain.names import EventId, RoomId, UserId
from fedichat.domain.tickets.mention import StatusId
from fedichat.domain.tickets.remark import SharedFile
from fedichat.errors import Rejected, TryLater
from fedichat.ports import NewStatus, PublishedStatus
from fedichat.text.i18n import language
from tests.desk.stories import Records, tell_stories
from tests.drills import drill, times
from tests.world import ANNA, BEN, BOSS, CARL, CERT, EVA, GUS, KRYPTO, TEAM, VERA, Fediverse, World

DORA = UserId("@dora:example.org")
"""Everything but publishing is open to her."""
PRESENT = [
    *[(ANNA, TEAM)] * 5,
    *[(BEN, TEAM)] * 5,
    *[(BEN, CERT)] * 2,
    *[(CARL, CERT)] * 2,
    *[(VERA, BOSS)] * 2,
    (DORA, TEAM),
    (GUS, TEAM),
    (EVA, KRYPTO),
]
MAY_PUBLISH = {(ANNA, TEAM), (BEN, TEAM), (BEN, CERT), (CARL, CERT), (VERA, BOSS)}
MAY_CHANGE_NOTHING = {(GUS, TEAM), (EVA, KRYPTO)}
BERLIN = ZoneInfo("Europe/Berlin")
MAP = SharedFile("map.png", "image/png", "mxc://example.org/map", 4)

PLANNING = (
    *["schedule {when} | {mark}"] * 6,
    "schedule {when}\n{long}",
    *["schedule every day at 9 | {mark}"] * 4,
    "draft {mark}",
    "crisis {mark}",
    "crisis --account bsi --account cert {mark}",
    "schedule {when} --account cert | {mark}",
    'schedule {when} --alt "A map" | {mark}',
)
CHANGING = (
    *["reschedule P{p} {when}"] * 3,
    *["edit P{p} {mark}"] * 3,
    *["publish P{p}"] * 3,
    "unschedule P{p}",
    "unschedule P{p} --series",
    "withdraw P{p}",
    "copy P{p}",
    "copy P{p} {when}",
    "unpublish P{p}",
    "show P{p}",
    "plan this week",
)
NEXT_POST = {
    "draft": {"confirmed", "publishing", "published", "withdrawn", "failed", "missed"},
    "confirmed": {"draft", "publishing", "published", "withdrawn", "failed", "missed"},
    "publishing": {"draft", "confirmed", "published", "failed", "missed"},
    "missed": {"draft", "confirmed", "publishing", "published", "withdrawn", "failed"},
    "published": {"removed"},
    "withdrawn": set[str](),
    "failed": set[str](),
    "removed": set[str](),
}
OFTEN = (
    *("drafted", "revised", "confirmed", "unconfirmed", "rescheduled", "withdrawn", "missed", "published", "edited"),
    *("failed", "pinned", "frozen", "series"),
)
"""What must have happened in the stories."""
STORIES, LENGTH = times(4, 40), 70

Row = dict[str, object]
_MARK = re.compile(r"mark\d+x")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Yes:
    """Somebody said yes to a post when these words, and this time, were shown; `typed`: in words, which means now."""

    who: UserId
    room: RoomId
    post: int
    shown: str
    said_at: datetime
    typed: bool


class Office:
    """What everybody can do, in any order; each of the `ACTIONS` is told by `pick` what exactly."""

    def __init__(self, folder: Path, pick: Random) -> None:
        self.folder = folder
        self.pick = pick
        self.marks = itertools.count(1)
        self.said: list[tuple[EventId, UserId, RoomId]] = []
        self.taps: list[tuple[EventId, UserId, RoomId]] = []
        self.yes: list[Yes] = []
        self.logged = Records()
        self.four_eyes = True
        self.posts: dict[int, Row] = {}
        self.writers: dict[int, object] = {}
        self.actor: UserId | None = None
        self.troubles: list[Exception] = []
        self.during_freeze: list[str] = []
        self.happened: Counter[str] = Counter()
        self.world: World

    async def opens(self) -> None:
        self.four_eyes = self.pick.random() < 0.7
        publishing = {"undo_seconds": self.pick.choice([0, 0, 10]), "four_eyes": {"planned": self.four_eyes}}
        self.world = await World.open(
            self.folder,
            cert=True,
            timezone="Europe/Berlin",
            publishing=publishing,
            users={str(DORA): {"deny": ["publish"]}},
        )
        for fediverse in (self.world.fediverse, self.world.cert):
            self._trouble(fediverse)

    def _trouble(self, fediverse: Fediverse) -> None:
        works = fediverse.publish

        async def publish(new: NewStatus, idempotency_key: str) -> PublishedStatus:
            if self.troubles:
                raise self.troubles.pop()
            if any(row["ended_at"] is None for row in await self.world.rows("freezes")):
                self.during_freeze.append(new.text)
            return await works(new, idempotency_key)

        fediverse.publish = publish  # type: ignore[method-assign]

    def mark(self) -> str:
        return f"mark{next(self.marks)}x"

    def when(self) -> str:
        at = self.world.clock.now() + timedelta(minutes=self.pick.choice([5, 60, 300, 900, 1500]))
        return at.astimezone(BERLIN).strftime("%Y-%m-%d %H:%M")

    # --- who does what ---

    async def somebody_plans(self) -> None:
        await self._command(self.pick.choice(PRESENT), self.pick.choice(PLANNING))
        await self.check()
        if self.pick.random() < 0.7:
            await self.somebody_judges()

    async def somebody_changes(self) -> None:
        await self._command(self.pick.choice(PRESENT), self.pick.choice(CHANGING))

    async def somebody_freezes(self) -> None:
        lines = ("freeze {mark}", "unfreeze", "unfreeze --all", "unfreeze --all")
        await self._command(self.pick.choice(PRESENT), self.pick.choice(lines))

    async def _command(self, present: tuple[UserId, RoomId], line: str) -> None:
        who, room = present
        p = self._a_post()
        long = " ".join(self.mark() for _ in range(80)) if "{long}" in line else ""
        text = f"!{line.format(p=p, when=self.when(), mark=self.mark(), long=long)}"
        if line.startswith("publish"):
            self._maybe_yes(who, room, self._newest_preview(p, room), typed=True)
        file = MAP if "--alt" in line else None
        dies = self.pick.random() < 0.1

        async def say() -> None:
            self.said.append((await self.world.say(who, room, text, file=file, dies=dies), who, room))

        await self._done_by(present, say)

    async def somebody_judges(self) -> None:
        """Most people look at the newest previews of what is to be decided."""
        drafts = [number for number, row in self.posts.items() if row["state"] == "draft"][-3:]
        found = [
            (present, target)
            for present in PRESENT
            for number in drafts
            if (target := self._newest_preview(number, present[1])) and present not in MAY_CHANGE_NOTHING
        ]
        if found:
            present, target = self.pick.choice(found)
            await self._tap(present, target, self.pick.choice(["✅", "✅", "✅", "✅", "❌"]))

    async def somebody_judges_an_old_one(self) -> None:
        present = self.pick.choice(PRESENT)
        shown = [one.event for one in self.world.rooms.shown(present[1])]
        if shown:
            await self._tap(present, self.pick.choice(shown), self.pick.choice(["✅", "❌"]))

    async def somebody_changes_what_is_out(self) -> None:
        out = [number for number, row in self.posts.items() if row["state"] == "published" and row["target"] is None]
        if out:
            number = self.pick.choice(out)
            line = self.pick.choice([f"edit P{number} {{mark}}", f"unpublish P{number}"])
            await self._command(self.pick.choice([(ANNA, TEAM), (BEN, CERT)]), line)
            await self.check()
            await self.somebody_judges()

    async def somebody_answers_a_question(self) -> None:
        asked = [EventId(str(row["event_id"])) for row in await self.world.rows("asked")]
        if asked:
            target = self.pick.choice(asked)
            room = self.world.rooms.sent[target].room
            here = [present for present in PRESENT if present[1] == room]
            await self._tap(self.pick.choice(here), target, self.pick.choice(["✅", "✅", "❌", "1️⃣"]))

    async def _tap(self, present: tuple[UserId, RoomId], target: EventId, key: str) -> None:
        who, room = present
        if key == "✅":
            self._maybe_yes(who, room, target, typed=False)

        async def tap() -> None:
            self.taps.append((await self.world.tap(who, room, target, key), who, room))

        await self._done_by(present, tap)

    async def somebody_takes_a_tap_back(self) -> None:
        if self.taps:
            event, who, room = self.pick.choice(self.taps[-2:])
            await self._done_by((who, room), lambda: self.world.redact(who, room, event))

    async def somebody_edits(self) -> None:
        if self.said:
            event, who, room = self.pick.choice(self.said[-8:])
            line = self.pick.choice(["schedule {when} | {mark}", "draft {mark}", "crisis {mark}", "{mark}"])
            text = line.format(when=self.when(), mark=self.mark())
            text = f"!{text}" if " " in text else text
            await self._done_by((who, room), lambda: self.world.edit(who, room, event, text))

    async def somebody_redacts(self) -> None:
        if self.said:
            event, who, room = self.pick.choice(self.said[-8:])
            await self._done_by((who, room), lambda: self.world.redact(who, room, event))

    async def _done_by(self, present: tuple[UserId, RoomId], do: Callable[[], Awaitable[object]]) -> None:
        before = await self._kept() if present in MAY_CHANGE_NOTHING else None
        self.actor = present[0]
        await do()
        if before is not None:
            assert await self._kept() == before, f"{present} changed something"

    async def _kept(self) -> object:
        posts = [
            {key: value for key, value in row.items() if key != "attempted_at"}
            for row in await self.world.rows("posts")
            # What is due goes out whoever speaks.
            if row["state"] == "draft"
        ]
        return posts, await self.world.rows("freezes"), await self.world.rows("asked")

    async def time_passes(self) -> None:
        minutes = self.pick.choice([1, 5, 20, 60, 300, 600])
        await self.world.live_until(self.world.clock.now() + timedelta(minutes=minutes))

    async def the_bot_is_away(self) -> None:
        self.world.clock.advance(minutes=self.pick.choice([1, 10, 60, 1500, 6000]))
        await self.world.crash()
        if self.pick.random() < 0.5:
            await self.world.deliver()
        await self.world.wake()

    async def the_server_does_not_answer(self) -> None:
        self.world.fediverse.lost_answers = 1

    async def the_server_has_trouble(self) -> None:
        self.troubles = self.pick.choice(
            [[TryLater("the server does not answer")] * 3, [TryLater("too many", 300.0)], [Rejected("no", 422)]]
        )

    def _a_post(self) -> int:
        pending = [number for number, row in self.posts.items() if row["state"] in ("draft", "confirmed", "missed")]
        return self.pick.choice(pending if pending and self.pick.random() < 0.8 else [1, *self.posts])

    def _newest_preview(self, number: int, room: RoomId) -> EventId | None:
        try:
            return self.world.preview(number, room)
        except IndexError:
            return None

    def _maybe_yes(self, who: UserId, room: RoomId, target: EventId | None, *, typed: bool) -> None:
        sent = self.world.rooms.sent.get(target) if target else None
        number = re.search(r"\bP(\d+)\b", sent.text) if sent is not None and sent.room == room else None
        if sent is not None and number is not None:
            is_question = not sent.text.startswith("📝")
            # A question has only the beginning; it counts as long as the newest preview is the one of that time.
            newest = self._newest_preview(int(number[1]), room) if is_question else None
            shown = sent.text + (self.world.rooms.sent[newest].text if newest else "")
            self.yes.append(Yes(who, room, int(number[1]), shown, self.world.clock.now(), typed or is_question))

    # --- what must hold ---

    async def check(self) -> None:
        posts = {int(str(row["id"])): row for row in await self.world.rows("posts")}
        history = await self.world.rows("history")
        self.happened = Counter(str(row["step"]) for row in history)
        self.happened["frozen"] = len(await self.world.rows("freezes"))
        self.happened["series"] = sum(
            row["series"] is not None and row["state"] == "published" for row in posts.values()
        )
        for number, row in posts.items():
            self._states_follow_each_other(number, row)
            self._remember_whose_words(number, row)
        await self._all_was_confirmed(posts)
        await self._nothing_is_out_twice(posts)
        await self._nothing_left_during_a_freeze(posts)
        await self._nothing_broke()
        self._it_stays_where_it_belongs()
        self.posts, self.actor = posts, None

    def _states_follow_each_other(self, number: int, row: Row) -> None:
        old, new = self.posts.get(number, row)["state"], row["state"]
        assert old == new or new in NEXT_POST[str(old)], f"P{number}: {old} -> {new}"

    def _remember_whose_words(self, number: int, row: Row) -> None:
        before = self.posts.get(number)
        if before is None:
            self.writers[number] = row["author"]
        elif before["revision"] != row["revision"] and before["text"] != row["text"] and self.actor is not None:
            self.writers[number] = self.actor

    async def _all_was_confirmed(self, posts: dict[int, Row]) -> None:
        owners = {(str(row["account"]), str(row["status_id"])): row for row in await self.world.rows("published")}
        for account, fediverse in (("bsi", self.world.fediverse), ("cert", self.world.cert)):
            for status, new in fediverse.published.items():
                owner = owners.get((account, status))
                if owner is not None:  # else the answer was lost, and it is being looked for
                    post = posts[int(str(owner["post"]))]
                    assert post["account"] == account
                    assert self._is_confirmed(post, new.text, posts), f"P{post['id']} unseen: {new.text[:80]}"
            changes = [row for row in posts.values() if row["kind"] == "edit" and row["account"] == account]
            for _status, new in fediverse.edits:
                assert any(self._is_confirmed(row, new.text, posts) for row in changes), new.text
            removals = [row for row in posts.values() if row["kind"] == "removal" and row["account"] == account]
            for _status in fediverse.deleted:
                assert any(self._is_confirmed(row, "", posts) for row in removals)
        self._its_time_was_seen(posts)

    def _is_confirmed(self, post: Row, text: str, posts: dict[int, Row]) -> bool:
        alike = [
            number
            for number, row in posts.items()
            if number == post["id"]
            or (post["series"] is not None and row["series"] == post["series"])
            or (post["bundle"] is not None and row["bundle"] == post["bundle"])
        ]
        marks = set(_MARK.findall(text))
        two_needed = post["kind"] == "crisis" or self.four_eyes
        return any(
            yes.post in alike
            and yes.who == post["confirmed_by"]
            and marks <= set(_MARK.findall(yes.shown))
            and (yes.who, yes.room) in MAY_PUBLISH
            and not (two_needed and yes.who == self.writers[int(str(post["id"]))])
            for yes in self.yes
        )

    def _its_time_was_seen(self, posts: dict[int, Row]) -> None:
        """What has just gone out did so at the time that was shown to whoever said yes, or was told to go out now."""
        t = language("en")
        for number, row in posts.items():
            before = self.posts.get(number)
            if row["kind"] != "planned" or row["state"] != "published" or (before and before["state"] == "published"):
                continue
            due = _EPOCH + timedelta(microseconds=int(str(row["due_at"]))) if row["due_at"] else None
            theirs = [yes for yes in self.yes if yes.post == number and yes.who == row["confirmed_by"]]
            shown = due is not None and any(t.moment(due, BERLIN) in yes.shown for yes in theirs)
            now = any(yes.typed for yes in theirs)
            assert shown or now or row["series"] is not None, f"P{number} at a time that nobody has seen"
            assert due is None or now or due <= self.world.clock.now(), f"P{number} before its time"

    async def _nothing_is_out_twice(self, posts: dict[int, Row]) -> None:
        for account, fediverse in (("bsi", self.world.fediverse), ("cert", self.world.cert)):
            rows = [row for row in await self.world.rows("published") if row["account"] == account]
            assert len({(row["post"], row["part"]) for row in rows}) == len(rows)
            known = {StatusId(str(row["status_id"])) for row in rows}
            unknown = fediverse.published.keys() - known - set(fediverse.deleted)
            looked_for = sum(row["state"] == "publishing" and row["account"] == account for row in posts.values())
            assert len(unknown) <= looked_for, unknown

    async def _nothing_left_during_a_freeze(self, posts: dict[int, Row]) -> None:
        """Of the plan, that is; warnings and changes of what is out do."""
        planned = {
            mark for row in posts.values() if row["kind"] == "planned" for mark in _MARK.findall(str(row["text"]))
        }
        urgent = {mark for row in posts.values() if row["kind"] == "crisis" for mark in _MARK.findall(str(row["text"]))}
        for text in self.during_freeze:
            assert not set(_MARK.findall(text)) & planned - urgent, f"left during a freeze: {text[:80]}"

    async def _nothing_broke(self) -> None:
        aside = [row for row in await self.world.rows("effects") if row["set_aside"]]
        assert [row for row in aside if row["kind"] != "Publish"] == []
        for sent in self.world.rooms.sent.values():
            assert "reference" not in sent.text, sent.text

    def _it_stays_where_it_belongs(self) -> None:
        assert not [line for line in self.logged.lines if _MARK.search(line)]
        for sent in self.world.rooms.shown(KRYPTO):
            assert not _MARK.search("\n".join(sent.texts)), sent.text


ACTIONS: list[Callable[[Office], Awaitable[None]]] = [
    *[Office.somebody_plans] * 10,
    *[Office.somebody_changes] * 6,
    *[Office.somebody_changes_what_is_out] * 3,
    *[Office.somebody_judges] * 12,
    *[Office.somebody_answers_a_question] * 3,
    *[Office.somebody_edits] * 3,
    *[Office.time_passes] * 8,
    *[Office.somebody_freezes] * 3,
    Office.somebody_judges_an_old_one,
    *[Office.somebody_takes_a_tap_back] * 3,
    Office.somebody_redacts,
    Office.the_bot_is_away,
    Office.the_server_does_not_answer,
    Office.the_server_has_trouble,
]


@drill
def test_whatever_happens_to_the_plan_in_whatever_order() -> None:
    tell_stories(Office, ACTIONS, OFTEN, stories=STORIES, length=LENGTH)
