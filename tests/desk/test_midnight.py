"""What was said before midnight and is heard after it: nobody's “tomorrow” moves by itself."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from fedichat.ports import Spoken
from tests.world import ANNA, TEAM, World

MIDNIGHT = datetime(2026, 11, 24, 23, tzinfo=UTC)
"""In Berlin."""


async def heard_late(folder: Path, text: str) -> list[str]:
    """What the bot says to something that was said ten minutes before midnight, and heard ten minutes after."""
    world = await World.open(folder, timezone="Europe/Berlin")
    try:
        world.clock.time = MIDNIGHT + timedelta(minutes=10)
        said = Spoken(world.event(), TEAM, ANNA, MIDNIGHT - timedelta(minutes=10), text)
        await world.hear(said)
        return [one.text for one in world.rooms.shown(TEAM)]
    finally:
        await world.close()


async def test_tomorrow_is_asked_about(tmp_path: Path) -> None:
    preview, question = await heard_late(tmp_path, "!schedule tomorrow 9:00 | Our guide is out.")
    assert "🗓 no time yet" in preview
    assert "1️⃣ Wed 25 Nov 2026 09:00 CET" in question
    assert "2️⃣ Thu 26 Nov 2026 09:00 CET" in question


async def test_a_date_is_not(tmp_path: Path) -> None:
    (preview,) = await heard_late(tmp_path, "!schedule 26.11. 9:00 | Our guide is out.")
    assert "🗓 Thu 26 Nov 2026 09:00 CET" in preview


async def test_a_length_of_time_counts_from_when_it_is_heard(tmp_path: Path) -> None:
    (preview,) = await heard_late(tmp_path, "!schedule in 2 hours | Our guide is out.")
    assert "🗓 Wed 25 Nov 2026 02:11 CET" in preview
