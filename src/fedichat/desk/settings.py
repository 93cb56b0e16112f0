"""What the office has decided, as far as the desk depends on it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import time, timedelta
from zoneinfo import ZoneInfo

from fedichat.domain.names import (
    Place,
)
from fedichat.domain.posts.post import Post, PostKind
from fedichat.domain.reporting import Reporting
from fedichat.domain.tickets.media import Mirroring
from fedichat.domain.time.calendar import Calendar, Span
from fedichat.domain.time.rota import Rotation
from fedichat.domain.time.sla import Promises

UTC = ZoneInfo("UTC")

NINE_TO_FIVE = Calendar(UTC, (*((Span(time(9), time(17)),) for _ in range(5)), (), ()))

NO_PROMISES = Promises(NINE_TO_FIVE)


@dataclass(frozen=True, slots=True)
class Settings:
    """What the office has decided, as far as the desk's decisions depend on it. Durations in days and seconds."""

    accounts: tuple[str, ...] = ()
    places: frozenset[Place] = frozenset()
    """The rooms that are configured."""
    direct_rooms: frozenset[str] = frozenset()
    """The accounts that have a room of their own for direct mentions."""
    departments: Mapping[str, str] = field(default_factory=dict[str, str])
    """The departments' names for people, by their names in the configuration."""
    keywords: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    """The words that suggest a department, by its name in the configuration."""
    interim_texts: Mapping[str, str] = field(default_factory=dict[str, str])
    """What an interim reply says where no text is given, by language."""
    four_eyes: bool = False
    """Whether an answer must be confirmed by somebody other than its author."""
    four_eyes_planned: bool = True
    """The same for what is planned."""
    typed: bool = False
    """Whether only a message lets something out, and no tap."""
    grace: timedelta = timedelta(minutes=15)
    """How long after its time a planned post still goes out by itself."""
    require_alt_text: bool = True
    mirrored_media: frozenset[str] = frozenset({"image"})
    """The kinds of citizens' media that are shown in the rooms."""
    shows_sensitive: bool = False
    """Whether those that are marked as sensitive are shown without anybody asking for them."""
    recheck_every: timedelta = timedelta(minutes=10)
    """How often it is looked whether a citizen's status still stands as it was."""
    recheck_closed_for: timedelta = timedelta(days=7)
    """How long after it was closed a ticket's statuses are looked at."""
    reporting: Reporting | None = None
    """When the supervisors' digests come; None where none do."""
    by_person: bool = False
    """Whether the digest counts by colleague."""
    chart: bool = True
    """Whether there is a picture with the digest."""
    calendar: Calendar = NINE_TO_FIVE
    """When the office is open."""
    duty: Rotation | None = None
    """Who has the duty, week by week; None where nobody has."""
    duty_has_file: bool = False
    """Whether a calendar's file says who has the duty, too."""
    has_supervisors: bool = False
    promises: Promises = NO_PROMISES
    """By when citizens hear something, and who is reminded of it."""
    language: str = "en"
    """The language in which the office publishes where nothing else is said. What is said in rooms is in theirs."""
    zone: ZoneInfo = UTC
    undo_seconds: float = 10
    text_days: int = 90
    history_days: int = 730

    @property
    def mirroring(self) -> Mirroring:
        """What is shown of citizens' media in the rooms."""
        return Mirroring(self.mirrored_media, self.shows_sensitive)

    def needs_four_eyes(self, post: Post, target: Post | None) -> bool:
        """Whether somebody other than its author must confirm the post: a warning always, and new words for one.

        `target` is the published post that an edit or a removal is about. Taking a warning back is as with other posts.
        """
        is_new_warning = target is not None and target.kind is PostKind.CRISIS and post.kind is PostKind.EDIT
        if post.kind is PostKind.CRISIS or is_new_warning:
            return True
        return self.four_eyes_planned if post.ticket is None else self.four_eyes
