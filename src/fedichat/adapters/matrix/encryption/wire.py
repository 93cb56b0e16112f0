"""Requests that nio has no method for, or whose answers its method cannot handle."""

import json
from collections.abc import Mapping
from http import HTTPStatus

from aiohttp import ClientResponse
from nio import AsyncClient, ErrorResponse

from fedichat.adapters.matrix.errors import error_of, network
from fedichat.adapters.matrix.events import Json, word


async def call(client: AsyncClient, method: str, path: str, body: Mapping[str, object] | None, what: str) -> Json:
    """The answer to a request below `/_matrix/client/v3/`. Raises FarEndError and StopError; `what` was being done."""
    headers = {"Authorization": f"Bearer {client.access_token}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body, separators=(",", ":"))
    with network(what):
        answer: ClientResponse = await client.send(method, f"/_matrix/client/v3/{path}", data, headers)
        content = await client.parse_body(answer)
    said: Json = content if isinstance(content, dict) else {}
    if answer.status != HTTPStatus.OK:
        error = ErrorResponse(word(said, "error") or "unknown error", word(said, "errcode"), _milliseconds(said))
        error.transport_response = answer
        raise error_of(error, what)
    return said


def _milliseconds(said: Json) -> int | None:
    pause = said.get("retry_after_ms")
    return pause if isinstance(pause, int) else None
