"""What is typed about the duty, taken apart: whom it is about, and which days, as in `@ben 21.12.–2.1.`."""

from collections.abc import Mapping
from datetime import date

from fedichat.chat.naming import person_meant
from fedichat.domain.names import UserId
from fedichat.domain.phrase import mark
from fedichat.domain.time.days import Days, read_day, read_days
from fedichat.errors import Refusal

IN_THE_TEAMS_ROOM = mark("in the team's room")
_MOST_DAYS = 2


def person_and_days(text: str, people: Mapping[UserId, str], today: date) -> tuple[UserId | None, Days | None]:
    """Somebody, if they are named, and days, if any are; the person comes first.

    Refuses what is neither, and says what would be right.
    """
    words = text.split()
    if not words:
        return None, None
    for count in range(len(words)):
        if days := _days(" ".join(words[count:]), today):
            return (_person(" ".join(words[:count]), people) if count else None), days
    if words[0][0].isdigit() or (len(words) > 1 and any(letter.isdigit() for letter in words[-1])):
        # Say what is wrong with the days: that helps most.
        read_days(" ".join(words if words[0][0].isdigit() else words[1:]), today)
    return _person(text, people), None


def people_and_days(text: str, people: Mapping[UserId, str], today: date) -> tuple[list[UserId], list[date]]:
    """One person or two, followed by up to two days, one for each."""
    words, days = text.split(), list[date]()
    while words and len(days) < _MOST_DAYS and words[-1][0].isdigit():
        days.insert(0, read_day(words.pop(), today))
    named = " ".join(words)
    for count in range(1, len(words)):
        two = (_known(" ".join(words[:count]), people), _known(" ".join(words[count:]), people))
        if two[0] is not None and two[1] is not None and _known(named, people) is None:
            return [two[0], two[1]], days
    return [_person(named, people)], days


def _days(text: str, today: date) -> Days | None:
    try:
        return read_days(text, today)
    except Refusal:
        return None


def _known(typed: str, people: Mapping[UserId, str]) -> UserId | None:
    try:
        return _person(typed, people)
    except Refusal:
        return None


def _person(typed: str, people: Mapping[UserId, str]) -> UserId:
    return person_meant(typed, people, IN_THE_TEAMS_ROOM)
