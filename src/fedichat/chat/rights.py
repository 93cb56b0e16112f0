"""Who may do what: decided here and nowhere else. Rooms are roles; the configuration narrows them for a person."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from fedichat.chat.command import RIGHTS_OF, Command
from fedichat.domain.names import UserId
from fedichat.domain.roles import RoomKind
from fedichat.errors import Refusal
from fedichat.i18n import mark

ROOM_WORDS = {
    RoomKind.TEAM: mark("the team's room"),
    RoomKind.DIRECT: mark("the room for direct messages"),
    RoomKind.DEPARTMENT: mark("a department's room"),
    RoomKind.SUPERVISORS: mark("the supervisors' room"),
}


@dataclass(frozen=True, slots=True)
class Rights:
    """`trusted_servers`: the homeservers whose users may command; `denied`: the commands that a person may not use."""

    trusted_servers: frozenset[str]
    denied: Mapping[UserId, frozenset[str]] = field(default_factory=dict[UserId, frozenset[str]])

    def check(self, command: Command, user: UserId, room: RoomKind, prefix: str) -> None:
        """Refuse what this person may not do in this kind of room, and say why."""
        server = user.partition(":")[2]
        if server not in self.trusted_servers:
            raise Refusal(
                "You are a guest from {server}: you may read and talk here, but `{prefix}{command}` is for the "
                "office's own people.",
                server=server,
                prefix=prefix,
                command=command,
            )
        if command.right not in RIGHTS_OF[room]:
            raise Refusal(
                "`{prefix}{command}` does not work here: this is {room}, and that is for the communications team.",
                prefix=prefix,
                command=command,
                room=ROOM_WORDS[room],
            )
        if command.name in self.denied.get(user, frozenset()):
            raise Refusal(
                "`{prefix}{command}` is not open to you: the office's configuration says so. Please ask a colleague.",
                prefix=prefix,
                command=command,
            )
