"""maubot as the bot of its own room: what another framework needs for the same answers.

maubot is AGPL. It is started as a process of its own, in an environment of its own (it wants older versions of what
fedichat uses), and spoken to through Synapse. Nothing imports it, nothing ships it. Where it is not installed, its rows
are left out.
"""

import json
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from shutil import copytree

from benchmarks.processes import Running, python

INTERPRETER = Path(__file__).parents[1] / ".venv" / "peers" / "bin" / "python"
_PLUGIN = Path(__file__).parent / "maubot_echo"


def installed() -> bool:
    """Whether `make bench` could install it."""
    return INTERPRETER.exists()


def versions() -> str:
    """What is compared with."""
    code = "from importlib.metadata import version as v; print('maubot', v('maubot'), 'on mautrix', v('mautrix'))"
    return subprocess.run([INTERPRETER, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


@asynccontextmanager
async def maubot(folder: Path, homeserver: str, user: str, token: str, answers: object) -> AsyncIterator[Running]:
    """The echo with these answers, logged in; `folder` is made for it."""
    copytree(_PLUGIN, folder)
    (folder / "answers.json").write_text(json.dumps(answers), encoding="utf-8")
    (folder / "config.yaml").write_text(json.dumps(_config(homeserver, user, token)), encoding="utf-8")
    arguments = ["-m", "maubot.standalone", "-c", "config.yaml", "-m", str(folder / "maubot.yaml")]
    async with python(arguments, cwd=folder, interpreter=str(INTERPRETER)) as running:
        await running.said("Startup completed")
        yield running


def _config(homeserver: str, user: str, token: str) -> dict[str, object]:
    """As in maubot's example-config.yaml, but for a quiet log: fedichat's is quiet, too."""
    return {
        "user": {
            "credentials": {"id": user, "homeserver": homeserver, "access_token": token, "device_id": None},
            "sync": True,
            "appservice": False,
            "hs_token": None,
            "autojoin": False,
            "displayname": "disable",
            "avatar_url": "disable",
            "ignore_initial_sync": True,
            "ignore_first_sync": True,
        },
        "database": "sqlite:bot.db",
        "database_opts": {"min_size": 1, "max_size": 10},
        "crypto_db_pickle_key": "",
        "plugin_config": {},
        "logging": {
            "version": 1,
            "handlers": {"console": {"class": "logging.StreamHandler"}},
            "root": {"level": "INFO", "handlers": ["console"]},
        },
    }
