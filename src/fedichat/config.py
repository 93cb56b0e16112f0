"""The configuration as the program sees it: checked, complete, frozen. `config_loader` reads it from a file.

The keys are what an operator writes: config.example.yaml explains each, and a test holds the two together.
What spans several keys (one room in two roles, a password as well as a token) is checked by `config_checks`.
"""

from collections.abc import Iterator
from datetime import date, time, timedelta
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr, SecretStr, model_validator

from fedichat.config_types import (
    AccountName,
    CommandName,
    CommandPrefix,
    Confirm,
    DatabasePath,
    Emoji,
    Folder,
    FromConfig,
    HandoverMoment,
    HolidaysCode,
    Keyword,
    Language,
    LanguageCode,
    MediaKind,
    Percent,
    PlainDuration,
    Room,
    Secret,
    ServerName,
    ShownText,
    Spans,
    TimeOfDay,
    Url,
    UserId,
    WorkDuration,
    Zone,
)
from fedichat.domain.names import UserId as Person
from fedichat.domain.roles import RoomKind, RoomRole
from fedichat.domain.rota import Rotation
from fedichat.errors import Problem

NOT_YET_USED = (
    "sla",
    "working_hours",
    "digest",
    "departments.answer_within",
    "publishing.four_eyes.planned",
)
"""Keys that are checked and kept, and that this version does not act on."""


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


class AccountRooms(Section):
    """Where an account's mentions are shown; `direct` for those that only the account may read."""

    team: AnyRoomRef = Field(examples=["“#team:example.org”"])
    direct: AnyRoomRef | None = None


class Account(Section):
    """A fediverse account at a server that speaks the Mastodon API."""

    instance: Url = Field(examples=["https://social.example.org"])
    access_token: Secret = Field(examples=["${FEDICHAT_TOKEN}, or access_token_file with a file's name"])
    poll_seconds: float = Field(default=60, ge=1, le=3600)
    rooms: AccountRooms = Field(examples=["{team: “#team:example.org”}"])


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
    require_alt_text: bool = True
    interim_texts: dict[LanguageCode, ShownText] = {}
    """What an interim reply says where no text is given, by the language of the question."""


class Sla(Section):
    """What the office promises. `remind_at` are percents of the time, ascending."""

    first_response: WorkDuration = Field(examples=["2 working days"])
    remind_at: tuple[Percent, ...] = (50, 80)
    interim_extends: WorkDuration | None = None

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        if list(self.remind_at) != sorted(set(self.remind_at)):
            raise ValueError("remind_at must go upwards, such as [50%, 80%]")
        return self


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

    @property
    def week(self) -> tuple[Spans, ...]:
        """Monday to Sunday."""
        return (self.mon, self.tue, self.wed, self.thu, self.fri, self.sat, self.sun)


class Digest(Section):
    """The supervisors' daily summary."""

    at: TimeOfDay = time(8, 30)


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

    def not_yet_used(self) -> list[str]:
        """The keys in the file that this version checks and keeps but does not act on yet."""
        return [key for key in NOT_YET_USED if _is_given(self, key)]


def _is_given(section: BaseModel, key: str) -> bool:
    head, _, rest = key.partition(".")
    if head not in section.model_fields_set:
        return False
    inner = getattr(section, head)
    if rest and isinstance(inner, dict):
        return any(_is_given(one, rest) for one in inner.values())
    return _is_given(inner, rest) if rest and isinstance(inner, BaseModel) else True
