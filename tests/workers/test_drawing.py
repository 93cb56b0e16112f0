"""Charts are drawn beside the bot, and it does not matter to the bot if they are not."""

import asyncio
import logging
import sys
import time

import pytest

from fedichat.render.chart import Chart, Series
from fedichat.workers.delivery.drawing import drawn

CHART = Chart("Title", ("Mo\n23.",), (Series("in time", (3,)),), ("100",), "In time, in %:")
PYTHON = (sys.executable, "-c")


async def test_a_chart_is_drawn_by_a_process_of_its_own() -> None:
    png = await drawn(CHART)
    assert png is not None
    assert png.startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("raise ModuleNotFoundError(\"No module named 'matplotlib'\")", "No module named 'matplotlib'"),
        ("import sys; sys.exit(3)", "exit code 3"),
        ("print('no picture')", "exit code 0"),
        ("import time; time.sleep(60)", "no picture within 1 seconds"),
    ],
)
async def test_without_a_picture_the_log_says_why(program: str, reason: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert await drawn(CHART, (*PYTHON, program), patience=1.0) is None
    (record,) = caplog.records
    assert record.message.startswith("chart-not-drawn reason=")
    assert reason in record.message


async def test_the_process_that_draws_knows_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEDICHAT_BSI_TOKEN", "t0ken")
    program = "import os, sys; sys.exit('FEDICHAT_BSI_TOKEN' in os.environ)"
    shown = f"{program[:-1]} or sys.stdout.buffer.write(bytes([137]) + b'PNG' + bytes([13, 10, 26, 10])) and 0)"
    assert await drawn(CHART, (*PYTHON, shown), patience=20.0)


async def test_who_stops_waiting_leaves_no_process_behind() -> None:
    begun = time.monotonic()
    drawing = asyncio.create_task(drawn(CHART, (*PYTHON, "import time; time.sleep(60)")))
    await asyncio.sleep(0)
    drawing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await drawing
    assert time.monotonic() - begun < 10
