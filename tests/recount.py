"""The figures of a period counted once more: slowly, from an export's files alone, with nothing of the program's."""

import csv
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

Line = Mapping[str, str]


@dataclass(frozen=True)
class Hours:
    """When the office is open: the same hours from Monday to Friday, but for these days."""

    zone: ZoneInfo
    opens: time
    closes: time
    closed: frozenset[date] = frozenset()

    def seconds_between(self, start: datetime, end: datetime) -> int:
        """The opening time between two moments, day by day."""
        total = 0.0
        day = start.astimezone(self.zone).date()
        while day <= end.astimezone(self.zone).date():
            if day.weekday() < 5 and day not in self.closed:
                opens = datetime.combine(day, self.opens, self.zone).astimezone(UTC)
                closes = datetime.combine(day, self.closes, self.zone).astimezone(UTC)
                total += max(0.0, (min(end, closes) - max(start, opens)).total_seconds())
            day += timedelta(days=1)
        return int(total)


@dataclass(frozen=True)
class Files:
    """What an export as CSV holds."""

    tickets: Sequence[Line]
    steps: Sequence[Line]
    posts: Sequence[Line]
    hours: Hours

    @classmethod
    def read(cls, folder: Path, hours: Hours) -> "Files":
        tickets, steps, posts = (list(_lines(folder / f"{name}.csv")) for name in ("tickets", "steps", "posts"))
        return cls(tickets, steps, posts, hours)

    def figures(
        self, start: date, end: date, now: datetime, *, department: str = "", label: str = ""
    ) -> dict[str, object]:
        """All figures of the days from `start` up to `end` without it."""
        begin, over = self._midnight(start), self._midnight(end)
        today = now.astimezone(self.hours.zone).date()
        mine = {
            one["number"]: one
            for one in self.tickets
            if (not department or department in one["departments"].split())
            and (not label or label in one["labels"].split())
        }

        def within(text: str) -> bool:
            return bool(text) and begin <= datetime.fromisoformat(text) < over

        steps = [one for one in self.steps if one["ticket"] in mine and within(one["at"])]
        ignored = [one for one in steps if one["step"] == "ignored"]
        private = [one for one in ignored if mine[one["ticket"]]["visibility"] == "direct"]
        waits = sorted(
            self.hours.seconds_between(_moment(one["opened_at"]), _moment(one["first_response_at"]))
            for one in mine.values()
            if within(one["first_response_at"])
        )
        still = [one for one in mine.values() if one["state"] in {"new", "claimed", "waiting"}]
        due = [_moment(one["due_at"]) for one in still if one["due_at"]]
        return {
            "received": sum(within(one["opened_at"]) for one in mine.values()),
            "answered": len({one["ticket"] for one in steps if one["step"] == "published"}),
            "interims": sum(one["step"] == "interim" for one in steps),
            "ignored": Counter(_plain(one["reason"]) for one in ignored if one not in private),
            "ignored in private": len(private),
            "in time": sum(within(one["first_response_at"]) and _in_time(one) for one in mine.values()),
            "late": sum(within(one["first_due_at"]) and self._broken(one, now) for one in mine.values()),
            "responses": len(waits),
            "median": _median(waits),
            "ninetieth": _ninetieth(waits),
            "open": len(still),
            "overdue": sum(at <= now for at in due),
            "due today": sum(now < at < self._midnight(today + timedelta(days=1)) for at in due),
        }

    def people(self, start: date, end: date) -> dict[str, tuple[int, int]]:
        """The answers and interim replies of each colleague."""
        authors = {one["number"]: one["author"] for one in self.posts}
        found: dict[str, list[int]] = {}
        for one in self.steps:
            is_response = one["ticket"] and one["step"] in {"published", "interim"}
            if is_response and self._within(one["at"], start, end):
                counts = found.setdefault(authors[one["post"]], [0, 0])
                counts[one["step"] == "interim"] += 1
        return {person: (answers, interims) for person, (answers, interims) in found.items()}

    def oldest(self, count: int) -> list[int]:
        """The open tickets that have waited longest."""
        still = [one for one in self.tickets if one["state"] in {"new", "claimed", "waiting"}]
        still.sort(key=lambda one: (_moment(one["asked_at"] or one["opened_at"]), int(one["number"])))
        return [int(one["number"]) for one in still[:count]]

    def _broken(self, one: Line, now: datetime) -> bool:
        """Whether what was promised by then had not happened, and the ticket was still there."""
        promised = _moment(one["first_due_at"])
        if promised > now or _in_time(one):
            return False
        if one["first_response_at"]:
            return True
        ends = {"ignored": {"ignored"}, "closed": {"merged", "question_deleted"}}.get(one["state"], set())
        happened = [step for step in self.steps if step["ticket"] == one["number"] and step["step"] in ends]
        return not happened or _moment(happened[-1]["at"]) > promised

    def _within(self, text: str, start: date, end: date) -> bool:
        return self._midnight(start) <= _moment(text) < self._midnight(end)

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.hours.zone).astimezone(UTC)


def _lines(file: Path) -> Iterator[Line]:
    with file.open(encoding="utf-8", newline="") as read:
        for line in csv.DictReader(read):
            # An apostrophe keeps spreadsheets from taking a text for a formula.
            yield {name: value.removeprefix("'") for name, value in line.items()}


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _in_time(one: Line) -> bool:
    responded, promised = one["first_response_at"], one["first_due_at"]
    return bool(responded and promised) and _moment(responded) <= _moment(promised)


def _plain(reason: str) -> str:
    return " ".join(reason.split()).casefold()


def _median(waits: Sequence[int]) -> float | None:
    if not waits:
        return None
    middle = len(waits) // 2
    return waits[middle] if len(waits) % 2 else (waits[middle - 1] + waits[middle]) / 2


def _ninetieth(waits: Sequence[int]) -> int | None:
    """The smallest of the waits that at least nine of ten do not exceed."""
    return next((wait for wait in waits if 10 * sum(other <= wait for other in waits) >= 9 * len(waits)), None)
