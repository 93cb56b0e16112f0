"""`fedichat export`: everything that can be counted, as files for the office's own figures."""

import argparse
from pathlib import Path

from fedichat.cli.arguments import add_config, add_verbosity
from fedichat.text.terminal import say

HELP = "write tickets, steps and posts to files, without anybody's words, for figures of your own"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which files to write, into which folder, and whose names may be in them."""
    add_config(parser)
    add_verbosity(parser)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--format", choices=("csv", "json"), default="csv", help="default: csv")
    form.add_argument(
        "--excel",
        action="store_const",
        const="excel",
        dest="format",
        help="CSV that Excel opens correctly in a German office: semicolons, a byte order mark, 24.11.2026 09:00:00",
    )
    parser.add_argument("--out", type=Path, default=Path(), metavar="DIR", help="the folder (default: this one)")
    parser.add_argument("--with-authors", action="store_true", help="name the citizens who asked")
    parser.add_argument("--with-colleagues", action="store_true", help="name the colleagues who did each step")


def run(options: argparse.Namespace) -> int:
    """Write the files and print a line for each. Raises ConfigError and StartError."""
    from fedichat.cli.tables import export
    from fedichat.config.loading import load_config

    config = load_config(options.config, with_secrets=False)
    export(
        config.database,
        options.out,
        options.format,
        say,
        authors=options.with_authors,
        colleagues=options.with_colleagues,
        zone=config.timezone,
    )
    return 0
