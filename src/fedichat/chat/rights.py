"""Who may do what: decided here and nowhere else. Rooms are roles; the configuration narrows or widens them.

It decides on what is typed, on taps, and on edits and redactions alike.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from fedichat.chat.command import Command, Invocation
from fedichat.domain.names import UserId
from fedichat.domain.phrase import mark
from fedichat.domain.roles import RIGHTS_OF, SUPERVISORS_OWN, Right, RoomKind
from fedichat.errors import Refusal

ROOM_WORDS = {
    RoomKind.TEAM: mark("the team's room"),
    RoomKind.DIRECT: mark("the room for direct messages"),
    RoomKind.DEPARTMENT: mark("a department's room"),
    RoomKind.SUPERVISORS: mark("the supervisors' room"),
}

NEVER_IN_DEPARTMENTS = frozenset({Right.ANSWER, Right.PUBLISH, Right.PLAN, Right.FREEZE})
"""What nobody can be allowed in a department's room: experts propose, the communications team publishes."""

_THE_TEAM_S = frozenset({Right.CONSULT}) | NEVER_IN_DEPARTMENTS


@dataclass(frozen=True, slots=True)
class Rights:
    """`trusted_servers`: the homeservers whose users may use commands.

    `denied` and `allowed`: the commands that a person may not use anywhere, and those that they may use in any room
    they are in, by the commands' first names. What is both is denied.
    """

    trusted_servers: frozenset[str]
    denied: Mapping[UserId, frozenset[str]] = field(default_factory=dict[UserId, frozenset[str]])
    allowed: Mapping[UserId, frozenset[str]] = field(default_factory=dict[UserId, frozenset[str]])

    def may(self, command: Command, user: UserId, room: RoomKind) -> bool:
        """Whether this person may do that in this kind of room."""
        return self.refusal(command, user, room) is None

    def check(self, command: Command, user: UserId, room: RoomKind) -> None:
        """Refuse what this person may not do in this kind of room, and say why."""
        refusal = self.refusal(command, user, room)
        if refusal is not None:
            raise refusal

    def holds(self, right: Right, user: UserId, room: RoomKind) -> bool:
        """Whether this person has that right in this kind of room: for what only some uses of a command require."""
        if user.partition(":")[2] not in self.trusted_servers or right.value in self.denied.get(user, frozenset()):
            return False
        if room is RoomKind.DEPARTMENT and right in NEVER_IN_DEPARTMENTS:
            return False
        return right in RIGHTS_OF[room] or right.value in self.allowed.get(user, frozenset())

    def check_options(self, invocation: Invocation, user: UserId, room: RoomKind) -> None:
        """Refuse options that need a right which this person does not have in this kind of room."""
        for option in invocation.command.options:
            if option.right is None or option.name not in invocation.options or self.holds(option.right, user, room):
                continue
            raise Refusal(
                "`{prefix}{command} {option}` needs the right `{right}`, which is not yours here. Please ask a "
                "colleague.",
                command=invocation.command,
                option=option,
                right=option.right.value,
            )

    def refusal(self, command: Command, user: UserId, room: RoomKind) -> Refusal | None:
        """Why this person may not do that in this kind of room; None where they may."""
        server = user.partition(":")[2]
        if server not in self.trusted_servers:
            return Refusal(
                "You are a guest from {server}: you may read and talk here, but `{prefix}{command}` is for the "
                "office's own people.",
                server=server,
                command=command,
            )
        if not self._belongs(command, user, room):
            return _does_not_belong(command, room)
        if command.name in self.denied.get(user, frozenset()):
            return Refusal(
                "`{prefix}{command}` is not open to you: the office's configuration says so. Please ask a colleague.",
                command=command,
            )
        return None

    def _belongs(self, command: Command, user: UserId, room: RoomKind) -> bool:
        if command.right in RIGHTS_OF[room]:
            return True
        if room is RoomKind.DEPARTMENT and command.right in NEVER_IN_DEPARTMENTS:
            return False
        return command.name in self.allowed.get(user, frozenset())


def rooms_of(command: Command) -> list[RoomKind]:
    """The kinds of rooms whose people may use the command."""
    return [kind for kind in RoomKind if command.right in RIGHTS_OF[kind]]


def commands_meant(words: Iterable[str], commands: Mapping[str, Command]) -> frozenset[str]:
    """The first names of the commands that names of commands, or of rights, stand for. Raises KeyError for others.

    A command includes its parts: `duty` also means `duty swap`.

    `answer`, `publish`, `freeze` and `plan` are both: the right, and the command with it.
    """
    meant: set[str] = set()
    rights = {right.value for right in Right}
    for word in words:
        if word in rights:
            # A right that no command requires as a whole, only an option or a part of it.
            meant |= {command.name for command in commands.values() if command.right.value == word} or {word}
        if word in commands:
            # `plan` is a right, and a command that requires less: who may not plan may not look at the plan either.
            meant |= {commands[word].name}
        if word not in rights:
            command = commands[word]
            meant |= {command.name, *(part.name for part in command.parts)}
    return frozenset(meant)


def _does_not_belong(command: Command, room: RoomKind) -> Refusal:
    if room is RoomKind.DEPARTMENT and command.right in _THE_TEAM_S:
        return Refusal(
            "That is for the communications team, which asks the departments and publishes. `{prefix}propose …` "
            "proposes a text."
        )
    if command.right in SUPERVISORS_OWN:
        return Refusal(
            "`{prefix}{command}` does not work here: this is {room}, and that is for the supervisors.",
            command=command,
            room=ROOM_WORDS[room],
        )
    return Refusal(
        "`{prefix}{command}` does not work here: this is {room}, and that is for the communications team.",
        command=command,
        room=ROOM_WORDS[room],
    )
