"""`fedichat demo`: a whole office to try, with servers of its own."""

import argparse

from fedichat import logs
from fedichat.cli.arguments import add_verbosity

HELP = "try everything with servers of its own, in a temporary folder"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Whether it plays by itself, and in which language."""
    add_verbosity(parser)
    parser.add_argument("--tour", action="store_true", help="play a day at the desk by itself, then stop")
    parser.add_argument("--language", choices=("de", "en"), default="en", help="default: en")


def run(options: argparse.Namespace) -> int:
    """Play, until it is over or stopped."""
    import asyncio

    from fedichat.demo.play import play

    logs.set_up(options.verbose or -1)
    return asyncio.run(play(tour=options.tour, language=options.language))
