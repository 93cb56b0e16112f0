"""Each room is spoken to in its own language, whatever the office's is: in all that is said, over a whole day.

Held against the catalogues: a word that only one of the two has must not stand in a room of the other.
"""

import re
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, date, datetime, timedelta
from importlib import resources
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from fedichat.domain.names import RoomId
from fedichat.domain.phrase import Day, Listed, Moment, Phrase
from fedichat.errors import Refusal, Rejected, StopError, TryLater, Unsure
from tests.desk.test_posts import troubled
from tests.world import ANNA, BEN, BOSS, EVA, KRYPTO, NETZ, TEAM, VERA, World

_WORD = re.compile(r"[^\W\d_]{4,}")
_LINK = re.compile(r"https?://\S+")
_FIELD = re.compile(r"\{[^}]*\}")
_NAMES = "erika anna vera krypto kryptografie netze netz remote example social fedichat"
_WRITTEN = "lorem ipsum dolor amet consectetur adipiscing elit tempor tlsx quaestio"
_THEIRS = frozenset(f"{_NAMES} {_WRITTEN}".split())
"""Names, and what people write: shown as it is."""


def vocabulary() -> tuple[frozenset[str], frozenset[str]]:
    """The words that only German has, and those that only English has, by the catalogue."""
    source = resources.files("fedichat.locales") / "de" / "LC_MESSAGES" / "fedichat.po"
    english: set[str] = set()
    german: set[str] = set()
    with source.open("rb") as file:
        for message in read_po(file):
            for texts, words in ((message.id, english), (message.string, german)):
                for text in (texts,) if isinstance(texts, str) else texts or ():
                    words |= set(_words(_FIELD.sub(" ", text)))
    # Commands may be typed by their English names anywhere, and texts name them.
    return frozenset(german - english - _THEIRS), frozenset(english - german - _THEIRS)


def _words(text: str) -> Iterator[str]:
    return (word.casefold() for word in _WORD.findall(_LINK.sub(" ", text)))


GERMAN, ENGLISH = vocabulary()


def wrong_words(world: World, room: RoomId, language: str) -> list[str]:
    """What was said in that room with words that only the other language has."""
    other = ENGLISH if language == "de" else GERMAN
    return [
        f"{sorted(other & set(_words(text)))} in: {text}"
        for sent in world.rooms.sent.values()
        if sent.room == room
        for text in sent.texts
        if other & set(_words(text))
    ]


async def office(folder: Path, office_language: str, team: str, others: str) -> World:
    """An office whose team's room speaks another language than the rest."""
    world = await World.open(
        folder,
        language=office_language,
        accounts={
            "bsi": {
                "instance": "https://social.example.org",
                "access_token": "t0ken-of-bsi",
                "rooms": {"team": {"room": "#team:example.org", "language": team}},
            }
        },
        departments={
            "krypto": {"room": {"room": "#krypto:example.org", "language": others}, "name": "Kryptografie"},
            "netz": {"room": {"room": "#netz:example.org", "language": team}, "name": "Netze"},
        },
        supervisors={"room": {"room": "#boss:example.org", "language": others}},
        working_hours={**dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), "09:00-17:00"), "holidays": "DE-NW"},
        sla={"first_response": "2 working hours"},
        duty={"rotation": [ANNA, BEN]},
        digest={"at": "08:30", "chart": False},
    )
    await world.desk.clock.timers.set_up_timers()
    return world


@pytest.fixture(params=[("de", "en", "de"), ("en", "de", "en")], ids="/".join)
async def bilingual(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[tuple[World, str, str]]:
    """The office, and the language of the team's room and of Netze, and of the others."""
    office_language, team, others = request.param
    world = await office(tmp_path, office_language, team, others)
    yield world, team, others
    await world.close()


async def a_day(world: World) -> None:
    """What people, servers and the clock do on one day, all that can be said being said."""
    await world.asked("Lorem ipsum?")
    await world.say(EVA, KRYPTO, "!queue")
    await world.say(ANNA, TEAM, "!escalate 1 krypto dolor?")
    await world.say(ANNA, TEAM, "!escalate 1 netz dolor?")
    await world.say(EVA, KRYPTO, "!propose 1 amet")
    await world.say(EVA, KRYPTO, "!answer 1 amet")
    await world.say(ANNA, TEAM, "!priority 1 urgent")
    await world.say(ANNA, TEAM, "!label 1 tlsx")
    await world.say(ANNA, TEAM, "!answer 1 --proposal 1")
    await world.say(ANNA, TEAM, "!interim 1 adipiscing")
    troubled(
        world, "publish", Rejected("x", 422, Refusal("the server says “{words}” ({status})", words="x", status=422))
    )
    await confirmed_newest(world)
    await world.say(ANNA, TEAM, "!interim 1 consectetur")
    troubled(world, "publish", Rejected("x", 422))
    await world.say(BEN, TEAM, "!publish 1")
    await world.say(ANNA, TEAM, "!answer 1 amet")
    await confirmed_newest(world)
    await world.say(ANNA, TEAM, "!edit 1 elit")
    await confirmed_newest(world)
    await world.say(ANNA, TEAM, "!unpublish 1")
    for room, who in ((TEAM, ANNA), (KRYPTO, EVA), (NETZ, EVA), (BOSS, VERA)):
        for line in ("history 1", "show 1", "queue", "search lorem", "mine", "plan", "stats", "duty", "digest", "help"):
            await world.say(who, room, f"!{line}")
        await world.say(who, room, "!nonsense")
        await world.say(who, room, "!history 77")
    await on_duty(world)
    await planned(world)
    await forgotten(world)


async def confirmed_newest(world: World) -> int:
    """Ben confirms the newest post; its number."""
    number = max(int(str(row["id"])) for row in await world.rows("posts"))
    await world.tap(BEN, TEAM, world.preview(number), "✅")
    return number


async def on_duty(world: World) -> None:
    """Swaps and absences are told from the supervisors' room in the team's, and a broken calendar in both."""
    await world.say(VERA, BOSS, "!duty absent @anna 2026-12-07 2026-12-08")
    await world.say(VERA, BOSS, "!duty present @anna")
    await world.say(VERA, BOSS, "!duty swap @anna @ben")
    overlap = Refusal(
        "The shifts of {one} and {other} overlap: {start} – {end}.", one="a", other="b", start="1", end="2"
    )
    await world.desk.duty.roster.take_rota("digest", [], [overlap, overlap])
    await world.deliver()


async def planned(world: World) -> None:
    """A planned post is doubted, delayed, and refused by the server."""
    await world.say(VERA, BOSS, "!schedule --account bsi 2026-12-25 10:00 | tempor")
    await world.say(ANNA, TEAM, "!schedule 2026-12-25 10:05 | tempor")
    await world.say(ANNA, TEAM, "!schedule 2026-11-24 10:00 | quaestio")
    post = await confirmed_newest(world)
    for error in (TryLater("away"), Unsure("lost"), StopError("revoked")):
        troubled(world, "me", error)
        await world.live_until(world.clock.now() + timedelta(hours=6))
    troubled(world, "publish", *[TryLater("away") for _ in range(400)])
    await world.live_until(datetime(2026, 11, 24, 11, 0, tzinfo=UTC))
    for room, who in ((TEAM, ANNA), (BOSS, VERA)):
        await world.say(who, room, f"!show P{post}")
        await world.say(who, room, "!plan")


async def forgotten(world: World) -> None:
    """Nobody answers: the clock reminds, and the supervisors hear of it."""
    await world.asked("Lorem ipsum dolor?")
    await world.live_until(world.clock.now() + timedelta(days=1))


async def test_no_room_hears_a_word_of_the_other_language(bilingual: tuple[World, str, str]) -> None:
    world, team, others = bilingual
    await a_day(world)

    spoken = {room: [one for one in world.rooms.sent.values() if one.room == room] for room in (TEAM, KRYPTO, BOSS)}
    assert all(len(said) > 10 for said in spoken.values()), {room: len(said) for room, said in spoken.items()}
    assert wrong_words(world, TEAM, team) == []
    assert wrong_words(world, NETZ, team) == []
    assert wrong_words(world, KRYPTO, others) == []
    assert wrong_words(world, BOSS, others) == []


async def test_a_history_says_what_a_draft_is_in_the_words_of_the_room_that_asks(
    bilingual: tuple[World, str, str],
) -> None:
    world, team, _others = bilingual
    await world.asked("Lorem ipsum?")
    await world.say(ANNA, TEAM, "!interim 1 dolor")
    asked = await world.say(ANNA, TEAM, "!history 1")

    (said,) = world.replies(asked)
    assert ("drafted: interim reply" if team == "en" else "entworfen: Zwischenstand") in said


@pytest.mark.parametrize(("language", "is_foreign"), [("de", True), ("en", False)])
async def test_the_measure_finds_a_word_of_the_other_language(
    bilingual: tuple[World, str, str], language: str, *, is_foreign: bool
) -> None:
    """Else a day without findings would prove nothing."""
    world, team, _others = bilingual
    if team != "en":
        return
    await world.asked("Lorem ipsum?")
    await world.say(ANNA, TEAM, "!queue")
    assert bool(wrong_words(world, TEAM, language)) == is_foreign


def test_what_is_kept_reads_in_english_in_the_log() -> None:
    moment = datetime(2026, 11, 23, 9, tzinfo=UTC)
    said = Phrase("{who} has {days} at {when}", {"who": "ana", "days": Day(date(2026, 11, 23)), "when": Moment(moment)})
    assert str(Listed((said, "x"))) == "ana has 2026-11-23 at 2026-11-23T09:00+00:00, x"
