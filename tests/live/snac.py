"""A real snac2 for the tests: a process of its own on loopback, its data in one folder."""

import asyncio
import json
import os
import shutil
import signal
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import aiohttp

SNAC = shutil.which("snac")
NO_SNAC = "snac2 is not on the PATH: .ci/install-snac installs it"
_READY_SECONDS = 20.0

# Linux ends the server when the tests are gone, however they went (prctl's PR_SET_PDEATHSIG is 1).
_RUN = """
import os, signal, sys
if sys.platform == "linux":
    import ctypes
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
if os.getppid() != int(sys.argv[1]):
    sys.exit("the parent is gone")
os.execv(sys.argv[2], sys.argv[2:])
"""


@dataclass(frozen=True, slots=True)
class SnacUser:
    """Somebody with an account there, and what they do through its Mastodon API."""

    name: str
    url: str
    acct: str
    token: str
    password: str

    async def post(
        self, text: str, *, visibility: str = "public", in_reply_to: str = "", picture: tuple[bytes, str] | None = None
    ) -> str:
        """Publish a status and give its id. Mentions are `@name`: snac2 reads no port in `@name@host`.

        `picture` is a PNG with its alt text.
        """
        form = {"status": text, "visibility": visibility}
        form |= {"in_reply_to_id": in_reply_to} if in_reply_to else {}
        form |= {"media_ids[]": await self._upload(*picture)} if picture else {}
        made = await self._call("POST", "/api/v1/statuses", form)
        assert isinstance(made, dict)
        return str(made["id"])

    async def edit(self, status_id: str, text: str) -> None:
        """Change a status."""
        await self._call("PUT", f"/api/v1/statuses/{status_id}", {"status": text})

    async def delete(self, status_id: str) -> None:
        """Delete a status. The API cannot: this is the button on the user's own page."""
        status = await self._call("GET", f"/api/v1/statuses/{status_id}")
        assert isinstance(status, dict)
        login = {"Authorization": aiohttp.encode_basic_auth(self.name, self.password)}
        form = {"action": "Delete", "id": str(status["uri"])}
        async with (
            aiohttp.ClientSession(headers=login, raise_for_status=True) as session,
            session.post(f"{self.url}/{self.name}/admin/action", data=form, allow_redirects=False),
        ):
            pass

    async def public_page(self) -> str:
        """What everybody is shown of this user."""
        return (await self.file(f"{self.url}/{self.name}")).decode()

    async def file(self, url: str) -> bytes:
        """What anybody gets at an address."""
        async with aiohttp.ClientSession(raise_for_status=True) as session, session.get(url) as response:
            return await response.read()

    async def status(self, status_id: str) -> dict[str, object] | None:
        """A status as this user is shown it; None if it is not there (any more)."""
        try:
            found = await self._call("GET", f"/api/v1/statuses/{status_id}")
        except aiohttp.ClientResponseError as refusal:
            if refusal.status != 404:
                raise
            return None
        assert isinstance(found, dict)
        return found

    async def gone(self, status_id: str, seconds: float = 30.0) -> None:
        """Wait until a status is gone: a deletion takes its time like everything else. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while await self.status(status_id) is not None:  # noqa: ASYNC110 - a server does not tell by itself
                await asyncio.sleep(0.3)

    async def below(self, status_id: str) -> list[dict[str, object]]:
        """What this user is shown below a status, the oldest first."""
        context = await self._call("GET", f"/api/v1/statuses/{status_id}/context")
        assert isinstance(context, dict)
        return list(context["descendants"])

    async def statuses(self, *, pinned: bool = False) -> list[str]:
        """What this user has published, or `pinned` only, as HTML, the newest first."""
        me = await self._call("GET", "/api/v1/accounts/verify_credentials")
        assert isinstance(me, dict)
        found = await self._call("GET", f"/api/v1/accounts/{me['id']}/statuses")
        assert isinstance(found, list)
        # It lists all of them, whatever is asked for.
        return [str(status["content"]) for status in found if status["pinned"] or not pinned]

    async def notifications(self) -> list[dict[str, object]]:
        """What this user was notified of, the newest first."""
        found = await self._call("GET", "/api/v1/notifications")
        assert isinstance(found, list)
        return found

    async def told(self, words: str) -> list[dict[str, object]]:
        """The statuses with these words that this user was notified of, the newest first."""
        statuses = [notification.get("status") for notification in await self.notifications()]
        return [one for one in statuses if isinstance(one, dict) and words in str(one.get("content"))]

    async def mention(self, words: str, seconds: float = 30.0) -> dict[str, object]:
        """The status of a mention with these words, once it is there (6 to 9 s). Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while True:
                if found := await self.told(words):
                    return found[0]
                await asyncio.sleep(0.3)

    async def _upload(self, png: bytes, alt: str) -> str:
        form = aiohttp.FormData()
        form.add_field("file", png, filename="bild.png", content_type="image/png")
        form.add_field("description", alt)
        made = await self._call("POST", "/api/v2/media", form)
        assert isinstance(made, dict)
        return str(made["id"])

    async def _call(self, method: str, path: str, form: dict[str, str] | aiohttp.FormData | None = None) -> object:
        # A fresh connection each time: snac2 closes idle ones without saying so.
        async with aiohttp.ClientSession(raise_for_status=True) as session:
            headers = {"Authorization": f"Bearer {self.token}"}
            async with session.request(method, self.url + path, data=form, headers=headers) as response:
                return await response.json(content_type=None)


class Snac:
    """One instance in `folder`: `async with Snac(folder) as snac:` makes, starts and stops it."""

    def __init__(self, folder: Path) -> None:
        self._data = folder / "snac"
        self._log = folder / "snac.log"
        self._process: asyncio.subprocess.Process | None = None
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.host = f"127.0.0.1:{probe.getsockname()[1]}"
        self.url = f"http://{self.host}"

    async def __aenter__(self) -> Self:
        answers = ["127.0.0.1", self.host.partition(":")[2], self.host, "", ""]
        await self._snac("init", str(self._data), answers="\n".join([*answers, ""]))
        file = self._data / "server.json"
        config = json.loads(file.read_text(encoding="utf-8"))
        file.write_text(
            json.dumps(config | {"protocol": "http", "disable_email_notifications": True}), encoding="utf-8"
        )
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Start the server. Raises RuntimeError with its log if it does not come up."""
        assert SNAC is not None
        command = [sys.executable, "-c", _RUN, str(os.getpid()), SNAC, "httpd", str(self._data)]
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(*command, stdout=log, stderr=log)
        try:
            async with asyncio.timeout(_READY_SECONDS):
                await self._ready(self._process)
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Stop the server; its data stay."""
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(process.wait(), 5)
        except TimeoutError:
            process.kill()
            await process.wait()

    async def add_user(self, name: str) -> SnacUser:
        """Add a user, log in as them, and keep the token."""
        printed = await self._snac("adduser", str(self._data), name)
        password = printed.partition("password is ")[2].split()[0]
        async with aiohttp.ClientSession(raise_for_status=True) as session:
            form = {"login": name, "passwd": password}
            async with session.post(f"{self.url}/oauth/x-snac-get-token", data=form) as response:
                token = (await response.text()).strip()
        if not token.isalnum():
            raise RuntimeError(f"snac2 gave no token to {name}")
        return SnacUser(name, self.url, f"{name}@{self.host}", token, password)

    async def _snac(self, *arguments: str, answers: str = "") -> str:
        assert SNAC is not None, NO_SNAC
        process = await asyncio.create_subprocess_exec(
            SNAC,
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        printed, _ = await process.communicate(answers.encode())
        if process.returncode:
            raise RuntimeError(f"snac {arguments[0]} failed:\n{printed.decode()}")
        return printed.decode()

    async def _ready(self, process: asyncio.subprocess.Process) -> None:
        while not await self._answers():
            if process.returncode is not None:
                raise RuntimeError(f"snac2 ended:\n{self._log.read_text(encoding='utf-8')}")
            await asyncio.sleep(0.05)

    async def _answers(self) -> bool:
        try:
            async with (
                aiohttp.ClientSession() as session,
                session.get(f"{self.url}/api/v1/instance") as response,
            ):
                return response.status == 200
        except (aiohttp.ClientError, OSError):
            return False
