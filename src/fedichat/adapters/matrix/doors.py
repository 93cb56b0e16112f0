"""Who may come into our rooms and read them, kept up to date by what the homeserver sends.

nio's own room model is not asked: it drops state events with values that it does not know, and a join rule of a later
specification would be taken for the one before it (matrix-nio 0.26, `schemas.py`).
"""

from nio import SyncResponse

from fedichat.adapters.matrix.events import Json, word
from fedichat.adapters.matrix.state import doors_of
from fedichat.domain.doors import Doors
from fedichat.ports import RoomId

_KINDS = frozenset({"m.room.join_rules", "m.room.guest_access", "m.room.history_visibility", "m.room.member"})


class SeenDoors:
    """The doors of every room that we are in; nothing is known before the first answer, which has the full state."""

    def __init__(self, me: str) -> None:
        self._me = me
        self._states: dict[RoomId, dict[tuple[str, str], Json]] = {}

    def of(self, room: RoomId) -> Doors | None:
        """Who may come into that room and read it; None while that is not known."""
        state = self._states.get(room)
        return doors_of(state, self._me) if state is not None else None

    def follow(self, response: SyncResponse) -> bool:
        """Take in what a sync says. Returns whether anything has changed."""
        has_changed = False
        for name, info in response.rooms.join.items():
            room = RoomId(name)
            has_changed |= room not in self._states
            state = self._states.setdefault(room, {})
            for event in (*info.state, *info.timeline.events):
                source: Json = event.source
                if word(source, "type") in _KINDS and "state_key" in source:
                    state[word(source, "type"), word(source, "state_key")] = source
                    has_changed = True
        for name in response.rooms.leave:
            has_changed |= self._states.pop(RoomId(name), None) is not None
        return has_changed
