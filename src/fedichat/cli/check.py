"""`fedichat check`: is everything ready? One line for each thing that was looked at."""

import argparse

from fedichat import logs
from fedichat.cli.arguments import WRONG_INPUT, add_config, add_verbosity
from fedichat.errors import ConfigError
from fedichat.text.terminal import say

HELP = "see whether configuration, servers, rooms and database are ready; one line each"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which configuration; whether to check everything, or to accept the rooms that aliases now lead to."""
    add_config(parser)
    add_verbosity(parser)
    parser.add_argument(
        "--accept-rooms",
        action="store_true",
        help="where an alias now leads to another room than before, use that room from now on",
    )


def run(options: argparse.Namespace) -> int:
    """Print the findings, or what was accepted; problems of the configuration are findings as well."""
    import asyncio

    from fedichat.cli.checking.accepting import accept_rooms
    from fedichat.cli.checking.checks import check
    from fedichat.config.loading import load_config

    formatter = logs.set_up(options.verbose or -1)
    try:
        config = load_config(options.config)
    except ConfigError as error:
        for problem in error.problems:
            say(f"FAIL config: {problem}")
        return WRONG_INPUT
    formatter.hide(config.secrets())
    work = accept_rooms if options.accept_rooms else check
    return asyncio.run(work(config, lambda line: say(logs.masked(line))))
