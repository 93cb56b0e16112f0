"""What is logged, and what never is."""

import asyncio
import io
import logging
import re
from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from fedichat import logs
from fedichat.errors import TryLater

LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (\w+) ([\w.]+) (.*)")


@pytest.fixture(autouse=True)
def untouched() -> Iterator[None]:
    """Other tests keep their logging."""
    loggers = [logging.getLogger(name) for name in (None, "fedichat", "py.warnings", *logs._LEAST_LEVELS)]
    before = [(logger, logger.handlers[:], logger.level) for logger in loggers]
    yield
    logging.captureWarnings(capture=False)
    for logger, handlers, level in before:
        logger.handlers[:] = handlers
        logger.setLevel(level)


def test_a_message_is_one_line() -> None:
    out = io.StringIO()
    logs.set_up(stream=out)
    logging.getLogger("fedichat.one_line").info("ready accounts=%d said=%s", 2, "a\nFAKE line")
    # What an earlier test left behind may be collected, and logged, just now.
    lines = [line for line in out.getvalue().splitlines() if "fedichat.one_line" in line or "FAKE" in line]
    assert len(lines) == 1, out.getvalue()
    found = LINE.fullmatch(lines[0])
    assert found is not None, lines[0]
    assert found.groups() == ("INFO", "fedichat.one_line", "ready accounts=2 said=a\\nFAKE line")


def test_secrets_are_masked_wherever_they_turn_up() -> None:
    out = io.StringIO()
    logs.set_up(stream=out).hide([SecretStr("pa/ss word"), SecretStr("t0ken")])
    log = logging.getLogger("fedichat.x")
    log.warning("asked url=%s header=%r", "https://x/?access_token=pa%2Fss%20word", {"Authorization": "Bearer t0ken"})
    try:
        raise TryLater("no answer for pa/ss word")  # noqa: TRY301 - to have been raised
    except TryLater:
        log.exception("crashed")
    shown = out.getvalue()
    assert not any(secret in shown for secret in ("pa/ss word", "pa%2Fss%20word", "t0ken"))
    assert f"access_token={logs.MASK} header=" in shown
    assert "    fedichat.errors.TryLater: no answer for •••" in shown


def test_a_traceback_says_what_broke_and_where_and_quotes_nobody() -> None:
    out = io.StringIO()
    logs.set_up(stream=out)
    words = "Zebrafink in private"

    def breaks() -> None:
        try:
            int(words)
        except ValueError as error:
            raise RuntimeError(f"could not read {words}") from error

    async def both() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(asyncio.to_thread(breaks))
            group.create_task(asyncio.to_thread(breaks))

    try:
        asyncio.run(both())
    except ExceptionGroup:
        logging.getLogger("fedichat.x").exception("crashed reference=%s", "1234")
    shown = out.getvalue()
    assert "Zebrafink" not in shown
    assert "crashed reference=1234" in shown
    assert "ValueError" in shown
    assert "RuntimeError" in shown
    assert "int(words)" in shown, "the line of code"
    assert "Which led to:" in shown


@pytest.mark.parametrize(
    ("verbosity", "ours", "others"),
    [
        (-1, ["WARNING"], ["ERROR"]),
        (0, ["INFO", "WARNING"], ["WARNING", "ERROR"]),
        (1, ["DEBUG", "INFO", "WARNING"], ["INFO", "WARNING", "ERROR"]),
        (2, ["DEBUG", "INFO", "WARNING"], ["DEBUG", "INFO", "WARNING", "ERROR"]),
    ],
)
def test_libraries_speak_a_level_later_than_fedichat(verbosity: int, ours: list[str], others: list[str]) -> None:
    out = io.StringIO()
    logs.set_up(verbosity, out)
    for level in (logging.DEBUG, logging.INFO, logging.WARNING):
        logging.getLogger("fedichat.x").log(level, "x")
    for level in (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR):
        logging.getLogger("alembic.x").log(level, "x")
    lines = [LINE.fullmatch(line) for line in out.getvalue().splitlines()]
    assert [line[1] for line in lines if line and line[2] == "fedichat.x"] == ours
    assert [line[1] for line in lines if line and line[2] == "alembic.x"] == others


def test_libraries_that_tell_what_passes_through_them_keep_it_to_themselves() -> None:
    out = io.StringIO()
    logs.set_up(2, out)
    for name in ("nio.responses", "nio.client", "peewee", "aiosqlite", "sqlalchemy.engine.Engine"):
        logging.getLogger(name).debug("secret")
    logging.getLogger("sqlalchemy.engine.Engine").info("secret")
    logging.getLogger("nio.responses").warning("secret")
    assert not out.getvalue()


def test_setting_up_twice_logs_once() -> None:
    logs.set_up(stream=io.StringIO())
    out = io.StringIO()
    logs.set_up(stream=out)
    logging.getLogger("fedichat").info("once")
    assert out.getvalue().count("once") == 1
