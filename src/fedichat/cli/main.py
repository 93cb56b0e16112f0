"""The command line: finds the subcommand, and turns errors into sentences and exit codes."""

import argparse
import io
import sys
from collections.abc import Sequence
from typing import Final, Protocol

from fedichat import logs
from fedichat.cli import check, demo, due, export, run, verify, when
from fedichat.cli.arguments import FAILED, INTERRUPTED, WRONG_INPUT
from fedichat.errors import ConfigError, FedichatError
from fedichat.text.terminal import say


class Subcommand(Protocol):
    """What the file of a subcommand has; the file's name is what is typed.

    All of them are imported for `--help` and `--version`, which must be fast: `run` itself imports whatever takes long
    to load.
    """

    __name__: str
    HELP: str

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare what may be typed after its name."""
        ...

    def run(self, options: argparse.Namespace) -> int:
        """Do it, and return the exit code."""
        ...


SUBCOMMANDS: Final[tuple[Subcommand, ...]] = (run, check, verify, due, export, demo, when)
"""In the order in which `--help` lists them."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line (of this process, or `arguments`) and return the exit code.

    0: all went well; 1: it did not; 2: arguments or configuration are wrong; 130: interrupted by Ctrl-C.
    """
    parser = build_parser()
    options = parser.parse_args(arguments)
    if arguments is None:
        logs.guard_the_top()
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="replace")  # a terminal that has no emoji shows ? for them
    try:
        return _run(options, parser)
    except KeyboardInterrupt:
        return INTERRUPTED
    except ConfigError as error:
        _complain("The configuration cannot be used:")
        for problem in error.problems:
            _complain(f"  {problem}")
        return WRONG_INPUT
    except FedichatError as error:
        _complain(str(error))
        return FAILED
    except Exception as error:  # noqa: BLE001 - nothing may reach the interpreter, which masks nothing
        _report(error)
        return FAILED


def build_parser() -> argparse.ArgumentParser:
    """The parser of the whole command line."""
    parser = argparse.ArgumentParser(
        prog="fedichat",
        description="A communications office answers its Mastodon mentions from its Matrix rooms.",
    )
    parser.add_argument("--version", action="store_true", help="show the version and exit")
    parser.set_defaults(subcommand=None)
    parsers = parser.add_subparsers(metavar="COMMAND")
    for subcommand in SUBCOMMANDS:
        name = subcommand.__name__.rpartition(".")[2]
        its_parser = parsers.add_parser(name, help=subcommand.HELP)
        its_parser.set_defaults(subcommand=subcommand)
        subcommand.add_arguments(its_parser)
    return parser


def _run(options: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    if options.version:
        return _show_version()
    subcommand: Subcommand | None = options.subcommand
    if subcommand is None:
        parser.print_help()
        return WRONG_INPUT
    return subcommand.run(options)


def _show_version() -> int:
    from importlib.metadata import version

    say(f"fedichat {version('fedichat')}")
    return 0


def _report(error: Exception) -> None:
    """Log a bug. A TaskGroup wraps whatever ended it, even one of our own sentences: those are only printed."""
    ours, rest = error.split(FedichatError) if isinstance(error, ExceptionGroup) else (None, error)
    for text in dict.fromkeys(_texts(ours) if ours else []):
        _complain(text)
    if rest is not None:
        logs.crashed(rest)


def _texts(error: BaseException) -> list[str]:
    if isinstance(error, BaseExceptionGroup):
        return [text for inner in error.exceptions for text in _texts(inner)]
    return [str(error)]


def _complain(text: str) -> None:
    say(logs.masked(text), error=True)
