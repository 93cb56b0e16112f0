"""A room's state as JSON, read for what we may do in it (client-server API, m.room.power_levels)."""

from collections.abc import Iterable

from fedichat.adapters.matrix_events import Json, part, word
from fedichat.ports import RoomId, RoomState

CREATOR_POWER = 2**53
"""More than any level that JSON can carry: since room version 12 creators stand above all levels."""

_CREATORS_ABOVE_ALL = 12


def room_state(room: RoomId, events: Iterable[Json], me: str) -> RoomState:
    """How `me` stands in the room with this state."""
    state = {(word(event, "type"), word(event, "state_key")): event for event in events}
    encrypted = ("m.room.encryption", "") in state
    create = state.get(("m.room.create", ""), {})
    levels = _content(state, "m.room.power_levels")
    speaking = "m.room.encrypted" if encrypted else "m.room.message"
    return RoomState(
        room=room,
        name=word(_content(state, "m.room.name"), "name")
        or word(_content(state, "m.room.canonical_alias"), "alias")
        or room,
        joined=word(part(state.get(("m.room.member", me), {}), "content"), "membership") == "join",
        encrypted=encrypted,
        power=_power(create, levels, me),
        needed_to_speak=_level(part(levels, "events"), speaking, _level(levels, "events_default", 0)),
        needed_to_redact=_level(levels, "redact", 50),
    )


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


def _content(state: dict[tuple[str, str], Json], kind: str) -> Json:
    return part(state.get((kind, ""), {}), "content")
