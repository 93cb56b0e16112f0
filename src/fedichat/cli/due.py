"""`fedichat due`: when a promise falls due by the configured calendar, and how that is counted, as JSON."""

import argparse
import json

from fedichat.cli.arguments import add_config, add_verbosity
from fedichat.text.terminal import say

HELP = "work out by the configured calendar when a promise falls due, and print it with each step as JSON"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """From when and for how long."""
    add_config(parser)
    add_verbosity(parser)
    parser.add_argument("received", metavar="RECEIVED", help="such as 2026-11-25T14:30, in the office's zone; or now")
    parser.add_argument(
        "duration", metavar="DURATION", help="such as “2 working days”, “16 working hours”, “90 minutes”"
    )


def run(options: argparse.Namespace) -> int:
    """Print it. Raises ConfigError, and UsageError for a moment or a duration that cannot be read."""
    from fedichat.cli.counting import explained
    from fedichat.clock import SystemClock
    from fedichat.config.loading import load_config

    config = load_config(options.config, with_secrets=False)
    result = explained(config.calendar, options.received, options.duration, SystemClock().now(), config.language)
    for line in json.dumps(result, ensure_ascii=False, indent=2).split("\n"):
        say(line)
    return 0
