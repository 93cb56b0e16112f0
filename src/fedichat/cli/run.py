"""`fedichat run`: the bot itself."""

import argparse
import gc
import logging

from fedichat import logs
from fedichat.cli.arguments import add_config, add_verbosity

HELP = "run the bot until it is stopped (Ctrl-C or SIGTERM)"

log = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which configuration, and how much is logged."""
    add_config(parser)
    add_verbosity(parser)


def run(options: argparse.Namespace) -> int:
    """Run until a signal stops it. Raises ConfigError, StartError and StopError."""
    gc.disable()  # until the bot is ready, see `fedichat.app.collect_garbage`
    try:
        _run(options)
    finally:
        gc.enable()
    return 0


def _run(options: argparse.Namespace) -> None:
    import asyncio

    from fedichat.config.loading import load_config

    config = load_config(options.config)
    from fedichat import app  # takes longest to import: what is wrong with the configuration is said before

    logs.set_up(options.verbose).hide(config.secrets())
    for warning in config.warnings:
        log.warning("config-warning %s", warning)
    asyncio.run(app.run(config))
