"""Media: uploaded to our server and awaited there, and fetched from wherever citizens' are.

Followed: docs.joinmastodon.org/methods/media.
"""

import asyncio
import ipaddress
import posixpath
import socket
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Final
from urllib.parse import quote, unquote, urljoin, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from requests.utils import get_environ_proxies, select_proxy
from urllib3.filepost import encode_multipart_formdata

from fedichat.adapters.mastodon_calls import MastodonCalls
from fedichat.adapters.mastodon_entities import id_of, is_json
from fedichat.errors import Gone, Refusal, Rejected, TryLater
from fedichat.ports import Clock, FileData

LONGEST_PROCESSING: Final = timedelta(minutes=10)
_FIRST_POLL: Final = 1.0
_LONGEST_POLL: Final = 10.0
_FETCH_SECONDS: Final = 20.0
_MOST_REDIRECTS: Final = 5
_CHUNK: Final = 65_536
_TRANSLATED: Final = ipaddress.ip_network("64:ff9b::/96")


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

    Raises Rejected for what the server will not take or cannot process, and TryLater: repeating uploads it anew.
    """
    fields: dict[str, str | tuple[str, bytes, str]] = {"file": (file.name, file.data, file.mimetype)}
    if alt:
        fields["description"] = alt
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


async def fetch(url: str, limit: int, instance: str) -> FileData:
    """What is at a public address, or at our `instance` itself; nothing of ours is sent along.

    Raises Rejected for other addresses, also those that it redirects to, and for more than `limit` bytes.
    """
    home = urlsplit(instance).netloc
    connector = aiohttp.TCPConnector(resolver=_PublicResolver(urlsplit(instance).hostname or ""))
    timeout = aiohttp.ClientTimeout(total=_FETCH_SECONDS)
    async with aiohttp.ClientSession(
        connector=connector, timeout=timeout, cookie_jar=aiohttp.DummyCookieJar(), headers={"User-Agent": "fedichat"}
    ) as session:
        try:
            for _ in range(_MOST_REDIRECTS + 1):
                proxy = await _checked(url, home)
                async with session.get(
                    url, allow_redirects=False, proxy=proxy, headers={"Accept-Encoding": "identity"}
                ) as response:
                    if 300 <= response.status < 400 and "Location" in response.headers:
                        url = urljoin(url, response.headers["Location"])
                        continue
                    return await _read(response, url, limit)
        except (aiohttp.ClientError, OSError, ValueError) as error:  # OSError has the TimeoutErrors
            raise TryLater(f"fetching a file: {type(error).__name__}") from error
    raise Rejected("fetching a file: redirected without end")


async def _read(response: aiohttp.ClientResponse, url: str, limit: int) -> FileData:
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
    name = posixpath.basename(unquote(urlsplit(url).path))
    return FileData(name or "file", response.content_type, bytes(received))


async def _checked(url: str, home: str) -> str | None:
    """The proxy for an address that we may ask. Raises Rejected for one that we may not."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise Rejected("fetching a file: not an address of the web")
    proxies = get_environ_proxies(url)
    proxy = select_proxy(url, proxies)
    if parts.netloc == home:
        return proxy
    if _is_address(parts.hostname):
        if not _is_public(parts.hostname):
            raise Rejected("fetching a file: not a public address")
    elif proxy is not None:
        # The proxy asks for the name again; without one the connection itself is made to what was checked.
        found = await asyncio.get_running_loop().getaddrinfo(parts.hostname, None, type=socket.SOCK_STREAM)
        if not all(_is_public(str(entry[4][0])) for entry in found):
            raise Rejected("fetching a file: not a public address")
    elif parts.hostname == urlsplit(f"//{home}").hostname:
        raise Rejected("fetching a file: another port of our own server")
    return proxy


class _PublicResolver(AbstractResolver):
    """Finds only public addresses, but for those of our own instance."""

    def __init__(self, home: str) -> None:
        self._resolver = ThreadedResolver()
        self._home = home

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)
        if host != self._home and not all(_is_public(entry["host"]) for entry in found):
            raise Rejected("fetching a file: not a public address")
        return found

    async def close(self) -> None:
        await self._resolver.close()


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _is_public(host: str) -> bool:
    address = ipaddress.ip_address(host.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if address in _TRANSLATED:
            return False
        address = inner or address
    return address.is_global and not address.is_multicast
