"""The configuration as the program sees it: checked, complete, frozen. `config_loader` reads it from a file.

The keys are what an operator writes: config.example.yaml explains each, and a test holds the two together.
What spans several keys (one room in two roles, a password as well as a token) is checked by `config_checks`.
"""

from collections.abc import Iterator
from datetime import date, time, timedelta
from functools import cached_property
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr, SecretStr, model_validator

from fedichat.config.types import (
    AccountName,
    CommandName,
    CommandPrefix,
    Confirm,
    Confirmation,
    DatabasePath,
    Devices,
    Emoji,
    Folder,
    FromConfig,
    HandoverMoment,
    HolidaysCode,
    Keyword,
    Language,
    LanguageCode,
    MediaKind,
    OneOrMore,
    Percent,
    PlainDuration,
    Room,
    Secret,
    ServerName,
    ShownText,
    Spans,
    StreamingUrl,
    TimeOfDay,
    Url,
    UserId,
    WeekdayOrNever,
    WorkDuration,
    Zone,
)
from fedichat.domain.names import UserId as Person
from fedichat.domain.names import department_place
from fedichat.domain.roles import RoomKind, RoomRole
from fedichat.domain.tickets.mention import Visibility
from fedichat.domain.tickets.ticket import Priority
from fedichat.domain.time.calendar import Calendar, Span
from fedichat.domain.time.rota import Rotation
from fedichat.domain.time.sla import Policy, Promises
from fedichat.errors import Problem


class Section(BaseModel):
    """A group of keys: unknown ones are refused, values never change, and no error quotes them."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class RoomRef(Section):
    """A room, with the language spoken in it where that is not the office's."""

    room: Room = Field(examples=["“#team:example.org”"])
    language: Language | None = None


def _room_ref(value: object) -> object:
    return value if isinstance(value, dict | RoomRef) else {"room": value}


AnyRoomRef = Annotated[RoomRef, BeforeValidator(_room_ref)]


class Matrix(Section):
    """The bot's user on its homeserver. Either `password`, or `access_token` with its `device_id`."""

    homeserver: Url = Field(examples=["https://matrix.example.org"])
    user: UserId = Field(examples=["“@fedichat:example.org”"])
    password: Secret | None = None
    access_token: Secret | None = None
    device_id: ShownText | None = None
    device_name: ShownText = "fedichat"
    store: FromConfig = Field(default="matrix-store", validate_default=True)
    """The folder with the encryption keys, absolute."""
    trusted_servers: tuple[ServerName, ...] = ()
    """As configured; `Config.trusted_servers` is what counts."""
    devices: Devices = "signed"
    """From which devices commands are taken in encrypted rooms: those that their owner has cross-signed, or all."""
    confirm: Confirmation = "tap"
    """Whether a ✅ lets something out, or only a message does that says so."""


class AccountRooms(Section):
    """Where an account's mentions are shown; `direct` for those that only the account may read."""

    team: AnyRoomRef = Field(examples=["“#team:example.org”"])
    direct: AnyRoomRef | None = None


class Account(Section):
    """A fediverse account at a server that speaks the Mastodon API."""

    instance: Url = Field(examples=["https://social.example.org"])
    access_token: Secret = Field(examples=["${FEDICHAT_TOKEN}, or access_token_file with a file's name"])
    streaming: StreamingUrl | None = None
    """The host beside the instance that may have the token, where the instance announces its stream there."""
    poll_seconds: float = Field(default=60, ge=1, le=3600)
    rooms: AccountRooms = Field(examples=["{team: “#team:example.org”}"])

    @model_validator(mode="after")
    def _streams_as_safely(self) -> Self:
        if self.streaming and self.instance.startswith("https:") and not self.streaming.startswith("wss:"):
            raise ValueError("streaming must begin with wss://, because the instance is reached by https")
        return self


class Department(Section):
    """Experts who are asked for their knowledge."""

    room: AnyRoomRef = Field(examples=["“#krypto:example.org”"])
    name: ShownText = Field(examples=["Referat Kryptografie"])
    keywords: tuple[Keyword, ...] = ()
    answer_within: WorkDuration | None = None


class Supervisors(Section):
    """Those who read the digest and may halt everything."""

    room: AnyRoomRef = Field(examples=["“#leitung:example.org”"])


class FourEyes(Section):
    """What a second person has to confirm."""

    answers: bool = False
    planned: bool = True


class Publishing(Section):
    """How a text becomes public."""

    confirm: Confirm = "always"
    undo_seconds: int = Field(default=10, ge=0, le=600)
    four_eyes: FourEyes = FourEyes()
    grace: PlainDuration = timedelta(minutes=15)
    """How long after its time a planned post still goes out by itself; later the room is asked."""
    require_alt_text: bool = True
    interim_texts: dict[LanguageCode, ShownText] = {}
    """What an interim reply says where no text is given, by the language of the question."""


class SlaPolicy(Section):
    """What is promised for the tickets for which every condition holds. What is left out is as in `sla`."""

    account: Annotated[frozenset[AccountName], OneOrMore] = frozenset()
    priority: Annotated[frozenset[Priority], OneOrMore] = frozenset()
    label: Annotated[frozenset[Keyword], OneOrMore] = frozenset()
    visibility: Annotated[frozenset[Visibility], OneOrMore] = frozenset()
    first_response: WorkDuration | None = None
    resolution: WorkDuration | None = None
    interim_extends: WorkDuration | None = None
    remind_at: tuple[Percent, ...] | None = None
    offer_interim_at: Percent | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not (self.account or self.priority or self.label or self.visibility):
            raise ValueError("needs account, priority, label or visibility: what holds for all stands in sla itself")
        return self._ascending()

    def _ascending(self) -> Self:
        if list(self.remind_at or ()) != sorted(set(self.remind_at or ())):
            raise ValueError("remind_at must go upwards, such as [50%, 80%]")
        return self


class Sla(Section):
    """What the office promises. `remind_at` are percents of the time, ascending."""

    first_response: WorkDuration = Field(examples=["2 working days"])
    resolution: WorkDuration | None = None
    interim_extends: WorkDuration | None = None
    remind_at: tuple[Percent, ...] = (50, 80)
    offer_interim_at: Percent = 90
    forgotten_after: WorkDuration | None = None
    policies: tuple[SlaPolicy, ...] = ()

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        if list(self.remind_at) != sorted(set(self.remind_at)):
            raise ValueError("remind_at must go upwards, such as [50%, 80%]")
        return self

    def all_policies(self) -> tuple[Policy, ...]:
        """In the order in which they are tried; the last one covers all."""
        return (*map(self._policy, self.policies), self._policy(None))

    def _policy(self, one: SlaPolicy | None) -> Policy:
        return Policy(
            first_response=(one and one.first_response) or self.first_response,
            resolution=(one and one.resolution) or self.resolution,
            interim_extends=(one and one.interim_extends) or self.interim_extends,
            remind_at=self.remind_at if one is None or one.remind_at is None else one.remind_at,
            offer_interim_at=(one and one.offer_interim_at) or self.offer_interim_at,
            accounts=one.account if one else frozenset(),
            priorities=one.priority if one else frozenset(),
            labels=one.label if one else frozenset(),
            visibilities=one.visibility if one else frozenset(),
        )


class WorkingHours(Section):
    """When the office is open, in its zone; a day that is left out is closed."""

    mon: Spans = ()
    tue: Spans = ()
    wed: Spans = ()
    thu: Spans = ()
    fri: Spans = ()
    sat: Spans = ()
    sun: Spans = ()
    holidays: HolidaysCode | None = None
    days_off: frozenset[date] = frozenset()
    half_days: dict[date, Spans] = {}
    """Days with hours of their own, whatever they would have otherwise."""

    @model_validator(mode="after")
    def _opens(self) -> Self:
        if not any(self.week):
            raise ValueError("needs hours on at least one day of the week, such as mon: “08:00-16:30”")
        if both := sorted(self.days_off & set(self.half_days)):
            raise ValueError(f"{both[0]} stands in both days_off and half_days; keep one of them")
        return self

    @property
    def week(self) -> tuple[Spans, ...]:
        """Monday to Sunday."""
        return (self.mon, self.tue, self.wed, self.thu, self.fri, self.sat, self.sun)


_NINE_TO_FIVE = (Span(time(9), time(17)),)
_USUAL_HOURS = WorkingHours(
    mon=_NINE_TO_FIVE, tue=_NINE_TO_FIVE, wed=_NINE_TO_FIVE, thu=_NINE_TO_FIVE, fri=_NINE_TO_FIVE
)
"""Where none are configured."""


class Digest(Section):
    """The supervisors' summary of each working day; `weekly` says on which day the one of the week comes."""

    at: TimeOfDay = time(8, 30)
    weekly: WeekdayOrNever = Field(default="mon", validate_default=True)
    monthly: bool = True
    by_person: bool = False
    chart: bool = True


class Duty(Section):
    """Who is on duty, week by week, in this order."""

    rotation: tuple[UserId, ...] = Field(min_length=1, examples=["[“@ana:example.org”, “@ben:example.org”]"])
    handover: HandoverMoment = Field(default="mon 09:00", validate_default=True)
    since: date | None = None
    """A day of the week that is the first one's; without it weeks are counted from Monday, 1 January 2024."""
    ics: FromConfig | None = None
    """A calendar's file with shifts, which count in place of the rotation; absolute."""


class Retention(Section):
    """How long things are kept. Texts go first; the history without them may stay longer."""

    text_days: int = Field(default=90, ge=1, le=36_525)
    history_days: int = Field(default=730, ge=1, le=36_525)


class User(Section):
    """What a person may not do though their room would allow it, or may do though it would not.

    Names of commands, or of rights (read, propose, triage, consult, answer, publish, roster), which stand for all their
    commands.
    """

    deny: frozenset[CommandName] = frozenset()
    allow: frozenset[CommandName] = frozenset()


class Media(Section):
    """Which of the citizens' media are shown in the rooms: those of these kinds that are not larger than that."""

    show: tuple[MediaKind, ...] = ("image",)
    max_megabytes: int = Field(default=10, ge=1, le=200)
    show_sensitive: bool = False


class Recheck(Section):
    """How often it is looked whether what a citizen wrote still stands; closed tickets for that long."""

    every: PlainDuration = timedelta(minutes=10)
    closed_for: PlainDuration = timedelta(days=7)


class Commands(Section):
    """How commands are written, and where more of them are."""

    prefix: CommandPrefix = "!"
    extra: tuple[Folder, ...] = ()
    """Folders with an office's own commands, absolute."""
    max_age: PlainDuration = timedelta(hours=1)
    """Commands given longer ago than this, while the bot was away, are not carried out."""


class Config(Section):
    """All of it. Made by `config_loader.load_config` or `config_loader.config_from`."""

    language: Language = "en"
    timezone: Zone = ZoneInfo("UTC")
    database: DatabasePath = Field(default="fedichat.db", validate_default=True)
    """The database's file, absolute."""
    matrix: Matrix = Field(examples=["homeserver, user, password"])
    accounts: dict[AccountName, Account] = Field(min_length=1, examples=["bsi, with instance, access_token, rooms"])
    departments: dict[AccountName, Department] = {}
    supervisors: Supervisors | None = Field(default=None, examples=["{room: “#leitung:example.org”}"])
    publishing: Publishing = Publishing()
    sla: Sla | None = None
    working_hours: WorkingHours | None = None
    digest: Digest | None = None
    duty: Duty | None = None
    media: Media = Media()
    recheck: Recheck = Recheck()
    retention: Retention = Retention()
    users: dict[UserId, User] = {}
    commands: Commands = Commands()
    reactions: dict[Emoji, CommandName] = {"👀": "claim", "🙈": "ignore", "🆘": "escalate", "🔔": "snooze"}

    _warnings: tuple[Problem, ...] = PrivateAttr(default=())

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """What works but deserves a look; the loader finds it."""
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
        """The homeservers whose users may give commands: as configured, else the bot's own."""
        return frozenset(self.matrix.trusted_servers or [self.matrix.user.partition(":")[2]])

    @cached_property
    def calendar(self) -> Calendar:
        """When the office is open: as configured, else Monday to Friday from nine to five, holidays or not."""
        hours = self.working_hours or _USUAL_HOURS
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
        """The weekly rotation; None where there is no rota."""
        duty = self.duty
        return Rotation(tuple(map(Person, duty.rotation)), duty.handover, self.timezone, duty.since) if duty else None

    def rooms(self) -> tuple[RoomRole, ...]:
        """Every configured room with its role, in the file's order."""
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
        """Every secret, for whoever has to keep them out of something."""
        tokens = [account.access_token for account in self.accounts.values()]
        return tuple(secret for secret in (self.matrix.password, self.matrix.access_token, *tokens) if secret)
