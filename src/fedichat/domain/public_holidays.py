"""Public holidays by country and state, from the library `holidays`; each year is worked out once."""

from collections.abc import Callable, Mapping
from datetime import date
from functools import lru_cache

import holidays as library

_LANGUAGES_OF_ONE_OFFICE = 4
_YEARS = 400
_COUNTRY, _LONGEST_STATE = 2, 3  # letters, ISO 3166-1 and -2


def unknown_place(code: str) -> str:
    """What is wrong with the code of a country or state (`DE`, `DE-NW`), as a sentence; empty where it is known."""
    country, _, state = code.partition("-")
    make = _country(country)
    if make is None:
        return f"“{country}” is no country whose holidays are known"
    states = make().subdivisions
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
    country, _, state = code.partition("-")
    make = _country(country)
    if make is None or unknown_place(code):
        raise ValueError(unknown_place(code))
    # The library's own name of a language, `en_US`; None, its own choice, where it does not have it.
    spoken = (one for one in make().supported_languages if language and one.partition("_")[0] == language)
    return dict(make(subdiv=state or None, years=year, language=next(spoken, None), expand=False))


def _country(code: str) -> Callable[..., library.HolidayBase] | None:
    # Not `country_holidays`, which loads every country of the world: half a second and 30 MB.
    return getattr(library, code, None) if len(code) == _COUNTRY else None
