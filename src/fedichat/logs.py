"""Logging for a service: to standard error, one line each, with the configured secrets masked."""

import logging
import sys
import time
from collections.abc import Iterable
from typing import Any, TextIO
from urllib.parse import quote

from pydantic import SecretStr

MASK = "•••"

# Below the given level these say what passes through them: access tokens and keys (nio, peewee), people's
# words (SQL with its parameters, answers that nio finds invalid).
_DISCREET = {
    "nio": logging.INFO,
    "nio.responses": logging.ERROR,
    "nio.events": logging.ERROR,
    "peewee": logging.WARNING,
    "aiosqlite": logging.WARNING,
    "sqlalchemy": logging.WARNING,
}


class Formatter(logging.Formatter):
    """`time level logger message`, in UTC; line breaks in a message are escaped, tracebacks indented."""

    converter = staticmethod(time.gmtime)
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")
        self._secrets: tuple[str, ...] = ()

    def hide(self, secrets: Iterable[SecretStr]) -> None:
        """Mask these from now on, also as they look inside a URL."""
        plain = {secret.get_secret_value() for secret in secrets} | set(self._secrets)
        both = plain | {quote(secret, safe="") for secret in plain}
        self._secrets = tuple(sorted(both - {""}, key=len, reverse=True))

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        for secret in self._secrets:
            line = line.replace(secret, MASK)
        return line

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        return super().formatMessage(record).replace("\r", "\\r").replace("\n", "\\n")

    def formatException(self, ei: Any) -> str:  # noqa: ANN401, N802 - logging's name and private type
        text = super().formatException(ei)
        return "\n".join(f"    {line}" for line in text.splitlines())


def set_up(verbosity: int = 0, stream: TextIO | None = None) -> Formatter:
    """Send all logging to standard error (or `stream`) and give back the formatter, which learns the secrets.

    `verbosity` -1: warnings only; 0: what fedichat does; 1: its details, and what libraries do; 2: all.
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
    for name, least in _DISCREET.items():
        logging.getLogger(name).setLevel(max(others, least))
    logging.captureWarnings(capture=True)
    return formatter
