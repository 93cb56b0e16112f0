"""Public holidays by country and state, from the library `holidays`; each year is worked out once."""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache

import holidays as library

_LANGUAGES_OF_ONE_OFFICE = 4
_YEARS = 400


def unknown_place(code: str) -> str:
    """What is wrong with the code of a country or state (`DE`, `DE-NW`), as a sentence; empty where it is known."""
    country, _, state = code.partition("-")
    states = library.list_supported_countries().get(country)
    if states is None:
        return f"“{country}” is no country whose holidays are known"
    if state and state not in states:
        known = ", ".join(one for one in states if one.isupper() or one.isdigit())
        return f"“{code}” is no state whose holidays are known; " + (f"those of {country} are {known}" if known else "")
    return ""


@lru_cache(maxsize=_YEARS * _LANGUAGES_OF_ONE_OFFICE)
def holidays_in(code: str, year: int, language: str = "") -> Mapping[date, str]:
    """The public holidays of a year with their names, in that language where the library has it.

    Raises ValueError for a code that `unknown_place` has something to say about.
    """
    if wrong := unknown_place(code):
        raise ValueError(wrong)
    country, _, state = code.partition("-")
    found = library.country_holidays(
        country, subdiv=state or None, years=year, language=_spoken(country, language), expand=False
    )
    return dict(found)


@lru_cache(maxsize=_LANGUAGES_OF_ONE_OFFICE)
def _spoken(country: str, language: str) -> str | None:
    """The library's name of a language (`en_US`); None, its own choice, where it does not have it."""
    spoken = library.country_holidays(country).supported_languages
    return next((one for one in spoken if language and one.partition("_")[0] == language), None)
