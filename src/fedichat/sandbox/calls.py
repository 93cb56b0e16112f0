"""One API call: who makes it, with which parameters, and how the pages of its answer are linked."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from fedichat.sandbox.entities import Entities, Json
from fedichat.sandbox.errors import ApiError, bad_token, not_found
from fedichat.sandbox.faults import Faults
from fedichat.sandbox.model import Account, Status, Token
from fedichat.sandbox.paging import Cursor
from fedichat.sandbox.world import World

_CURSORS: Final = ("max_id", "since_id", "min_id")
_FALSE: Final = frozenset({"", "0", "f", "false", "off", "no"})


class Params:
    """Query, form and JSON body under Rails' names: `media_ids[]`, `poll[options][]`."""

    def __init__(self, values: dict[str, list[str]], files: dict[str, web.FileField]) -> None:
        self._values = values
        self.files = files

    def text(self, name: str) -> str | None:
        """The last value given; an empty one counts as missing."""
        values = self._values.get(name)
        return values[-1] or None if values else None

    def flag(self, name: str) -> bool:
        """Whether a boolean was given and is true."""
        value = self.text(name)
        return value is not None and value.lower() not in _FALSE

    def number(self, name: str, default: int) -> int:
        """A whole number, or `default` if there is none; nonsense counts as 0, as in Ruby."""
        value = self.text(name)
        if value is None:
            return default
        return int(value) if value.lstrip("-").isascii() and value.lstrip("-").isdigit() else 0

    def list(self, name: str) -> list[str]:
        """All values of `name[]`."""
        return self._values.get(f"{name}[]", [])

    def __contains__(self, name: str) -> bool:
        return name in self._values or f"{name}[]" in self._values


async def read_params(request: web.Request) -> Params:
    """Read the parameters of a request. Raises ApiError (400) for invalid JSON."""
    values: dict[str, list[str]] = {}
    files: dict[str, web.FileField] = {}
    for name, value in request.query.items():
        values.setdefault(name, []).append(value)
    if request.content_type == "application/json":
        _flatten("", await _json_body(request), values)
    else:
        for name, field in (await request.post()).items():
            if isinstance(field, web.FileField):
                files[name] = field
            else:
                values.setdefault(name, []).append(field if isinstance(field, str) else bytes(field).decode())
    return Params(values, files)


async def _json_body(request: web.Request) -> Json:
    try:
        body = json.loads(await request.text() or "{}")
    except ValueError:
        raise ApiError(400, "Error occurred while parsing request parameters") from None
    return body if isinstance(body, dict) else {}


def _flatten(name: str, value: object, into: dict[str, list[str]]) -> None:
    if isinstance(value, dict):
        for key, inner in value.items():
            _flatten(f"{name}[{key}]" if name else str(key), inner, into)
    elif isinstance(value, list):
        into.setdefault(f"{name}[]", [])
        for inner in value:
            _flatten(f"{name}[]", inner, into)
    elif value is not None:
        text = str(value).lower() if isinstance(value, bool) else str(value)
        into.setdefault(name, []).append(text)


@dataclass(frozen=True, slots=True)
class Call:
    """A call in the hands of its handler."""

    request: web.Request
    world: World
    entities: Entities
    faults: Faults
    params: Params
    token: Token | None

    @property
    def viewer(self) -> Account | None:
        """Who makes the call; None is the public."""
        return self.token.account if self.token else None

    @property
    def account(self) -> Account:
        """Who makes the call. Raises ApiError (401) if it is the public."""
        if self.token is None:
            raise bad_token()
        return self.token.account

    def path(self, name: str) -> str:
        """A part of the path."""
        return self.request.match_info[name]

    def status(self) -> Status:
        """The status named in the path, if the caller may see it. Raises ApiError (404)."""
        return self.visible_status(self.path("id"))

    def own_status(self) -> Status:
        """The caller's own status named in the path. Raises ApiError (404)."""
        status = self.status()
        if status.author is not self.account:
            raise not_found()
        return status

    def visible_status(self, status_id: str) -> Status:
        """A status by id, if the caller may see it. Raises ApiError (404)."""
        status = self.world.statuses.get(status_id)
        if status is None or not status.visible_to(self.viewer):
            raise not_found()
        return status

    def status_json(self, status: Status) -> Json:
        """The JSON of a status for the caller."""
        return self.entities.status(status, self.viewer)

    def cursor(self, default: int, maximum: int) -> Cursor:
        """The page that is asked for; ids that cannot be ours count as 0, the very beginning."""
        limit = min(abs(self.params.number("limit", default)), maximum)
        if self.faults.ignore_cursors:
            return Cursor(limit=limit)
        keys = [self._key(name) for name in _CURSORS]
        return Cursor(keys[0], keys[1], keys[2], limit)

    def _key(self, name: str) -> int | None:
        text = self.params.text(name)
        return None if text is None else self.world.ids.key(text) or 0

    def page(self, entities: list[object], first_id: str | None, last_id: str | None) -> web.Response:
        """A page; unless it is empty, its `Link` leads to the older (`next`) and newer (`prev`) ones."""
        response = web.json_response(entities)
        if first_id is not None and last_id is not None:
            older, newer = self._link(max_id=last_id), self._link(min_id=first_id)
            response.headers["Link"] = f'<{older}>; rel="next", <{newer}>; rel="prev"'
        return response

    def _link(self, **cursor: str) -> str:
        kept = [(name, value) for name, value in self.request.query.items() if name not in _CURSORS]
        return f"{self.entities.url}{self.request.path}?{urlencode([*kept, *cursor.items()])}"


Handler = Callable[[Call], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Route:
    """A method and path, who may call it, and what answers.

    Every caller needs the `scope`; on a `public` route, only those who bring a token.
    """

    method: str
    path: str
    handler: Handler
    scope: str | None = None
    public: bool = False
    quota: str | None = None
