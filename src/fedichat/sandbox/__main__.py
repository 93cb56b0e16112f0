"""`python -m fedichat.sandbox`: the sandbox as a process of its own."""

import argparse
import asyncio
import contextlib
import signal
import sys

from fedichat.sandbox.limits import NO_RATE_LIMITS, RateLimits
from fedichat.sandbox.server import Sandbox


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m fedichat.sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="the port on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--domain", default="social.example", help="the domain that the server claims to be")
    parser.add_argument("--account", default="bsi", help="the office's user name")
    parser.add_argument("--token", help="the office's access token; by default one is made up and printed")
    parser.add_argument("--no-rate-limits", action="store_true", help="answer however many requests come")
    return parser.parse_args()


async def serve(arguments: argparse.Namespace) -> None:
    """Serve until SIGINT or SIGTERM; the first line printed is the address and the token."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    rate_limits = NO_RATE_LIMITS if arguments.no_rate_limits else RateLimits()
    async with Sandbox(domain=arguments.domain, port=arguments.port, rate_limits=rate_limits) as sandbox:
        office = sandbox.add_account(arguments.account, token=arguments.token)
        sys.stdout.write(f"sandbox-ready url={sandbox.url} account={office.acct} token={office.token}\n")
        sys.stdout.flush()
        await stopped.wait()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(_arguments()))
