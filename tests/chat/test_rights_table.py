"""Who may do what: every command, room and person, and every other way to speak, as one table written by hand.

What is refused must have changed nothing; the desk and its database are real.
"""

from collections.abc import AsyncIterator
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import pytest

from fedichat.chat.command import Command, Right
from fedichat.chat.loading import load_commands
from fedichat.chat.manual import distinct
from fedichat.chat.rights import Rights, commands_meant
from fedichat.domain.names import EventId, RoomId, UserId
from fedichat.domain.roles import RoomKind
from fedichat.domain.tickets.mention import Visibility
from fedichat.errors import Refusal
from tests.world import ANNA, BEN, BOSS, DIRECT, EVA, GUS, KRYPTO, TEAM, VERA, World

COMMANDS = load_commands(import_module("fedichat.commands"))
TEAMS = (RoomKind.TEAM, RoomKind.DIRECT, RoomKind.SUPERVISORS)
EVERYWHERE = (*TEAMS, RoomKind.DEPARTMENT)
LEADING = (RoomKind.SUPERVISORS,)


class Line(NamedTuple):
    """A command: its right, the rooms whose people may use it, and those in which it may be allowed to somebody."""

    right: str
    rooms: tuple[RoomKind, ...]
    may_be_allowed: tuple[RoomKind, ...]


TABLE = {
    "answer": Line("answer", TEAMS, TEAMS),
    "assign": Line("triage", TEAMS, EVERYWHERE),
    "author": Line("read", EVERYWHERE, EVERYWHERE),
    "claim": Line("triage", TEAMS, EVERYWHERE),
    "copy": Line("plan", TEAMS, TEAMS),
    "crisis": Line("plan", TEAMS, TEAMS),
    "digest": Line("report", LEADING, EVERYWHERE),
    "draft": Line("plan", TEAMS, TEAMS),
    "duty": Line("read", EVERYWHERE, EVERYWHERE),
    "duty absent": Line("triage", TEAMS, EVERYWHERE),
    "duty present": Line("triage", TEAMS, EVERYWHERE),
    "duty swap": Line("triage", TEAMS, EVERYWHERE),
    "edit": Line("answer", TEAMS, TEAMS),
    "escalate": Line("consult", TEAMS, EVERYWHERE),
    "freeze": Line("freeze", TEAMS, TEAMS),
    "help": Line("read", EVERYWHERE, EVERYWHERE),
    "history": Line("read", EVERYWHERE, EVERYWHERE),
    "ignore": Line("triage", TEAMS, EVERYWHERE),
    "interim": Line("answer", TEAMS, TEAMS),
    "label": Line("triage", TEAMS, EVERYWHERE),
    "media": Line("read", EVERYWHERE, EVERYWHERE),
    "merge": Line("triage", TEAMS, EVERYWHERE),
    "mine": Line("read", EVERYWHERE, EVERYWHERE),
    "note": Line("triage", TEAMS, EVERYWHERE),
    "plan": Line("read", EVERYWHERE, EVERYWHERE),
    "priority": Line("triage", TEAMS, EVERYWHERE),
    "propose": Line("propose", EVERYWHERE, EVERYWHERE),
    "publish": Line("publish", TEAMS, TEAMS),
    "queue": Line("read", EVERYWHERE, EVERYWHERE),
    "recall": Line("consult", TEAMS, EVERYWHERE),
    "release": Line("triage", TEAMS, EVERYWHERE),
    "reopen": Line("triage", TEAMS, EVERYWHERE),
    "reschedule": Line("plan", TEAMS, TEAMS),
    "schedule": Line("plan", TEAMS, TEAMS),
    "search": Line("read", EVERYWHERE, EVERYWHERE),
    "show": Line("read", EVERYWHERE, EVERYWHERE),
    "snooze": Line("triage", TEAMS, EVERYWHERE),
    "stats": Line("report", LEADING, EVERYWHERE),
    "unfreeze": Line("freeze", TEAMS, TEAMS),
    "unpublish": Line("answer", TEAMS, TEAMS),
    "unschedule": Line("plan", TEAMS, TEAMS),
    "withdraw": Line("answer", TEAMS, TEAMS),
}
OWN = UserId("@ana:example.org")
GUEST = UserId("@gus:elsewhere.example")
RIGHTS = Rights(frozenset({"example.org"}))


def outcome(rights: Rights, command: Command, user: UserId, kind: RoomKind) -> str:
    """Why it is refused, in a word; empty where it is not."""
    reasons = {
        "guest": "You are a guest from elsewhere.example",
        "room": f"`!{command}` does not work here: this is ",
        "propose": "That is for the communications team",
        "denied": f"`!{command}` is not open to you",
    }
    try:
        rights.check(command, user, kind)
    except Refusal as refusal:
        return next(reason for reason, words in reasons.items() if str(refusal).startswith(words))
    return ""


EVERY = [(name, kind) for name in TABLE for kind in RoomKind]


def test_the_table_has_every_command_with_its_right() -> None:
    assert {command.name: command.right.value for command in distinct(COMMANDS)} == {
        name: line.right for name, line in TABLE.items()
    }


@pytest.mark.parametrize(("name", "kind"), EVERY)
def test_the_office_s_own_people_may_do_what_their_room_is_for(name: str, kind: RoomKind) -> None:
    line = TABLE[name]
    reason = "propose" if line.right in ("answer", "publish", "consult", "plan", "freeze") else "room"
    assert outcome(RIGHTS, COMMANDS[name], OWN, kind) == ("" if kind in line.rooms else reason)


@pytest.mark.parametrize(("name", "kind"), EVERY)
def test_a_guest_from_elsewhere_may_talk_but_not_command(name: str, kind: RoomKind) -> None:
    allowed = Rights(frozenset({"example.org"}), {}, {GUEST: frozenset(TABLE)})
    assert outcome(RIGHTS, COMMANDS[name], GUEST, kind) == "guest"
    assert outcome(allowed, COMMANDS[name], GUEST, kind) == "guest"


@pytest.mark.parametrize(("name", "kind"), EVERY)
def test_what_is_denied_to_somebody_is_denied_in_every_room_and_to_them_only(name: str, kind: RoomKind) -> None:
    line = TABLE[name]
    by_name = Rights(frozenset({"example.org"}), {OWN: commands_meant([name], COMMANDS)})
    by_right = Rights(frozenset({"example.org"}), {OWN: commands_meant([line.right], COMMANDS)})
    for rights in (by_name, by_right):
        assert bool(outcome(rights, COMMANDS[name], OWN, kind))
        assert (outcome(rights, COMMANDS[name], OWN, kind) == "denied") == (kind in line.rooms)
        assert outcome(rights, COMMANDS[name], BEN, kind) == outcome(RIGHTS, COMMANDS[name], BEN, kind)
    for other, its in TABLE.items():
        # "plan" is the name of a right and of a command.
        if line.right not in (its.right, other):
            assert outcome(by_right, COMMANDS[other], OWN, kind) == outcome(RIGHTS, COMMANDS[other], OWN, kind)


@pytest.mark.parametrize(("name", "kind"), EVERY)
def test_what_is_allowed_to_somebody_works_in_rooms_that_are_not_for_it_except_publishing(
    name: str, kind: RoomKind
) -> None:
    line = TABLE[name]
    for words in ([name], [line.right]):
        allowed = {OWN: commands_meant(words, COMMANDS)}
        rights = Rights(frozenset({"example.org"}), {}, allowed)
        assert bool(outcome(rights, COMMANDS[name], OWN, kind)) == (kind not in line.may_be_allowed)
        assert outcome(rights, COMMANDS[name], BEN, kind) == outcome(RIGHTS, COMMANDS[name], BEN, kind)


@pytest.mark.parametrize(("name", "kind"), EVERY)
def test_what_is_allowed_and_denied_is_denied(name: str, kind: RoomKind) -> None:
    both = {OWN: commands_meant([name], COMMANDS)}
    assert outcome(Rights(frozenset({"example.org"}), both, both), COMMANDS[name], OWN, kind)


@pytest.mark.parametrize("kind", RoomKind)
def test_colleagues_turns_are_the_supervisors_and_whose_the_configuration_says(kind: RoomKind) -> None:
    roster = {OWN: commands_meant(["roster"], COMMANDS)}
    trusted = frozenset({"example.org"})
    assert RIGHTS.holds(Right.ROSTER, OWN, kind) == (kind is RoomKind.SUPERVISORS)
    assert Rights(trusted, {}, roster).holds(Right.ROSTER, OWN, kind)
    assert not Rights(trusted, {}, roster).holds(Right.ROSTER, BEN, RoomKind.TEAM)
    assert not Rights(trusted, roster, roster).holds(Right.ROSTER, OWN, kind)
    assert not Rights(trusted, {}, {GUEST: roster[OWN]}).holds(Right.ROSTER, GUEST, kind)
    others = {OWN: commands_meant(["triage", "duty"], COMMANDS)}
    assert Rights(trusted, {}, others).holds(Right.ROSTER, OWN, kind) == (kind is RoomKind.SUPERVISORS)


@pytest.mark.parametrize(
    "user",
    ["@ana:example.org.evil", "@ana:sub.example.org", "@ana:EXAMPLE.ORG", "@ana", "@ana:example.org:8448"],
)
def test_only_the_trusted_server_itself_is_trusted(user: str) -> None:
    with pytest.raises(Refusal, match="guest"):
        RIGHTS.check(COMMANDS["help"], UserId(user), RoomKind.TEAM)


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["claim"], {"claim"}),
        (["übernehmen"], {"claim"}),
        (["publish"], {"publish"}),
        (["answer"], {"answer", "interim", "edit", "unpublish", "withdraw"}),
        (["antwort"], {"answer"}),
        (["plan"], {"plan", "schedule", "draft", "reschedule", "unschedule", "copy", "crisis"}),
        (["redaktionsplan"], {"plan"}),
        (["freeze"], {"freeze", "unfreeze"}),
        (["consult"], {"escalate", "recall"}),
        (["duty"], {"duty", "duty swap", "duty absent", "duty present"}),
        (["roster"], {"roster"}),
        ([], set()),
    ],
)
def test_a_word_in_the_configuration_is_a_right_or_else_a_command(words: list[str], meant: set[str]) -> None:
    assert commands_meant(words, COMMANDS) == meant


# --- the same through the real dispatcher ---

DORA = UserId("@dora:example.org")
DENNIS = UserId("@dennis:example.org")
ALMA = UserId("@alma:example.org")
ROOMS = {RoomKind.TEAM: TEAM, RoomKind.DIRECT: DIRECT, RoomKind.SUPERVISORS: BOSS, RoomKind.DEPARTMENT: KRYPTO}
REFUSED_FOR_RIGHTS = (
    "You are a guest from",
    "does not work here: this is ",
    "That is for the communications team",
    "is not open to you",
)
LINES = {
    "answer": "answer 1 Yes.",
    "assign": "assign 1 @ben:example.org",
    "author": "author @erika@remote.example",
    "copy": "copy P1",
    "crisis": "crisis Please do not open it.",
    "digest": "digest",
    "draft": "draft Some day.",
    "duty": "duty",
    "duty absent": "duty absent 21.12.-2.1.",
    "duty present": "duty present",
    "duty swap": "duty swap @ben",
    "edit": "edit 1 No.",
    "escalate": "escalate 1 krypto",
    "freeze": "freeze",
    "help": "help",
    "ignore": "ignore 1 spam",
    "interim": "interim 1 Soon.",
    "label": "label 1 tls",
    "merge": "merge 1 2",
    "media": "media 1",
    "mine": "mine",
    "note": "note 1 asked around",
    "plan": "plan",
    "priority": "priority 1 high",
    "propose": "propose 1 Perhaps.",
    "queue": "queue",
    "reschedule": "reschedule P1 2026-12-01 10:00",
    "schedule": "schedule 2026-12-01 10:00 | Our guide is out.",
    "search": "search TLS",
    "snooze": "snooze 1 2 days",
    "stats": "stats",
    "unfreeze": "unfreeze",
    "unschedule": "unschedule P1",
}
KEPT = (
    "tickets",
    "posts",
    "escalations",
    "proposals",
    "remarks",
    "history",
    "mentions",
    "asked",
    "duty_shifts",
    "duty_absences",
)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """Ticket 1 is public and put to the department krypto, ticket 2 is direct."""
    users = {
        DENNIS: {"deny": ["publish", "answer", "triage", "consult", "propose", "read", "plan", "freeze", "report"]},
        ALMA: {"allow": ["triage", "consult", "answer", "publish", "plan", "freeze", "report"]},
        DORA: {"deny": sorted(name for name in TABLE if " " not in name)},
    }
    duty = {"rotation": [str(ANNA), str(BEN), str(OWN)]}
    world = await World.open(tmp_path, users={str(user): person for user, person in users.items()}, duty=duty)
    await world.asked()
    await world.asked("A secret", visibility=Visibility.DIRECT)
    await world.say(ANNA, TEAM, "!escalate 1 krypto Is it?")
    yield world
    await world.close()


async def everything(world: World) -> dict[str, list[dict[str, object]]]:
    return {table: await world.rows(table) for table in KEPT}


def is_refused_for_rights(told: list[str]) -> bool:
    return any(words in text for text in told for words in REFUSED_FOR_RIGHTS)


@pytest.mark.parametrize("kind", RoomKind)
@pytest.mark.parametrize(
    ("who", "role"), [(OWN, "own"), (GUEST, "guest"), (DORA, "denied"), (DENNIS, "denied"), (ALMA, "allowed")]
)
async def test_whoever_types_any_command_anywhere_meets_the_table(
    world: World, who: UserId, role: str, kind: RoomKind
) -> None:
    for name, line in TABLE.items():
        rooms = {"own": line.rooms, "guest": (), "denied": (), "allowed": {*line.rooms, *line.may_be_allowed}}[role]
        if role == "allowed" and line.right in ("read", "propose"):
            rooms = line.rooms
        before = await everything(world)
        event = await world.say(who, ROOMS[kind], f"!{LINES.get(name, f'{name} 1')}")
        told = world.replies(event)
        assert not any("reference" in text for text in told), (name, told)
        assert is_refused_for_rights(told) == (kind not in rooms), (name, told)
        if kind not in rooms:
            assert await everything(world) == before, name


@pytest.mark.parametrize(
    ("who", "room", "key", "is_done"),
    [
        (ANNA, TEAM, "👀", True),
        (ANNA, TEAM, "🙈", True),
        (ANNA, TEAM, "🆘", True),
        (ANNA, TEAM, "🔔", True),
        *((who, TEAM, key, False) for key in "👀🙈🆘🔔" for who in (GUS, DORA, DENNIS)),
        *((EVA, KRYPTO, key, False) for key in "👀🙈🆘🔔"),
        (ALMA, KRYPTO, "👀", True),
        *((ANNA, DIRECT, key, True) for key in "👀🙈🆘🔔"),
        *((who, DIRECT, key, False) for key in "👀🙈🆘🔔" for who in (GUS, DORA, DENNIS)),
    ],
)
async def test_a_tap_on_a_card_is_its_command(world: World, who: UserId, room: RoomId, key: str, is_done: bool) -> None:
    before = await everything(world)
    count = len(world.rooms.sent)
    await world.tap(who, room, world.card(2 if room == DIRECT else 1, room), key)
    said = [one.text for one in list(world.rooms.sent.values())[count:]]
    assert is_refused_for_rights(said) != is_done, said
    if not is_done:
        assert await everything(world) == before


@pytest.mark.parametrize("key", ["✅", "❌"])
@pytest.mark.parametrize(("author", "room"), [(ANNA, TEAM), (ANNA, DIRECT), (VERA, BOSS)])
@pytest.mark.parametrize(("who", "is_done"), [(ANNA, True), (BEN, True), (GUS, False), (DORA, False), (DENNIS, False)])
async def test_a_tap_on_a_preview_is_its_command(
    world: World, author: UserId, room: RoomId, who: UserId, key: str, is_done: bool
) -> None:
    await world.say(author, room, f"!answer {2 if room == DIRECT else 1} Yes.")
    before = await everything(world)
    await world.tap(who, room, world.preview(1, room), key)
    assert (await everything(world) != before) == is_done
    assert bool(world.fediverse.published) == (is_done and key == "✅")


@pytest.mark.parametrize("key", ["👀", "✅", "❌"])
async def test_a_tap_from_another_room_than_the_message_s_does_nothing(world: World, key: str) -> None:
    await world.say(ANNA, TEAM, "!answer 1 Yes.")
    before = await everything(world)
    for target in (world.preview(1), world.card(1), world.card(2, DIRECT)):
        await world.tap(EVA, KRYPTO, target, key)
        await world.tap(VERA, BOSS, target, key)
    assert await everything(world) == before
    assert not world.fediverse.published


async def test_an_expert_s_tick_proposes_nothing_and_says_how_to(world: World) -> None:
    said = await world.say(EVA, KRYPTO, "It is.", thread=world.card(1, KRYPTO))
    await world.tap(EVA, KRYPTO, said, "✅")
    assert await world.rows("proposals") == []
    assert "`!propose …` proposes a text" in world.rooms.shown(KRYPTO)[-1].text or any(
        "!propose" in one.text for one in world.rooms.shown(KRYPTO)
    )


async def test_the_team_s_tick_on_an_expert_s_words_makes_them_a_proposal(world: World) -> None:
    await world.say(EVA, KRYPTO, "It is.", thread=world.card(1, KRYPTO))
    copy = next(one for one in world.rooms.shown(TEAM) if "It is." in one.text)
    for who in (GUS, DORA, DENNIS):
        await world.tap(who, TEAM, copy.event, "✅")
    assert await world.rows("proposals") == []
    await world.tap(ANNA, TEAM, copy.event, "✅")
    (proposal,) = await world.rows("proposals")
    assert (proposal["text"], proposal["author"], proposal["marked_by"]) == ("It is.", EVA, ANNA)


async def test_who_lost_the_right_cannot_change_the_draft_by_an_edit_and_it_is_held_back(tmp_path: Path) -> None:
    world = await World.open(tmp_path, publishing={"undo_seconds": 60})
    await world.asked()
    answer = await world.say(ANNA, TEAM, "!answer 1 Yes.")
    await world.tap(BEN, TEAM, world.preview(1), "✅")
    (post,) = await world.rows("posts")
    assert post["state"] == "confirmed"
    await world.crash(users={str(ANNA): {"deny": ["answer"]}})
    await world.edit(ANNA, TEAM, answer, "!answer 1 No.")
    (post,) = await world.rows("posts")
    assert (post["state"], post["revision"]) == ("draft", 1)
    assert "Yes." in str(post["text"])
    assert any("is not open to you" in one.text for one in world.rooms.shown(TEAM))
    world.clock.advance(minutes=5)
    await world.deliver()
    assert not world.fediverse.published
    await world.close()


async def test_only_the_author_s_edit_counts_and_only_in_its_room(world: World) -> None:
    answer = await world.say(ANNA, TEAM, "!answer 1 Yes.")
    before = await everything(world)
    await world.edit(BEN, TEAM, answer, "!answer 1 No.")
    await world.edit(ANNA, BOSS, answer, "!answer 1 No.")
    await world.edit(ANNA, KRYPTO, answer, "!answer 1 No.")
    assert await everything(world) == before


@pytest.mark.parametrize(
    ("who", "room", "is_done"),
    [
        (ANNA, TEAM, True),
        (BEN, TEAM, True),
        (GUS, TEAM, False),
        (DORA, TEAM, False),
        (EVA, KRYPTO, False),
        (VERA, BOSS, False),
    ],
)
async def test_a_redaction_withdraws_for_the_author_and_for_whoever_may(
    world: World, who: UserId, room: RoomId, is_done: bool
) -> None:
    answer = await world.say(ANNA, TEAM, "!answer 1 Yes.")
    await world.redact(who, room, answer)
    (post,) = await world.rows("posts")
    assert (post["state"] == "withdrawn") == is_done


async def test_help_lists_only_what_that_person_may_do_there(world: World) -> None:
    shown = {
        (who, room): world.replies(await world.say(who, room, "!help"))[0]
        for who, room in [(ANNA, TEAM), (EVA, KRYPTO), (ALMA, KRYPTO)]
    }
    assert "`!answer 42" in shown[ANNA, TEAM]
    assert "`!claim 42`" not in shown[EVA, KRYPTO]
    assert "`!propose 42" in shown[EVA, KRYPTO]
    assert "`!claim 42`" in shown[ALMA, KRYPTO] or "`!claim 42 " in shown[ALMA, KRYPTO]
    assert "`!answer 42" not in shown[ALMA, KRYPTO]


async def test_whoever_may_sort_in_a_department_can_assign_a_ticket_to_the_team_and_to_nobody_else(
    world: World,
) -> None:
    refused = await world.say(ALMA, KRYPTO, "!assign 1 @gus")
    assert world.replies(refused)[0].startswith("gus cannot take tickets")
    await world.say(ALMA, KRYPTO, "!assign 1 @ben")
    assert (await world.rows("tickets"))[0]["claimant"] == BEN


# --- questions that a tap answers ---


async def asked_which(world: World) -> EventId:
    """The team is asked which department is meant, for ticket 3."""
    await world.asked("Which one?")
    await world.say(ANNA, TEAM, "!escalate 3")
    return next(one.event for one in world.rooms.shown(TEAM) if one.text.startswith("Which department"))


async def test_a_tap_under_a_question_is_a_command_of_whoever_taps(world: World) -> None:
    question = await asked_which(world)
    assert world.rooms.buttons(question) == ["1️⃣", "2️⃣", "❌"]
    for who in (GUS, DORA, DENNIS):
        await world.tap(who, TEAM, question, "1️⃣")
        await world.tap(who, TEAM, question, "❌")
    assert len(await world.rows("escalations")) == 1
    assert len(await world.rows("asked")) == 1
    await world.tap(BEN, TEAM, question, "2️⃣")
    assert [(row["department"], row["asked_by"]) for row in await world.rows("escalations")][1] == (
        "department/netz",
        BEN,
    )
    assert await world.rows("asked") == []
    assert world.rooms.buttons(question) == []
    assert "2️⃣ ben" in world.rooms.sent[question].text


async def test_of_two_taps_the_first_counts_and_no_settles_without_doing_anything(world: World) -> None:
    question = await asked_which(world)
    await world.tap(ANNA, TEAM, question, "❌")
    await world.tap(BEN, TEAM, question, "1️⃣")
    assert len(await world.rows("escalations")) == 1
    assert "❌ anna" in world.rooms.sent[question].text


async def test_a_question_outlives_the_process(world: World) -> None:
    question = await asked_which(world)
    await world.crash()
    await world.tap(ANNA, TEAM, question, "1️⃣")
    assert len(await world.rows("escalations")) == 2


async def test_a_refused_tap_leaves_the_question_open(world: World) -> None:
    question = await asked_which(world)
    await world.say(BEN, TEAM, "!ignore 3 settled")
    await world.tap(ANNA, TEAM, question, "1️⃣")
    assert len(await world.rows("escalations")) == 1
    assert len(await world.rows("asked")) == 1
    assert "is ignored" in world.rooms.shown(TEAM)[-1].text


# --- what is planned ---


@pytest.mark.parametrize("key", ["✅", "❌"])
@pytest.mark.parametrize(("who", "is_done"), [(ANNA, False), (BEN, True), (GUS, False), (DORA, False), (DENNIS, False)])
async def test_a_tap_on_a_planned_post_s_preview_is_its_command_and_takes_a_second_person(
    world: World, who: UserId, key: str, is_done: bool
) -> None:
    await world.say(ANNA, TEAM, "!schedule 2026-12-01 10:00 | Our guide is out.")
    await world.tap(who, TEAM, world.preview(1), key)
    (post,) = await world.rows("posts")
    expected = {"✅": "confirmed", "❌": "withdrawn"}[key]
    assert (post["state"] == expected) == (is_done or (who == ANNA and key == "❌"))


@pytest.mark.parametrize("line", ["freeze", "schedule 2026-12-01 10:00 | No.", "crisis No.", "draft No."])
async def test_nobody_can_be_allowed_to_plan_in_a_department_s_room(world: World, line: str) -> None:
    before = await everything(world)
    for who in (EVA, ALMA, GUS):
        said = await world.say(who, KRYPTO, f"!{line}")
        assert is_refused_for_rights(world.replies(said))
    assert await everything(world) == before
    assert await world.rows("freezes") == []
