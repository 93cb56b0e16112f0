"""What happened to a ticket: one entry for every step, with who and when."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from fedichat.domain.names import PostId, TicketId, UserId


class Step(StrEnum):
    """What can happen to a ticket."""

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


@dataclass(frozen=True, slots=True)
class Entry:
    """One step of a ticket. `actor` None: the citizen or the clock. `text` is a note or a reason, if any."""

    ticket: TicketId
    at: datetime
    step: Step
    actor: UserId | None = None
    text: str = ""
    post: PostId | None = field(default=None)
