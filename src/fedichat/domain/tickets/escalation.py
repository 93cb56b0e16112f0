"""What a department is asked, and what it proposes."""

import difflib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from fedichat.domain.names import EventId, Place, TicketId, UserId, folded, is_department
from fedichat.domain.posts.publishable import publishable
from fedichat.errors import Refusal

_AND = frozenset({"und", "and", "&", "+"})
QUESTION_AT_MOST = 5_000
"""Characters: it stands on the department's card, beside the citizen's words."""


@dataclass(frozen=True, slots=True)
class Escalation:
    """A ticket put to a department, which from then on sees it. `question` may be empty.

    `due_at`: by when it is to propose something, if that is promised; `proposed_at`: when it did. `ended_at`: when it
    was taken back, by `recalled_by`, or the ticket was closed; the department then reads, and proposes no more.
    """

    ticket: TicketId
    department: Place
    question: str
    asked_by: UserId
    asked_at: datetime
    ended_at: datetime | None = None
    recalled_by: UserId | None = None
    due_at: datetime | None = None
    proposed_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether the department takes part in the ticket's conversation."""
        return self.ended_at is None


@dataclass(frozen=True, slots=True)
class Proposal:
    """A text that somebody proposes as the answer. `number` counts within the ticket, from 1.

    `source` is the chat event that it was made from. `marked_by` is who of the team made an expert's message one.
    `text` is empty once it was taken back.
    """

    ticket: TicketId
    number: int
    place: Place
    author: UserId
    text: str
    source: EventId
    made_at: datetime
    marked_by: UserId | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", publishable(self.text))


def department_and_question(text: str, departments: Mapping[str, str]) -> tuple[str, str]:
    """What was typed behind `!escalate`, taken apart: which department, and what it is asked.

    `departments` are the names for people by the names in the configuration. A name for people may have several
    words; where the text begins with none of the names, its first word is taken for one.
    """
    words = text.split()
    known = {folded(name) for names in departments.items() for name in names}
    longest = max((len(name.split()) for name in known), default=1)
    for count in range(min(longest, len(words)), 1, -1):
        name = " ".join(words[:count]).rstrip(":,")
        if folded(name) in known:
            return name, _behind(text, count)
    _must_be_one(words, known)
    return " ".join(words[:1]).rstrip(":,"), _behind(text, 1)


def _must_be_one(words: Sequence[str], known: Collection[str]) -> None:
    """Refuse `krypto, netz …` and `krypto und netz …`: the second would be taken for the question to the first."""
    if len(words) > 1 and (words[0].endswith(",") or words[1].casefold() in _AND):
        second = next((word for word in words[1:] if word.casefold() not in _AND), "").rstrip(":,")
        if folded(words[0].rstrip(",")) in known and folded(second) in known:
            raise Refusal(
                "One department at a time, please: first “{first}”, then “{second}”, each with a `{prefix}escalate` of "
                "its own.",
                first=words[0].rstrip(","),
                second=second,
            )


def _behind(text: str, count: int) -> str:
    """The text behind that many words, its line breaks kept."""
    parts = text.split(maxsplit=count)
    return parts[count].strip() if len(parts) > count else ""


def must_fit_on_a_card(question: str) -> None:
    """Refuse a question that would leave no room for what it is about."""
    if len(question) > QUESTION_AT_MOST:
        raise Refusal(
            "That question is too long by {over}: {length} of {limit} characters. Please keep it short; the rest can "
            "be said in the thread, where the department reads along.",
            over=len(question) - QUESTION_AT_MOST,
            length=len(question),
            limit=QUESTION_AT_MOST,
        )


def find_department(typed: str, departments: Mapping[str, str]) -> str:
    """The department of that name, by its name in the configuration. Refuses an unknown one, the nearest suggested."""
    names = {folded(name): key for key, shown in departments.items() for name in (key, shown)}
    found = names.get(folded(typed))
    if found is not None:
        return found
    must_be_some(departments)
    near = difflib.get_close_matches(folded(typed), names, n=1, cutoff=0.6)
    if near:
        raise Refusal("There is no department “{typed}”. Did you mean `{near}`?", typed=typed, near=names[near[0]])
    raise Refusal(
        "There is no department “{typed}”. There are: {departments}.", typed=typed, departments=listed(departments)
    )


def must_be_some(departments: Mapping[str, str]) -> None:
    """Refuse where the office has no departments."""
    if not departments:
        raise Refusal("No departments are configured, so there is nobody to ask. Whoever runs fedichat can add them.")


def listed(departments: Mapping[str, str]) -> str:
    """The departments as they are typed, with their names for people."""
    return ", ".join(f"{key} ({shown})" for key, shown in departments.items())


def key_of(place: Place) -> str:
    """The name in the configuration of the department whose room it is."""
    return place.partition("/")[2]


def name_of(place: Place, departments: Mapping[str, str]) -> str:
    """A department's name for people, also of one that is not configured any more; empty for a room that is none's."""
    return departments.get(key_of(place), key_of(place)) if is_department(place) else ""


def names_of(places: Iterable[Place], departments: Mapping[str, str]) -> str:
    """The same of several, one behind the other."""
    return ", ".join(name_of(place, departments) for place in places)
