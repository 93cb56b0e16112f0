"""The command line. Parts are imported when they are needed: `--version` need not wait for nio."""

import argparse
import asyncio
import io
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from fedichat import logs
from fedichat.errors import ConfigError, FedichatError
from fedichat.text.terminal import say

DEFAULT_CONFIG = Path("fedichat.yaml")
FAILED = 1
BAD_CONFIG = 2
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line (of this process, or `arguments`) and give back the exit code.

    0: all went well; 1: it did not; 2: arguments or configuration are wrong; 130: interrupted by Ctrl-C.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    if arguments is None:
        logs.guard_the_top()
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="replace")  # a terminal that knows no emoji shows ? for them
    try:
        return _obey(options, parser)
    except KeyboardInterrupt:
        return INTERRUPTED
    except ConfigError as error:
        _complain("The configuration cannot be used:")
        for problem in error.problems:
            _complain(f"  {problem}")
        return BAD_CONFIG
    except FedichatError as error:
        _complain(str(error))
        return FAILED
    except Exception as error:  # noqa: BLE001 - nothing is to reach the interpreter, which masks nothing
        # A TaskGroup wraps what ended it, also when it is one of our own sentences.
        ours, rest = error.split(FedichatError) if isinstance(error, ExceptionGroup) else (None, error)
        for text in dict.fromkeys(_texts(ours) if ours else []):
            _complain(text)
        if rest is not None:
            logs.crashed(rest)
        return FAILED


def _complain(text: str) -> None:
    say(logs.masked(text), error=True)


def _obey(options: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    if options.version:
        return _version()
    doing: dict[str, Callable[[], int]] = {
        "run": lambda: _run(options.config, options.verbose),
        "check": lambda: _check(options.config, options.verbose, options.accept_rooms),
        "due": lambda: _due(options.config, options.received, options.duration),
        "export": lambda: _export(options),
        "when": lambda: _when(options),
        "verify": lambda: _verify(options.config),
        "demo": lambda: _demo(options.tour, options.language, options.verbose),
    }
    if options.command in doing:
        return doing[options.command]()
    parser.print_help()
    return BAD_CONFIG


def _parser() -> argparse.ArgumentParser:
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("-v", "--verbose", action="count", default=0, help="log more; twice for everything")
    configured = argparse.ArgumentParser(add_help=False)
    configured.add_argument(
        "-c",
        "--config",
        type=Path,
        default=DEFAULT_CONFIG,
        metavar="FILE",
        help=f"the configuration (default: {DEFAULT_CONFIG})",
    )
    parser = argparse.ArgumentParser(
        prog="fedichat",
        description="A communications office answers its Mastodon mentions from its Matrix rooms.",
    )
    parser.add_argument("--version", action="store_true", help="show the version and stop")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    commands.add_parser("run", parents=[configured, shared], help="run the bot until it is stopped (Ctrl-C or SIGTERM)")
    commands.add_parser(
        "check",
        parents=[configured, shared],
        help="look whether configuration, servers, rooms and database are ready; one line each",
    ).add_argument(
        "--accept-rooms",
        action="store_true",
        help="let aliases stand for the rooms that they lead to now, where these are others than before",
    )
    commands.add_parser(
        "verify",
        parents=[configured, shared],
        help="be there for a colleague who verifies the running bot by emoji",
    )
    due = commands.add_parser(
        "due",
        parents=[configured, shared],
        help="work out by the configured calendar when a promise falls due, and print it with each step as JSON",
    )
    due.add_argument("received", metavar="RECEIVED", help="such as 2026-11-25T14:30, in the office's zone; or now")
    due.add_argument("duration", metavar="DURATION", help="such as “2 working days”, “16 working hours”, “90 minutes”")
    export = commands.add_parser(
        "export",
        parents=[configured, shared],
        help="write tickets, steps and posts into files, without anybody's words, for figures of your own",
    )
    form = export.add_mutually_exclusive_group()
    form.add_argument("--format", choices=("csv", "json"), default="csv", help="default: csv")
    form.add_argument(
        "--excel",
        action="store_const",
        const="excel",
        dest="format",
        help="CSV that Excel opens rightly in a German office: semicolons, a byte order mark, 24.11.2026 09:00:00",
    )
    export.add_argument("--out", type=Path, default=Path(), metavar="DIR", help="the folder (default: this one)")
    export.add_argument("--with-authors", action="store_true", help="name the citizens who asked")
    export.add_argument("--with-colleagues", action="store_true", help="name the office's people who did each step")
    demo = commands.add_parser(
        "demo", parents=[shared], help="try everything with servers of its own, in a temporary folder"
    )
    demo.add_argument("--tour", action="store_true", help="play a day at the desk by itself, then stop")
    demo.add_argument("--language", choices=("de", "en"), default="en", help="default: en")
    when = commands.add_parser("when", help="show how phrases about time are understood; one JSON object a line")
    when.add_argument("phrases", nargs="*", metavar="PHRASE", help="such as “morgen um 9 Uhr”; default: standard input")
    when.add_argument("--now", metavar="ISO", help="the moment at which they are said (default: the present)")
    when.add_argument("--zone", default="UTC", metavar="Z", help="the office's time zone (default: UTC)")
    when.add_argument("--lang", choices=("de", "en"), default="en", help="of the answers (default: en)")
    return parser


def _version() -> int:
    from importlib.metadata import version

    say(f"fedichat {version('fedichat')}")
    return 0


def _run(file: Path, verbosity: int) -> int:
    import logging

    from fedichat.config.loading import load_config

    config = load_config(file)
    from fedichat.app import run

    logs.set_up(verbosity).hide(config.secrets())
    log = logging.getLogger("fedichat.cli.main")
    for warning in config.warnings:
        log.warning("config-warning %s", warning)
    asyncio.run(run(config))
    return 0


def _check(file: Path, verbosity: int, accept_rooms: bool) -> int:  # noqa: FBT001 - as argparse gives it
    from fedichat.cli import check
    from fedichat.config.loading import load_config

    formatter = logs.set_up(verbosity or -1)
    try:
        config = load_config(file)
    except ConfigError as error:
        for problem in error.problems:
            say(f"FAIL config: {problem}")
        return BAD_CONFIG
    formatter.hide(config.secrets())
    doing = check.accept_rooms if accept_rooms else check.check
    return asyncio.run(doing(config, lambda line: say(logs.masked(line))))


def _verify(file: Path) -> int:
    from fedichat.cli.verify import verify
    from fedichat.config.loading import load_config

    config = load_config(file, with_secrets=False)
    return verify(config.matrix.store, config.language)


def _due(file: Path, received: str, duration: str) -> int:
    import json

    from fedichat.cli.due import explained
    from fedichat.clock import SystemClock
    from fedichat.config.loading import load_config

    config = load_config(file, with_secrets=False)
    told = explained(config.calendar, received, duration, SystemClock().now(), config.language)
    for line in json.dumps(told, ensure_ascii=False, indent=2).split("\n"):
        say(line)
    return 0


def _export(options: argparse.Namespace) -> int:
    from fedichat.cli.export import export
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


def _demo(tour: bool, language: str, verbosity: int) -> int:  # noqa: FBT001 - as argparse gives it
    from fedichat.demo.play import play

    logs.set_up(verbosity or -1)
    return asyncio.run(play(tour=tour, language=language))


def _when(options: argparse.Namespace) -> int:
    from fedichat.cli.when import tell

    return tell(options.phrases, options.now, options.zone, options.lang)


def _texts(error: BaseException) -> list[str]:
    if isinstance(error, BaseExceptionGroup):
        return [text for inner in error.exceptions for text in _texts(inner)]
    return [str(error)]
