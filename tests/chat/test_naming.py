"""Whom somebody means: by whatever name they are known in the room."""

import pytest

from fedichat.chat.naming import person_meant
from fedichat.domain.names import UserId
from fedichat.errors import Refusal

ANNA = UserId("@anna:example.org")
BEN = UserId("@ben:example.org")
OTHER_BEN = UserId("@ben:elsewhere.example")
JOERG = UserId("@joerg.m:example.org")
PEOPLE = {ANNA: "Anna Beispiel", BEN: "Ben", OTHER_BEN: "Benedikt", JOERG: "Jörg Müller"}


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("@anna:example.org", ANNA),
        ("@anna", ANNA),
        ("anna", ANNA),
        ("ANNA", ANNA),
        ("Anna Beispiel", ANNA),
        ("@Anna Beispiel:", ANNA),
        ("@ben:example.org", BEN),
        ("@ben:elsewhere.example", OTHER_BEN),
        ("Benedikt", OTHER_BEN),
        ("Joerg Mueller", JOERG),
        ("jörg müller", JOERG),
        ("@joerg.m", JOERG),
        ("https://matrix.to/#/@anna:example.org", ANNA),
        ("[Anna](https://matrix.to/#/%40anna%3Aexample.org)", ANNA),
        ("https://matrix.to/#/@anna:example.org?via=example.org", ANNA),
    ],
)
def test_people_are_known_by_their_id_their_name_and_what_clients_make_of_a_mention(typed: str, meant: UserId) -> None:
    assert person_meant(typed, PEOPLE) == meant


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("ben", "Several people here are called ben: @ben:elsewhere.example, @ben:example.org"),
        ("annna", "Did you mean anna?"),
        ("@xyzzy:example.org", "Nobody in the ticket's room is called @xyzzy:example.org"),
        ("", "Nobody in the ticket's room is called"),
        ("@", "Nobody in the ticket's room is called"),
    ],
)
def test_whoever_is_not_clear_is_asked_back(typed: str, why: str) -> None:
    with pytest.raises(Refusal, match=why):
        person_meant(typed, PEOPLE)
