"""What we may do in a room, read from its state."""

import pytest

from fedichat.adapters.matrix.events import Json
from fedichat.adapters.matrix.state import CREATOR_POWER, room_state
from fedichat.domain.doors import Doors
from fedichat.ports import RoomId, RoomState, UserId

ROOM, BOT, ANNA = RoomId("!room"), "@bot:office.test", "@anna:office.test"


def state(kind: str, content: Json, key: str = "", sender: str = ANNA) -> Json:
    return {"type": kind, "state_key": key, "content": content, "sender": sender}


def create(version: str, sender: str = ANNA, *more: str) -> Json:
    return state("m.room.create", {"room_version": version, "additional_creators": list(more)}, sender=sender)


@pytest.mark.parametrize(
    ("events", "power"),
    [
        ([create("12", BOT)], CREATOR_POWER),
        ([create("12", ANNA, BOT)], CREATOR_POWER),
        ([create("12", BOT), state("m.room.power_levels", {"users": {ANNA: 100}})], CREATOR_POWER),
        ([create("12")], 0),
        ([create("11", BOT)], 100),
        ([create("11", BOT), state("m.room.power_levels", {"users": {ANNA: 100}})], 0),
        ([create("11", ANNA, BOT)], 0),
        ([create("11"), state("m.room.power_levels", {"users": {BOT: 50}})], 50),
        ([create("11"), state("m.room.power_levels", {"users": {BOT: "50"}})], 50),
        ([create("11"), state("m.room.power_levels", {"users": {BOT: "much"}, "users_default": 5})], 5),
        ([create("org.example.unknown"), state("m.room.power_levels", {"users_default": 10})], 10),
        ([], 0),
    ],
)
def test_our_power(events: list[Json], power: int) -> None:
    assert room_state(ROOM, events, BOT).power == power


def test_what_a_room_asks_for() -> None:
    levels = {"events_default": 10, "events": {"m.room.encrypted": 20}, "redact": 60}
    events = [
        create("11"),
        state("m.room.power_levels", levels),
        state("m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"}),
        state("m.room.name", {"name": "Social"}),
        state("m.room.member", {"membership": "join"}, BOT),
        state("m.room.member", {"membership": "invite"}, ANNA),
        state("m.room.member", {"membership": "leave"}, "@eve:office.test"),
        state("m.room.join_rules", {"join_rule": "knock"}),
        state("m.room.history_visibility", {"history_visibility": "joined"}),
        state("m.room.guest_access", {"guest_access": "can_join"}),
    ]
    doors = Doors("knock", has_guests=True, history="joined", people=frozenset({UserId(ANNA)}))
    assert room_state(ROOM, events, BOT) == RoomState(ROOM, "Social", True, True, 0, 20, 60, doors)


def test_a_room_without_a_name_goes_by_its_alias() -> None:
    alias = state("m.room.canonical_alias", {"alias": "#social:office.test"})
    assert room_state(ROOM, [create("11"), alias], BOT) == RoomState(
        ROOM, "#social:office.test", False, False, 0, 0, 50
    )
