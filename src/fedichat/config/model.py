"""The whole configuration as the program sees it: checked, complete, frozen. `loading` reads it from a file.

The keys are what an operator writes: config.example.yaml explains each one, and a test holds the two together. Rules
that span several keys (one room in two roles, a password as well as a token) are in `consistency`.
"""

from collections.abc import Iterator
from datetime import time, timedelta
from functools import cached_property
from typing import Self
from zoneinfo import ZoneInfo

from pydantic import Field, PrivateAttr, SecretStr

from fedichat.config.people import Department, Duty, Supervisors, User
from fedichat.config.promises import USUAL_HOURS, Sla, WorkingHours
from fedichat.config.section import RoomRef, Section
from fedichat.config.servers import Account, Matrix, Media, Recheck
from fedichat.config.types import (
    AlwaysConfirm,
    CommandName,
    CommandPrefix,
    DatabasePath,
    Emoji,
    ExistingFolder,
    LanguageCode,
    OfficeLanguage,
    PlainDuration,
    ShortName,
    ShownText,
    TimeOfDay,
    UserId,
    WeekdayOrNever,
    Zone,
)
from fedichat.domain.names import department_place
from fedichat.domain.roles import RoomKind, RoomRole
from fedichat.domain.time.calendar import Calendar
from fedichat.domain.time.rota import Rotation
from fedichat.domain.time.sla import Promises
from fedichat.errors import Problem


class FourEyes(Section):
    """What a second person must confirm."""

    answers: bool = False
    planned: bool = True


class Publishing(Section):
    """How texts are published."""

    confirm: AlwaysConfirm = "always"
    undo_seconds: int = Field(default=10, ge=0, le=600)
    four_eyes: FourEyes = FourEyes()
    grace: PlainDuration = timedelta(minutes=15)
    """How late a planned post still goes out by itself; later than that, the room is asked."""
    require_alt_text: bool = True
    interim_texts: dict[LanguageCode, ShownText] = Field(default={})
    """What an interim reply says if no text is given, by the language of the question."""


class Digest(Section):
    """The supervisors' summary of each working day; `weekly` is the day on which the week's summary comes."""

    at: TimeOfDay = time(8, 30)
    weekly: WeekdayOrNever = Field(default="mon", validate_default=True)
    monthly: bool = True
    by_person: bool = False
    chart: bool = True


class Retention(Section):
    """How long things are kept. Texts are deleted first; the history without them may be kept longer."""

    text_days: int = Field(default=90, ge=1, le=36_525)
    history_days: int = Field(default=730, ge=1, le=36_525)


class Commands(Section):
    """How commands are written, and where the office's own ones are."""

    prefix: CommandPrefix = "!"
    extra: tuple[ExistingFolder, ...] = ()
    """Folders with the office's own commands, absolute."""
    max_age: PlainDuration = timedelta(hours=1)
    """Commands that were given longer ago than this, while the bot was away, are not carried out."""


class Config(Section):
    """All of it. Made by `loading.load_config` or `loading.config_from`."""

    language: OfficeLanguage = "en"
    timezone: Zone = ZoneInfo("UTC")
    database: DatabasePath = Field(default="fedichat.db", validate_default=True)
    """The database's file, absolute."""
    matrix: Matrix = Field(examples=["homeserver, user, password"])
    accounts: dict[ShortName, Account] = Field(min_length=1, examples=["bsi, with instance, access_token, rooms"])
    departments: dict[ShortName, Department] = Field(default={})
    supervisors: Supervisors | None = Field(default=None, examples=["{room: “#leitung:example.org”}"])
    publishing: Publishing = Publishing()
    sla: Sla | None = None
    working_hours: WorkingHours | None = None
    digest: Digest | None = None
    duty: Duty | None = None
    media: Media = Media()
    recheck: Recheck = Recheck()
    retention: Retention = Retention()
    users: dict[UserId, User] = Field(default={})
    commands: Commands = Commands()
    reactions: dict[Emoji, CommandName] | None = None
    """None: as the commands declare."""

    _warnings: tuple[Problem, ...] = PrivateAttr(default=())

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """What works but is probably not intended; `loading` finds it."""
        return self._warnings

    def with_warnings(self, warnings: tuple[Problem, ...]) -> Self:
        """The same with these warnings."""
        copy = self.model_copy()
        copy._warnings = warnings  # noqa: SLF001 - our own copy
        return copy

    @property
    def database_url(self) -> str:
        """The database as an SQLAlchemy URL with an asyncio driver."""
        return f"sqlite+aiosqlite:///{self.database}"

    @property
    def trusted_servers(self) -> frozenset[str]:
        """The homeservers whose users may give commands: those configured, or else the bot's own."""
        return frozenset(self.matrix.trusted_servers or [self.matrix.user.partition(":")[2]])

    @cached_property
    def calendar(self) -> Calendar:
        """When the office is open: as configured, or else Monday to Friday from nine to five, holidays included."""
        hours = self.working_hours or USUAL_HOURS
        return Calendar(self.timezone, hours.week, hours.holidays, hours.days_off, hours.half_days)

    def promises(self) -> Promises:
        """What the office promises."""
        return Promises(
            calendar=self.calendar,
            policies=self.sla.all_policies() if self.sla else (),
            departments={
                department_place(name): one.answer_within
                for name, one in self.departments.items()
                if one.answer_within is not None
            },
            forgotten_after=self.sla.forgotten_after if self.sla else None,
            supervised=self.supervisors is not None,
        )

    @property
    def rotation(self) -> Rotation | None:
        """The weekly rotation; None if there is no rota."""
        duty = self.duty
        return Rotation(duty.rotation, duty.handover, self.timezone, duty.since) if duty else None

    def rooms(self) -> tuple[RoomRole, ...]:
        """Every configured room with its role, in the order of the file."""
        return tuple(self._rooms())

    def _rooms(self) -> Iterator[RoomRole]:
        for name, account in self.accounts.items():
            yield self._role(RoomKind.TEAM, account.rooms.team, account=name)
            if account.rooms.direct:
                yield self._role(RoomKind.DIRECT, account.rooms.direct, account=name)
        for name, department in self.departments.items():
            yield self._role(RoomKind.DEPARTMENT, department.room, department=name)
        if self.supervisors:
            yield self._role(RoomKind.SUPERVISORS, self.supervisors.room)

    def _role(
        self, kind: RoomKind, ref: RoomRef, account: str | None = None, department: str | None = None
    ) -> RoomRole:
        return RoomRole(kind, ref.room, account, department, ref.language or self.language)

    def secrets(self) -> tuple[SecretStr, ...]:
        """Every secret, to keep them out of logs and messages."""
        tokens = [account.access_token for account in self.accounts.values()]
        return tuple(secret for secret in (self.matrix.password, self.matrix.access_token, *tokens) if secret)
