"""The fediverse server as a process of its own: the sandbox with offices' accounts and no rate limits."""

import asyncio
import json
import signal
import sys
from datetime import UTC, datetime, timedelta

from fedichat.sandbox.limits import NO_RATE_LIMITS
from fedichat.sandbox.server import Sandbox

OFFICES = tuple(f"office{number}" for number in range(1, 41))
ACCOUNTS = ("bsi", "floor", *OFFICES)
EARLIER = 3


async def serve() -> None:
    """Serve until SIGTERM; the one line printed has the address and the accounts' tokens."""
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    behind = timedelta(hours=1)

    def now() -> datetime:
        return datetime.now(UTC) - behind

    async with Sandbox(clock=now, rate_limits=NO_RATE_LIMITS) as sandbox:
        tokens = {name: sandbox.add_account(name).token for name in ACCOUNTS}
        citizen = sandbox.add_account("erika", domain="remote.example", display_name="Erika Muster")
        # An office has been written to before: its list does not begin with the ones that are measured.
        for number in range(EARLIER):
            for name in ("bsi", *OFFICES):
                await citizen.post(f"@{name} Frage {number}", language="de")
            behind -= timedelta(minutes=5)
        behind = timedelta()
        print(json.dumps({"url": sandbox.url, **tokens}), flush=True)
        await stopped.wait()


if __name__ == "__main__":
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # never outlive the run that started it
    asyncio.run(serve())
