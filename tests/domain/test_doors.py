"""Whether strangers can get into a room, by the rules of the Matrix client-server API."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedichat.domain.doors import OPEN, Doors, Way
from fedichat.ports import UserId

TRUSTED = frozenset({"office.test", "partner.test"})
ANNA, PAUL, EVE = UserId("@anna:office.test"), UserId("@paul:partner.test"), UserId("@eve:elsewhere.test")


@pytest.mark.parametrize(
    ("doors", "ways"),
    [
        (Doors(), set()),
        (Doors("private", people=frozenset({ANNA, PAUL})), set()),
        (Doors("invite", has_guests=True), set()),  # as every private room has it: a guest needs the invitation, too
        (Doors("public"), {Way.JOIN}),
        (Doors("public", has_guests=True), {Way.JOIN, Way.GUESTS}),
        (Doors("org.example.anybody"), {Way.JOIN}),
        (Doors("knock"), {Way.KNOCK}),
        (Doors("restricted"), {Way.OTHER_ROOMS}),
        (Doors("knock_restricted", has_guests=True), {Way.KNOCK, Way.OTHER_ROOMS}),
        (Doors(history="joined"), set()),
        (Doors(history="world_readable"), {Way.READ}),
        (Doors(people=frozenset({ANNA, EVE})), {Way.FOREIGNERS}),
        (Doors("public", people=frozenset({EVE}), history="world_readable"), {Way.JOIN, Way.READ, Way.FOREIGNERS}),
    ],
)
def test_the_ways_in(doors: Doors, ways: set[Way]) -> None:
    assert doors.ways_in(TRUSTED) == ways
    assert doors.is_open(TRUSTED) == bool(ways & OPEN)
    assert doors.let_anybody_read == bool(ways & {Way.JOIN, Way.GUESTS, Way.READ})


@given(st.text(), st.booleans(), st.text(), st.frozensets(st.sampled_from([ANNA, PAUL, EVE])))
def test_only_a_room_by_invitation_among_trusted_people_is_closed(
    rule: str, guests: bool, history: str, people: frozenset[UserId]
) -> None:
    doors = Doors(rule, guests, history, people)
    decided_by_members = rule in {"invite", "private", "knock", "restricted", "knock_restricted"}
    closed = decided_by_members and history != "world_readable" and EVE not in people
    assert doors.is_open(TRUSTED) != closed
