"""Has charts drawn by a process of its own, so that the event loop never waits for one."""

import asyncio
import logging
import os
import sys
import tempfile

from fedichat.render.chart import Chart

log = logging.getLogger(__name__)

_PATIENCE = 60.0
_PNG = b"\x89PNG\r\n\x1a\n"
_COMMAND = (sys.executable, "-m", "fedichat.render.chart")


async def drawn(chart: Chart, command: tuple[str, ...] = _COMMAND, patience: float = _PATIENCE) -> bytes | None:
    """The picture as PNG; None where it cannot be drawn: the log says why, and whoever wanted it goes on without."""
    with tempfile.TemporaryDirectory(prefix="fedichat-chart-") as folder:
        # It need not know our secrets, which may be in the environment, and must not write anywhere else.
        environment = {"PATH": os.environ.get("PATH", ""), "MPLCONFIGDIR": folder, "HOME": folder, "MPLBACKEND": "agg"}
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=environment,
        )
        try:
            async with asyncio.timeout(patience):
                picture, trouble = await process.communicate(chart.to_json())
        except TimeoutError:
            log.warning("chart-not-drawn reason=no picture within %.0f seconds", patience)
            return None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    if process.returncode == 0 and picture.startswith(_PNG):
        return picture
    reason = (trouble.decode(errors="replace").strip().splitlines() or [f"exit code {process.returncode}"])[-1]
    log.warning("chart-not-drawn reason=%s", reason)
    return None
