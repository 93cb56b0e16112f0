"""Public holidays by country and state, from the library `holidays`; each year is worked out once.

The library takes half a second and 40 MB to load, every country of the world with it: only an office that keeps
holidays pays for that, when its configuration is read.
"""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from holidays import HolidayBase

_LANGUAGES_OF_ONE_OFFICE = 4
_YEARS = 400
_LONGEST_STATE = 3  # letters, ISO 3166-2


def unknown_place(code: str) -> str:
    """What is wrong with the code of a country or state (`DE`, `DE-NW`), as a sentence; empty where it is known."""
    country, _, state = code.partition("-")
    try:
        states = _holidays_of(country).subdivisions
    except NotImplementedError:
        return f"“{country}” is no country whose holidays are known"
    if state and state not in states:
        known = ", ".join(one for one in states if len(one) <= _LONGEST_STATE)
        hint = f"; those of {country} are {known}" if known else f"; write only “{country}”"
        return f"“{code}” is no state whose holidays are known{hint}"
    return ""


@lru_cache(maxsize=_YEARS * _LANGUAGES_OF_ONE_OFFICE)
def holidays_in(code: str, year: int, language: str = "") -> Mapping[date, str]:
    """The public holidays of a year with their names, in that language where the library has it.

    Raises ValueError for a code that `unknown_place` has something to say about.
    """
    if wrong := unknown_place(code):
        raise ValueError(wrong)
    country, _, state = code.partition("-")
    # The library's own name of a language, `en_US`; None, its own choice, where it does not have it.
    languages = _holidays_of(country).supported_languages
    spoken = (one for one in languages if language and one.partition("_")[0] == language)
    return dict(_holidays_of(country, state or None, year, next(spoken, None)))


def _holidays_of(
    country: str, state: str | None = None, year: int | None = None, language: str | None = None
) -> "HolidayBase":
    from holidays import country_holidays  # noqa: PLC0415 - see above

    return country_holidays(country, subdiv=state, years=year, language=language, expand=False)
