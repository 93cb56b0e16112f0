"""What an answer of a Mastodon API means to us: the one place where HTTP becomes `fedichat.errors`."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from itertools import islice
from typing import Final

from fedichat.adapters.mastodon.entities import is_json, line_of
from fedichat.adapters.mastodon.outcome import Answer, Lost
from fedichat.errors import FarEndError, Gone, Refusal, Rejected, TagsOthers, TryLater, Unsure
from fedichat.text.html import clean_line, plain_text

_LONGEST_WAIT: Final = 3600.0
_CLOCKS_DIFFER: Final = timedelta(hours=1)
_DURATIONS_BELOW: Final = 10_000_000
# Looked for one by one: a pattern for "invalid … token" takes quadratic time where the second word is missing.
_TOKEN: Final = re.compile(r"\btoken", re.IGNORECASE)
_NO_GOOD: Final = re.compile(r"\b(?:invalid|expired|revoked|unauthori[sz]ed)\b", re.IGNORECASE)
_LONGEST_ERROR: Final = 10_000
"""How many characters of an error's text are looked at."""
_LONGEST_SHOWN: Final = 200
_MOST_NAMED: Final = 5
_MOST_WORDS: Final = 5
"""How many texts are taken from JSON of an unknown form."""
_NOT_NOW: Final = frozenset({408, 425, 429})
"""HTTP statuses that mean "not now", whatever words come with them."""
_OAUTH_CODES: Final = ("invalid_token", "invalid_grant", "invalid_client", "unauthorized_client")


def fault_of(outcome: Answer | Lost, where: str, now: datetime, *, changing: bool) -> FarEndError | None:
    """The error that an outcome means; None if all is well.

    `changing`: the request would change something: without a clear answer nobody knows whether it did.
    """
    unclear = Unsure if changing else TryLater
    if isinstance(outcome, Lost):
        told = Refusal("the server cannot be reached")
        return (unclear if outcome.sent else TryLater)(f"{where}: {outcome.reason}", told=told)
    status = outcome.status
    said = f"{where}: HTTP {status}{_words(outcome)}"
    if 200 <= status < 300:
        nonsense = Refusal("the server answers with something that cannot be read")
        return None if _holds_something(outcome) else unclear(f"{said}, but no JSON that can be used", told=nonsense)
    if status == 429:
        return TryLater(said, retry_after(outcome.headers, now), Refusal("the server takes no more requests for now"))
    if status >= 500 or status == 408:
        wait = retry_after({"Retry-After": outcome.headers.get("Retry-After", "")}, now)
        return unclear(said, wait, Refusal("the server has a fault ({status})", status=status))
    if status < 400 or status == 425:
        # A request that changes something follows no redirect: the change may have been made already.
        return (TryLater if status == 425 else unclear)(said, told=_told(outcome))
    return _refused(outcome, said)


def _refused(answer: Answer, said: str) -> Rejected:
    if others := _unexpected(answer):
        told = Refusal("the server would also tag {accts}, whom the preview did not name", accts=others)
        return TagsOthers(said, answer.status, told)
    return (Gone if answer.status in {404, 410} else Rejected)(said, answer.status, _told(answer))


def may_refuse_token(outcome: Answer | Lost) -> bool:
    """Whether the access token may be what is refused; asking who we are will tell.

    Mastodon says 401; others 400 with plain text ("Invalid Bearer token"), 403, or 422 without a word of JSON (snac2).
    OAuth has codes for it (RFC 6750, 3.1; RFC 6749, 5.2), in the body or in `WWW-Authenticate`.
    """
    if isinstance(outcome, Lost):
        return False
    wordless = outcome.status == 422 and not outcome.readable
    return outcome.status in {400, 403} or wordless or says_token_is_bad(outcome)


def says_token_is_bad(outcome: Answer | Lost) -> bool:
    """Whether the answer itself leaves no doubt that the token is the problem."""
    if isinstance(outcome, Lost) or outcome.status in _NOT_NOW:
        return False
    if 200 <= outcome.status < 300 and _holds_something(outcome):
        return False
    words = f"{_error(outcome)}\n{outcome.headers.get('WWW-Authenticate', '')[:_LONGEST_ERROR]}"
    return outcome.status == 401 or _is_about_tokens(words)


def refuses_account(outcome: Answer | Lost) -> bool:
    """Whether the server refuses the token or the account, judged by its answer to the question who we are."""
    if isinstance(outcome, Lost):
        return False
    return outcome.status in {400, 401, 403, 422} or may_refuse_token(outcome)


def told_of_token(outcome: Answer | Lost) -> Refusal:
    """For people in rooms, mid-sentence: the token is refused, with what the server says about it."""
    words = _shown_words(outcome) if isinstance(outcome, Answer) else ""
    if words:
        return Refusal("the server refuses the access token: “{words}”", words=words)
    return Refusal("the server refuses the access token")


def _is_about_tokens(text: str) -> bool:
    lines = text.splitlines()
    return any(code in text for code in _OAUTH_CODES) or any(
        _TOKEN.search(line) and _NO_GOOD.search(line) for line in lines
    )


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
    """Whether it is JSON, and not just an error that came with status 200."""
    body = answer.body
    if not answer.readable or not isinstance(body, dict | list):
        return False
    return isinstance(body, list) or not ("error" in body and "id" not in body)


def _error(answer: Answer) -> str:
    """What the answer says is wrong: Mastodon's `error`, OAuth's `error_description`, others' `message`, or text.

    Where none of these is there: all words of the JSON, in which servers wrap them in many ways.
    """
    body = answer.body
    if isinstance(body, str):
        return body[:_LONGEST_ERROR]
    if not answer.readable or body is None:
        return plain_text(answer.text) if answer.text.lstrip().startswith("<") else answer.text
    named = _named_error(body) if isinstance(body, dict) else ""
    return named or _joined(islice(_strings(body), _MOST_WORDS))


def _named_error(body: dict[str, object]) -> str:
    error = body.get("error")
    # Some nest it, and some have only `message`.
    named = error.get("message") if isinstance(error, dict) else error
    return _joined((named, body.get("error_description"), body.get("message")))


def _joined(said: Iterable[object]) -> str:
    return ": ".join(dict.fromkeys(text[:_LONGEST_ERROR] for text in said if isinstance(text, str) and text.strip()))


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _strings(inner)


def _unexpected(answer: Answer) -> str:
    """Whom a status would tag although it must not (Mastodon's source, api/v1/statuses_controller.rb, `create`).

    A local account comes without its host, as everywhere.
    """
    found = answer.body.get("unexpected_accounts") if isinstance(answer.body, dict) else None
    accounts = found if answer.status == 422 and isinstance(found, list) else []
    accts = [line_of(one.get("acct")).removeprefix("@") for one in accounts if is_json(one)]
    named = [f"@{acct}" for acct in accts if acct]
    return ", ".join([*named[:_MOST_NAMED], *(["…"] if named[_MOST_NAMED:] else [])])


def _shown_words(answer: Answer) -> str:
    return clean_line(_error(answer))[:_LONGEST_SHOWN].rstrip(". ")


def _words(answer: Answer) -> str:
    words = _shown_words(answer)
    return f" ({words})" if words else ""


def _told(answer: Answer) -> Refusal:
    words = _shown_words(answer)
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
    except (TypeError, ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
