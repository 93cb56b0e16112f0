"""Which of the people in a room is meant: by user id, by name, or by what a client makes of a mention."""

import difflib
import re
from collections.abc import Mapping
from urllib.parse import unquote

from fedichat.chat.command import folded
from fedichat.domain.names import UserId, localpart
from fedichat.domain.phrase import Marked, mark
from fedichat.errors import Refusal

_LINK = re.compile(r"https://matrix\.to/#/([^\s?)>]+)")


IN_THE_TICKETS_ROOM = mark("in the ticket's room")


def person_meant(typed: str, people: Mapping[UserId, str], where: Marked = IN_THE_TICKETS_ROOM) -> UserId:
    """The person in the room who has that name; `people` are those in it, with their display names.

    Refuses a name that nobody has, suggesting the nearest one, and a name that several people have.
    """
    link = _LINK.search(typed)
    wanted = folded(unquote(link[1]) if link else typed.strip().rstrip(":,").rstrip())
    by_name = _by_name(people)
    found = by_name.get(wanted) or by_name.get(wanted.removeprefix("@")) or set()
    if len(found) == 1:
        return next(iter(found))
    if found:
        raise Refusal(
            "Several people here are called {person}: {names}. Write the full name, as in `{example}`.",
            person=typed,
            names=", ".join(sorted(found)),
            example=min(found),
        )
    near = difflib.get_close_matches(wanted.removeprefix("@"), by_name, n=1, cutoff=0.6)
    if near:
        raise Refusal(
            "Nobody {where} is called {person}. Did you mean {near}?",
            where=where,
            person=typed,
            near=localpart(min(by_name[near[0]])),
        )
    raise Refusal("Nobody {where} is called {person}.", where=where, person=typed)


def _by_name(people: Mapping[UserId, str]) -> dict[str, set[UserId]]:
    """Everybody by each of their names, folded for comparison."""
    found: dict[str, set[UserId]] = {}
    for user, name in people.items():
        for each in (user, localpart(user), name):
            found.setdefault(folded(each), set()).add(user)
    return found
