"""What `fedichat check` says about the configured rooms."""

from pathlib import Path

import pytest

from fedichat.cli.checking.accepting import accept_rooms
from fedichat.cli.checking.rooms import check_doors
from fedichat.demo.homeserver_client import quoted
from fedichat.domain.doors import Doors
from fedichat.ports import UserId
from fedichat.store import rooms
from fedichat.store.database import Database
from tests.cli.checking.offices import NOBODY, CheckedOffice, config_in, starting
from tests.office import Office


async def test_typed_confirmations_in_a_room_that_is_not_encrypted_are_warned_of(
    office: Office, checked: CheckedOffice
) -> None:
    anna = await office.person("anna")
    await office.room(anna, "team", checked.bot)
    await office.room(anna, "secret", checked.bot, encrypted=True)
    checked.tree["supervisors"] = {"room": office.alias("secret")}
    checked.tree["matrix"]["confirm"] = "typed"

    code, lines = await checked.check()

    assert code == 0
    (warned,) = starting(lines, "warn room")
    assert warned == (
        f"warn room {office.alias('team')}: not encrypted, so nobody can tell who typed a confirmation; "
        "matrix.confirm protects nothing here"
    )


async def test_rooms_that_cannot_be_used_say_what_is_missing(office: Office, checked: CheckedOffice) -> None:
    anna = await office.person("anna")
    silent = await office.room(anna, "silent", checked.bot)
    await office.room(anna, "private")
    await anna.raise_to(silent, checked.bot, -1)
    checked.tree["accounts"]["bsi"]["rooms"] = {
        "team": office.alias("silent"),
        "direct": office.alias("private"),
    }
    checked.tree["supervisors"] = {"room": office.alias("nowhere")}

    code, lines = await checked.check()

    assert code == 1
    assert starting(lines, "FAIL") == [
        f"FAIL room {office.alias('silent')}: we may not speak in it: our power level is -1, and 0 is needed",
        f"FAIL room {office.alias('private')}: we are not in it; invite {checked.bot}",
        f"FAIL room {office.alias('nowhere')}: there is no such room (yet), or the server does not find it",
    ]
    assert len(starting(lines, "ok   account bsi")) == 4


async def test_one_room_under_two_names_is_found_out(office: Office, checked: CheckedOffice) -> None:
    anna = await office.person("anna")
    room = await office.room(anna, "team", checked.bot)
    checked.tree["supervisors"] = {"room": room}
    code, lines = await checked.check()
    assert code == 1
    assert starting(lines, "FAIL") == [
        f"FAIL room {room}: is the same room as {office.alias('team')}; a room has one role"
    ]


async def test_an_alias_that_leads_elsewhere_fails_until_the_operator_accepts_it(
    office: Office, checked: CheckedOffice
) -> None:
    anna = await office.person("anna")
    old = await office.room(anna, "team", checked.bot)
    database = await Database.open(checked.config.database_url)
    await database.write(lambda tx: rooms.pin(tx, office.alias("team"), old))
    await anna.ask("DELETE", f"/directory/room/{quoted(office.alias('team'))}")
    new = await office.room(anna, "team", checked.bot)

    code, lines = await checked.check()
    assert code == 1
    hint = "if the office has moved there, accept it with fedichat check --accept-rooms"
    told = f"the alias leads to another room now: {new}, and fedichat stays in {old}; {hint}"
    assert starting(lines, "FAIL") == [f"FAIL room {office.alias('team')}: {told}"]
    said: list[str] = []
    assert await accept_rooms(checked.config, said.append) == 0
    assert said == [
        f"accepted {office.alias('team')}: {old} -> {new}",
        "fedichat is running and moves there within ten minutes; restart it to move at once",
    ]
    assert await database.read(rooms.pins) == {office.alias("team"): new}
    await database.close()
    assert starting((await checked.check())[1], "FAIL") == []
    assert await accept_rooms(checked.config, said.append) == 0
    assert said[-1] == "no room is waiting to be accepted"


PUBLIC = ("m.room.join_rules", {"join_rule": "public"})
KNOCK = ("m.room.join_rules", {"join_rule": "knock"})
READABLE = ("m.room.history_visibility", {"history_visibility": "world_readable"})
GUESTS = ("m.room.guest_access", {"guest_access": "can_join"})
NO_GUESTS = ("m.room.guest_access", {"guest_access": "forbidden"})
ANYBODY, READS, ASKS, GUEST = (
    "anybody may join it without an invitation",
    "anybody may read it without joining",
    "anybody may ask to be let in",
    "guests without an account may join it",
)


@pytest.mark.parametrize(
    ("direct", "state", "level", "said"),
    [
        (False, [], "ok", []),
        (True, [], "ok", []),
        (False, [PUBLIC, NO_GUESTS], "warn", [ANYBODY]),
        (True, [PUBLIC, NO_GUESTS], "FAIL", [ANYBODY]),
        (True, [READABLE], "FAIL", [READS]),
        (False, [READABLE, KNOCK], "warn", [READS, ASKS]),
        (True, [PUBLIC, GUESTS], "FAIL", [ANYBODY, GUEST]),
        (True, [GUESTS], "ok", []),  # as clients make every private room: a guest needs the invitation, too
        (True, [KNOCK], "warn", [ASKS]),
    ],
)
async def test_rooms_that_are_open_to_strangers_are_told(
    office: Office,
    checked: CheckedOffice,
    direct: bool,
    state: list[tuple[str, dict[str, str]]],
    level: str,
    said: list[str],
) -> None:
    anna = await office.person("anna")
    rooms = {kind: await office.room(anna, kind, checked.bot) for kind in ("team", "direct")}
    checked.tree["accounts"]["bsi"]["rooms"]["direct"] = office.alias("direct")
    kind = "direct" if direct else "team"
    for name, content in state:
        await anna.set_state(rooms[kind], name, content)

    code, lines = await checked.check()

    private = "; private messages are shown in this room" if level == "FAIL" else ""
    about = [line for line in lines if f" room {office.alias(kind)}: " in line][1:]
    assert about == [f"{level} room {office.alias(kind)}: {text}{private}" for text in said]
    assert code == (1 if level == "FAIL" else 0)


async def test_an_open_team_s_room_fails_where_private_messages_are_shown_in_it(
    office: Office, checked: CheckedOffice
) -> None:
    anna = await office.person("anna")
    room = await office.room(anna, "team", checked.bot)
    await anna.set_state(room, *NO_GUESTS)
    await anna.set_state(room, *PUBLIC)
    code, lines = await checked.check()
    assert code == 1
    assert starting(lines, "FAIL") == [
        f"FAIL room {office.alias('team')}: {ANYBODY}; private messages are shown in this room"
    ]


def test_people_of_other_homeservers_are_named(tmp_path: Path) -> None:
    rooms = {"team": "#a:b.org", "direct": "#d:b.org"}
    config = config_in(tmp_path, accounts={"bsi": {"instance": NOBODY, "access_token": "t", "rooms": rooms}})
    people = frozenset(UserId(f"@eve{n}:x.org") for n in range(7)) | {UserId("@ana:b.org")}
    team, direct, *_ = config.rooms()
    found = [str(one) for role in (team, direct) for one in check_doors(role, Doors(people=people), config)]
    names = "@eve0:x.org, @eve1:x.org, @eve2:x.org, @eve3:x.org, @eve4:x.org and 2 more"
    text = f"people of other homeservers are in it, or invited: {names}"
    assert found == [
        f"warn room #a:b.org: {text}",
        f"FAIL room #d:b.org: {text}; private messages are shown in this room",
    ]
