"""The categories of characters that expressions are made of are those that Unicode has them in."""

import re
import sys
import unicodedata

import pytest

from fedichat.domain.signs import ranges_of


@pytest.mark.parametrize("categories", [("L", "M", "Nd", "Pc"), ("Mn", "Me"), ("M", "Pc")])
def test_every_letter_mark_digit_and_connector_is_known_and_nothing_else(categories: tuple[str, ...]) -> None:
    signs = "".join(map(chr, range(sys.maxunicode + 1)))
    found = re.findall(f"[{''.join(ranges_of(*categories))}]", signs)
    assert found == [sign for sign in signs if unicodedata.category(sign).startswith(categories)]
