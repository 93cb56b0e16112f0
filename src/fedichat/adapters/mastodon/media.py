"""Media: uploaded to our server and awaited there, and fetched from wherever citizens' are.

Followed: docs.joinmastodon.org/methods/media.
"""

import asyncio
import posixpath
import socket
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Final
from urllib.parse import quote, urljoin

import aiohttp
from aiohttp.resolver import ThreadedResolver
from yarl import URL

from fedichat.adapters.mastodon.calls import MastodonCalls
from fedichat.adapters.mastodon.entities import id_of, is_json
from fedichat.adapters.mastodon.proxies import proxy_for
from fedichat.adapters.public_addresses import is_public
from fedichat.errors import Gone, Refusal, Rejected, TryLater
from fedichat.ports import Clock, FileData

LONGEST_PROCESSING: Final = timedelta(minutes=10)
_FIRST_POLL: Final = 1.0
_LONGEST_POLL: Final = 10.0
_FETCH_SECONDS: Final = 20.0
_MOST_REDIRECTS: Final = 5
_CHUNK: Final = 65_536
_NO_ADDRESS: Final = "fetching a file: not an address of the web"


class CountedBody:
    """A request's body that tells which share of it was read, so sent; requests would swallow an open file whole."""

    def __init__(self, body: bytes, progress: Callable[[float], None]) -> None:
        self._body = memoryview(body)
        self._position = 0
        self._progress = progress

    def __len__(self) -> int:
        return len(self._body)

    def __iter__(self) -> Iterator[bytes]:
        while chunk := self.read(_CHUNK):
            yield chunk

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        end = len(self._body) if size < 0 else min(len(self._body), self._position + size)
        chunk = bytes(self._body[self._position : end])
        self._position = end
        self._progress(end / max(1, len(self._body)))
        return chunk


async def upload(
    calls: MastodonCalls, clock: Clock, file: FileData, alt: str, progress: Callable[[float], None]
) -> str:
    """Upload a file and wait until the server has processed it; its id. `progress` is called from another thread.

    Raises Rejected for what the server will not take or cannot process, and TryLater: repeating uploads it again.
    """
    fields: dict[str, str | tuple[str, bytes, str]] = {"file": (file.name, file.data, file.mimetype)}
    if alt:
        fields["description"] = alt
    from urllib3.filepost import encode_multipart_formdata  # noqa: PLC0415 - the start does without it

    body, content_type = encode_multipart_formdata(fields)
    try:
        made = await calls.send("/api/v2/media", CountedBody(body, progress), content_type)
        waits = True
    except Gone:
        # The old way, which is done when it answers.
        made = await calls.send("/api/v1/media", CountedBody(body, progress), content_type)
        waits = False
    media = id_of(made)
    if media is None:
        raise TryLater("the answer to an upload names no id")
    if waits and not _is_processed(made):
        await _until_processed(calls, clock, media)
    progress(1.0)
    return media


async def _until_processed(calls: MastodonCalls, clock: Clock, media: str) -> None:
    until = clock.now() + LONGEST_PROCESSING
    wait = _FIRST_POLL
    while clock.now() < until:
        await clock.sleep(wait)
        wait = min(wait * 2, _LONGEST_POLL)
        try:
            if _is_processed(await calls.get(f"/api/v1/media/{quote(media, safe='')}")):
                return
        except TryLater as error:
            wait = max(wait, error.retry_after or 0)
    minutes = int(LONGEST_PROCESSING.total_seconds() // 60)
    told = Refusal("the server did not finish processing the file within {minutes} minutes", minutes=minutes)
    raise Rejected(str(told), told=told)


def _is_processed(media: object) -> bool:
    return is_json(media) and bool(media.get("url"))


# --- citizens' media ---------------------------------------------------------------------------------------


class _Guard:
    """Makes the sockets of one request. It is the address connected to that counts, not how it was written or found.

    So neither a name that means something else a moment later, nor digits that some library reads differently, leads
    inside.
    """

    def __init__(self, *, anywhere: bool) -> None:
        self._anywhere = anywhere
        self.refused = False

    def socket(self, found: aiohttp.AddrInfoType) -> socket.socket:
        """A socket for an address about to be connected to. Raises PermissionError if it may not be."""
        family, kind, protocol, _name, address = found
        if not self._anywhere and not is_public(str(address[0])):
            self.refused = True
            raise PermissionError("not a public address")
        return socket.socket(family, kind, protocol)


async def fetch(url: str, limit: int, instance: str) -> FileData:
    """What is at a public address, or at our `instance` itself; nothing of ours is sent along.

    Raises Rejected for other addresses, also those that it redirects to, and for more than `limit` bytes.
    """
    home = URL(instance).origin()
    try:
        async with asyncio.timeout(_FETCH_SECONDS):
            target = _web_address(url)
            for _ in range(_MOST_REDIRECTS + 1):
                found = await _fetched(target, limit, is_home=target.origin() == home)
                if isinstance(found, FileData):
                    return found
                target = _web_address(urljoin(str(target), found))
    except (aiohttp.ClientError, OSError, ValueError) as error:  # OSError has the TimeoutErrors
        raise TryLater(f"fetching a file: {type(error).__name__}") from error
    raise Rejected("fetching a file: redirected without end")


def _web_address(url: str) -> URL:
    try:
        found = URL(url)
        host, port = found.host, found.port
    except ValueError:
        host = port = None
    if not host or not port or found.scheme not in {"http", "https"} or found.raw_user is not None:
        raise Rejected(_NO_ADDRESS)
    return found


async def _fetched(url: URL, limit: int, *, is_home: bool) -> FileData | str:
    """The file, or the address that we are sent on to."""
    proxy = proxy_for(str(url))
    guard = _Guard(anywhere=is_home or proxy is not None)
    connector = aiohttp.TCPConnector(resolver=ThreadedResolver(), socket_factory=guard.socket)
    headers = {"User-Agent": "fedichat", "Accept-Encoding": "identity"}
    target, tls_name = url, None
    if proxy is not None and not is_home:
        # The proxy connects, so it is told the address that was judged; it would look the name up again.
        target, tls_name = await _pinned(url), url.raw_host
        headers["Host"] = url.raw_authority
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session:
        try:
            async with session.get(
                target, allow_redirects=False, proxy=proxy, headers=headers, server_hostname=tls_name
            ) as response:
                if 300 <= response.status < 400 and "Location" in response.headers:
                    return response.headers["Location"]
                return await _read(response, url, limit)
        except aiohttp.ClientConnectorError:
            if guard.refused:
                raise Rejected("fetching a file: not a public address") from None
            raise
        except aiohttp.InvalidURL:
            raise Rejected(_NO_ADDRESS) from None


async def _pinned(url: URL) -> URL:
    """The same with the number of its host. Raises Rejected if one of those that its name stands for is not public."""
    if url.scheme != "https":
        # By RFC 9112 (3.2.2) a proxy that is told a number forgets the name, which is needed there.
        raise Rejected("fetching a file: plain http through a proxy cannot be held to a public address")
    found = await asyncio.get_running_loop().getaddrinfo(url.host, url.port, type=socket.SOCK_STREAM)
    hosts = [str(entry[4][0]) for entry in found]
    if not hosts or not all(map(is_public, hosts)):
        raise Rejected("fetching a file: not a public address")
    return url.with_host(hosts[0])


async def _read(response: aiohttp.ClientResponse, url: URL, limit: int) -> FileData:
    status = response.status
    if status in {404, 410}:
        raise Gone(f"fetching a file: HTTP {status}", status)
    if status != 200:
        raise (TryLater if status >= 500 or status == 429 else Rejected)(f"fetching a file: HTTP {status}")
    received = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK):
        received += chunk
        if len(received) > limit:
            raise Rejected(f"fetching a file: more than {limit} bytes", 413)
    name = posixpath.basename(url.path)
    return FileData(name or "file", response.content_type, bytes(received))
