"""Arguments that several subcommands have, and the exit codes that they share."""

import argparse
from pathlib import Path
from typing import Final

FAILED: Final = 1
WRONG_INPUT: Final = 2
"""Arguments or configuration that cannot be used; argparse exits with it, too."""
INTERRUPTED: Final = 130

_CONFIG: Final = Path("fedichat.yaml")


def add_config(parser: argparse.ArgumentParser) -> None:
    """`--config`, as `options.config`."""
    text = f"the configuration (default: {_CONFIG})"
    parser.add_argument("-c", "--config", type=Path, default=_CONFIG, metavar="FILE", help=text)


def add_verbosity(parser: argparse.ArgumentParser) -> None:
    """`--verbose`, counted in `options.verbose`, for `fedichat.logs.set_up`."""
    parser.add_argument("-v", "--verbose", action="count", default=0, help="log more; -vv logs everything")
