"""Calls to the Matrix client-server API over HTTP, as clients make them."""

from typing import Self
from urllib.parse import quote

import aiohttp
import yarl

from fedichat.adapters.matrix.events import Json, word
from fedichat.errors import Gone, Rejected, TryLater
from fedichat.ports import UserId

_CLIENT = "/_matrix/client/v3"


class HomeserverClient:
    """One device of one user. Raises Rejected (for 404, Gone) and TryLater, depending on the homeserver's answer."""

    def __init__(self, session: aiohttp.ClientSession, user_id: UserId, token: str) -> None:
        self.user_id = user_id
        self.token = token
        self._session = session

    @classmethod
    async def login(cls, url: str, name: str, password: str) -> Self:
        """Log in with a password, as a new device."""
        session = aiohttp.ClientSession(url, timeout=aiohttp.ClientTimeout(total=90))
        body = {
            "type": "m.login.password",
            "identifier": {"type": "m.id.user", "user": name},
            "password": password,
            "initial_device_display_name": "a person",
        }
        try:
            said = await _call(session, "POST", "/login", body)
        except BaseException:
            await session.close()
            raise
        token = word(said, "access_token")
        session.headers["Authorization"] = f"Bearer {token}"
        return cls(session, UserId(word(said, "user_id")), token)

    async def call(self, method: str, path: str, body: Json | None = None) -> dict[str, object]:
        """Call a `path` below /_matrix/client/v3; ids in it must be `quoted`."""
        return await _call(self._session, method, path, body)

    async def upload(self, data: bytes, mimetype: str) -> str:
        """Upload a file; gives its `mxc://` address."""
        url = yarl.URL("/_matrix/media/v3/upload")
        async with self._session.post(url, data=data, headers={"Content-Type": mimetype}) as answer:
            said = await answer.json(content_type=None)
            _check("POST upload", answer.status, said)
        return word(said, "content_uri")

    async def download(self, address: str) -> bytes:
        """Download the file at an `mxc://` address, as the server has it."""
        url = yarl.URL(f"/_matrix/client/v1/media/download/{address.removeprefix('mxc://')}")
        async with self._session.get(url) as answer:
            data = await answer.read()
            _check("GET file", answer.status, {})
        return data

    async def close(self) -> None:
        """Close the connection; the device stays logged in."""
        await self._session.close()


def quoted(name: str) -> str:
    """An id or alias, quoted as part of a path."""
    return quote(name, safe="")


async def _call(session: aiohttp.ClientSession, method: str, path: str, body: Json | None) -> dict[str, object]:
    what = f"{method} {path.split('?', maxsplit=1)[0]}"
    # Already encoded: aiohttp would undo the quoting of slashes in ids.
    url = yarl.URL(f"{_CLIENT}{path}", encoded=True)
    try:
        async with session.request(method, url, json=body) as answer:
            said = await answer.json(content_type=None)
            status = answer.status
    except (aiohttp.ClientError, OSError, ValueError) as error:  # OSError includes TimeoutError
        raise TryLater(f"{what}: {error}") from error
    content: dict[str, object] = said if isinstance(said, dict) else {}
    _check(what, status, content)
    return content


def _check(what: str, status: int, content: Json) -> None:
    if status == 200:
        return
    text = f"{what}: {status} {word(content, 'errcode')} {word(content, 'error')}"
    if status in {404, 410}:
        raise Gone(text, status)
    if status == 429 or status >= 500:
        after = content.get("retry_after_ms")
        raise TryLater(text, after / 1000 if isinstance(after, int) else None)
    raise Rejected(text, status)
