"""Rooms are roles: what a room is for, and so what may be done by speaking in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from fedichat.domain.names import Place


class RoomKind(StrEnum):
    """What a room is for."""

    TEAM = "team"
    """An account's communications staff: triage, answer, plan, publish."""
    DIRECT = "direct"
    """The same for an account's direct-visibility mentions, which appear nowhere else."""
    DEPARTMENT = "department"
    """A department's experts: read what is put to them, discuss, propose; never publish."""
    SUPERVISORS = "supervisors"
    """All that a team may do, and freezing, reports, export, roster."""


@dataclass(frozen=True, slots=True)
class RoomRole:
    """One configured room. `given` is the alias or id as configured, `language` is `en` or `de`.

    `account` is set for team and direct rooms, `department` for department rooms.
    """

    kind: RoomKind
    given: str
    account: str | None = None
    department: str | None = None
    language: str = "en"

    @property
    def place(self) -> Place:
        """How everything that is recorded addresses the room."""
        owner = self.account or self.department
        return Place(f"{self.kind.value}/{owner}" if owner else self.kind.value)


class Right(StrEnum):
    """What a room's people may do, and what the configuration may deny to, or allow, one of them."""

    READ = "read"
    PROPOSE = "propose"
    TRIAGE = "triage"
    CONSULT = "consult"
    ANSWER = "answer"
    PUBLISH = "publish"
    PLAN = "plan"
    FREEZE = "freeze"
    REPORT = "report"
    ROSTER = "roster"


ALL_RIGHTS = frozenset(Right)
SUPERVISORS_OWN = frozenset({Right.REPORT, Right.ROSTER})
"""What only supervisors may do, not a team."""

RIGHTS_OF: Mapping[RoomKind, frozenset[Right]] = {
    RoomKind.TEAM: ALL_RIGHTS - SUPERVISORS_OWN,
    RoomKind.DIRECT: ALL_RIGHTS - SUPERVISORS_OWN,
    RoomKind.SUPERVISORS: ALL_RIGHTS,
    RoomKind.DEPARTMENT: frozenset({Right.READ, Right.PROPOSE}),
}
