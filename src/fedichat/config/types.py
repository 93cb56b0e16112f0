"""The types of the configuration's values, as pydantic needs them: how each is read and checked."""

import zoneinfo
from collections.abc import Callable
from datetime import time, timedelta
from pathlib import Path
from typing import Annotated, Literal, TypeVar, cast

from pydantic import AfterValidator, BeforeValidator, PlainValidator, SecretStr, ValidationInfo

from fedichat.config import readers
from fedichat.domain import names
from fedichat.domain.time.calendar import Span
from fedichat.domain.time.duration import Duration
from fedichat.domain.time.rota import Handover

T = TypeVar("T")


def _folder(info: ValidationInfo) -> Path:
    context = info.context
    return Path(context["folder"]) if isinstance(context, dict) and "folder" in context else Path()


def path_from(text: object, info: ValidationInfo) -> Path:
    """A path, relative to the configuration's folder (`folder` in the validation context)."""
    if isinstance(text, Path):
        return _folder(info) / text
    if not isinstance(text, str):
        raise ValueError("must be text: a path")  # noqa: TRY004 - pydantic listens for ValueError
    if not text.strip() or "\0" in text:
        raise ValueError("is empty" if not text.strip() else "is not a path")
    return (_folder(info) / Path(text).expanduser()).absolute()


def database_from(text: object, info: ValidationInfo) -> Path:
    """The database's file, from a path or an SQLAlchemy URL."""
    if isinstance(text, str) and "://" in text:
        scheme, _, rest = text.partition("://")
        if scheme.split("+")[0] in {"postgres", "postgresql"}:
            raise ValueError("PostgreSQL is not supported yet; give the path of a file, such as “fedichat.db”")
        if scheme not in {"sqlite", "sqlite+aiosqlite"} or not rest.startswith("/"):
            raise ValueError("only SQLite is supported; give the path of a file, such as “fedichat.db”")
        text = rest.removeprefix("/")
    if isinstance(text, str) and (":memory:" in text or "?" in text):
        raise ValueError("must be the path of a file, such as “fedichat.db”, without “?” or “:memory:”")
    path = path_from(text, info)
    if path.is_dir():
        raise ValueError(f"{path} is a folder; give the path of a file in it, such as “{path / 'fedichat.db'}”")
    return path


def existing_folder(path: Path) -> Path:
    """A folder that exists."""
    if not path.is_dir():
        raise ValueError(f"there is no folder {path}")
    return path


def _as(reader: Callable[[str], T], wanted: str, kind: type | None = None) -> PlainValidator:
    """Give text to `reader`, accept a value that is a `kind` already, and refuse anything else as not `wanted`."""

    def validate(value: object) -> T:
        if isinstance(value, str):
            return reader(value)
        if kind is not None and isinstance(value, kind):
            return cast("T", value)
        if value is None:
            raise ValueError(f"is empty; it must be {wanted}")
        raise ValueError(f"must be {wanted}")

    return PlainValidator(validate)


def _spans(value: object) -> tuple[Span, ...]:
    texts = value if isinstance(value, list | tuple) else [value]
    if texts and all(isinstance(item, Span) for item in texts):
        return readers.spans(", ".join(map(str, texts)))
    if not texts or not all(isinstance(item, str) for item in texts):
        raise ValueError("must be hours, such as “08:00-16:30”; leave the day out when the office is closed")
    return readers.spans(", ".join(map(str, texts)))


def _weekday_or_never(value: object) -> int | None:
    """0 for Monday; None for never. YAML's own words for no are understood as well."""
    if value is None or value is False:
        return None
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 6:
        return value
    if not isinstance(value, str):
        raise ValueError("must be a weekday such as “mon”, or “never”")  # noqa: TRY004 - pydantic listens for ValueError
    return readers.weekday_or_never(value)


_QUOTED_ROOM = (
    "an alias or id in quotation marks (otherwise YAML takes the # for a comment), such as “#team:example.org”"
)

ShortName = Annotated[str, _as(readers.short_name, "a name, such as bsi")]
CommandName = Annotated[str, _as(readers.command_name, "the name of a command, such as claim")]
CommandPrefix = Annotated[str, _as(readers.command_prefix, "a character such as “!”, in quotation marks")]
AlwaysConfirm = Annotated[Literal["always"], _as(readers.always, "“always”")]
WayToConfirm = Literal["tap", "typed"]
DatabasePath = Annotated[Path, PlainValidator(database_from)]
CommandDevices = Literal["signed", "all"]
Emoji = Annotated[str, _as(readers.emoji, "an emoji")]
ExistingFolder = Annotated[Path, PlainValidator(path_from), AfterValidator(existing_folder)]
ConfigRelativePath = Annotated[Path, PlainValidator(path_from)]
HandoverMoment = Annotated[Handover, _as(readers.handover, "a weekday and a time, such as “mon 09:00”", Handover)]
HolidaysCode = Annotated[str, _as(readers.holidays_code, "a country or state, such as DE-NW")]
Keyword = Annotated[str, _as(readers.keyword, "a word (in quotation marks if it is a number)")]
OfficeLanguage = Literal["en", "de"]
LanguageCode = Annotated[str, _as(readers.language_code, "a language code such as de or en")]
MediaKind = Literal["image", "gifv", "video", "audio"]
Percent = Annotated[int, _as(readers.percent, "a percentage such as 50%")]
OneOrMore = BeforeValidator(lambda value: [value] if isinstance(value, str) else value)
"""A list; a single item may be written without brackets."""
PlainDuration = Annotated[timedelta, _as(readers.plain_duration, "a duration such as “1 hour”", timedelta)]
RoomName = Annotated[str, _as(readers.room, _QUOTED_ROOM)]
Secret = Annotated[SecretStr, _as(readers.secret, "text (in quotation marks if it is all digits)", SecretStr)]
ServerName = Annotated[str, _as(readers.server_name, "a server's name, such as example.org")]
ShownText = Annotated[str, _as(readers.shown_text, "text")]
Spans = Annotated[tuple[Span, ...], PlainValidator(_spans)]
StreamingUrl = Annotated[str, _as(readers.streaming_url, "an address, such as wss://streaming.example.org")]
TimeOfDay = Annotated[time, _as(readers.clock, "a time of day such as “08:30”", time)]
Url = Annotated[str, _as(readers.url, "an address, such as https://social.example.org")]
UserId = Annotated[
    names.UserId, _as(readers.user_id, "a Matrix user id in quotation marks, such as “@name:example.org”")
]
WeekdayOrNever = Annotated[int | None, PlainValidator(_weekday_or_never)]
WorkDuration = Annotated[Duration, _as(readers.duration, "a duration such as “2 working days”", Duration)]
Zone = Annotated[zoneinfo.ZoneInfo, _as(readers.zone, "a time zone such as Europe/Berlin", zoneinfo.ZoneInfo)]
