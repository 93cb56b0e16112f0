"""Rules that span several keys of the configuration, checked on the tree as it was read, with everything else."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from fedichat.errors import Problem

if TYPE_CHECKING:
    from fedichat.config.model import Config

Tree = Mapping[str, object]


def inconsistencies(tree: Tree) -> list[Problem]:
    """What is wrong between keys that may each be right. Shapes are checked elsewhere."""
    return [
        *_matrix_login(group(tree, "matrix")),
        *_same_token(tree),
        *_same_room(tree),
        *_policies(tree),
        *_retention(group(tree, "retention")),
        *_digest(tree),
    ]


def warnings_about(config: "Config") -> list[Problem]:
    """What works, but is probably not intended."""
    return [*_trust(config), *_hours(config), *_people(config)]


def _trust(config: "Config") -> Iterator[Problem]:
    own = server_of(config.matrix.user)
    if own not in config.trusted_servers:
        message = f"the bot's own server {own} is not in it: colleagues there cannot give commands"
        yield Problem("matrix.trusted_servers", message)
    if config.matrix.confirm == "typed" and config.matrix.devices == "all":
        message = "is “all”, so anybody who can add a device to a colleague's account can type the confirmation as well"
        yield Problem("matrix.devices", message)


def _hours(config: "Config") -> Iterator[Problem]:
    if config.sla and not config.working_hours:
        message = "is missing, so promises count Monday to Friday, 09:00-17:00, even on holidays"
        yield Problem("working_hours", message)


def _people(config: "Config") -> Iterator[Problem]:
    heeded = config.trusted_servers | {server_of(config.matrix.user)}
    rotation = config.duty.rotation if config.duty else ()
    for key, users in (("users", tuple(config.users)), ("duty.rotation", rotation)):
        for user in users:
            if server_of(user) not in heeded:
                message = f"{user} is on a server that is not in matrix.trusted_servers and cannot give commands"
                yield Problem(key, message)
    if config.duty and not config.supervisors and not any("roster" in user.allow for user in config.users.values()):
        message = "without supervisors nobody can say that a colleague is away; give somebody users.….allow: [roster]"
        yield Problem("duty", message)


def server_of(user: str) -> str:
    """The homeserver in a Matrix user id."""
    return user.partition(":")[2]


def group(tree: Tree, key: str) -> Tree:
    """The keys under `key`; none if it is not a group."""
    inner = tree.get(key)
    return inner if isinstance(inner, Mapping) else {}


def _matrix_login(matrix: Tree) -> Iterator[Problem]:
    if not matrix:
        return
    if "password" not in matrix and "access_token" not in matrix:
        yield Problem(
            "matrix",
            "needs password (or password_file), or access_token (or access_token_file) with device_id",
        )
    if "password" in matrix and "access_token" in matrix:
        yield Problem("matrix", "has both a password and an access token; keep one of them")
    if "access_token" in matrix and "device_id" not in matrix:
        yield Problem("matrix.device_id", "is missing; an access token belongs to a device, and its id is needed too")
    if "device_id" in matrix and "access_token" not in matrix:
        yield Problem("matrix.device_id", "belongs to an access token; with a password, the login makes the device")


def _same_token(tree: Tree) -> Iterator[Problem]:
    owners: dict[str, str] = {}
    for name, account in group(tree, "accounts").items():
        token = account.get("access_token") if isinstance(account, Mapping) else None
        if isinstance(token, str) and token and owners.setdefault(token, name) != name:
            message = f"is already the token of accounts.{owners[token]}; each account needs its own"
            yield Problem(f"accounts.{name}.access_token", message)


def _policies(tree: Tree) -> Iterator[Problem]:
    policies, accounts = group(tree, "sla").get("policies"), group(tree, "accounts")
    for index, policy in enumerate(policies if isinstance(policies, list | tuple) else ()):
        named = policy.get("account", ()) if isinstance(policy, Mapping) else ()
        for name in [named] if isinstance(named, str) else named if isinstance(named, list | tuple) else ():
            if isinstance(name, str) and name not in accounts:
                yield Problem(f"sla.policies[{index}].account", f"there is no account “{name}”")


def _same_room(tree: Tree) -> Iterator[Problem]:
    owners: dict[str, str] = {}
    for key, given in _rooms(tree):
        room = given.get("room") if isinstance(given, Mapping) else given
        if isinstance(room, str) and room and owners.setdefault(room, key) != key:
            yield Problem(key, f"“{room}” is already {owners[room]}; a room has one role")


def _rooms(tree: Tree) -> Iterator[tuple[str, object]]:
    for name in (accounts := group(tree, "accounts")):
        rooms = group(group(accounts, name), "rooms")
        yield from ((f"accounts.{name}.rooms.{kind}", rooms.get(kind)) for kind in ("team", "direct"))
    for name in (departments := group(tree, "departments")):
        yield f"departments.{name}.room", group(departments, name).get("room")
    yield "supervisors.room", group(tree, "supervisors").get("room")


def _retention(retention: Tree) -> Iterator[Problem]:
    text, history = retention.get("text_days", 90), retention.get("history_days", 730)
    if isinstance(text, int) and isinstance(history, int) and history < text:
        message = f"must not be less than text_days ({text}): a text cannot outlive its history"
        yield Problem("retention.history_days", message)


def _digest(tree: Tree) -> Iterator[Problem]:
    if "digest" in tree and "supervisors" not in tree:
        yield Problem("digest", "needs supervisors.room: that is where it is posted")
