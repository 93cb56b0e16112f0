"""The figures of a period: what came, what became of it, how soon, and what is left."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from fedichat.domain.names import Place, PostId, TicketId, UserId
from fedichat.domain.posts.post import PostState
from fedichat.domain.tickets.ticket import TicketState
from fedichat.domain.time.period import Period


@dataclass(frozen=True, slots=True)
class Scope:
    """Which tickets are counted: all, or those that were put to a department, or that have a label."""

    department: Place | None = None
    label: str | None = None

    @property
    def is_all(self) -> bool:
        """Whether nothing is left out."""
        return self.department is None and self.label is None


@dataclass(frozen=True, slots=True)
class Kept:
    """How many promises were kept and broken.

    A promise counts once: when the first response came, if that was in time, else when it was due.
    """

    in_time: int = 0
    late: int = 0

    @property
    def total(self) -> int:
        """How many there were to be kept."""
        return self.in_time + self.late

    @property
    def percent(self) -> int | None:
        """The share that was kept, rounded down: 100 says that it was all of them. None where there was none."""
        return self.in_time * 100 // self.total if self.total else None


@dataclass(frozen=True, slots=True)
class Responses:
    """How long the citizens waited for the first response, in working time; over those given in the period."""

    count: int = 0
    median: timedelta | None = None
    ninetieth: timedelta | None = None
    """Nine of ten were given within that time."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What is open now; `due_today` has what falls due today and is not overdue yet."""

    open: int = 0
    overdue: int = 0
    due_today: int = 0


@dataclass(frozen=True, slots=True)
class Reason:
    """How many tickets were ignored for a reason. It is empty where none was given, or none is kept any more."""

    text: str
    count: int
    is_private: bool = False
    """Of direct messages, whatever the reasons were."""


@dataclass(frozen=True, slots=True)
class DepartmentFigures:
    """The same for the tickets that were put to one department."""

    place: Place
    received: int = 0
    answered: int = 0
    open: int = 0
    overdue: int = 0
    kept: Kept = Kept()


@dataclass(frozen=True, slots=True)
class PersonFigures:
    """How many answers and interim replies of a colleague went out."""

    user: UserId
    answers: int = 0
    interims: int = 0


@dataclass(frozen=True, slots=True)
class OldTicket:
    """An open ticket that has waited for long. `is_private`: nothing but its number is for others' eyes."""

    id: TicketId
    place: Place
    state: TicketState
    asked_at: datetime
    due_at: datetime | None
    is_private: bool
    claimant: UserId | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """A post that is planned for today, and where it stands."""

    post: PostId
    account: str
    due_at: datetime
    state: PostState = PostState.CONFIRMED


@dataclass(frozen=True, slots=True)
class Trouble:
    """What could not be said or published: `held` waits for a server, lane by lane; `failed` never will be.

    `missed` are planned posts whose time passed without them, for which somebody is to decide. `frozen_since`: nothing
    planned goes out, because `frozen_by` said so.
    """

    held: tuple[tuple[str, int], ...] = ()
    failed: int = 0
    failed_posts: tuple[PostId, ...] = ()
    missed: tuple[PostId, ...] = ()
    frozen_since: datetime | None = None
    frozen_by: UserId | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """All of them. `people` is empty where the office does not count by person."""

    period: Period
    received: int = 0
    answered: int = 0
    interims: int = 0
    ignored: tuple[Reason, ...] = ()
    kept: Kept = Kept()
    responses: Responses = Responses()
    standing: Standing = Standing()
    departments: tuple[DepartmentFigures, ...] = ()
    people: tuple[PersonFigures, ...] = ()

    @property
    def ignored_count(self) -> int:
        """How many were ignored, for whatever reason."""
        return sum(reason.count for reason in self.ignored)


@dataclass(frozen=True, slots=True)
class Day:
    """What became of promises on a working day, and on the days off before the next one."""

    day: date
    kept: Kept = Kept()
    unpromised: int = 0
    """First responses to what nothing was promised for."""
    ignored: int = 0


def median_places(count: int) -> tuple[int, int]:
    """Between which two values of so many, sorted, the median is: their places, counted from 1; it may be one."""
    return (count + 1) // 2, count // 2 + 1


def ninetieth_place(count: int) -> int:
    """Where the value is that nine of ten do not exceed, counted from 1: the nearest rank."""
    return (count * 9 + 9) // 10


def by_reason(counted: Iterable[tuple[str, int]], private: int) -> tuple[Reason, ...]:
    """What was ignored, by reason: spelled alike but for case and spaces is the same; the most frequent first.

    `private` counts direct messages, whose reasons are nobody else's business.
    """
    counts: dict[str, int] = {}
    spelled: dict[str, str] = {}
    for text, count in counted:
        shown = " ".join(text.split())
        key = shown.casefold()
        counts[key] = counts.get(key, 0) + count
        spelled.setdefault(key, shown)
    reasons = [Reason(spelled[key], count) for key, count in counts.items()]
    reasons.sort(key=lambda reason: (not reason.text, -reason.count, reason.text.casefold()))
    return (*reasons, *((Reason("", private, is_private=True),) if private else ()))


def spelled(reasons: Sequence[Reason], shown: int) -> tuple[tuple[Reason, ...], int]:
    """The first so many reasons, and how many tickets were ignored for others; what has no words is not left out."""
    worded = [reason for reason in reasons if reason.text]
    rest = [reason for reason in reasons if not reason.text]
    others = sum(reason.count for reason in worded[shown:])
    return (*worded[:shown], *rest), others
