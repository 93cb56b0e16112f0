"""What can go wrong on a server, for tests: every knob is off until it is turned."""

import asyncio
import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from fedichat.sandbox.model import Notification, NotificationType

Json = dict[str, object]

HTML_ERROR_PAGE: Final = "<!DOCTYPE html><html><body><h1>We're sorry, but something went wrong</h1></body></html>"


class Kind(Enum):
    """What happens to a request."""

    ANSWER = "answer"
    HOLD = "hold"
    DROP = "drop"


@dataclass(slots=True)
class Fault:
    """Something that happens to the next `times` matching requests (None: to all of them).

    With `after`, the request is carried out and only its answer is lost or replaced: the client does not
    learn the outcome.
    """

    kind: Kind
    times: int | None = 1
    method: str | None = None
    path: str = ""
    after: bool = False
    status: int = 503
    body: str = HTML_ERROR_PAGE
    content_type: str = "text/html"
    headers: dict[str, str] = field(default_factory=dict)
    hits: int = 0

    def matches(self, method: str, path: str) -> bool:
        """Whether it applies to a request; `path` is a regular expression that may match anywhere in the path."""
        return self.times != 0 and self.method in {None, method} and re.search(self.path, path) is not None


def _without(*keys: str) -> Callable[[Json], object]:
    return lambda entity: {key: value for key, value in entity.items() if key not in keys}


def _with(**fields: object) -> Callable[[Json], object]:
    return lambda entity: entity | fields


def _in_status(change: Callable[[Json], object]) -> Callable[[Json], object]:
    def changed(entity: Json) -> object:
        status = entity.get("status")
        return entity | {"status": change(status)} if isinstance(status, dict) else entity

    return changed


MALFORMATIONS: Final[dict[str, Callable[[Json], object]]] = {
    "status null": _with(status=None),
    "status missing": _without("status"),
    "status is a string": _with(status="gone"),
    "account null": _with(account=None),
    "type missing": _without("type"),
    "created_at missing": _without("created_at"),
    "created_at nonsense": _with(created_at="yesterday"),
    "id missing": _without("id"),
    "id only": lambda entity: {"id": entity["id"]},
    "not an object": lambda _entity: "notification",
    "null": lambda _entity: None,
    "status id missing": _in_status(_without("id")),
    "status account null": _in_status(_with(account=None)),
    "status content null": _in_status(_with(content=None)),
    "status visibility unknown": _in_status(_with(visibility="mutuals_only")),
    "status created_at null": _in_status(_with(created_at=None)),
    "status fields missing": _in_status(
        _without("mentions", "media_attachments", "spoiler_text", "language", "poll", "url", "in_reply_to_id")
    ),
    "status fields null": _in_status(
        _with(mentions=None, media_attachments=None, spoiler_text=None, language=None, url=None, tags=None)
    ),
}


class Faults:
    """The knobs of one sandbox; `sandbox.faults`."""

    def __init__(self, seed: int = 0) -> None:
        self.latency = 0.0
        """Seconds by which every answer is delayed."""
        self.ignore_idempotency = False
        """The same key publishes a second status, as on most servers other than Mastodon."""
        self.phantoms = 0
        """How many of the next statuses are answered with 200 and a new id, but not kept.

        Mastodon's source since 4.4, app/lib/antispam.rb and `PostStatusService#call`: a text that matches the
        operator's list of spam is dropped silently, and its idempotency key is not remembered.
        """
        self.ignore_cursors = False
        """`min_id`, `since_id` and `max_id` are ignored, as snac2 ignores the first two."""
        self.filter_after_limit = False
        """Types and policies are applied after the limit: pages can be short, or empty."""
        self.token_refusal: tuple[int, str] | None = None
        """The status and plain text that refuse a bad token, instead of Mastodon's 401 with JSON."""
        self.counts_addresses_in_full = False
        """Addresses count in full, whatever `characters_reserved_per_url` announces; measured on one server."""
        self.mixes_media = False
        """A status may have both a video and pictures, as on servers other than Mastodon."""
        self.reads_markdown = False
        """The account has chosen Markdown for statuses without a `content_type`.

        GoToSocial's source, internal/processing/status/common.go: the form's type, or else the account's setting.
        """
        self.streaming_status: int | None = None
        """The HTTP status that refuses streaming, for example 404."""
        self.streaming_redirect = ""
        """Where requests for a stream are redirected."""
        self.silent_streams = False
        """Streams stay open, but no events are sent on them any more."""
        self.mentions_are: str = ""
        """The `type` of notifications about mentions, as GoToSocial's `pending.reply` until they are approved."""
        self.minds_unknown_types = False
        """Unknown `types[]` and `exclude_types[]` are refused with 422."""
        self.no_instance_v2 = False
        """`GET /api/v2/instance` does not exist (404)."""
        self.commit_delay: tuple[float, float] | None = None
        """The shortest and longest time in seconds before a notification that has its id becomes visible."""
        self.hold_commits = False
        """Notifications become visible only with `commit_held()`: the same race, without a clock."""
        self._rules: list[Fault] = []
        self._malformed: list[str] = []
        self._held: list[Callable[[], None]] = []
        self._timers: set[asyncio.TimerHandle] = set()
        self._random = random.Random(seed)
        self._released = asyncio.Event()

    # Requests

    def answer(
        self,
        status: int,
        *,
        times: int | None = 1,
        method: str | None = None,
        path: str = "",
        body: str = HTML_ERROR_PAGE,
        content_type: str = "text/html",
        headers: dict[str, str] | None = None,
        after: bool = False,
    ) -> Fault:
        """Answer the next matching requests with this instead; with `after`, although they were carried out."""
        kind = Kind.ANSWER
        return self.add(Fault(kind, times, method, path, after, status, body, content_type, headers or {}))

    def hold(self, *, times: int | None = 1, method: str | None = None, path: str = "", after: bool = False) -> Fault:
        """Never answer the next matching requests (until `release()`)."""
        return self.add(Fault(Kind.HOLD, times, method, path, after))

    def drop(self, *, times: int | None = 1, method: str | None = None, path: str = "", after: bool = False) -> Fault:
        """Close the connection of the next matching requests without an answer."""
        return self.add(Fault(Kind.DROP, times, method, path, after))

    def add(self, fault: Fault) -> Fault:
        """Add a fault; of several that match, the first one added happens."""
        self._rules.append(fault)
        return fault

    def take(self, method: str, path: str) -> Fault | None:
        """The fault for a request, if there is one; this uses it up."""
        for fault in self._rules:
            if fault.matches(method, path):
                fault.hits += 1
                fault.times = None if fault.times is None else fault.times - 1
                return fault
        return None

    async def held(self) -> None:
        """Wait, as a request that gets no answer."""
        await self._released.wait()

    def release(self) -> None:
        """Let go of the requests that are being held."""
        self._released.set()
        self._released = asyncio.Event()

    def takes_phantom(self) -> bool:
        """Whether the status being published is to be dropped; this uses one up."""
        is_one = self.phantoms > 0
        self.phantoms -= is_one
        return is_one

    def clear(self) -> None:
        """Forget the faults for requests; the other knobs stay as they are."""
        self._rules.clear()

    # Notifications

    def malform(self, how: str, times: int = 1) -> None:
        """Break the next notifications for good (`how`: see MALFORMATIONS). Raises ValueError for an unknown way."""
        if how not in MALFORMATIONS:
            raise ValueError(f"unknown malformation {how!r}; known: {', '.join(sorted(MALFORMATIONS))}")
        self._malformed.extend([how] * times)

    def commit(self, row: Notification, commit: Callable[[], None]) -> None:
        """Make a row visible now, after a random delay, or when `commit_held` says so."""
        if row.type is NotificationType.MENTION:
            row.named = self.mentions_are
        if self._malformed:
            row.malformation = self._malformed.pop(0)
        if self.hold_commits:
            self._held.append(commit)
        elif self.commit_delay is None:
            commit()
        else:
            self._commit_later(commit, self._random.uniform(*self.commit_delay))

    def _commit_later(self, commit: Callable[[], None], seconds: float) -> None:
        def fire() -> None:
            self._timers.discard(timer)
            commit()

        timer = asyncio.get_running_loop().call_later(seconds, fire)
        self._timers.add(timer)

    def commit_held(self, *, newest_first: bool = False) -> None:
        """Make the rows visible that were held back."""
        held, self._held = self._held, []
        for commit in reversed(held) if newest_first else held:
            commit()

    def close(self) -> None:
        """Let go of everything that waits."""
        self.release()
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()


def malformed(row: Notification, entity: Json) -> object:
    """A notification's JSON, broken if the notification is."""
    return entity if row.malformation is None else MALFORMATIONS[row.malformation](entity)
