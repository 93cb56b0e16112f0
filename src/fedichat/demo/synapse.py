"""A real Synapse for the demo and the tests: a process of its own, on loopback, with SQLite in one folder."""

import asyncio
import hashlib
import hmac
import importlib.util
import json
import logging
import os
import secrets
import socket
import sys
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import aiohttp

from fedichat.errors import StartError, StopError
from fedichat.ports import UserId

log = logging.getLogger(__name__)

# On Linux, the server is killed when we are gone, however we ended (prctl's PR_SET_PDEATHSIG is 1); elsewhere we have
# to end in good order.
_RUN = """
import os, runpy, signal, sys
if sys.platform == "linux":
    import ctypes
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
if os.getppid() != int(sys.argv.pop(1)):
    sys.exit("the parent is gone")
runpy.run_module("synapse.app.homeserver", run_name="__main__", alter_sys=True)
"""


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate limit as Synapse counts it: so many per second in the long run, and so many at once."""

    per_second: float
    burst: int

    def as_config(self) -> dict[str, float | int]:
        """The same, as homeserver.yaml spells it."""
        return {"per_second": self.per_second, "burst_count": self.burst}


UNLIMITED = Rate(10_000, 10_000)


class Synapse:
    """One homeserver in `folder`: `async with Synapse(folder) as synapse:` starts it and stops it.

    `messages` limits how much a user may send, `logins` how often anybody may log in. If it `keeps_sync_answers`, as
    Synapse does by default, somebody who asks twice with the same token within two minutes gets the same answer.
    `stop()` and `start()` restart it with the same data on the same port. Raises StartError if it is not installed
    or does not come up.
    """

    def __init__(
        self,
        folder: Path,
        log_to: Path | None = None,
        *,
        name: str = "office.test",
        messages: Rate = UNLIMITED,
        logins: Rate = UNLIMITED,
        keeps_sync_answers: bool = True,
    ) -> None:
        self.folder = folder
        self.name = name
        self.log_to = log_to or folder / "synapse.log"
        self.messages = messages
        self.logins = logins
        self.keeps_sync_answers = keeps_sync_answers
        self._port = 0
        self._secret = secrets.token_urlsafe(32)
        self._process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        """The address for clients; it survives restarts."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def pid(self) -> int | None:
        """The process id; None while it is stopped."""
        return self._process.pid if self._process is not None else None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self, timeout: float = 120) -> None:
        """Start it and wait until it answers."""
        if importlib.util.find_spec("synapse") is None:
            raise StartError("Synapse is not installed here. Install it with: pip install 'fedichat[demo]'")
        self._port = self._port or _free_port()
        config = self._write_config()
        with self.log_to.open("ab") as output:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-c", _RUN, str(os.getpid()), "-c", str(config),
                stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=output, cwd=self.folder,
            )  # fmt: skip
        log.debug("synapse-started pid=%s url=%s", self._process.pid, self.url)
        try:
            await self._until_ready(self._process, timeout)
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Stop it, by force after ten seconds. The data stay in the folder."""
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            async with asyncio.timeout(10):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()

    async def register(self, name: str, password: str, *, admin: bool = False, display_name: str = "") -> UserId:
        """Add a user (Synapse's admin API, shared-secret registration). Raises StopError if refused."""
        async with aiohttp.ClientSession(self.url) as session:
            async with session.get("/_synapse/admin/v1/register") as answer:
                nonce = str((await answer.json())["nonce"])
            words = [nonce, name, password, "admin" if admin else "notadmin"]
            mac = hmac.new(self._secret.encode(), "\0".join(words).encode(), hashlib.sha1)
            body = {
                "nonce": nonce,
                "username": name,
                "password": password,
                "admin": admin,
                "displayname": display_name or name.capitalize(),
                "mac": mac.hexdigest(),
            }
            async with session.post("/_synapse/admin/v1/register", json=body) as answer:
                said = await answer.json()
                if answer.status != 200:
                    raise StopError(f"Synapse did not register {name}: {said.get('error', answer.status)}")
        return UserId(str(said["user_id"]))

    async def _until_ready(self, process: asyncio.subprocess.Process, timeout: float) -> None:
        try:
            async with asyncio.timeout(timeout), aiohttp.ClientSession(self.url) as session:
                while not await _answers(session):
                    if process.returncode is not None:
                        raise StartError(f"Synapse stopped while starting. Its last words: {self._last_words()}")
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise StartError(f"Synapse did not answer within {timeout:.0f} s; see {self.log_to}") from None

    def _last_words(self) -> str:
        return " / ".join(self.log_to.read_text(errors="replace").splitlines()[-8:])

    def _write_config(self) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        key = self.folder / "signing.key"
        if not key.exists():
            seed = b64encode(secrets.token_bytes(32)).decode().rstrip("=")
            key.write_text(f"ed25519 a_demo {seed}\n")
        logging_config = self.folder / "log.json"
        logging_config.write_text(json.dumps(_LOGGING))
        config = self.folder / "homeserver.json"  # JSON is YAML
        config.touch(mode=0o600)
        config.write_text(json.dumps(self._config(key, logging_config), indent=1))
        return config

    def _config(self, key: Path, logging_config: Path) -> dict[str, object]:
        free = UNLIMITED.as_config()
        return {
            "server_name": self.name,
            "public_baseurl": self.url,
            "listeners": [
                {
                    "port": self._port,
                    "bind_addresses": ["127.0.0.1"],
                    "type": "http",
                    "tls": False,
                    "resources": [{"names": ["client"], "compress": False}],
                }
            ],
            "database": {"name": "sqlite3", "args": {"database": str(self.folder / "homeserver.db")}},
            "signing_key_path": str(key),
            "log_config": str(logging_config),
            "media_store_path": str(self.folder / "media"),
            "pid_file": str(self.folder / "synapse.pid"),
            "registration_shared_secret": self._secret,
            "macaroon_secret_key": _kept(self.folder / "macaroon.key"),
            "form_secret": _kept(self.folder / "form.key"),
            "trusted_key_servers": [],
            "federation_domain_whitelist": [],
            "report_stats": False,
            "presence": {"enabled": False},
            "caches": {"sync_response_cache_duration": "2m" if self.keeps_sync_answers else "0s"},
            "bcrypt_rounds": 4,  # the passwords are no secret, and the machine is busy
            "rc_message": self.messages.as_config(),
            "rc_registration": free,
            "rc_login": {
                "address": self.logins.as_config(),
                "account": self.logins.as_config(),
                "failed_attempts": self.logins.as_config(),
            },
            "rc_joins": {"local": free, "remote": free},
            "rc_joins_per_room": free,
            "rc_admin_redaction": free,
            "rc_room_creation": free,
            "rc_invites": {"per_room": free, "per_user": free, "per_issuer": free},
            "rc_media_create": free,
        }


_LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"level": "WARNING", "handlers": ["console"]},
}


def _kept(file: Path) -> str:
    """A secret that survives restarts, because tokens depend on it."""
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(32))
    return file.read_text()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _answers(session: aiohttp.ClientSession) -> bool:
    try:
        async with session.get("/_matrix/client/versions") as answer:
            return answer.status == 200
    except aiohttp.ClientError:
        return False
