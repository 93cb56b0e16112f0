"""Makes every check, one after the other."""

import asyncio
import logging
from collections.abc import Callable, Iterator

from fedichat.cli.checking.accounts import check_account
from fedichat.cli.checking.config import check_config
from fedichat.cli.checking.database import check_database
from fedichat.cli.checking.finding import Findings, Level, fail
from fedichat.cli.checking.matrix import check_matrix
from fedichat.config.model import Config
from fedichat.errors import FedichatError

log = logging.getLogger(__name__)


async def check(config: Config, say: Callable[[str], object], timeout: float = 60) -> int:
    """Make every check and `say` a line for each finding. The exit code: 1 if one failed, else 0.

    `timeout` is in seconds, for each check.
    """
    failed = False
    for subject, findings in checks_of(config):
        async for finding in _in_time(subject, findings, timeout):
            failed |= finding.level is Level.FAIL
            say(str(finding))
    return 1 if failed else 0


def checks_of(config: Config) -> Iterator[tuple[str, Findings]]:
    """Each check with its subject, which begins the line when the check fails as a whole."""
    yield "config", check_config(config)
    yield "database", check_database(config)
    yield "matrix", check_matrix(config)
    for name, account in config.accounts.items():
        yield f"account {name}", check_account(name, account)


async def _in_time(subject: str, findings: Findings, timeout: float) -> Findings:
    """The findings of one check. Whatever goes wrong in it is a finding as well, and ends only this check."""
    loop = asyncio.get_running_loop()
    until = loop.time() + timeout
    try:
        while True:
            async with asyncio.timeout_at(until):
                try:
                    finding = await anext(findings)
                except StopAsyncIteration:
                    return
            yield finding
    except TimeoutError:
        yield fail(subject, f"no answer within {timeout:g} seconds")
    except FedichatError as error:
        yield fail(subject, " ".join(str(error).split()))
    except Exception as error:
        log.exception("check-crashed check=%s", subject)
        yield fail(subject, f"went wrong unexpectedly ({type(error).__name__}); the log says more")
