"""Media: uploaded to the sandbox, and fetched only from where it is safe to ask."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from yarl import URL

from fedichat.adapters.mastodon import media as mastodon_media
from fedichat.adapters.mastodon.media import LONGEST_PROCESSING, fetch
from fedichat.domain.tickets.mention import Visibility
from fedichat.errors import Gone, Rejected, TryLater
from fedichat.ports import FileData, NewStatus
from fedichat.sandbox import Limits as ServerLimits
from fedichat.sandbox.pages import png
from tests.adapters.fediverse import a_server, scene

PICTURE = FileData("map.png", "image/png", png(40, 30, (0, 0, 0)))
FILM = FileData("fïlm.mp4", "video/mp4", bytes(300_000))
MEDIA = r"^/api/v2/media$"


def nothing(_share: float) -> None:
    return


async def test_a_picture_is_there_at_once_with_its_alt_text() -> None:
    async with scene() as it:
        media = it.sandbox.world.media[await it.account.upload(PICTURE, "Eine Karte – groß", nothing)]
        assert (media.data, media.content_type, media.description) == (PICTURE.data, "image/png", "Eine Karte – groß")


async def test_a_video_is_awaited_and_its_bytes_are_counted() -> None:
    async with scene(limits=ServerLimits(media_polls=4)) as it:
        shares: list[float] = []
        media = it.sandbox.world.media[await it.account.upload(FILM, "", shares.append)]
        assert (media.data, media.description, media.polls_left) == (FILM.data, None, 0)
        assert shares == sorted(shares)
        assert len(shares) > 3
        assert shares[-1] == 1


async def test_a_deleted_status_takes_its_picture_along_and_an_upload_can_be_discarded() -> None:
    """docs.joinmastodon.org/methods/statuses/#delete (`delete_media`) and /methods/media/#delete, both since 4.4."""
    async with scene() as it:
        used, unused = [await it.account.upload(PICTURE, "A map", nothing) for _ in range(2)]
        new = NewStatus("Our map", Visibility.PUBLIC, media=(used,))
        made = await it.account.publish(new, "key")
        with pytest.raises(Rejected):
            await it.account.discard(used)
        await it.account.discard(unused)
        assert set(it.sandbox.world.media) == {used}
        with pytest.raises(Gone):
            await it.account.discard(unused)
        await it.account.delete(made.id)
        assert it.sandbox.world.media == {}


async def test_what_never_gets_ready_is_given_up() -> None:
    async with scene(limits=ServerLimits(media_polls=1_000_000)) as it:
        begun = it.clock.now()
        with pytest.raises(Rejected, match="did not finish processing"):
            await it.account.upload(FILM, "", nothing)
        assert it.clock.now() - begun >= LONGEST_PROCESSING


async def test_what_the_server_refuses_or_cannot_process_says_so() -> None:
    async with scene(limits=ServerLimits(image_size=10, media_polls=3)) as it:
        with pytest.raises(Rejected, match="File file size must be less than"):
            await it.account.upload(PICTURE, "", nothing)
        it.sandbox.faults.answer(422, path=r"^/api/v1/media/")
        with pytest.raises(Rejected):
            await it.account.upload(FILM, "", nothing)


async def test_trouble_while_it_is_processed_is_waited_out() -> None:
    async with scene(limits=ServerLimits(media_polls=2)) as it:
        it.sandbox.faults.answer(503, times=2, path=r"^/api/v1/media/")
        assert await it.account.upload(FILM, "", nothing) in it.sandbox.world.media


async def test_an_upload_that_was_cut_off_may_be_tried_again() -> None:
    async with scene() as it:
        it.sandbox.faults.answer(503, path=MEDIA)
        with pytest.raises(TryLater):
            await it.account.upload(PICTURE, "", nothing)


async def test_a_server_without_v2_is_asked_in_the_old_way() -> None:
    async with scene() as it:
        it.sandbox.faults.answer(404, times=None, path=MEDIA)
        media = it.sandbox.world.media[await it.account.upload(FILM, "Ein Film", nothing)]
        assert (media.data, media.description) == (FILM.data, "Ein Film")


# --- fetching ---


async def test_our_own_instances_files_are_fetched_without_our_token() -> None:
    seen: list[web.Request] = []

    async def serve(request: web.Request) -> web.Response:
        seen.append(request)
        return web.Response(body=PICTURE.data, content_type="image/png")

    async with a_server(serve) as home:
        assert await fetch(f"{home}/map.png?x=1", 10_000, home) == PICTURE
    assert not {"Authorization", "Cookie", "Referer"} & set(seen[0].headers)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://files.example/x.png",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "http://",
        "http://127.0.0.1/x.png",
        "http://[::1]/x.png",
        "http://[::ffff:127.0.0.1]/x.png",
        "http://[64:ff9b::7f00:1]/x.png",
        "http://10.0.0.1/x.png",
        "http://169.254.169.254/latest/meta-data",
        "http://192.168.1.1/x.png",
        "http://100.64.0.1/x.png",
        "http://224.0.0.1/x.png",
        "http://0.0.0.0/x.png",
        "http://localhost:1/x.png",
        "http://198.51.100.7/x.png",
        "http://[::7f00:1]/x.png",
        "http://[64:ff9b:1::a00:1]/x.png",
        "http://[2002:7f00:1::1]/x.png",
        "http://[2001:0:1:2:3:4:5:6]/x.png",
        "http://[fe80::1]/x.png",
        "http://[fd00::1]/x.png",
        "http://anna:geheim@files.example/x.png",
        "http://files.example:0/x.png",
        "http://[files.example/x.png",
        "http://files.example:99999/x.png",
    ],
)
async def test_what_is_not_of_the_public_web_is_not_asked(url: str) -> None:
    with pytest.raises(Rejected):
        await fetch(url, 1000, "https://social.example")


LOOPBACK = [
    "127.0.0.1",
    "127。0。0。1",
    "127.0．0｡1",
    "①②⑦.0.0.1",
    "１２７.0.0.1",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "0x7f.0.0.0x1",
    "127.0.0.1.",
    "[::ffff:127.0.0.1]",
    "[0:0:0:0:0:ffff:7f00:1]",
    "[64:ff9b::127.0.0.1]",
    "localhost",
    "LOCALHOST",
    "ⓛocalhost",
    "user@127.0.0.1",
]


NOBODYS_NAME = ["%31%32%37.0.0.1", "localhost."]
"""What some libraries read as this machine, and others as a name that does not exist."""


@pytest.mark.parametrize("way", ["named by a citizen", "by a redirect", "by a relative redirect"])
@pytest.mark.parametrize("host", [*LOOPBACK, *NOBODYS_NAME])
async def test_no_way_to_write_it_leads_to_this_machine(host: str, way: str) -> None:
    hits: list[str] = []

    async def inner(request: web.Request) -> web.Response:
        hits.append(request.path)
        return web.Response(body=PICTURE.data, content_type="image/png")

    async with a_server(inner) as intranet:
        inside = f"http://{host}:{URL(intranet).port}/admin.png"

        async def outer(_request: web.Request) -> web.Response:
            location = inside if way == "by a redirect" else inside.removeprefix("http:")
            return web.Response(status=302, headers={"Location": location})

        async with a_server(outer) as home:
            with pytest.raises((Rejected, TryLater) if host in NOBODYS_NAME else Rejected):
                await fetch(inside if way == "named by a citizen" else f"{home}/x.png", 10_000, home)
    assert hits == []


async def test_a_redirect_without_end_is_left() -> None:
    async def loop(_request: web.Request) -> web.Response:
        raise web.HTTPFound("/loop")

    async with a_server(loop) as home:
        with pytest.raises(Rejected, match="redirected without end"):
            await fetch(f"{home}/loop", 1000, home)


async def test_a_name_that_stands_for_a_private_address_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def lookup(host: str, port: int, *args: object, **more: object) -> list[object]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.1.2.3", port))]

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    with pytest.raises(Rejected, match="not a public address"):
        await fetch("http://rebinding.example/x.png", 1000, "https://social.example")


async def test_another_port_of_our_own_server_is_somebody_elses() -> None:
    hits: list[str] = []

    async def serve(request: web.Request) -> web.Response:
        hits.append(request.path)
        return web.Response()

    async with a_server(serve) as home, a_server(serve) as admin:
        with pytest.raises(Rejected, match="not a public address"):
            await fetch(f"{admin}/x.png", 1000, home)
    assert hits == []


@asynccontextmanager
async def a_proxy(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[list[str]]:
    """One that writes down what it is asked for, and refuses it; the network's names are all at one address."""
    asked: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await reader.readline()).decode().strip())
        writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, address)
    monkeypatch.setenv("no_proxy", "")
    try:
        yield asked
    finally:
        server.close()


@pytest.mark.parametrize(
    ("url", "inside", "asked"),
    [
        ("https://files.example/x.png", "93.184.216.34", ["CONNECT 93.184.216.34:443 HTTP/1.1"]),
        ("https://files.example/x.png", "10.1.2.3", []),
        ("https://10.1.2.3/x.png", "10.1.2.3", []),
        ("http://files.example/x.png", "93.184.216.34", []),
    ],
)
async def test_a_proxy_is_sent_to_the_very_address_that_was_judged(
    monkeypatch: pytest.MonkeyPatch, url: str, inside: str, asked: list[str]
) -> None:
    def lookup(host: str, port: int, *args: object, **more: object) -> list[object]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (inside, port))]

    async with a_proxy(monkeypatch) as seen:
        monkeypatch.setattr(socket, "getaddrinfo", lookup)
        with pytest.raises(TryLater if asked else Rejected):
            await fetch(url, 1000, "https://social.example")
    assert seen == asked


async def test_what_is_too_large_is_not_read_to_its_end() -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(bytes(10_000))
        except (ConnectionError, asyncio.CancelledError):
            return response

    async with a_server(endless) as home:
        with pytest.raises(Rejected, match="more than 50000 bytes"):
            await fetch(f"{home}/x.png", 50_000, home)


async def test_a_server_that_says_nothing_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mastodon_media, "_FETCH_SECONDS", 0.2)

    async def silent(_request: web.Request) -> web.Response:
        await asyncio.sleep(3)
        return web.Response()

    async def missing(_request: web.Request) -> web.Response:
        raise web.HTTPNotFound

    async with a_server(silent) as home:
        with pytest.raises(TryLater):
            await fetch(f"{home}/x.png", 1000, home)
    async with a_server(missing) as home:
        with pytest.raises(Gone):
            await fetch(f"{home}/x.png", 1000, home)
