"""What a homeserver's refusals and a network's failures mean, in fedichat's own errors."""

from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import ClientError, ClientResponse
from nio import ErrorResponse, LocalProtocolError, Response
from nio.exceptions import EncryptionError, SendRetryError

from fedichat.errors import FarEndError, Gone, Refusal, Rejected, StopError, TryLater
from fedichat.text.html import clean_line

_ACCESS_LOST = {
    "M_UNKNOWN_TOKEN",
    "M_MISSING_TOKEN",
    "M_USER_DEACTIVATED",
    "M_USER_LOCKED",
    "M_USER_SUSPENDED",
}
_NOT_THERE = {"M_NOT_FOUND"}
_LIMITED = {"M_LIMIT_EXCEEDED"}


def checked(response: Response | ErrorResponse, what: str) -> None:
    """Raise what an error response means: FarEndError or StopError. `what` was being done."""
    if isinstance(response, ErrorResponse):
        raise error_of(response, what)
    transport = response.transport_response
    # If no field is required, nio takes a gateway's error page for success.
    if isinstance(transport, ClientResponse) and transport.status >= 400:
        error = ErrorResponse("unknown error")
        error.transport_response = transport
        raise error_of(error, what)


def error_of(response: ErrorResponse, what: str) -> FarEndError | StopError:
    """The error for a homeserver's refusal. The text never holds the body of our request."""
    transport = response.transport_response
    status = transport.status if isinstance(transport, ClientResponse) else None
    code = response.status_code or ""
    said = f"{what}: the homeserver says {status or ''} {code} {response.message}".replace("  ", " ").rstrip(" .")
    if code in _LIMITED or status == 429:
        return TryLater(said, _retry_after(response, transport))
    if code in _ACCESS_LOST or status == 401:
        return StopError(
            f"{said}. The access of this Matrix user was taken away. Log in again: start fedichat with the "
            "password, or put a new access_token and device_id into the configuration."
        )
    if code in _NOT_THERE or status in {404, 410}:
        return Gone(said, status, Refusal("it is not there any more"))
    if status is not None and 400 <= status < 500 and status not in {408, 425}:
        told = Refusal("the homeserver says “{words}”", words=clean_line(response.message)[:200].rstrip("."))
        return Rejected(said, status, told if response.message else None, code)
    return TryLater(said, _retry_after(response, transport))


@contextmanager
def network(what: str) -> Iterator[None]:
    """Turn what aiohttp and nio raise in this block into TryLater.

    Repeating is safe: every send carries its transaction id, so that nothing is ever `Unsure` on this side.
    """
    try:
        yield
    except TimeoutError as error:
        raise TryLater(f"{what}: the homeserver did not answer in time") from error
    except (ClientError, OSError) as error:
        raise TryLater(f"{what}: the homeserver cannot be reached: {error}") from error
    except (LocalProtocolError, EncryptionError, SendRetryError) as error:
        raise TryLater(f"{what}: not ready: {error}") from error


def _retry_after(response: ErrorResponse, transport: object) -> float | None:
    if response.retry_after_ms:
        return float(response.retry_after_ms) / 1000
    if isinstance(transport, ClientResponse):
        header = transport.headers.get("Retry-After", "")
        return float(header) if header.isdigit() else None
    return None
