"""What stays home stays home: a word planted in each kind of thing is looked for in every view, in every kind of room.

The table says who may read it. A new command, step or kind of room must be declared here, or a test fails.
"""

from collections.abc import AsyncIterator
from importlib import import_module
from pathlib import Path

import pytest

from fedichat.chat.loading import load_commands
from fedichat.domain.history import SHOWN_TO_DEPARTMENTS, Step
from fedichat.domain.names import EventId, RoomId, UserId
from fedichat.domain.roles import RoomKind
from fedichat.domain.tickets.mention import Visibility
from tests.world import ANNA, BEN, BOSS, CARL, CERT, DIRECT, EVA, KRYPTO, NETZ, TEAM, VERA, World

ASKED, TAKEN_BACK = KRYPTO, NETZ
WHO: dict[RoomId, UserId] = {TEAM: ANNA, DIRECT: ANNA, ASKED: EVA, TAKEN_BACK: EVA, BOSS: VERA, CERT: CARL}
KINDS = {
    RoomKind.TEAM: {TEAM, CERT},
    RoomKind.DIRECT: {DIRECT},
    RoomKind.DEPARTMENT: {ASKED, TAKEN_BACK},
    RoomKind.SUPERVISORS: {BOSS},
}

HOME, DEPARTMENT = {TEAM, BOSS}, {TEAM, BOSS, ASKED}
MAY_READ: dict[str, set[RoomId]] = {
    # a public ticket
    "citizenword": DEPARTMENT,
    "followupword": DEPARTMENT,
    "answerword": DEPARTMENT,
    "kryptoquestion": DEPARTMENT,
    "netzquestion": HOME,
    "noteword": HOME,
    "draftword": HOME,
    "replacedword": HOME,
    "withdrawnword": HOME,
    "labelword": HOME,
    "teamremarkword": {TEAM, ASKED},
    "expertword": {TEAM, ASKED},
    "proposalword": DEPARTMENT,
    "laterword": {TEAM, ASKED},
    # one that was ignored
    "ignoredword": DEPARTMENT,
    "reasonword": HOME,
    # private ones: one for nobody else, one that is put to a department
    "privateword": {DIRECT},
    "secretnote": {DIRECT},
    "secretdraft": {DIRECT},
    "secretreason": {DIRECT},
    "putsecret": {DIRECT, ASKED},
    "putremember": {DIRECT},
    # what is planned
    "plannedword": {TEAM, DIRECT, BOSS},
    "otherplanword": {CERT, BOSS},
}
"""In which rooms each word may be read, in whatever view or message. A department that is not asked any more: none."""

LOOKING = {
    "show": ["show 1", "show 2", "show 3", "show 4", *(f"show P{number}" for number in range(1, 10))],
    "history": ["history 1", "history 2", "history 3", "history 4"],
    "queue": ["queue", "queue --label labelword", "queue --snoozed", "queue --overdue", "queue --department krypto"],
    "mine": ["mine"],
    "author": ["author erika", "author 1", "author 3"],
    "plan": ["plan", "plan december"],
    "stats": ["stats", "stats --label labelword", "stats --department krypto"],
    "digest": ["digest", "digest today"],
    "duty": ["duty"],
    "help": ["help", "help ignore"],
    "label": ["label 1", "label 3"],
    "media": [f"media {number}" for number in range(1, 5)],
    "search": [f"search {word}" for word in MAY_READ],
}
"""The commands that only show something, and how they are asked."""

_TRIAGE = "assign claim ignore interim merge note priority recall release reopen snooze escalate propose"
_PUBLISHING = "answer copy crisis draft edit freeze publish reschedule schedule unfreeze unpublish unschedule withdraw"
ACTING = frozenset(f"{_TRIAGE} {_PUBLISHING}".split())
"""Those that do something: what they show is in the thread, and read with everything that stands in the rooms."""

STAYS = frozenset(
    {
        Step.NOTED,
        Step.DRAFTED,
        Step.REVISED,
        Step.CONFIRMED,
        Step.UNCONFIRMED,
        Step.WITHDRAWN,
        Step.OUTDATED,
        Step.FAILED,
        Step.PRIORITIZED,
        Step.LABELLED,
        Step.SNOOZED,
        Step.WOKEN,
        Step.OVERDUE,
        Step.RESCHEDULED,
        Step.MISSED,
        Step.DELAYED,
        Step.PINNED,
        Step.TAKEN_AWAY,
        Step.UNHEARD,
    }
)
"""The steps of which a department hears nothing."""


def test_every_command_step_and_room_is_declared_here() -> None:
    commands = load_commands(import_module("fedichat.commands")).values()
    assert {command.name.split()[0] for command in commands} == ACTING | LOOKING.keys()
    assert set(Step) == STAYS | SHOWN_TO_DEPARTMENTS
    assert set() == STAYS & SHOWN_TO_DEPARTMENTS
    assert KINDS.keys() == set(RoomKind)
    assert set().union(*KINDS.values()) == WHO.keys()


@pytest.fixture
async def planted(tmp_path: Path) -> AsyncIterator[World]:
    """An office in which every kind of thing has a word of its own."""
    world = await World.open(tmp_path, cert=True, digest={"chart": False})
    question = await world.asked("citizenword?")
    await world.say(ANNA, TEAM, "!escalate 1 krypto kryptoquestion")
    await world.say(ANNA, TEAM, "!escalate 1 netz netzquestion")
    card = world.card(1)
    await world.say(ANNA, TEAM, "!recall 1 netz")
    await world.say(ANNA, TEAM, "teamremarkword", thread=card)
    await world.say(EVA, KRYPTO, "expertword", thread=world.card(1, KRYPTO))
    await world.say(EVA, KRYPTO, "!propose 1 proposalword")
    await world.asked("followupword!", in_reply_to=question.id)
    await world.say(ANNA, TEAM, "!note 1 noteword")
    await world.say(ANNA, TEAM, "!label 1 labelword")
    await world.say(ANNA, TEAM, "!interim 1 withdrawnword")
    await world.say(ANNA, TEAM, "!withdraw 1")
    await world.say(ANNA, TEAM, "!interim 1 answerword")
    await publish(world)
    await world.say(ANNA, TEAM, "!answer 1 replacedword")
    await world.say(ANNA, TEAM, "!answer 1 draftword")
    await world.say(BEN, TEAM, "laterword", thread=card)
    await world.asked("ignoredword!")
    await world.say(ANNA, TEAM, "!escalate 2 krypto")
    await world.say(ANNA, TEAM, "!ignore 2 reasonword")
    await world.asked("privateword", visibility=Visibility.DIRECT)
    await world.say(ANNA, DIRECT, "!note 3 secretnote")
    await world.say(ANNA, DIRECT, "!answer 3 secretdraft")
    await world.asked("putsecret", visibility=Visibility.DIRECT)
    await world.say(ANNA, DIRECT, "!escalate 4 --sure krypto")
    await world.say(ANNA, DIRECT, "!note 4 putremember")
    await world.asked("something else", visibility=Visibility.DIRECT)
    await world.say(ANNA, DIRECT, "!ignore 5 secretreason")
    await world.say(ANNA, TEAM, "!schedule 2026-12-01 10:00 | plannedword")
    await world.say(CARL, CERT, "!schedule 2026-12-01 11:00 | otherplanword")
    yield world
    await world.close()


async def publish(world: World) -> None:
    newest = max(int(str(row["id"])) for row in await world.rows("posts"))
    await world.tap(BEN, TEAM, world.preview(newest), "✅")


def read_in(text: str) -> set[str]:
    """The words that are in it."""
    return {word for word in MAY_READ if word in text}


@pytest.mark.parametrize("room", WHO, ids=str)
async def test_no_view_shows_a_room_what_stays_elsewhere(planted: World, room: RoomId) -> None:
    may = {word for word, rooms in MAY_READ.items() if room in rooms} if room != TAKEN_BACK else set()
    for command, lines in LOOKING.items():
        for line in lines:
            event = await planted.say(WHO[room], room, f"!{line}")
            shown = "\n".join(said(planted, event))
            if command == "search":
                word = line.split()[1]
                found = any(f"#{number} " in shown for number in range(1, 9))
                assert not found or word in may, (line, shown)
                # What was typed may stand in the answer again.
            assert read_in(shown) - read_in(line) - may == set(), (line, shown)


def said(world: World, event: EventId) -> list[str]:
    """All that was said after the message, in its room and elsewhere in answer to it."""
    return [one.text for one in world.rooms.sent.values() if getattr(one.message, "reply_to", None) == event]


@pytest.mark.parametrize("room", WHO, ids=str)
async def test_nothing_is_said_in_a_room_that_is_not_for_it(planted: World, room: RoomId) -> None:
    """Cards, threads, copies, previews, digests, with all that they ever showed."""
    await planted.say(VERA, BOSS, "!digest today")
    may = {word for word, rooms in MAY_READ.items() if room in rooms}
    if room == TAKEN_BACK:
        may = {"citizenword", "netzquestion"}  # it was asked, once
    for one in planted.rooms.sent.values():
        if one.room == room:
            for text in one.texts:
                assert read_in(text) - may == set(), text


async def test_what_stays_home_is_found_there(planted: World) -> None:
    """Else a word that is seen nowhere would prove nothing."""
    seen: dict[RoomId, set[str]] = {room: set() for room in (TEAM, DIRECT, KRYPTO, CERT)}
    for room, words in seen.items():
        for line in ("show 1", "show 2", "show 3", "show 4", "show 5", "history 1", "history 3", "history 4"):
            words.update(read_in("\n".join(said(planted, await planted.say(WHO[room], room, f"!{line}")))))
        for one in planted.rooms.sent.values():
            if one.room == room:
                words.update(*(read_in(text) for text in one.texts))
    theirs_own = {"teamremarkword", "laterword"}
    assert seen[TEAM] >= {word for word, rooms in MAY_READ.items() if TEAM in rooms} - theirs_own
    assert seen[DIRECT] >= {word for word, rooms in MAY_READ.items() if rooms == {DIRECT}}
    assert seen[KRYPTO] >= {"citizenword", "answerword", "kryptoquestion", "teamremarkword", "laterword", "putsecret"}
    assert "otherplanword" in seen[CERT]


@pytest.mark.parametrize(
    ("word", "finds"),
    [
        ("citizenword", True),
        ("answerword", True),
        ("noteword", False),
        ("draftword", False),
        ("withdrawnword", False),
        ("netzquestion", False),
        ("reasonword", False),
    ],
)
async def test_a_department_finds_what_it_may_read_and_the_team_all(planted: World, word: str, *, finds: bool) -> None:
    for room, expected in ((KRYPTO, finds), (TEAM, True)):
        shown = "\n".join(said(planted, await planted.say(WHO[room], room, f"!search {word}")))
        assert ("#1 " in shown or "#2 " in shown) == expected, (room, shown)


async def test_what_is_published_later_is_found_by_the_department_from_then_on(planted: World) -> None:
    async def finds() -> bool:
        return "#1 " in "\n".join(said(planted, await planted.say(EVA, KRYPTO, "!search draftword")))

    assert not await finds()
    await planted.tap(BEN, TEAM, planted.preview(max(n for n in range(1, 9) if _has_preview(planted, n))), "✅")
    assert await finds()


def _has_preview(world: World, number: int) -> bool:
    return any("draftword" in one.text and one.text.startswith(f"📝 P{number} ") for one in world.rooms.shown(TEAM))


async def test_a_department_is_told_that_the_teams_sorting_is_not_for_it(planted: World) -> None:
    event = await planted.say(EVA, KRYPTO, "!queue --label labelword")
    assert "not shown here" in "\n".join(said(planted, event))


async def test_what_the_team_snoozes_is_still_asked_of_the_department(planted: World) -> None:
    await planted.say(ANNA, TEAM, "!withdraw 1")
    await planted.say(ANNA, TEAM, "!snooze 1 tomorrow 10:00")
    shown = "\n".join(said(planted, await planted.say(EVA, KRYPTO, "!queue")))
    assert "#1 " in shown
    assert "💤" not in shown
