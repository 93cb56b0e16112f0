"""`fedichat when`: how phrases about time are understood, for trying out wordings."""

import argparse

HELP = "show how phrases about time are understood; one JSON object a line"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The phrases, and where, when and in which language they are said."""
    parser.add_argument(
        "phrases", nargs="*", metavar="PHRASE", help="such as “morgen um 9 Uhr”; default: each line of standard input"
    )
    parser.add_argument("--now", metavar="ISO", help="the moment at which they are said (default: the present)")
    parser.add_argument("--zone", default="UTC", metavar="Z", help="the office's time zone (default: UTC)")
    parser.add_argument("--lang", choices=("de", "en"), default="en", help="of the answers (default: en)")


def run(options: argparse.Namespace) -> int:
    """Print one line for each phrase."""
    from fedichat.cli.phrases import explain

    return explain(options.phrases, options.now, options.zone, options.lang)
