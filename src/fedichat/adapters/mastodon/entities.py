"""Mastodon's JSON entities as ours. All but ids may be missing, null or of another type on some server.

Followed: docs.joinmastodon.org/entities/Account, /Status, /Notification, /MediaAttachment, /Poll.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, TypeGuard
from urllib.parse import urlsplit

from fedichat.adapters.mastodon.kinds import MENTIONS, OTHERS
from fedichat.domain.posts.tagging import plain
from fedichat.domain.tickets.mention import (
    Author,
    Malformed,
    Media,
    Mention,
    NotificationId,
    Poll,
    Status,
    StatusId,
    Visibility,
)
from fedichat.text.html import clean, clean_line, matrix_html, plain_text, quote_line

log = logging.getLogger(__name__)

_LONGEST_LINE: Final = 500
_LONGEST_ID: Final = 500
_LONGEST_NOTE: Final = 5_000
_LONGEST_RAW: Final = 20_000
_MOST_ATTACHMENTS: Final = 16
_MOST_OPTIONS: Final = 100
_MOST_NAMED: Final = 1_000
"""How many of the people whom a status mentions are read; anybody after them counts as a stranger."""
_LONGEST_ADDRESS: Final = 5_000
"""Characters; no browser or server takes a longer address, and nobody could be shown one."""
_EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
_AHEAD: Final = timedelta(days=1)

Json = Mapping[str, object]


class UnreadableError(ValueError):
    """An entity lacks something that is indispensable."""


@dataclass(frozen=True, slots=True)
class View:
    """Who is looking at an entity: our instance's domain, and our own account once it is known."""

    domain: str
    own_id: str = ""
    own_acct: str = ""
    private_is_direct: bool = False
    """Whether the server says `private` of what only the people mentioned may read."""

    def is_own(self, account: object, acct: str) -> bool:
        """Whether an account is ours; upper and lower case do not matter."""
        theirs = id_of(account)
        return bool(theirs and theirs == self.own_id) or acct.casefold() == self.own_acct.casefold()


def is_json(value: object) -> TypeGuard[Json]:
    """Whether it is a JSON object."""
    return isinstance(value, dict)


def id_of(value: object) -> str | None:
    """The id of an entity: an opaque string; some servers send numbers. None if it cannot be stored or logged."""
    found = value.get("id") if is_json(value) else None
    if isinstance(found, int) and not isinstance(found, bool):
        return str(found)
    if isinstance(found, str) and 0 < len(found) <= _LONGEST_ID and found.isprintable():
        return found
    return None


def time_of(value: object) -> datetime | None:
    """An ISO time in UTC; without a zone it is assumed to be UTC."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        return moment and (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def line_of(value: object) -> str:
    """A short text on one line; empty if there is none."""
    return clean_line(value[: 2 * _LONGEST_LINE])[:_LONGEST_LINE] if isinstance(value, str) else ""


def author_of(account: object, view: View) -> Author:
    """An Account. Raises UnreadableError if it has no full acct."""
    if not is_json(account):
        raise UnreadableError("no account")
    url = _address(account.get("url"))
    acct = full_acct(account, view.domain)
    if not acct:
        raise UnreadableError("an account without a name")
    return Author(acct, line_of(account.get("display_name")), url, account.get("bot") is True)


def full_acct(account: Json, domain: str) -> str:
    """`user@host` of an Account or a mention; local ones come without their host. Empty if unknown."""
    acct = line_of(account.get("acct")).removeprefix("@")
    if not acct:
        name = line_of(account.get("username")).removeprefix("@")
        host = host_of(account.get("url"))
        acct = f"{name}@{host}" if name and host else name
    if not acct or " " in acct:
        return ""
    return acct if "@" in acct else f"{acct}@{domain}"


def status_of(status: object, view: View, now: datetime, author: object = None) -> Status:
    """A Status. Raises UnreadableError without an id or an author.

    `author` is the account to take where the status names nobody. A visibility that is missing or unknown is
    taken for the narrowest, so that no answer can be wider than the question; a time that is missing or cannot be for
    `now`.
    """
    try:
        return _status(status, view, now, author)
    except UnreadableError:
        raise
    except Exception as error:
        # A status that breaks us must not hold up the others: the caller counts it as unreadable.
        log.exception("status-broke status=%s", id_of(status))
        raise UnreadableError(f"a fault inside fedichat: {type(error).__name__}") from error


def _status(status: object, view: View, now: datetime, author: object) -> Status:
    status_id = id_of(status)
    if not is_json(status) or status_id is None:
        raise UnreadableError("no status with an id")
    account = status.get("account")
    written_by = author_of(account if is_json(account) and full_acct(account, view.domain) else author, view)
    content = status.get("content")
    raw = content if isinstance(content, str) else ""
    tagged = _tagged(status.get("mentions"), view.domain)
    return Status(
        id=StatusId(status_id),
        author=written_by,
        text=plain_text(raw, {url: acct for acct, url, _ in tagged}),
        html=matrix_html(raw),
        visibility=visibility_of(status.get("visibility"), view),
        created_at=_written_at(status, now),
        url=_address(status.get("url")) or _address(status.get("uri")),
        content_warning=line_of(status.get("spoiler_text")),
        language=line_of(status.get("language")),
        edited_at=time_of(status.get("edited_at")),
        in_reply_to=_reply_id(status),
        mentions=_others(tagged, view),
        media=_media(status.get("media_attachments")),
        poll=_poll(status.get("poll")),
        is_boost=is_json(status.get("reblog")),
        is_sensitive=status.get("sensitive") is True,
        # Without a quote it is a line like any other, even if it looks like one.
        quote_line=quote_line(raw) if is_json(status.get("quote")) else "",
    )


def mentions_of(status: Json, view: View) -> tuple[str, ...]:
    """Whom a Status tags, without ourselves."""
    return _others(_tagged(status.get("mentions"), view.domain), view)


def ids_in(status: object, view: View) -> dict[str, str]:
    """The ids of the accounts that a Status names, by acct as `plain` has it: of its author, and whom it tags."""
    if not is_json(status):
        return {}
    account = status.get("account")
    author = [(full_acct(account, view.domain), id_of(account))] if is_json(account) else []
    tagged = [(acct, id_of(entry)) for acct, _, entry in _tagged(status.get("mentions"), view.domain)]
    return {plain(acct): found for acct, found in [*author, *tagged] if acct and found}


def statuses_of(statuses: object, view: View, now: datetime) -> tuple[Status, ...]:
    """The statuses of a list that can be read, oldest first."""
    found = []
    for status in statuses if isinstance(statuses, list) else []:
        try:
            found.append(status_of(status, view, now))
        except UnreadableError:
            continue
    return tuple(sorted(found, key=lambda status: status.created_at))


def mention_of(notification: object, view: View, now: datetime) -> Mention | Malformed | None:
    """A Notification: a mention, or Malformed; None for another kind, for our own statuses and for boosts.

    Of a kind that we do not know, it is a mention if its status mentions us.
    """
    try:
        return _mention(notification, view, now)
    except Exception as reason:
        if not isinstance(reason, UnreadableError):
            log.exception("notification-broke notification=%s", id_of(notification))
            reason = UnreadableError(f"a fault inside fedichat: {type(reason).__name__}")
        found = id_of(notification)
        return Malformed(
            id=None if found is None else NotificationId(found),
            notified_at=time_of(notification.get("created_at")) if is_json(notification) else None,
            raw=json.dumps(_steady(notification))[:_LONGEST_RAW],
            reason=str(reason),
        )


def _steady(value: object) -> object:
    """Without counters: one that has no id is known again by its text, whatever its author does meanwhile."""
    if isinstance(value, list):
        return [_steady(item) for item in value]
    if not is_json(value):
        return value
    kept = (key for key in value if not key.endswith("_count") and key != "last_status_at")
    return {key: _steady(value[key]) for key in kept}


def _mention(notification: object, view: View, now: datetime) -> Mention | None:
    kind = notification.get("type") if is_json(notification) else None
    if not is_json(notification) or not isinstance(kind, str):
        raise UnreadableError("no notification with a type")
    if kind in OTHERS or (kind not in MENTIONS and not _mentions_us(notification.get("status"), view)):
        return None
    found = id_of(notification)
    if found is None:
        raise UnreadableError("no id")
    created_at = time_of(notification.get("created_at"))
    status = status_of(notification.get("status"), view, created_at or now, notification.get("account"))
    if status.is_boost or view.is_own(_account(notification), status.author.acct):
        return None
    return Mention(NotificationId(found), created_at or status.created_at, status)


def _mentions_us(status: object, view: View) -> bool:
    mentions = status.get("mentions") if is_json(status) else None
    entries = [entry for entry in mentions if is_json(entry)] if isinstance(mentions, list) else []
    return any(view.is_own(entry, full_acct(entry, view.domain)) for entry in entries)


def visibility_of(value: object, view: View) -> Visibility:
    """The visibility of a status; the narrowest where a server says none or one of its own (`local`, ...)."""
    found = next((one for one in Visibility if one.value == value), Visibility.DIRECT)
    return Visibility.DIRECT if found is Visibility.PRIVATE and view.private_is_direct else found


def _written_at(status: Json, now: datetime) -> datetime:
    """When it was written. Some servers tell the year 1, or 9999: what is promised would be counted from there."""
    told = time_of(status.get("created_at"))
    return now if told is None or told < _EARLIEST or told - _AHEAD > now else told


def _account(notification: Json) -> object:
    status = notification.get("status")
    return status.get("account") if is_json(status) else None


def _reply_id(status: Json) -> StatusId | None:
    found = id_of({"id": status.get("in_reply_to_id")})
    return None if found is None else StatusId(found)


def _tagged(mentions: object, domain: str) -> list[tuple[str, str, Json]]:
    """The full acct, the address and the entry of each mention in a status, of the first `_MOST_NAMED`."""
    entries = [entry for entry in mentions[:_MOST_NAMED] if is_json(entry)] if isinstance(mentions, list) else []
    named = ((full_acct(entry, domain), _address(entry.get("url")), entry) for entry in entries)
    return [(acct, url, entry) for acct, url, entry in named if acct]


def _others(tagged: list[tuple[str, str, Json]], view: View) -> tuple[str, ...]:
    return tuple(dict.fromkeys(acct for acct, _, entry in tagged if not view.is_own(entry, acct)))


def _media(attachments: object) -> tuple[Media, ...]:
    found = [entry for entry in attachments if is_json(entry)] if isinstance(attachments, list) else []
    return tuple(_attachment(entry) for entry in found[:_MOST_ATTACHMENTS])


def _attachment(entry: Json) -> Media:
    description = entry.get("description")
    return Media(
        kind=line_of(entry.get("type")) or "unknown",
        url=_address(entry.get("url")) or _address(entry.get("remote_url")),
        description=clean(description[: 2 * _LONGEST_NOTE])[:_LONGEST_NOTE].strip() or None
        if isinstance(description, str)
        else None,
        preview_url=_address(entry.get("preview_url")) or None,
        id=id_of(entry) or "",
    )


def _note(text: str) -> str | None:
    return clean(text[: 2 * _LONGEST_NOTE])[:_LONGEST_NOTE].strip() or None


def _poll(poll: object) -> Poll | None:
    options = poll.get("options") if is_json(poll) else None
    if not is_json(poll) or not isinstance(options, list):
        return None
    titles = tuple(line_of(option.get("title")) for option in options[:_MOST_OPTIONS] if is_json(option))
    return Poll(titles, poll.get("multiple") is True, time_of(poll.get("expires_at")))


def _address(value: object) -> str:
    """A web address; anything else is none."""
    if not isinstance(value, str) or len(value) > _LONGEST_ADDRESS or not value.startswith(("https://", "http://")):
        return ""
    return clean_line(value)


def host_of(url: object) -> str:
    """The host of an address, with its port; empty where there is none."""
    try:
        return urlsplit(url).netloc if isinstance(url, str) else ""
    except ValueError:
        return ""
