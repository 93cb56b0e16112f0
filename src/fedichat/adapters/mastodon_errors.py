"""What an answer of a Mastodon API means for us: the one place where HTTP becomes `fedichat.errors`."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

from fedichat.adapters.mastodon_wire import Answer, Lost
from fedichat.errors import FarEndError, Gone, Refusal, Rejected, TryLater, Unsure
from fedichat.html import clean_line

_LONGEST_WAIT: Final = 3600.0
_CLOCKS_DIFFER: Final = timedelta(hours=1)
_DURATIONS_BELOW: Final = 10_000_000
# Looked for one by one: a pattern for "invalid … token" takes quadratic time where the second word is missing.
_TOKEN: Final = re.compile(r"\btoken", re.IGNORECASE)
_NO_GOOD: Final = re.compile(r"\b(?:invalid|expired|revoked|unauthori[sz]ed)\b", re.IGNORECASE)
_LONGEST_ERROR: Final = 10_000
"""Characters of an error's text that are looked at."""


def fault_of(outcome: Answer | Lost, where: str, now: datetime, *, changing: bool) -> FarEndError | None:
    """The error that an outcome means; None if all is well.

    `changing`: the request would change something: without a clear answer nobody knows whether it did.
    """
    unclear = Unsure if changing else TryLater
    if isinstance(outcome, Lost):
        return (unclear if outcome.sent else TryLater)(f"{where}: {outcome.reason}")
    status = outcome.status
    said = f"{where}: HTTP {status}{_words(outcome)}"
    if 200 <= status < 300:
        return None if _holds_something(outcome) else unclear(f"{said}, but no JSON that can be used")
    if status == 429:
        return TryLater(said, retry_after(outcome.headers, now))
    if status >= 500 or status == 408:
        return unclear(said, retry_after({"Retry-After": outcome.headers.get("Retry-After", "")}, now))
    if status < 400 or status == 425:
        return TryLater(said)
    return (Gone if status in {404, 410} else Rejected)(said, status, _told(outcome))


def refuses_token(outcome: Answer | Lost) -> bool:
    """Whether it may say that the access token is no good: 401, on snac2 422 without a word of JSON."""
    if isinstance(outcome, Lost) or outcome.status not in {401, 403, 422}:
        return False
    wordless = outcome.status == 422 and not outcome.readable
    return outcome.status == 401 or wordless or _is_about_tokens(_error(outcome))


def _is_about_tokens(text: str) -> bool:
    return any(_TOKEN.search(line) and _NO_GOOD.search(line) for line in text.splitlines())


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds to wait, from `Retry-After` or `X-RateLimit-Reset` (docs: api/rate-limits): at most an hour.

    Counted from the server's own `Date`, if that can be true. Mastodon gives the reset as an ISO time, others
    in seconds since 1970.
    """
    date = _http_date(headers.get("Date", ""))
    start = date if date is not None and abs(date - now) < _CLOCKS_DIFFER else now
    text = headers.get("Retry-After", "").strip()
    if text:
        seconds = _number(text)
        moment = None if seconds is not None else _http_date(text)
    else:
        text = headers.get("X-RateLimit-Reset", "").strip()
        number = _number(text)
        seconds = number if number is not None and number < _DURATIONS_BELOW else None
        moment = _moment(text) if number is None else _since_1970(number)
    if seconds is None and moment is not None:
        seconds = (moment - start).total_seconds()
    return None if seconds is None else min(max(seconds, 1.0), _LONGEST_WAIT)


def _holds_something(answer: Answer) -> bool:
    """JSON, and not only an error that came with status 200."""
    body = answer.body
    if not answer.readable or not isinstance(body, dict | list):
        return False
    return isinstance(body, list) or not ("error" in body and "id" not in body)


def _error(answer: Answer) -> str:
    body = answer.body
    error = body.get("error") if isinstance(body, dict) else None
    return error[:_LONGEST_ERROR] if isinstance(error, str) else ""


def _words(answer: Answer) -> str:
    words = clean_line(_error(answer))[:200]
    return f" ({words})" if words else ""


def _told(answer: Answer) -> Refusal:
    words = clean_line(_error(answer))[:200].rstrip(".")
    if words:
        return Refusal("the server says “{words}” ({status})", words=words, status=answer.status)
    return Refusal("the server refuses it without saying why ({status})", status=answer.status)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if number >= 0 and number != float("inf") else None


def _since_1970(seconds: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
