"""The desk: everything that people and servers can have fedichat do. One method, one transaction."""

from collections.abc import Callable, Mapping

from fedichat.desk.asking import Asking
from fedichat.desk.base import Cause as Cause
from fedichat.desk.base import Rules as Rules
from fedichat.desk.citizens_media import HiddenMedia
from fedichat.desk.crisis import Crisis
from fedichat.desk.departments import Departments
from fedichat.desk.duty import Duty
from fedichat.desk.finding import Finding
from fedichat.desk.following import Following
from fedichat.desk.housekeeping import Housekeeping
from fedichat.desk.intake import Intake
from fedichat.desk.moderating import Moderating
from fedichat.desk.outgoing import Outgoing
from fedichat.desk.planned_out import PlannedOut
from fedichat.desk.publishing import Publishing
from fedichat.desk.reporting import Reporting
from fedichat.desk.room_keeping import RoomKeeping
from fedichat.desk.sorting import Sorting
from fedichat.desk.talk import Talk
from fedichat.desk.too_long import TooLong
from fedichat.desk.triage import Triage
from fedichat.desk.troubles import Troubles
from fedichat.desk.unheard import Unheard
from fedichat.desk.views import Views
from fedichat.ports import Clock, Fediverse
from fedichat.store.database import Database


class Desk(
    Intake,
    Following,
    Triage,
    Sorting,
    Departments,
    Crisis,
    PlannedOut,
    Publishing,
    TooLong,
    Unheard,
    Troubles,
    Outgoing,
    Talk,
    Moderating,
    HiddenMedia,
    Asking,
    Views,
    Finding,
    Reporting,
    Duty,
    RoomKeeping,
    Housekeeping,
):
    """The application service. It decides and records; `workers` carry out."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        rules: Rules,
        fediverses: Mapping[str, Fediverse],
        nudge: Callable[[], None],
    ) -> None:
        """`fediverses` by account name; `nudge` is called whenever there may be something to carry out."""
        super().__init__(database, clock, rules, nudge)
        self.fediverses = fediverses
