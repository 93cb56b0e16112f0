"""Logging for a service: to standard error, one line each, with the configured secrets masked."""

import logging
import sys
import threading
import time
import traceback
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, TextIO
from urllib.parse import quote

from fedichat.errors import FedichatError
from fedichat.text.terminal import visible

if TYPE_CHECKING:
    from pydantic import SecretStr  # `fedichat --version` need not wait for it

MASK = "•••"

# Below these levels, libraries log what passes through them: access tokens and keys (nio, peewee), people's words (SQL
# with its parameters, answers that nio finds invalid).
_LEAST_LEVELS = {
    "nio": logging.INFO,
    "nio.responses": logging.ERROR,
    "nio.events": logging.ERROR,
    "peewee": logging.WARNING,
    "aiosqlite": logging.WARNING,
    "sqlalchemy": logging.WARNING,
}


class Formatter(logging.Formatter):
    """`time level logger message`, in UTC, on one line with nothing that a terminal obeys; tracebacks are indented.

    For errors that are not our own, a traceback has the type and the place, not the message.
    """

    converter = staticmethod(time.gmtime)
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")
        self._secrets: tuple[str, ...] = ()

    def hide(self, secrets: "Iterable[SecretStr]") -> None:
        """Mask these from now on, also in the form that they have inside a URL."""
        plain = {secret.get_secret_value() for secret in secrets} | set(self._secrets)
        both = plain | {form(secret) for secret in plain for form in (lambda text: quote(text, safe=""), visible)}
        self._secrets = tuple(sorted(both - {""}, key=len, reverse=True))

    def format(self, record: logging.LogRecord) -> str:
        return self.masked(super().format(record))

    def masked(self, text: str) -> str:
        """The text with the secrets masked."""
        for secret in self._secrets:
            text = text.replace(secret, MASK)
        return text

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        return visible(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:  # noqa: ANN401, N802 - logging's name and private type
        text = "\n".join(_traceback(ei[1])) if ei[1] is not None else super().formatException(ei)
        return _indented(text)

    def formatStack(self, stack_info: str) -> str:  # noqa: N802 - logging's name
        return _indented(super().formatStack(stack_info))


def _indented(text: str) -> str:
    return "\n".join(f"    {visible(line)}" for line in text.splitlines())


def _traceback(error: BaseException) -> Iterator[str]:
    """A traceback as Python shows it, without the messages of errors that are not our own: they may quote people.

    The lines of code say where it happened.
    """
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None:
        yield from _traceback(before)
        yield "Which led to:" if error.__cause__ else "While this was being handled:"
    yield "Traceback (most recent call last):"
    yield from traceback.format_tb(error.__traceback__)
    kind = type(error)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    yield f"{name}: {error}" if isinstance(error, FedichatError | OSError) else name
    if isinstance(error, BaseExceptionGroup):
        for one in error.exceptions:
            yield from (f"  | {line}" for part in _traceback(one) for line in part.splitlines())


def masked(text: str) -> str:
    """A text for the terminal with the secrets masked that the log masks."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler.formatter, Formatter):
            text = handler.formatter.masked(text)
    return text


def guard_the_top() -> None:
    """Log uncaught errors like everything else, in the program, its threads and its destructors.

    Python itself would print them to standard error with whatever they say, tokens included.
    """
    sys.excepthook = lambda _kind, error, _trace: crashed(error)
    threading.excepthook = lambda it: crashed(it.exc_value)
    sys.unraisablehook = lambda it: crashed(it.exc_value)


def crashed(error: BaseException | None) -> None:
    """Log an uncaught error."""
    root = logging.getLogger()
    if not root.handlers:
        set_up()
    root.critical("crashed", exc_info=error)


def set_up(verbosity: int = 0, stream: TextIO | None = None) -> Formatter:
    """Send all logging to standard error (or `stream`) and return the formatter, which has to `hide` the secrets.

    `verbosity` -1: warnings only; 0: what fedichat does; 1: its details, and what libraries do; 2: everything.
    """
    formatter = Formatter()
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
    root.addHandler(handler)
    ours, others = {-1: (30, 40), 0: (20, 30), 1: (10, 20)}.get(verbosity, (10, 10))
    root.setLevel(others)
    logging.getLogger("fedichat").setLevel(ours)
    for name, least in _LEAST_LEVELS.items():
        logging.getLogger(name).setLevel(max(others, least))
    logging.captureWarnings(capture=True)
    return formatter
