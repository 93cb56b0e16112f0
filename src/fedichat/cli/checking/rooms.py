"""The configured rooms: are we in them, may we speak, and who else can get in?"""

from collections.abc import Iterator

from fedichat.adapters.matrix.user import Matrix
from fedichat.cli.checking.finding import Finding, Findings, fail, ok, warn
from fedichat.config.model import Config
from fedichat.domain.doors import Doors
from fedichat.domain.roles import RoomKind, RoomRole
from fedichat.ports import RoomId, RoomState, RoomTrouble
from fedichat.workers.room_watch import described


async def check_rooms(matrix: Matrix, config: Config) -> Findings:
    """Every room, in the configuration's order."""
    troubles = await matrix.room_troubles()
    for role in config.rooms():
        if role.given in matrix.doubles:
            text = f"is the same room as {matrix.doubles[role.given]}; a room has one role"
            yield fail(_subject(role), text)
            continue
        room = matrix.room_ids.get(role.given)
        state = await matrix.state_of(room) if room and room in matrix.joined else None
        for finding in _check_room(role, room, state, config):
            yield finding
        if role.given in troubles:
            yield check_trouble(role, troubles[role.given])


def _check_room(role: RoomRole, room: RoomId | None, state: RoomState | None, config: Config) -> Iterator[Finding]:
    yield check_access(role, room, state, config.matrix.user)
    if state is not None and state.joined:
        yield from check_confirmations(role, state, config)
        yield from check_doors(role, state.doors, config)


def check_access(role: RoomRole, room: RoomId | None, state: RoomState | None, user: str) -> Finding:
    """Whether we are in the room and may speak there."""
    if room is None:
        return fail(_subject(role), "there is no such room (yet), or the server does not find it")
    if state is None or not state.joined:
        return fail(_subject(role), f"we are not in it; invite {user}")
    if state.power < state.needed_to_speak:
        text = f"we may not speak in it: our power level is {state.power}, and {state.needed_to_speak} is needed"
        return fail(_subject(role), text)
    secrecy = "encrypted" if state.encrypted else "not encrypted"
    return ok(_subject(role), f"“{state.name}” ({role.place}), joined, may speak, {secrecy}")


def check_confirmations(role: RoomRole, state: RoomState, config: Config) -> Iterator[Finding]:
    """Whether typed confirmations protect the room."""
    if config.matrix.confirm == "typed" and not state.encrypted:
        text = "not encrypted, so nobody can tell who typed a confirmation; matrix.confirm protects nothing here"
        yield warn(_subject(role), text)


def check_doors(role: RoomRole, doors: Doors, config: Config) -> Iterator[Finding]:
    """How strangers can get into the room, or read it. Where private messages are shown, that is a failure."""
    account = config.accounts.get(role.account or "")
    has_private = account is not None and (role.kind is RoomKind.DIRECT or account.rooms.direct is None)
    is_open = doors.is_open(config.trusted_servers)
    for text in described(doors, config.trusted_servers):
        if has_private and is_open:
            yield fail(_subject(role), f"{text}; private messages are shown in this room")
        else:
            yield warn(_subject(role), text)


def check_trouble(role: RoomRole, trouble: RoomTrouble) -> Finding:
    """Why the configured name does not stand for the room that it now leads to, and what the operator can do."""
    text = f"{trouble.reason}: {trouble.other or 'none'}, and fedichat stays in {trouble.room}"
    hint = "if the office has moved there, accept it with fedichat check --accept-rooms"
    return fail(_subject(role), f"{text}; {hint}" if trouble.can_be_accepted else text)


def _subject(role: RoomRole) -> str:
    return f"room {role.given}"
