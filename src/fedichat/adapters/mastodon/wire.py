"""HTTP as Mastodon.py needs it, with the answers kept as the server gave them."""

import io
import logging
import ssl
import time
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urljoin, urlsplit

import requests
from requests import exceptions as http
from urllib3.exceptions import ConnectTimeoutError, HTTPError, MaxRetryError, NewConnectionError

from fedichat.adapters.harmless_json import read_json
from fedichat.adapters.mastodon.outcome import Answer, Lost

if TYPE_CHECKING:
    from mastodon import Mastodon

log = logging.getLogger(__name__)

_LARGEST_ANSWER: Final = 32 * 1024 * 1024
_LONGEST_TEXT: Final = 10_000
_SLOWEST_ANSWER: Final = 60.0
_SLOWEST_UPLOAD: Final = 300.0
"""How many seconds the server may be silent once it has a whole file: the old way it processes it meanwhile."""


class _ElsewhereError(http.RequestException):
    """A redirect to where we do not go; the text is the server's address."""

    def __init__(self, url: str) -> None:
        super().__init__("/".join(url.split("/")[:3])[:200])


def _stays_home(here: str, there: str) -> bool:
    try:
        old, new = urlsplit(here), urlsplit(there)
    except ValueError:
        return False
    if old.hostname != new.hostname:
        return False
    return (old.scheme, old.netloc) == (new.scheme, new.netloc) or (old.scheme, new.scheme) == ("http", "https")


def _joined(here: str, target: str) -> str:
    try:
        return urljoin(here, target)
    except ValueError:
        return target


class Wire(requests.Session):
    """The session under Mastodon.py. Not for several threads."""

    def __init__(self) -> None:
        super().__init__()
        self.outcome: Answer | Lost | None = None
        self.secret = b""
        """What must not come back to us in the words of an error: those are shown in rooms."""

    def request(self, method: str, url: str, **options: Any) -> requests.Response:  # type: ignore[override]  # noqa: ANN401 - they are requests' own
        """Carry it out, keep the outcome, and show Mastodon.py an empty answer.

        Mastodon.py spends 5.5 ms on making objects of each notification, forgets `Retry-After`, says "network
        error" for whatever went wrong, and takes a rate limit header that it cannot read for a failure,
        although the status was published.
        """
        reading = method.upper() == "GET"
        if not reading:
            # snac2 closes idle connections without saying so: what changes something gets a fresh one.
            self.close()
        outcome = self._try(method, url, options)
        if reading and isinstance(outcome, Lost) and outcome.dropped:
            self.close()
            outcome = self._try(method, url, options)
        self.outcome = outcome
        return _nothing()

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """Where to go on. Raises ElsewhereError rather than go to another server, or from https to http.

        requests would leave out our token there, and its answer would count as our instance's.
        """
        target = super().get_redirect_target(resp)
        there = None if target is None else _joined(resp.url, target)
        if there is not None and not _stays_home(resp.url, there):
            raise _ElsewhereError(there)
        return target

    def _try(self, method: str, url: str, options: dict[str, Any]) -> Answer | Lost:
        follow = method.upper() == "GET"
        try:
            with super().request(method, url, **options, stream=True, allow_redirects=follow) as response:
                return _read(response, self.secret)
        except _ElsewhereError as elsewhere:
            return Lost(
                f"it redirects to {elsewhere}, which is not followed; is the address of the instance right?", sent=False
            )
        except UnicodeEncodeError:
            return Lost("the request cannot be encoded", sent=False)
        except (http.RequestException, HTTPError, OSError) as error:
            return _lost(error)
        except Exception as error:  # http.client has a ValueError for a chunk of negative length, and more may come
            log.exception("answer-broke")
            return Lost(f"the answer cannot be read ({type(error).__name__})", sent=True)


class Client:
    """What each call uses: Mastodon.py on a connection of its own. Not for several threads at once."""

    def __init__(self, instance: str, token: str, timeout: float, agent: str) -> None:
        self._wire = Wire()
        self._wire.secret = token.encode()
        self._token = token
        self._agent = agent
        self._instance = instance
        self._timeout = timeout

    @cached_property
    def api(self) -> "Mastodon":
        """Mastodon.py. It is imported when it is first needed: it takes 12 MB, and the start does without it."""
        from mastodon import Mastodon  # noqa: PLC0415 - see above

        api = Mastodon(
            api_base_url=self._instance,
            request_timeout=self._timeout,
            version_check_mode="none",
            ratelimit_method="throw",
            session=self._wire,
            user_agent=self._agent,
        )
        # The constructor would take it for the name of a file.
        api.access_token = self._token
        return api

    def get(self, path: str, params: list[tuple[str, str]]) -> None:
        """A GET that Mastodon.py cannot make: with `include_filtered`, or without a slash at the end."""
        self._request("GET", path, params=params)

    def post(self, path: str, data: list[tuple[str, str]], key: str) -> None:
        """A POST that Mastodon.py cannot make: a status that names whom it may tag. `key` is its idempotency key."""
        self._request("POST", path, data=data, headers={"Idempotency-Key": key})

    def put(self, path: str, data: list[tuple[str, str]]) -> None:
        """A PUT that Mastodon.py cannot make: an edit that names the language."""
        self._request("PUT", path, data=data)

    def delete(self, path: str, params: list[tuple[str, str]]) -> None:
        """A DELETE that Mastodon.py cannot make: of an upload."""
        self._request("DELETE", path, params=params)

    def send(self, path: str, body: object, content_type: str) -> None:
        """A POST of a large body that is read while it is sent; the server may take its time."""
        timeout = self._timeout, _SLOWEST_UPLOAD
        self._request("POST", path, data=body, headers={"Content-Type": content_type}, timeout=timeout)

    def _request(self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **content: object) -> None:
        own = {"Authorization": f"Bearer {self._token}", "User-Agent": self._agent}
        options = {"timeout": self._timeout, **content}
        self._wire.request(method, self._instance + path, headers={**(headers or {}), **own}, auth=_as_it_is, **options)

    def outcome(self) -> Answer | Lost:
        """What came of the last request."""
        outcome, self._wire.outcome = self._wire.outcome, None
        return outcome or Lost("no request was made", sent=False)


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Keep requests from replacing our token with what ~/.netrc has for the host."""
    return request


def _nothing() -> requests.Response:
    response = requests.Response()
    response.status_code = 200
    response.raw = io.BytesIO(b"{}")
    return response


def _read(response: requests.Response, secret: bytes) -> Answer | Lost:
    received = bytearray()
    until = time.monotonic() + _SLOWEST_ANSWER
    chunks: Iterator[bytes] = response.iter_content(65_536)
    for chunk in chunks:
        received += chunk
        if len(received) > _LARGEST_ANSWER or time.monotonic() > until:
            return Lost("the answer is too large or too slow", sent=True)
    # Whatever the status: some servers refuse with 200.
    if secret:
        received = received.replace(secret, "•••".encode())
    try:
        body = read_json(bytes(received))
    except ValueError:
        text = received[:_LONGEST_TEXT].decode(errors="replace")
        return Answer(response.status_code, None, readable=False, headers=response.headers, text=text)
    return Answer(response.status_code, body, headers=response.headers)


_UNSENT: Final = (
    http.ProxyError,
    http.ConnectTimeout,
    http.InvalidURL,
    http.InvalidSchema,
    http.MissingSchema,
)


def _lost(error: Exception) -> Lost:
    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else cause
    unsent = isinstance(
        error,
        http.ProxyError | http.ConnectTimeout | http.InvalidURL | http.InvalidSchema | http.MissingSchema,
    )
    if unsent or isinstance(reason, NewConnectionError | ConnectTimeoutError):
        return Lost("no connection", sent=False)
    if isinstance(error, http.SSLError):
        refused = isinstance(next(iter(getattr(reason, "args", ())), None), ssl.SSLCertVerificationError)
        return Lost("the certificate was refused" if refused else "TLS failed", sent=not refused)
    if isinstance(error, http.Timeout):
        return Lost("no answer in time", sent=True)
    if isinstance(error, http.TooManyRedirects):
        return Lost("redirected without end", sent=False)
    return Lost("the connection was cut", sent=True, dropped=True)
