"""A small control interface under `/sandbox/`, for tests and the demo when the sandbox runs in its own process.

Bodies and answers are JSON. A citizen is added by writing for the first time.
"""

import json
from datetime import timedelta

from aiohttp import web

from fedichat.sandbox.accounts import People, SandboxAccount
from fedichat.sandbox.entities import Entities, Json, timestamp
from fedichat.sandbox.errors import ApiError, not_found
from fedichat.sandbox.faults import Fault, Faults, Kind
from fedichat.sandbox.gate import Gate
from fedichat.sandbox.model import Notification, Status
from fedichat.sandbox.streaming.hub import StreamHub
from fedichat.sandbox.world import World

_KNOBS = (
    "latency",
    "ignore_idempotency",
    "phantoms",
    "ignore_cursors",
    "filter_after_limit",
    "streaming_status",
    "silent_streams",
    "no_instance_v2",
    "mentions_are",
    "minds_unknown_types",
    "hold_commits",
)


class Control:
    """The handlers of `/sandbox/`."""

    def __init__(
        self, world: World, people: People, entities: Entities, faults: Faults, streams: StreamHub, gate: Gate
    ) -> None:
        self._world = world
        self._people = people
        self._entities = entities
        self._faults = faults
        self._streams = streams
        self._gate = gate

    def add_to(self, app: web.Application) -> None:
        """Add the routes."""
        app.router.add_get("/sandbox/health", self.health)
        app.router.add_post("/sandbox/post", self.post)
        app.router.add_post("/sandbox/edit", self.edit)
        app.router.add_post("/sandbox/delete", self.delete)
        app.router.add_get("/sandbox/statuses", self.statuses)
        app.router.add_get("/sandbox/inbox", self.inbox)
        app.router.add_post("/sandbox/faults", self.faults)

    async def health(self, _request: web.Request) -> web.Response:
        """`GET /sandbox/health`: counts."""
        return web.json_response(
            {
                "accounts": len(self._world.directory.accounts),
                "statuses": len(self._world.statuses),
                "streams": self._streams.open_streams,
                "requests": self._gate.requests,
                "asked": self._gate.asked,
            }
        )

    async def post(self, request: web.Request) -> web.Response:
        """`POST /sandbox/post` {author, text, visibility?, in_reply_to?, language?, spoiler_text?, poll?}."""
        body = await _body(request)
        author = self._citizen(_text(body, "author"))
        reply_to = body.get("in_reply_to")
        poll = body.get("poll")
        status = await author.post(
            _text(body, "text"),
            visibility=str(body.get("visibility") or "public"),
            in_reply_to=None if reply_to is None else self._status(str(reply_to)),
            language=str(body["language"]) if body.get("language") else None,
            spoiler_text=str(body.get("spoiler_text") or ""),
            poll=[str(option) for option in poll] if isinstance(poll, list) else (),
            poll_expires_in=timedelta(days=1),
        )
        return web.json_response(self._status_json(status))

    async def edit(self, request: web.Request) -> web.Response:
        """`POST /sandbox/edit` {id, text}."""
        body = await _body(request)
        status = self._status(_text(body, "id"))
        self._world.edit(status, text=_text(body, "text"))
        return web.json_response(self._status_json(status))

    async def delete(self, request: web.Request) -> web.Response:
        """`POST /sandbox/delete` {id}."""
        status = self._status(_text(await _body(request), "id"))
        self._world.delete(status)
        return web.json_response({})

    async def statuses(self, request: web.Request) -> web.Response:
        """`GET /sandbox/statuses?account=`: what an account published, oldest first."""
        account = self._account(request.query.get("account", ""))
        return web.json_response([self._status_json(it) for it in account.statuses])

    async def inbox(self, request: web.Request) -> web.Response:
        """`GET /sandbox/inbox?account=`: what an account was notified of, oldest first."""
        account = self._account(request.query.get("account", ""))
        return web.json_response([self._notification_json(row) for row in account.inbox])

    async def faults(self, request: web.Request) -> web.Response:
        """`POST /sandbox/faults`: knobs by name, and the commands that `_turn_knobs` knows.

        `rules` are objects with the fields of `Fault`, `malform` is one or more names from MALFORMATIONS.
        """
        body = await _body(request)
        faults = self._faults
        try:
            rules = [_fault(rule) for rule in _list(body.pop("rules", []))]
            for how in _list(body.pop("malform", [])):
                faults.malform(str(how))
        except (TypeError, ValueError) as error:
            raise ApiError(400, str(error)) from None
        if body.pop("clear", False):
            faults.clear()
        for rule in rules:
            faults.add(rule)
        self._turn_knobs(body)
        return web.json_response({})

    def _turn_knobs(self, body: Json) -> None:
        faults = self._faults
        if body.pop("release", False):
            faults.release()
        if body.pop("commit_held", False):
            faults.commit_held(newest_first=True)
        if body.pop("drop_streams", False):
            self._streams.drop()
        if "commit_delay" in body:
            delay = body.pop("commit_delay")
            faults.commit_delay = (float(delay[0]), float(delay[1])) if isinstance(delay, list) else None
        unknown = sorted(set(body) - set(_KNOBS))
        if unknown:
            raise ApiError(400, f"unknown knobs: {', '.join(unknown)}")
        for name, value in body.items():
            setattr(faults, name, value)

    def _citizen(self, acct: str) -> SandboxAccount:
        username, _, domain = acct.lstrip("@").partition("@")
        return self._people.find(acct) or self._people.add(username, domain=domain or None)

    def _account(self, acct: str) -> SandboxAccount:
        account = self._people.find(acct)
        if account is None:
            raise not_found()
        return account

    def _status(self, status_id: str) -> Status:
        status = self._world.statuses.get(status_id)
        if status is None:
            raise not_found()
        return status

    def _status_json(self, status: Status) -> Json:
        return {
            "id": status.id,
            "author": status.author.acct,
            "text": status.text,
            "visibility": status.visibility.value,
            "spoiler_text": status.spoiler_text,
            "language": status.language,
            "in_reply_to_id": status.in_reply_to.id if status.in_reply_to else None,
            "mentions": [account.acct for account in status.mentions],
            "created_at": timestamp(status.created_at),
            "url": self._entities.status_url(status),
        }

    def _notification_json(self, row: Notification) -> Json:
        return {
            "id": row.id,
            "type": row.type.value,
            "account": row.account.acct,
            "status": self._status_json(row.status) if row.status else None,
        }


async def _body(request: web.Request) -> Json:
    try:
        body = json.loads(await request.text())
    except ValueError:
        raise ApiError(400, "the body is not JSON") from None
    if not isinstance(body, dict):
        raise ApiError(400, "the body is not an object")
    return body


def _text(body: Json, name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise ApiError(400, f"{name} is missing")
    return value


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def _fault(rule: object) -> Fault:
    if not isinstance(rule, dict):
        raise TypeError("a rule is an object")
    return Fault(Kind(rule.get("kind", "answer")), **{key: it for key, it in rule.items() if key != "kind"})
