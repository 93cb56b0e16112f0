"""Offices that `fedichat check` looks at: one beside a real homeserver, and one that is only configured."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from fedichat.cli.checking import checks
from fedichat.cli.checking.finding import Finding
from fedichat.config.loading import config_from
from fedichat.config.model import Config
from fedichat.ports import UserId
from fedichat.sandbox import Sandbox
from tests.office import PASSWORD, Office

NOBODY = "http://127.0.0.1:9"  # the discard port: nothing listens there


class CheckedOffice:
    """An office with its configuration, and what `fedichat check` says about it."""

    def __init__(self, office: Office, sandbox: Sandbox, bot: UserId, token: str) -> None:
        self.folder = office.folder
        self.bot = bot
        self.tree: dict[str, Any] = {
            "matrix": {"homeserver": office.synapse.url, "user": bot, "password": PASSWORD},
            "accounts": {
                "bsi": {
                    "instance": sandbox.url,
                    "access_token": token,
                    "rooms": {"team": office.alias("team")},
                }
            },
        }

    @property
    def config(self) -> Config:
        return config_from(self.tree, self.folder, {})

    async def check(self) -> tuple[int, list[str]]:
        lines: list[str] = []
        code = await checks.check(self.config, lines.append, timeout=20)
        return code, [line.replace(str(self.folder), "~") for line in lines]


def starting(lines: list[str], beginning: str) -> list[str]:
    return [line for line in lines if line.startswith(beginning)]


def config_in(folder: Path, **changes: object) -> Config:
    account = {"instance": NOBODY, "access_token": "t", "rooms": {"team": "#a:b.org"}}
    matrix = {"homeserver": NOBODY, "user": "@bot:b.org", "password": "p"}
    return config_from({"matrix": matrix, "accounts": {"bsi": account}} | changes, folder, {})


async def findings(found: AsyncIterator[Finding], folder: Path) -> list[str]:
    return [str(finding).replace(str(folder), "~") async for finding in found]
