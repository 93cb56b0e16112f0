"""Readers of the texts in a configuration: each turns one kind of text into what the program uses.

Each raises ValueError with a sentence for the operator: what is wrong, and what would be right.
"""

import difflib
import ipaddress
import re
import unicodedata
import zoneinfo
from datetime import time, timedelta
from itertools import pairwise
from typing import Literal
from urllib.parse import urlsplit

from pydantic import SecretStr

from fedichat.domain.names import UserId
from fedichat.domain.time.calendar import Span
from fedichat.domain.time.duration import Duration, parse_duration
from fedichat.domain.time.public_holidays import unknown_place
from fedichat.domain.time.rota import Handover
from fedichat.domain.time.when.words import WEEKDAYS

SERVER = r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?"
_ALIAS = re.compile(rf"#[^:\s]+:{SERVER}")
_ROOM_ID = re.compile(rf"![^:\s]+:{SERVER}|![A-Za-z0-9_-]{{43}}")
_USER_ID = re.compile(rf"@[^:\s]+:{SERVER}")
_SERVER = re.compile(SERVER)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_WORD = re.compile(r"[^\W\d_][\w-]*")
_HOLIDAYS = re.compile(r"[A-Z]{2}(?:-[A-Z0-9]{1,3})?")
_CLOCK = re.compile(r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]+)*")
_PERCENT = re.compile(r"(?P<percent>[0-9]{1,2}) ?%")


def plain_emoji(key: str) -> str:
    """An emoji without variation selectors and skin tones, as reactions are compared."""
    return "".join(c for c in key.strip() if not ("\ufe00" <= c <= "\ufe0f" or "\U0001f3fb" <= c <= "\U0001f3ff"))


def room(text: str) -> str:
    """A room's alias or id."""
    if _ALIAS.fullmatch(text) or _ROOM_ID.fullmatch(text):
        return text
    raise ValueError(
        f"“{text}” is not a room; write an alias like “#team:example.org” or an id like “!AbC123:example.org”"
    )


def user_id(text: str) -> UserId:
    """A Matrix user id."""
    if _USER_ID.fullmatch(text) and len(text) <= 255:
        return UserId(text)
    raise ValueError(f"“{text}” is not a Matrix user id; write it like “@name:example.org”")


def server_name(text: str) -> str:
    """The name of a homeserver, as it follows the colon in its users' ids."""
    if _SERVER.fullmatch(text):
        return text
    raise ValueError(f"“{text}” is not a server name; it is what follows the colon in user ids, such as “example.org”")


def url(text: str) -> str:
    """A server's address, without a slash at its end: https, or plain http if it is on this machine."""
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError("this is not an address; write it like “https://social.example.org”") from None
    if parts.username is not None or parts.password is not None:
        raise ValueError("an address must not contain a user name or password; those have keys of their own")
    if parts.scheme not in {"http", "https"} or not host:
        near = f"https://{text}" if _SERVER.fullmatch(text) else "https://social.example.org"
        raise ValueError(f"“{text}” is not an address; write it like “{near}”")
    if parts.path.strip("/") or parts.query or parts.fragment:
        bare = f"{parts.scheme}://{parts.netloc}"
        raise ValueError(f"give only the server, without what follows it: “{bare}”")
    if parts.scheme == "http" and not _is_loopback(host):
        raise ValueError(f"“{text}” would send the password unencrypted; use https (http is only for this machine)")
    netloc = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{netloc}" + (f":{port}" if port is not None else "")


def streaming_url(text: str) -> str:
    """The address of a server for streaming, without a slash at its end: wss, or plain ws on this machine."""
    scheme, _, rest = text.partition("://")
    web = {"wss": "https", "ws": "http"}.get(scheme.lower())
    try:
        return "ws" + url(f"{web}://{rest}").removeprefix("http")
    except ValueError:
        # Without quoting it: it may contain a password.
        example = "write only the server, like “wss://streaming.example.org” (ws is only for this machine)"
        raise ValueError(f"this is not an address for streaming; {example}") from None


def zone(text: str) -> zoneinfo.ZoneInfo:
    """A time zone of the IANA database."""
    try:
        return zoneinfo.ZoneInfo(text)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        pass
    names = zoneinfo.available_timezones()
    places = {name.rpartition("/")[2].casefold(): name for name in sorted(names) if "/" in name}
    wanted = text.strip().replace(" ", "_").casefold()
    near = difflib.get_close_matches(wanted.rpartition("/")[2], places, n=1, cutoff=0.7)
    hint = f"did you mean “{places[near[0]]}”?" if near else "write it like “Europe/Berlin”"
    raise ValueError(f"“{text}” is not a time zone; {hint}")


def clock(text: str) -> time:
    """A time of day, such as 08:30."""
    written = _CLOCK.fullmatch(text.strip())
    if written is None or int(written["hour"]) > 23 or int(written["minute"]) > 59:
        raise ValueError(f"“{text}” is not a time of day; write it like “08:30”")
    return time(int(written["hour"]), int(written["minute"]))


def spans(text: str) -> tuple[Span, ...]:
    """Opening hours of a day: one or several spans, separated by commas."""
    found = tuple(sorted((_span(part) for part in text.split(",")), key=lambda span: span.start))
    for earlier, later in pairwise(found):
        if earlier.end == time() or later.start < earlier.end:
            raise ValueError(f"{earlier} and {later} overlap")
    return found


def _span(text: str) -> Span:
    start, dash, end = text.replace("–", "-").partition("-")
    if not dash:
        raise ValueError(
            f"“{text.strip()}” is not a range of hours; write it like “08:00-16:30”, several separated by commas"
        )
    span = Span(clock(start), time() if end.strip() == "24:00" else clock(end))
    if span.end != time() and span.start >= span.end:
        raise ValueError(f"“{text.strip()}” ends before it begins; write it like “08:00-16:30”")
    if span.end == time() and end.strip() != "24:00":
        raise ValueError(f"“{text.strip()}” ends before it begins; midnight at the end of the day is written 24:00")
    return span


def weekday_or_never(text: str) -> int | None:
    """A day of the week, 0 for Monday; None for never."""
    word = text.strip().casefold()
    if word in {"never", "nie"}:
        return None
    if word in WEEKDAYS:
        return WEEKDAYS[word]
    raise ValueError(f"“{text}” is not a weekday; write it like “mon”, or “never”")


def handover(text: str) -> Handover:
    """A weekday and a time of day, such as `mon 09:00`."""
    day, _, at = text.strip().partition(" ")
    weekday = WEEKDAYS.get(day.casefold().rstrip("."))
    if weekday is None or not at:
        raise ValueError(f"“{text}” is not a weekly moment; write it like “mon 09:00”")
    return Handover(weekday, clock(at))


def percent(text: str) -> int:
    """A percentage between 1 and 99."""
    written = _PERCENT.fullmatch(text.strip())
    if written is None or int(written["percent"]) == 0:
        raise ValueError(f"“{text}” is not a percentage; write it like “50%”, between 1% and 99%")
    return int(written["percent"])


def holidays_code(text: str) -> str:
    """A country or one of its states, ISO 3166-1 and -2."""
    if _HOLIDAYS.fullmatch(text):
        if wrong := unknown_place(text):
            raise ValueError(wrong)
        return text
    near = text.upper().replace("_", "-").replace(" ", "-")
    hint = f"did you mean “{near}”?" if _HOLIDAYS.fullmatch(near) else "write it like “DE” or “DE-NW”"
    raise ValueError(f"“{text}” is not a country or state; {hint}")


def duration(text: str) -> Duration:
    """A duration, working units included."""
    return parse_duration(text)


def plain_duration(text: str) -> timedelta:
    """A duration by the clock on the wall, without working units."""
    try:
        return parse_duration(text).plain
    except ValueError as error:
        # No example may itself be refused.
        raise ValueError(str(error).replace("or “2 working days”", "or “2 days”")) from None


def short_name(text: str) -> str:
    """A short name that is typed in commands."""
    if _NAME.fullmatch(text) and len(text) <= 40:
        return text
    raise ValueError(f"“{text}” cannot be typed in a command; use letters a-z, digits, - and _")


def command_name(text: str) -> str:
    """The name of a chat command, in lower case."""
    if _WORD.fullmatch(text):
        return text.casefold()
    bare = text.lstrip("!/ ")
    hint = f"write only its name: “{bare}”" if _WORD.fullmatch(bare) else "write it like “claim”"
    raise ValueError(f"“{text}” is not a command; {hint}")


def emoji(text: str) -> str:
    """A reaction's key."""
    plain = plain_emoji(text)
    if plain and len(plain) <= 10 and not any(c.isascii() or c.isspace() for c in plain):
        return plain
    raise ValueError(f"“{text}” is not an emoji; write it like 👀")


def language_code(text: str) -> str:
    """A language's code, in lower case."""
    if _LANGUAGE.fullmatch(text):
        return text.lower()
    raise ValueError(f"“{text}” is not a language code; write it like de or en")


def command_prefix(text: str) -> str:
    """What a command begins with: one to three characters that no client reserves for itself."""
    if text.startswith("/"):
        raise ValueError("many clients reserve “/” for their own commands; use “!” or another character")
    signs = all(unicodedata.category(c)[0] in "PS" and c not in "\"'<>@#*_`~\\" for c in text)
    if 1 <= len(text) <= 3 and signs:
        return text
    raise ValueError(f"“{text}” cannot begin a command; use one to three characters such as “!”")


def secret(text: str) -> SecretStr:
    """A password or token. No message quotes it."""
    if not text.strip():
        raise ValueError("is empty")
    if any(unicodedata.category(c) == "Cc" for c in text):
        raise ValueError("contains a line break or another control character; it must be one line of text")
    return SecretStr(text)


def shown_text(text: str) -> str:
    """A line of text for people."""
    if line := " ".join(text.split()):
        return line
    raise ValueError("is empty")


def keyword(text: str) -> str:
    """A word or phrase to look for in mentions."""
    return shown_text(text).casefold()


def always(text: str) -> Literal["always"]:
    """The one value of `publishing.confirm`."""
    if text == "always":
        return "always"
    raise ValueError("only “always” is possible: nothing is published without somebody's confirmation")


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
