"""Becoming our user on one device, the same one after every restart.

The store folder (mode 0700) holds `session.json` (user, device, access token; mode 0600) beside nio's
database of keys. A token without its keys is worth nothing in encrypted rooms, so each of them lost means a
new device; and so do keys that were put back to an older state, see `encryption/key_store.py`.
"""

import json
import logging
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from nio import AsyncClient, AsyncClientConfig, LoginResponse, WhoamiResponse
from nio.crypto import ENCRYPTION_ENABLED

from fedichat.adapters.matrix.client import Client
from fedichat.adapters.matrix.encryption import key_store
from fedichat.adapters.matrix.encryption.key_store import CountingStore, Steps
from fedichat.adapters.matrix.errors import checked, error_of, network
from fedichat.errors import FedichatError, Rejected, StartError, StopError, TryLater
from fedichat.ports import StepBook

log = logging.getLogger(__name__)

REQUEST_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Account:
    """How to log in: by `password`, or with an `access_token` and the `device_id` that it belongs to."""

    homeserver: str
    user: str
    password: str | None
    access_token: str | None
    device_id: str | None
    device_name: str
    store: Path


@dataclass(frozen=True, slots=True)
class Session:
    """A login as it is kept in the store folder."""

    homeserver: str
    user_id: str
    device_id: str
    access_token: str


def prepare_store(folder: Path) -> None:
    """Make the folder for the keys. Raises StartError if it cannot be used: nio would then send plain text."""
    if not ENCRYPTION_ENABLED:
        raise StartError(
            "Encryption is not available: matrix-nio is here without its [e2e] extra. Install fedichat again."
        )
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.chmod(0o700)
        probe = folder / ".writable"
        probe.touch(mode=0o600)
        probe.unlink()
    except OSError as error:
        raise StartError(f"The folder for the encryption keys, {folder}, cannot be used: {error.strerror}") from error


async def log_in(account: Account, book: StepBook | None = None) -> Client:
    """A client with a valid token and its keys loaded. Raises TryLater, StartError or StopError.

    The store must be locked by us. `book` knows how far its keys have been.
    """
    client = _new_client(account)
    client.steps = Steps(client, book)
    try:
        if account.access_token:
            await _with_configured_token(client, account, book)
        elif not await _with_kept_session(client, account, book):
            await _with_password(client, account)
    except BaseException:
        await client.close()
        raise
    return client


async def look_in(account: Account) -> Client | None:
    """A client with our token and no keys, also beside a fedichat that runs; None where there is no valid token.

    Nothing is logged in, made or changed. Raises TryLater or StartError.
    """
    session = None if account.access_token else _read_session(account)
    token = account.access_token or (session.access_token if session else None)
    if token is None:
        return None
    client = _new_client(account, encrypts=False)
    try:
        owner = await _configured_owner(client, account) if account.access_token else await _owner(client, token)
        if owner is None:
            await client.close()
            return None
        client.user_id, client.device_id = owner
        _same_user(account, client.user_id)
    except BaseException:
        await client.close()
        raise
    return client


def _new_client(account: Account, *, encrypts: bool = True) -> Client:
    """A client that never repeats a request by itself: fedichat decides when to wait, and says so."""
    config = AsyncClientConfig(
        store=CountingStore,
        max_limit_exceeded=0,
        max_timeouts=0,
        request_timeout=REQUEST_SECONDS,
        encryption_enabled=encrypts,
        pickle_key=key_store.PICKLE_KEY,
    )
    return Client(account.homeserver.rstrip("/"), account.user, None, str(account.store), config)


async def _with_configured_token(client: Client, account: Account, book: StepBook | None) -> None:
    user_id, device_id = await _configured_owner(client, account)
    if await _were_put_back(client, account, user_id, device_id, book):
        raise StartError(
            f"The encryption keys of the device {device_id} in {account.store} were put back to an older state: what "
            "it says nobody could read any more. Make a new access_token with its device_id, and log the old device "
            "out; the database and the rest of the folder can stay."
        )
    _load(client, account, user_id, device_id, account.access_token or "")


async def _configured_owner(client: Client, account: Account) -> tuple[str, str]:
    owner = await _owner(client, account.access_token or "")
    if owner is None:
        raise StartError(
            "The homeserver does not accept the configured access_token. Make a new one, with its device_id."
        )
    user_id, device_id = owner
    if device_id and account.device_id and device_id != account.device_id:
        raise StartError(
            f"The access_token belongs to the device {device_id}, the configuration says {account.device_id}."
        )
    return user_id, device_id or account.device_id or ""


async def _with_kept_session(client: Client, account: Account, book: StepBook | None) -> bool:
    session = _read_session(account)
    if session is None:
        return False
    owner = await _owner(client, session.access_token)
    if owner is None:
        log.warning("matrix-token-revoked device=%s logging in again", session.device_id)
    elif not keys_file(account.store, session.user_id, session.device_id).exists():
        # The server still has this device's old public keys: nobody could read what is encrypted for it.
        log.warning("matrix-keys-lost device=%s logging in as a new device", session.device_id)
        await _forget_device(client)
    elif await _were_put_back(client, account, session.user_id, session.device_id, book):
        await _leave_alone(client, account, session)
        return True
    else:
        _load(client, account, session.user_id, session.device_id, session.access_token)
        return True
    keys_file(account.store, session.user_id, session.device_id).unlink(missing_ok=True)
    return False


async def _were_put_back(client: Client, account: Account, user: str, device: str, book: StepBook | None) -> bool:
    client.user_id = user
    with store_errors(account.store):
        keys = key_store.look(keys_file(account.store, user, device))
    return keys is not None and await key_store.was_put_back(client, device, keys, book)


async def _leave_alone(client: Client, account: Account, session: Session) -> None:
    """Become a new device, because the old one's keys come from a backup. Their file stays: only we can use it.

    The old device is logged out last: a login that fails has then changed nothing, and the next one finds all this
    again.
    """
    log.warning("matrix-keys-put-back device=%s logging in as a new device", session.device_id)
    await _with_password(client, account)
    new, client.access_token = client.access_token, session.access_token
    await _forget_device(client)
    client.access_token = new


async def _with_password(client: AsyncClient, account: Account) -> None:
    if account.password is None:
        raise StartError("There is neither a password nor an access_token for the Matrix user.")
    client.access_token, client.user_id, client.device_id = "", "", None
    with network("login"), store_errors(account.store):
        response = await client.login(account.password, device_name=account.device_name)
    if not isinstance(response, LoginResponse):
        error = error_of(response, "login")
        if isinstance(error, TryLater):
            raise error
        raise StartError(f"The login of {account.user} was refused. {error}") from error
    _same_user(account, response.user_id)
    keys_file(account.store, response.user_id, response.device_id).chmod(0o600)
    _write_session(account, Session(account.homeserver, response.user_id, response.device_id, response.access_token))
    log.info("matrix-logged-in user=%s device=%s", response.user_id, response.device_id)


async def _owner(client: AsyncClient, token: str) -> tuple[str, str] | None:
    """The user and device of a token; None where it is not valid (any more)."""
    client.access_token = token
    with network("whoami"):
        response = await client.whoami()
    if isinstance(response, WhoamiResponse):
        return response.user_id, response.device_id or ""
    error = error_of(response, "whoami")
    if isinstance(error, StopError):
        return None
    if isinstance(error, Rejected):
        raise StartError(f"{client.homeserver} does not speak the Matrix client-server API. {error}") from error
    raise error


async def _forget_device(client: AsyncClient) -> None:
    try:
        with network("logout"):
            checked(await client.logout(), "logout")
    except FedichatError as error:
        log.warning("matrix-old-device-kept reason=%s", error)


def _load(client: AsyncClient, account: Account, user_id: str, device_id: str, token: str) -> None:
    _same_user(account, user_id)
    if not device_id:
        raise StartError("The access_token belongs to no device: encrypted rooms need one. Log in by password instead.")
    with store_errors(account.store):
        client.restore_login(user_id, device_id, token)
        keys_file(account.store, user_id, device_id).chmod(0o600)
    if client.store is None or client.olm is None:
        raise StartError(f"The encryption keys in {account.store} could not be loaded.")


class store_errors:  # noqa: N801 - reads as a function in `with`
    """Turn what peewee, SQLite and vodozemac raise when the store is damaged into a StartError."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Exception) and type(error).__module__.partition(".")[0] in {
            "peewee",
            "sqlite3",
            "vodozemac",
        }:
            raise StartError(
                f"The encryption keys in {self._folder} are damaged or belong to another program ({error}). "
                "Move the file away to start as a new device; a backup of it would be of no use."
            ) from error


def _same_user(account: Account, user_id: str) -> None:
    if account.user.startswith("@") and user_id != account.user:
        raise StartError(f"This login belongs to {user_id}, the configuration says {account.user}.")


def keys_file(folder: Path, user_id: str, device_id: str) -> Path:
    """Where nio keeps the keys of a device."""
    return folder / f"{user_id}_{device_id}.db"


def _read_session(account: Account) -> Session | None:
    file = account.store / "session.json"
    try:
        session = Session(**json.loads(file.read_text()))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        log.warning("matrix-session-unreadable file=%s reason=%s", file, error)
        return None
    mine = session.homeserver == account.homeserver and account.user in {
        session.user_id,
        session.user_id.split(":")[0][1:],
    }
    return session if mine else None


def _write_session(account: Account, session: Session) -> None:
    write_private(account.store / "session.json", json.dumps(asdict(session)))


def write_private(file: Path, text: str) -> None:
    """Replace a file that only we may read, in one step."""
    fresh = file.with_name(f".{file.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(file)
