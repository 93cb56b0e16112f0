"""A room's state as JSON, read for what we may do in it (client-server API, m.room.power_levels)."""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from fedichat.adapters.matrix.events import Json, part, word
from fedichat.domain.doors import Doors
from fedichat.domain.names import UserId
from fedichat.ports import RoomId, RoomState

State: TypeAlias = Mapping[tuple[str, str], Json]
"""A room's state events, by type and state key."""

CREATOR_POWER = 2**53
"""More than any level that JSON can carry: since room version 12 creators stand above all levels."""

_CREATORS_ABOVE_ALL = 12
_MEMBER = "m.room.member"


def room_state(room: RoomId, events: Iterable[Json], me: str) -> RoomState:
    """How `me` stands in the room with this state."""
    state = state_from(events)
    encrypted = ("m.room.encryption", "") in state
    create = state.get(("m.room.create", ""), {})
    levels = _content(state, "m.room.power_levels")
    speaking = "m.room.encrypted" if encrypted else "m.room.message"
    return RoomState(
        room=room,
        name=word(_content(state, "m.room.name"), "name")
        or word(_content(state, "m.room.canonical_alias"), "alias")
        or room,
        joined=word(part(state.get((_MEMBER, me), {}), "content"), "membership") == "join",
        encrypted=encrypted,
        power=_power(create, levels, me),
        needed_to_speak=_level(part(levels, "events"), speaking, _level(levels, "events_default", 0)),
        needed_to_redact=_level(levels, "redact", 50),
        doors=doors_of(state, me),
    )


def state_from(events: Iterable[Json]) -> dict[tuple[str, str], Json]:
    """A room's state by type and state key; of several events for one of these, the last counts."""
    return {(word(event, "type"), word(event, "state_key")): event for event in events if "state_key" in event}


def doors_of(state: State, me: str) -> Doors:
    """Who may come into the room with this state, and read it. What it does not say is as the specification has it."""
    members = {
        key: word(part(event, "content"), "membership") for (kind, key), event in state.items() if kind == _MEMBER
    }
    return Doors(
        join_rule=word(_content(state, "m.room.join_rules"), "join_rule") or "invite",
        has_guests=word(_content(state, "m.room.guest_access"), "guest_access") == "can_join",
        history=word(_content(state, "m.room.history_visibility"), "history_visibility") or "shared",
        people=frozenset(UserId(user) for user, how in members.items() if how in ("join", "invite") and user != me),
    )


def may_replace(state: State, user: str) -> bool:
    """Whether somebody has the power to close a room with a tombstone that names another one."""
    levels = _content(state, "m.room.power_levels")
    needed = _level(part(levels, "events"), "m.room.tombstone", _level(levels, "state_default", 50 if levels else 0))
    return _power(state.get(("m.room.create", ""), {}), levels, user) >= needed


def creators(create: Json) -> frozenset[str]:
    """Who made the room: the sender of m.room.create, and the additional creators that it names."""
    named = part(create, "content").get("additional_creators")
    additional = [name for name in named if isinstance(name, str)] if isinstance(named, list) else []
    return frozenset([word(create, "sender"), *additional])


def _power(create: Json, levels: Json, me: str) -> int:
    if _version(create) >= _CREATORS_ABOVE_ALL and me in creators(create):
        return CREATOR_POWER
    if not levels:
        return 100 if me == word(create, "sender") else 0
    return _level(part(levels, "users"), me, _level(levels, "users_default", 0))


def _version(create: Json) -> int:
    version = word(part(create, "content"), "room_version")
    return int(version) if version.isdecimal() else 1


def _level(levels: Json, key: str, default: int) -> int:
    """Old rooms have levels written as strings."""
    value = levels.get(key)
    if isinstance(value, int):
        return value
    try:
        return int(value) if isinstance(value, str) else default
    except ValueError:
        return default


def _content(state: State, kind: str) -> Json:
    return part(state.get((kind, ""), {}), "content")
