"""The demo's office: its people, its rooms and its settings."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from fedichat.demo.showing import Both
from fedichat.demo.stage import Stage, set_stage
from fedichat.demo.synapse import Synapse
from fedichat.sandbox.server import Sandbox

DEPARTMENT = "krypto"
DEPARTMENT_NAME = Both("Cryptography department", "Referat Kryptografie")
_KEYWORDS = ["tls", "ssl", "pgp"]
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@asynccontextmanager
async def demo_office(
    synapse: Synapse,
    sandbox: Sandbox,
    folder: Path,
    *,
    language: str,
    undo_seconds: int,
    tag: str = "",
    recheck_every: str = "10 minutes",
) -> AsyncIterator[Stage]:
    """Everything but the bot: a team, a room for direct messages, a department and supervisors."""
    name = DEPARTMENT_NAME.said_in(language)
    async with set_stage(
        synapse,
        sandbox,
        folder,
        language=language,
        tag=tag,
        direct_room=True,
        undo_seconds=undo_seconds,
        departments={DEPARTMENT: name},
        supervisors=True,
    ) as stage:
        room = f"#{DEPARTMENT}{tag}:{synapse.name}"
        stage.settings["departments"] = {DEPARTMENT: {"room": room, "name": name, "keywords": _KEYWORDS}}
        stage.settings["recheck"] = {"every": recheck_every}
        stage.settings.update(_promises_and_duty(stage))
        yield stage


def _promises_and_duty(stage: Stage) -> dict[str, object]:
    """The office never closes, as people play at any time of day; Anna is on duty, and has been for days."""
    zone = ZoneInfo(str(stage.settings["timezone"]))
    began = datetime.now(zone).date() - timedelta(days=3)
    return {
        "sla": {
            "first_response": "2 working days",
            "interim_extends": "3 working days",
            "policies": [{"priority": "urgent", "first_response": "4 working hours"}],
        },
        "working_hours": dict.fromkeys(_DAYS, "00:00-24:00"),
        "digest": {"at": "08:30"},
        "duty": {
            "rotation": [stage.anna.user_id, stage.ben.user_id],
            "handover": f"{_DAYS[began.weekday()]} 09:00",
            "since": began,
        },
    }


def who_is_where(stage: Stage) -> list[tuple[str, str]]:
    """The names to log in with, and the rooms that each person is in."""
    team = [f"#{name}:{stage.synapse.name}" for name in ("social", "direct")]
    return [
        ("anna, ben", "  ".join(team)),
        ("max", f"#{DEPARTMENT}:{stage.synapse.name}"),
        ("vera", f"#leitung:{stage.synapse.name}"),
    ]
