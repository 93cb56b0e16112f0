"""What happened to a ticket or a planned post: one entry for every step, with who and when."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from fedichat.domain.names import EventId, PostId, TicketId, UserId
from fedichat.domain.phrase import Field


class Step(StrEnum):
    """What can happen to a ticket or a planned post."""

    OPENED = "opened"
    FOLLOWED_UP = "followed_up"
    CLAIMED = "claimed"
    RELEASED = "released"
    IGNORED = "ignored"
    REOPENED = "reopened"
    NOTED = "noted"
    DRAFTED = "drafted"
    REVISED = "revised"
    CONFIRMED = "confirmed"
    UNCONFIRMED = "unconfirmed"
    WITHDRAWN = "withdrawn"
    OUTDATED = "outdated"
    PUBLISHED = "published"
    FAILED = "failed"
    INTERIM = "interim"
    EDITED = "edited"
    """A published post was changed."""
    REMOVED = "removed"
    """A published post was deleted from the server."""
    ESCALATED = "escalated"
    RECALLED = "recalled"
    PROPOSED = "proposed"
    ASSIGNED = "assigned"
    TAKEN_OVER = "taken_over"
    PRIORITIZED = "prioritized"
    LABELLED = "labelled"
    SNOOZED = "snoozed"
    WOKEN = "woken"
    MERGED = "merged"
    OVERDUE = "overdue"
    """What was promised was not kept in time."""
    QUESTION_EDITED = "question_edited"
    QUESTION_DELETED = "question_deleted"
    RESCHEDULED = "rescheduled"
    MISSED = "missed"
    """Its moment passed without it."""
    DELAYED = "delayed"
    UNHEARD = "unheard"
    """It could not go out at its moment, and is tried again."""
    PINNED = "pinned"
    TAKEN_AWAY = "taken_away"
    """Somebody took the message of ours that shows it out of its room."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One step of a ticket, or of a planned post, which has none. `actor` None: the citizen or the clock.

    `text` is what somebody wrote or chose, a note or a reason, and can be searched. `said` is what we say of the step
    ourselves, in the words of whichever room asks. `source` is the message that a note was made by, and follows.
    """

    ticket: TicketId | None
    at: datetime
    step: Step
    actor: UserId | None = None
    text: str = ""
    post: PostId | None = field(default=None)
    source: EventId | None = None
    said: Field | None = None


SHOWN_TO_DEPARTMENTS = frozenset(
    {
        Step.OPENED,
        Step.FOLLOWED_UP,
        Step.QUESTION_EDITED,
        Step.QUESTION_DELETED,
        Step.CLAIMED,
        Step.RELEASED,
        Step.ASSIGNED,
        Step.TAKEN_OVER,
        Step.ESCALATED,
        Step.RECALLED,
        Step.PROPOSED,
        Step.IGNORED,
        Step.REOPENED,
        Step.MERGED,
        Step.INTERIM,
        Step.PUBLISHED,
        Step.EDITED,
        Step.REMOVED,
    }
)
"""What a department's card and thread tell its people anyway. Notes, drafts and how the team sorts stay at home."""


def as_departments_see(entries: Iterable[Entry]) -> list[Entry]:
    """The steps that a department is shown: without what anybody wrote in them, a reason or another one's question."""
    return [replace(entry, text="") for entry in entries if entry.step in SHOWN_TO_DEPARTMENTS]
