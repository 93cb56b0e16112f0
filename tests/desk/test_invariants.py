"""Whatever people, citizens and the clock do, in whatever order: what must never happen does not.

The whole bot is at work on a real database; see `tests.world` for what stands in for the servers. Every word that
anybody writes has a mark of its own, so that it can be told where it turns up.
"""

import itertools
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from fedichat.domain.names import EventId, RoomId, UserId
from fedichat.domain.tickets.mention import Author, StatusId, Visibility
from fedichat.domain.tickets.remark import SharedFile
from fedichat.ports import Message, Unproven
from fedichat.store import reminding
from tests.desk.stories import Records, tell_stories
from tests.drills import drill, times
from tests.factories import ERIKA
from tests.world import ANNA, BEN, BOSS, BOT, DIRECT, EVA, GUS, KRYPTO, NETZ, TEAM, VERA, World

DORA = UserId("@dora:example.org")
"""Everything but publishing is open to her."""
PRESENT = [
    *[(ANNA, TEAM)] * 5,
    *[(BEN, TEAM)] * 4,
    *[(ANNA, DIRECT)] * 3,
    *[(BEN, DIRECT)] * 2,
    *[(EVA, KRYPTO)] * 3,
    *[(VERA, BOSS)] * 2,
    (DORA, TEAM),
    (EVA, NETZ),
    (GUS, TEAM),
    (GUS, KRYPTO),
]
"""Who speaks in which room, and how often."""
MAY_PUBLISH = {(ANNA, TEAM), (BEN, TEAM), (ANNA, DIRECT), (BEN, DIRECT), (VERA, BOSS)}
MAY_CHANGE_NOTHING = {(GUS, TEAM), (GUS, KRYPTO), (EVA, KRYPTO), (EVA, NETZ)}
"""Those who may at most talk and propose."""
CITIZENS = [ERIKA, Author("kim@remote.example", "Kim", "https://remote.example/@kim")]
PLACES = {"team/bsi": TEAM, "direct/bsi": DIRECT, "department/krypto": KRYPTO, "department/netz": NETZ}

LINES = (
    "claim #{n}",
    "claim #{n} --take-over",
    "release #{n}",
    "ignore #{n} {mark}",
    "reopen #{n}",
    "note #{n} {mark}",
    *["answer #{n} {mark}"] * 6,
    "answer #{n} --visibility public {mark}",
    "answer #{n} --visibility direct --all {mark}",
    "answer #{n} --cw careful {mark}",
    "answer #{n} --proposal 1",
    "answer #{n} --proposal 2 {mark}",
    "answer #{n} {long}",
    "publish #{n}",
    "publish #{n}",
    "withdraw #{n}",
    "interim #{n} {mark}",
    "edit #{n} {mark}",
    "unpublish #{n}",
    "edit P{p} {mark}",
    "unpublish P{p}",
    "withdraw P{p}",
    "show P{p}",
    "escalate #{n} krypto {mark}",
    "escalate #{n} --sure netz {mark}",
    "escalate #{n}",
    "recall #{n}",
    "recall #{n} krypto",
    "propose #{n} {mark}",
    "assign #{n} @ben:example.org",
    "priority #{n} high",
    "label #{n} tls",
    "snooze #{n} 2 days",
    "merge #{n} #{m}",
    "search mark",
    "mine",
    "queue",
    "author @erika@remote.example",
    "history #{n}",
    "show #{n}",
    "help",
    "help answer",
)
SENSIBLE = (
    *["answer #{n} {mark}"] * 6,
    *["escalate #{n} --sure krypto {mark}"] * 2,
    *["interim #{n} {mark}", "snooze #{n} 1 hour", "ignore #{n} {mark}", "propose #{n} {mark}", "publish #{n}"],
)
KEYS = ("✅", "✅", "✅", "❌", "👀", "🙈", "🆘", "🔔", "1️⃣", "2️⃣", "👍")

NEXT_TICKET = {
    "new": {"claimed", "waiting", "answered", "ignored", "closed"},
    "claimed": {"new", "waiting", "answered", "ignored", "closed"},
    "waiting": {"new", "claimed", "answered", "ignored", "closed"},
    "answered": {"new", "claimed", "waiting", "closed"},
    "ignored": {"new", "claimed", "waiting", "answered", "closed"},
    "closed": set[str](),
}
NEXT_POST = {
    "draft": {"confirmed", "publishing", "published", "withdrawn", "failed"},
    "confirmed": {"draft", "publishing", "published", "withdrawn", "failed"},
    "publishing": {"draft", "confirmed", "published", "failed"},
    "published": {"removed"},
    "withdrawn": set[str](),
    "failed": set[str](),
    "removed": set[str](),
}

STEP_TO = {
    "new": {"opened", "released", "recalled", "reopened", "followed_up", "merged", "removed"},
    "claimed": {"claimed", "assigned", "taken_over", "recalled", "reopened", "followed_up", "merged", "removed"},
    "waiting": {"escalated"},
    "answered": {"published"},
    "ignored": {"ignored"},
    "closed": {"question_deleted", "merged"},
}
"""One of these steps must stand in the history when a ticket has got into that state."""
STEP_OF_POST = {
    "draft": {"drafted", "revised", "unconfirmed", "outdated", "failed"},
    "confirmed": {"confirmed"},
    "publishing": {"confirmed"},
    "published": {"published", "interim", "edited", "removed", "withdrawn"},
    "withdrawn": {"withdrawn"},
    "failed": {"failed"},
    "removed": {"removed"},
}
DECIDED = {
    *("claimed", "released", "ignored", "reopened", "noted", "drafted", "revised", "confirmed", "escalated"),
    *("recalled", "proposed", "assigned", "taken_over", "prioritized", "labelled", "snoozed", "merged"),
}
"""The steps that only people take: the history must have their names."""

OFTEN = (
    *("drafted", "confirmed", "published", "edited", "removed", "merged", "escalated", "recalled"),
    *("followed_up", "question_edited", "question_deleted", "outdated", "ignored", "snoozed", "woken"),
)
"""What must have happened in the stories."""

STORIES, LENGTH = times(4, 40), 60

Row = dict[str, object]

_MARK = re.compile(r"mark\d+x")


@dataclass(frozen=True)
class Said:
    """Something that a person wrote in a room, or tapped there."""

    event: EventId
    who: UserId
    room: RoomId


@dataclass(frozen=True)
class Yes:
    """Somebody said yes: to that post, when these words were shown."""

    who: UserId
    room: RoomId
    post: int
    marks: frozenset[str]


SLA = {
    "first_response": "2 working days",
    "resolution": "6 working days",
    "interim_extends": "1 working day",
    "forgotten_after": "1 working day",
    "policies": [
        {"priority": ["urgent", "high"], "first_response": "3 working hours"},
        {"visibility": "direct", "first_response": "1 working day", "interim_extends": "2 hours"},
    ],
}
RESPONSES = ("published", "interim")


class Office:
    """What everybody can do, in any order; each of the `ACTIONS` is told by `pick` what exactly."""

    def __init__(self, folder: Path, pick: Random) -> None:
        self.folder = folder
        self.pick = pick
        self.marks = itertools.count(1)
        self.said: list[Said] = []
        self.yes: list[Yes] = []
        self.logged = Records()
        self.four_eyes = self.direct_room = self.typed = False
        self.tickets: dict[int, Row] = {}
        self.posts: dict[int, Row] = {}
        self.steps: dict[int, int] = {}
        self.written: dict[StatusId, set[str]] = {}
        self.taken_back: set[str] = set()
        self.readers: dict[str, set[RoomId]] = {}
        self.worded: dict[StatusId, set[str]] = {}
        self.seen_out: set[object] = set()
        self.ended: dict[tuple[object, object], object] = {}
        self.told: dict[object, set[RoomId]] = {}
        self.forged: set[str] = set()
        self.happened: Counter[str] = Counter()
        self.world: World

    def mark(self) -> str:
        return f"mark{next(self.marks)}x"

    async def opens(self) -> None:
        self.four_eyes, self.direct_room = self.pick.random() < 0.4, self.pick.random() < 0.7
        self.typed = self.pick.random() < 0.3
        matrix = {
            "homeserver": "https://matrix.example.org",
            "user": BOT,
            "password": "Sehr/geheim 1!",
            "store": str(self.folder / "matrix-store"),
            "confirm": "typed" if self.typed else "tap",
        }
        publishing = {"undo_seconds": self.pick.choice([0, 0, 30]), "four_eyes": {"answers": self.four_eyes}}
        self.world = await World.open(
            self.folder,
            direct_room=self.direct_room,
            matrix=matrix,
            publishing=publishing,
            users={str(DORA): {"deny": ["publish"]}},
            sla=SLA,
        )
        await self.world.asked(self.mark())
        await self.world.asked(self.mark(), by=CITIZENS[1], visibility=Visibility.DIRECT)

    # --- who does what ---

    async def a_citizen_writes(self) -> None:
        statuses = list(self.world.fediverse.statuses)
        visibility = self.pick.choice([Visibility.PUBLIC, *Visibility, Visibility.DIRECT])
        above = self.pick.choice([None, *statuses[-4:]])
        await self.world.asked(self.mark(), by=self.pick.choice(CITIZENS), visibility=visibility, in_reply_to=above)

    async def a_citizen_edits(self) -> None:
        if (status := self._a_status()) is not None:
            self.world.fediverse.change(status, self.mark())
            await self.world.recheck(status)

    async def a_citizen_edits_unnoticed(self) -> None:
        if (status := self._a_status()) is not None:
            self.world.fediverse.change(status, self.mark())

    async def a_citizen_deletes(self) -> None:
        if (status := self._a_status()) is not None:
            self.world.fediverse.take_away(status)
            await self.world.recheck(status)
            if status not in [row["status_id"] for row in await self.world.rows("mentions")]:
                self.taken_back |= self.written.get(status, set())

    def _a_status(self) -> StatusId | None:
        theirs = [one.id for one in self.world.fediverse.statuses.values() if one.author in CITIZENS]
        return self.pick.choice(theirs) if theirs else None

    async def time_passes(self) -> None:
        self.world.clock.advance(minutes=self.pick.choice([1, 60, 3000]))
        while (timer := await self.world.desk.clock.timers.earliest_timer()) and timer[1] <= self.world.clock.now():
            await self.world.desk.clock.timers.fire(timer[0])
        await self.world.deliver()

    async def the_server_does_not_answer(self) -> None:
        self.world.fediverse.lost_answers = 1

    async def the_process_dies(self) -> None:
        await self.world.crash()
        await self.world.deliver()

    async def somebody_works(self) -> None:
        """What makes sense with an open ticket, by whoever has it."""
        at_work = [number for number, row in self.tickets.items() if row["state"] in ("new", "claimed", "waiting")]
        if not at_work:
            await self.a_citizen_writes()
            return
        number = self.pick.choice(at_work)
        await self._by_the_team(number, f"!{self.pick.choice(SENSIBLE).format(n=number, mark=self.mark())}")
        if self.pick.random() < 0.5:
            await self.somebody_judges()

    async def somebody_merges(self) -> None:
        """Two tickets of the same person, which is when it makes sense."""
        pairs = [
            (n, m)
            for n, one in self.tickets.items()
            for m, other in self.tickets.items()
            if n != m and all(one[key] == other[key] for key in ("author", "place")) and one["author"]
        ]
        if pairs:
            n, m = self.pick.choice(pairs)
            await self._by_the_team(n, f"!merge #{n} #{m}")

    async def somebody_recalls(self) -> None:
        waiting = [number for number, row in self.tickets.items() if row["state"] == "waiting"]
        if waiting:
            number = self.pick.choice(waiting)
            await self._by_the_team(number, f"!recall #{number}")

    async def somebody_changes_what_is_out(self) -> None:
        out = [row for row in self.posts.values() if row["state"] == "published" and row["kind"] != "removal"]
        if out:
            number = int(str(self.pick.choice(out)["ticket"]))
            line = self.pick.choice([f"!edit #{number} {self.mark()}", f"!unpublish #{number}"])
            await self._by_the_team(number, line)
            await self.somebody_judges()

    async def _by_the_team(self, number: int, line: str) -> None:
        has_it = self.tickets[number]["claimant"]
        who = UserId(str(has_it)) if has_it in (ANNA, BEN) else self.pick.choice([ANNA, BEN])
        room = PLACES[str(self.tickets[number]["place"])]
        if line.startswith("!publish"):
            self._maybe_yes(who, room, self._newest_preview(number, room))
        await self._say(who, room, line, None, dies=self.pick.random() < 0.1)

    async def somebody_commands(self) -> None:
        present = who, room = self.pick.choice(PRESENT)
        line = self.pick.choice(LINES)
        n, m = self._a_ticket(room), self._a_ticket(room)
        long = " ".join(self.mark() for _ in range(80)) if "{long}" in line else ""
        p = self.pick.choice(list(self.posts) or [1])
        text = f"!{line.format(n=n, m=m, p=p, mark=self.mark(), long=long)}"
        thread = self._card(n, room) if self.pick.random() < 0.4 else None
        if line.startswith("publish"):
            self._maybe_yes(who, room, self._newest_preview(n, room))
        dies = self.pick.random() < 0.1
        await self._guarded(present, lambda: self._say(who, room, text, thread, dies=dies))

    async def somebody_taps(self) -> None:
        present = _, room = self.pick.choice(PRESENT)
        targets = [one.event for one in self.world.rooms.shown(room)] + [one.event for one in self.said[-3:]]
        if targets:
            await self._tap(present, self.pick.choice(targets[-12:]), self.pick.choice(KEYS))

    async def somebody_judges(self) -> None:
        """The previews of what is to go out: most people look at those."""
        pending = [number for number, row in self.posts.items() if row["state"] in ("draft", "confirmed")]
        found = [
            (present, sent.event)
            for present in PRESENT
            for sent in self.world.rooms.shown(present[1])
            if sent.text.startswith(tuple(f"📝 P{number} " for number in pending))
        ]
        if found:
            present, preview = self.pick.choice(found)
            key = self.pick.choice(["✅", "✅", "✅", "✅", "❌"])
            await self._tap(present, preview, key)
            if self.typed and key == "✅":
                who, room = present
                number = re.match(r"📝 (P\d+)", self.world.rooms.sent[preview].text)
                assert number is not None
                self._maybe_yes(who, room, preview)
                await self._guarded(present, lambda: self._say(who, room, f"!publish {number[1]}", None))

    async def somebody_answers_a_question(self) -> None:
        asked = await self.world.rows("asked")
        present = _, room = self.pick.choice(PRESENT)
        here = [EventId(str(row["event_id"])) for row in asked if PLACES.get(str(row["place"]), BOSS) == room]
        if here:
            await self._tap(present, self.pick.choice(here), self.pick.choice(["1️⃣", "2️⃣", "✅", "✅", "❌"]))

    async def _tap(self, present: tuple[UserId, RoomId], target: EventId, key: str) -> None:
        who, room = present
        if key == "✅" and not self.typed:
            self._maybe_yes(who, room, target)

        async def tap() -> None:
            self.said.append(Said(await self.world.tap(who, room, target, key), who, room))

        await self._guarded(present, tap)

    async def somebody_talks(self) -> None:
        present = who, room = self.pick.choice(PRESENT)
        file = SharedFile("a.png", "image/png", "mxc://example.org/a", 4) if self.pick.random() < 0.3 else None
        thread = self._card(self._a_ticket(room), room)
        await self._guarded(present, lambda: self._say(who, room, self.mark(), thread, file=file))

    async def somebody_edits(self) -> None:
        if self.said:
            said = self.pick.choice(self.said[-6:])
            line = self.pick.choice(["answer #{n} {mark}", "answer --all {mark}", "propose {mark}", "{mark}"])
            text = line.format(n=self._a_ticket(said.room), mark=self.mark())
            text = f"!{text}" if " " in text else text
            await self._guarded((said.who, said.room), lambda: self.world.edit(said.who, said.room, said.event, text))

    async def somebody_else_writes(self) -> None:
        """From a device that is not the person's own, or unencrypted where the others are encrypted."""
        (who, room), forged = self.pick.choice(PRESENT), self.mark()
        self.forged.add(forged)
        why = self.pick.choice([Unproven("Intruder (ABCDEFGHIJ)"), Unproven()])
        if self.said and self.pick.random() < 0.4:
            said = self.pick.choice(self.said[-6:])
            text = self.pick.choice(["!answer #{n} {mark}", "!propose {mark}", "{mark}", "!publish #{n}"])
            text = text.format(n=self._a_ticket(said.room), mark=forged)
            await self.world.edit(said.who, said.room, said.event, text, unproven=why)
            return
        line = self.pick.choice([line for line in LINES if not line.startswith("withdraw")])
        n, p = self._a_ticket(room), self.pick.choice(list(self.posts) or [1])
        text = self.pick.choice(["!", ""]) + line.format(n=n, m=self._a_ticket(room), p=p, mark=forged, long=forged)
        file = SharedFile("a.png", "image/png", "mxc://example.org/a", 4) if self.pick.random() < 0.3 else None
        before, remarks = await self._kept(), await self.world.rows("remarks")
        await self.world.say(who, room, text, thread=self._card(n, room), file=file, unproven=why)
        assert await self._kept() == before, f"{text} was obeyed"
        assert await self.world.rows("remarks") == remarks

    async def somebody_redacts(self) -> None:
        if self.said:
            said = self.pick.choice(self.said[-6:])
            await self.world.redact(self.pick.choice([said.who, said.who, BEN]), said.room, said.event)

    def _a_ticket(self, room: RoomId) -> int:
        """Most people speak of what is in their room."""
        open_here = ("new", "claimed", "waiting")
        here = [
            number
            for number, row in self.tickets.items()
            if PLACES[str(row["place"])] == room and row["state"] in open_here
        ]
        return self.pick.choice(here if here and self.pick.random() < 0.8 else [1, 2, *self.tickets])

    # --- how ---

    async def _say(
        self,
        who: UserId,
        room: RoomId,
        text: str,
        thread: EventId | None,
        *,
        file: SharedFile | None = None,
        dies: bool = False,
    ) -> None:
        event = await self.world.say(who, room, text, thread=thread, file=file, dies=dies)
        self.said.append(Said(event, who, room))

    async def _guarded(self, present: tuple[UserId, RoomId], do: Callable[[], Awaitable[object]]) -> None:
        """Do it; who may change nothing has not."""
        before = await self._kept() if present in MAY_CHANGE_NOTHING else None
        await do()
        if before is not None:
            assert await self._kept() == before, f"{present} changed something"

    async def _kept(self) -> dict[str, object]:
        tickets = await self.world.rows("tickets")
        posts = [
            {key: value for key, value in row.items() if key != "attempted_at"}
            for row in await self.world.rows("posts")
        ]
        return {"tickets": tickets, "posts": posts, "asked": await self.world.rows("asked")}

    def _card(self, n: int, room: RoomId) -> EventId | None:
        try:
            return self.world.card(n, room)
        except StopIteration:
            return None

    def _newest_preview(self, n: int, room: RoomId) -> EventId | None:
        posts = [row for row in self.posts.values() if row["ticket"] == n]
        if not posts:
            return None
        newest = max(posts, key=lambda row: row["id"])  # type: ignore[arg-type, return-value]
        try:
            return self.world.preview(int(str(newest["id"])), room)
        except IndexError:
            return None

    def _maybe_yes(self, who: UserId, room: RoomId, preview: EventId | None) -> None:
        sent = self.world.rooms.sent.get(preview) if preview else None
        if sent is None or sent.room != room:
            return
        number = re.match(r"📝 P(\d+)", sent.text)
        if number:
            self.yes.append(Yes(who, room, int(number[1]), frozenset(_MARK.findall(sent.text))))

    # --- what must hold ---

    async def check(self) -> None:
        tickets = {int(str(row["id"])): row for row in await self.world.rows("tickets")}
        posts = {int(str(row["id"])): row for row in await self.world.rows("posts")}
        history = await self.world.rows("history")
        steps = {number: sum(1 for row in history if row["ticket"] == number) for number in tickets}
        self.happened = Counter(str(row["step"]) for row in history)
        for status in self.world.fediverse.statuses.values():
            self.written.setdefault(status.id, set()).update(_MARK.findall(status.text))
        self._history_is_complete(tickets, posts, steps)
        self._history_tells_what_happened(tickets, posts, history)
        self._states_follow_each_other(tickets, posts)
        await self._all_was_confirmed(posts)
        await self._nothing_is_wider(posts)
        await self._private_words_stay_where_they_are(tickets, posts)
        await self._nothing_is_out_twice(posts)
        await self._what_was_taken_back_is_gone()
        await self._forged_words_are_nobody_s()
        await self._nothing_broke()
        self._every_open_ticket_has_one_card(tickets)
        await self._due_is_what_is_promised(history)
        self.tickets, self.posts, self.steps = tickets, posts, steps

    def _history_is_complete(self, tickets: dict[int, Row], posts: dict[int, Row], steps: dict[int, int]) -> None:
        for number, ticket in tickets.items():
            before = self.tickets.get(number)
            shown = ("state", "claimant", "priority", "labels", "snoozed_until", "merged_into", "visibility", "reason")
            if before is None or any(before[key] != ticket[key] for key in shown):
                assert steps[number] > self.steps.get(number, 0), f"#{number} changed without a trace"
        for number, post in posts.items():
            earlier = self.posts.get(number)
            on_its_way = {"confirmed", "publishing"}
            if earlier is not None and {earlier["state"], post["state"]} <= on_its_way:
                continue
            if earlier is None or (earlier["state"], earlier["revision"]) != (post["state"], post["revision"]):
                owner = int(str(post["ticket"]))
                assert steps[owner] > self.steps.get(owner, 0), f"P{number} changed without a trace"

    def _history_tells_what_happened(
        self, tickets: dict[int, Row], posts: dict[int, Row], history: Sequence[Row]
    ) -> None:
        """Who, and what: not only that there is another line."""
        new = {
            number: [row for row in history if row["ticket"] == number][self.steps.get(number, 0) :]
            for number in tickets
        }
        for number, ticket in tickets.items():
            before = self.tickets.get(number)
            if before is None or before["state"] != ticket["state"]:
                taken = {row["step"] for row in new[number]}
                assert taken & STEP_TO[str(ticket["state"])], f"#{number} is {ticket['state']} after {taken}"
        for number, post in posts.items():
            earlier = self.posts.get(number)
            on_its_way = {"confirmed", "publishing"}
            if earlier is not None and {earlier["state"], post["state"]} <= on_its_way:
                continue
            if earlier is None or earlier["state"] != post["state"]:
                # A merge takes the posts along: what was withdrawn before is told where they were.
                of_post = [row for rows in new.values() for row in rows if row["post"] == number]
                taken = {row["step"] for row in (*of_post, *new[int(str(post["ticket"]))])}
                assert taken & STEP_OF_POST[str(post["state"])], f"P{number} is {post['state']} after {taken}"
        for row in history:
            assert row["actor"] or row["step"] not in DECIDED, f"nobody knows who has {row['step']}"
            assert row["actor"] != GUS, f"a guest has {row['step']}"
            assert row["actor"] != EVA or row["step"] == "proposed", f"an expert has {row['step']}"

    def _states_follow_each_other(self, tickets: dict[int, Row], posts: dict[int, Row]) -> None:
        for kind, now, before, allowed in (
            ("#", tickets, self.tickets, NEXT_TICKET),
            ("P", posts, self.posts, NEXT_POST),
        ):
            for number, row in now.items():
                old, new = before.get(number, row)["state"], row["state"]
                assert old == new or new in allowed[str(old)], f"{kind}{number}: {old} -> {new}"
        for number, ticket in tickets.items():
            assert ticket["state"] != "claimed" or ticket["claimant"], f"#{number} is claimed by nobody"
            assert ticket["state"] != "new" or not ticket["claimant"], f"#{number} is new and somebody's"

    async def _all_was_confirmed(self, posts: dict[int, Row]) -> None:
        fediverse = self.world.fediverse
        owner = {str(row["status_id"]): int(str(row["post"])) for row in await self.world.rows("published")}
        out = [(status, new.text) for status, new in fediverse.published.items()]
        for status, text in out:
            if status not in owner:
                continue  # the answer was lost, and it is being looked for
            self._was_confirmed(posts[owner[status]], text)
        changed = {str(row["id"]): row for row in posts.values() if row["kind"] == "edit"}
        for _status, new in fediverse.edits:
            assert any(self._is_confirmed(post, new.text) for post in changed.values()), new.text
        removals = [row for row in posts.values() if row["kind"] == "removal"]
        for _status in fediverse.deleted:
            assert any(self._is_confirmed(post, "") for post in removals)
        for post in posts.values():
            if post["state"] in ("confirmed", "publishing", "published"):
                edits = [row for row in changed.values() if row["target"] == post["id"] and row["state"] == "published"]
                text = str(post["text"])
                assert any(self._is_confirmed(one, text) for one in (post, *edits)), (
                    f"P{post['id']} unseen: {text[:100]}"
                )

    def _was_confirmed(self, post: Row, text: str) -> None:
        assert self._is_confirmed(post, text), f"P{post['id']} was published unseen: {text[:100]}"

    def _is_confirmed(self, post: Row, text: str) -> bool:
        marks = set(_MARK.findall(text)) if post["kind"] != "removal" else set[str]()
        return any(
            yes.post == post["id"]
            and marks <= yes.marks
            and yes.who == post["confirmed_by"]
            and (yes.who, yes.room) in MAY_PUBLISH
            and not (self.four_eyes and yes.who == post["author"])
            for yes in self.yes
        )

    async def _nothing_is_wider(self, posts: dict[int, Row]) -> None:
        published = self.world.fediverse.published
        for row in await self.world.rows("published"):
            asked_in = self.tickets.get(int(str(posts[int(str(row["post"]))]["ticket"])))
            new = published[StatusId(str(row["status_id"]))]
            if row["status_id"] not in self.seen_out and asked_in is not None and new.in_reply_to is None:
                # The question is gone: what is left of it is how private the ticket was.
                assert not new.visibility.wider_than(Visibility(str(asked_in["visibility"]))), new
            self.seen_out.add(row["status_id"])
        visibilities = {one.status.id: one.status.visibility for one in self.world.fediverse.notifications}
        # Of a numbered thread, each part answers the one before.
        visibilities |= {number: new.visibility for number, new in published.items()}
        for new in published.values():
            if new.in_reply_to is not None:
                assert not new.visibility.wider_than(visibilities[new.in_reply_to]), new

    async def _private_words_stay_where_they_are(self, tickets: dict[int, Row], posts: dict[int, Row]) -> None:
        private = self.readers  # what was put to a department stays read there, whatever becomes of the ticket
        asked = await self._asked_now()
        home = DIRECT if self.direct_room else TEAM
        of_ticket = {row["status_id"]: row["ticket"] for row in await self.world.rows("mentions")}
        for one in self.world.fediverse.notifications:
            status = self.world.fediverse.statuses.get(one.status.id, one.status)
            if status.visibility is Visibility.DIRECT:
                rooms = {home} | asked.get(of_ticket.get(status.id), set())
                # Also what it said in between: the desk learns of an edit later than it is made.
                said = self.worded.setdefault(status.id, set())
                said.update(_MARK.findall(status.text), _MARK.findall(one.status.text))
                for mark in said:
                    private[mark] = private.get(mark, set()) | rooms
        for post in posts.values():
            ticket = tickets[int(str(post["ticket"]))]
            if ticket["visibility"] == "direct":
                told = self.told.setdefault(post["target"] or post["id"], set())
                if post["target"] is None:
                    told.update({home}, asked.get(ticket["id"], set()))
                for mark in _MARK.findall(str(post["text"])):
                    private[mark] = private.get(mark, set()) | told
        for sent in self.world.rooms.sent.values():
            formatted = (str(getattr(one, "html", "")) for one in (sent.message, *sent.versions))
            for mark in _MARK.findall("\n".join((*sent.texts, *formatted))):
                readers = private.get(mark)
                assert readers is None or sent.room in readers, f"{mark} is private and in {sent.room}: {sent.text}"
        logged = [line for line in self.logged.lines if _MARK.search(line)]
        assert logged == []

    async def _asked_now(self) -> dict[object, set[RoomId]]:
        """The rooms that take part in each ticket, or did until a moment ago: what is written later is not for them."""
        asked: dict[object, set[RoomId]] = {}
        for row in await self.world.rows("escalations"):
            key = row["ticket"], row["department"]
            if row["ended_at"] is None or row["ended_at"] != self.ended.get(key):
                asked.setdefault(row["ticket"], set()).add(PLACES[str(row["department"])])
            self.ended[key] = row["ended_at"]
        return asked

    async def _what_was_taken_back_is_gone(self) -> None:
        """What citizens deleted stands in no room and in no table any more."""
        for sent in self.world.rooms.sent.values():
            if not sent.is_gone:
                assert not self.taken_back & set(_MARK.findall(sent.text)), sent.text
        for table in ("mentions", "effects", "ticket_words"):
            kept = set(_MARK.findall(str(await self.world.rows(table))))
            assert not self.taken_back & kept, f"{self.taken_back & kept} in {table}"

    async def _forged_words_are_nobody_s(self) -> None:
        """What somebody wrote in another's name stands in no table, and the bot says it nowhere."""
        for table in ("posts", "history", "remarks", "proposals", "effects", "asked"):
            kept = set(_MARK.findall(str(await self.world.rows(table))))
            assert not self.forged & kept, f"{self.forged & kept} in {table}"
        for sent in self.world.rooms.sent.values():
            assert not self.forged & set(_MARK.findall("\n".join(sent.texts))), sent.texts

    async def _nothing_is_out_twice(self, posts: dict[int, Row]) -> None:
        """What is out is known to be, but for what is just being looked for."""
        known = {row["status_id"] for row in await self.world.rows("published")}
        unknown = self.world.fediverse.published.keys() - known - set(self.world.fediverse.deleted)
        assert len(unknown) <= sum(post["state"] == "publishing" for post in posts.values()), unknown

    async def _nothing_broke(self) -> None:
        aside = [row for row in await self.world.rows("effects") if row["set_aside"]]
        assert aside == []
        for sent in self.world.rooms.sent.values():
            assert "reference" not in sent.text, sent.text

    async def _due_is_what_is_promised(self, history: Sequence[Row]) -> None:
        """However it came about: by the question, what is promised for such tickets, and interim replies."""
        for ticket in await self.world.database.read(reminding.all_open):
            afresh = self.world.desk.settings.promises.kept_for(ticket)
            assert ticket.promise.asked_at is not None
            assert ticket.promise.due_at is not None
            assert (ticket.promise.due_at, ticket.promise.resolve_by) == (
                afresh.promise.due_at,
                afresh.promise.resolve_by,
            ), ticket
        tickets = await self.world.rows("tickets")
        for row in tickets:
            told_by = _told_by(row, tickets)
            heard = [one["at"] for one in history if one["ticket"] in told_by and one["step"] in RESPONSES]
            assert row["first_response_at"] == (heard[0] if heard else None), row
            is_open = row["state"] in ("new", "claimed", "waiting")
            assert is_open or (row["asked_at"], row["due_at"], row["look_at"]) == (None, None, None), row

    def _every_open_ticket_has_one_card(self, tickets: dict[int, Row]) -> None:
        for number, ticket in tickets.items():
            if ticket["state"] in ("new", "claimed", "waiting"):
                cards = _cards(self.world, number, PLACES[str(ticket["place"])])
                assert len(cards) == 1, f"#{number} has {len(cards)} cards"


def _told_by(ticket: Row, tickets: Sequence[Row]) -> set[object]:
    """The tickets whose history tells the first response to this one: a merge can take the older question's along."""
    if ticket["merged_into"] is not None and ticket["first_due_at"] is None:
        return set()
    taken = [one for one in tickets if one["merged_into"] == ticket["id"] and one["first_due_at"] is None]
    return {ticket["id"]}.union(*(_told_by({**one, "merged_into": None}, tickets) for one in taken))


def _cards(world: World, number: int, room: RoomId) -> list[EventId]:
    return [
        one.event
        for one in world.rooms.shown(room)
        if isinstance(one.message, Message) and not one.message.notice and re.match(rf"#{number} \W", one.text)
    ]


ACTIONS: list[Callable[[Office], Awaitable[None]]] = [
    *[Office.somebody_commands] * 14,
    *[Office.somebody_works] * 16,
    *[Office.somebody_judges] * 6,
    *[Office.somebody_answers_a_question] * 2,
    *[Office.somebody_talks] * 2,
    *[Office.somebody_merges] * 2,
    *[Office.somebody_changes_what_is_out] * 3,
    Office.somebody_recalls,
    *[Office.a_citizen_writes] * 2,
    Office.somebody_taps,
    Office.somebody_edits,
    Office.somebody_edits,
    Office.somebody_redacts,
    *[Office.somebody_else_writes] * 3,
    Office.a_citizen_edits,
    Office.a_citizen_edits_unnoticed,
    Office.a_citizen_deletes,
    Office.time_passes,
    Office.the_server_does_not_answer,
    Office.the_process_dies,
]


@drill
def test_whatever_happens_in_whatever_order() -> None:
    tell_stories(Office, ACTIONS, OFTEN, stories=STORIES, length=LENGTH)
