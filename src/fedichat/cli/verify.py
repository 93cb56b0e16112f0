"""`fedichat verify`: a colleague and the person at this terminal compare emoji, while fedichat is running."""

import argparse

from fedichat.cli.arguments import add_config, add_verbosity

HELP = "answer a colleague who verifies the running bot by comparing emoji"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The configuration of the running bot, which can be reached in its folder with the encryption keys."""
    add_config(parser)
    add_verbosity(parser)


def run(options: argparse.Namespace) -> int:
    """Answer colleagues until Ctrl-C. Raises ConfigError, and FedichatError if no bot can be reached."""
    from fedichat.cli.comparing import compare
    from fedichat.config.loading import load_config

    config = load_config(options.config, with_secrets=False)
    return compare(config.matrix.store, config.language)
