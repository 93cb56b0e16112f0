"""Which department is meant, and how a ticket waits for it."""

from dataclasses import replace

import pytest

from fedichat.domain.tickets.escalation import department_and_question, find_department
from fedichat.domain.tickets.ticket import (
    TicketState,
    answered,
    claimed,
    no_longer_waiting,
    released,
    taken_for_answer,
    waiting,
)
from fedichat.errors import Refusal
from tests.factories import ANNA, BEN, NOW, a_ticket

DEPARTMENTS = {"krypto": "Referat Kryptografie", "buero": "Büro des Präsidenten", "it": "IT"}


@pytest.mark.parametrize(
    ("typed", "department", "question"),
    [
        ("", "", ""),
        ("krypto", "krypto", ""),
        ("krypto Is it?", "krypto", "Is it?"),
        ("krypto: Is it?", "krypto", "Is it?"),
        ("krypto  Is it?\n\n- one\n- two ", "krypto", "Is it?\n\n- one\n- two"),
        ("krypto\nIs it?", "krypto", "Is it?"),
        ("Referat Kryptografie Is it?", "Referat Kryptografie", "Is it?"),
        ("referat\nkryptografie, Is it?", "referat kryptografie", "Is it?"),
        ("büro des präsidenten", "büro des präsidenten", ""),
        ("Referat Verkehr Is it?", "Referat", "Verkehr Is it?"),
        ("Is it?", "Is", "it?"),
    ],
)
def test_what_is_typed_begins_with_the_department(typed: str, department: str, question: str) -> None:
    assert department_and_question(typed, DEPARTMENTS) == (department, question)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("krypto", "krypto"),
        ("KRYPTO", "krypto"),
        ("Referat Kryptografie", "krypto"),
        ("Büro des Präsidenten", "buero"),
        ("Buero des Praesidenten", "buero"),
        ("büro", "buero"),
        ("BU\u0308RO", "buero"),
        ("It", "it"),
    ],
)
def test_a_department_is_found_by_both_names_however_umlauts_are_typed(typed: str, found: str) -> None:
    assert find_department(typed, DEPARTMENTS) == found


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("krytpo", "Did you mean `krypto`?"),
        ("Kryptographie", "Did you mean `krypto`?"),
        ("Verkehr", r"There are: krypto \(Referat Kryptografie\), buero \(Büro des Präsidenten\), it \(IT\)\."),
    ],
)
def test_an_unknown_department_is_refused_with_what_there_is(typed: str, said: str) -> None:
    with pytest.raises(Refusal, match=said):
        find_department(typed, DEPARTMENTS)


def test_without_departments_nobody_can_be_asked() -> None:
    with pytest.raises(Refusal, match="No departments are configured"):
        find_department("krypto", {})


def test_a_ticket_that_waits_can_be_claimed_and_released_and_goes_on_waiting() -> None:
    asked = waiting(a_ticket(), NOW)
    assert asked.state is TicketState.WAITING
    assert claimed(asked, ANNA, NOW).state is TicketState.WAITING
    assert released(claimed(asked, ANNA, NOW), NOW) == asked
    assert taken_for_answer(asked, BEN, NOW) == replace(asked, claimant=BEN)


@pytest.mark.parametrize(("claimant", "state"), [(ANNA, TicketState.CLAIMED), (None, TicketState.NEW)])
def test_a_ticket_that_waits_no_longer_is_with_whoever_had_it(claimant: object, state: TicketState) -> None:
    ticket = a_ticket(claimant=ANNA if claimant else None)
    assert no_longer_waiting(waiting(ticket, NOW), NOW).state is state


def test_a_ticket_that_was_answered_meanwhile_stays_so() -> None:
    done = answered(waiting(a_ticket(), NOW), a_ticket().status, NOW)
    assert no_longer_waiting(done, NOW).state is TicketState.ANSWERED


@pytest.mark.parametrize("state", [TicketState.ANSWERED, TicketState.IGNORED, TicketState.CLOSED])
def test_what_is_closed_is_put_to_nobody(state: TicketState) -> None:
    with pytest.raises(Refusal):
        waiting(a_ticket(state=state), NOW)
