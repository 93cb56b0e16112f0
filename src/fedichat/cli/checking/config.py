"""What the configuration says, and what in it is probably not intended."""

from fedichat.cli.checking.finding import Findings, counted, fail, ok, warn
from fedichat.config.model import Config
from fedichat.files.trusted import why_not_to_run


async def check_config(config: Config) -> Findings:
    """What was read, its warnings, and whether the office's own commands may run."""
    accounts, rooms = counted(len(config.accounts), "account"), counted(len(config.rooms()), "room")
    yield ok("config", f"{accounts}, {rooms}, {config.timezone.key}")
    for warning in config.warnings:
        yield warn("config", str(warning))
    for folder in config.commands.extra:
        if reason := why_not_to_run(folder):
            yield fail("config", f"commands.extra: {reason}")
