"""Order among tickets: priority, labels, snoozing, and what may be merged."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedichat.domain.names import TicketId
from fedichat.domain.tickets import merging
from fedichat.domain.tickets import sorting as rules
from fedichat.domain.tickets.mention import StatusId, Visibility
from fedichat.domain.tickets.ticket import Priority, Ticket, TicketState
from fedichat.errors import Refusal
from tests.factories import ANNA, BEN, DIRECT, NOW, a_ticket

OLD = a_ticket(id=TicketId(42), status=StatusId("s1"))
NEW = a_ticket(id=TicketId(43), status=StatusId("s2"))
NEWEST = StatusId("s2")
TOMORROW = NOW + timedelta(days=1)


def closed(ticket: Ticket, state: TicketState = TicketState.CLOSED, into: int | None = None) -> Ticket:
    return replace(ticket, state=state, merged_into=TicketId(into) if into else None)


# --- labels ---


@pytest.mark.parametrize(
    ("text", "added", "removed"),
    [
        ("tls", ("tls",), ()),
        ("TLS, #VPN  tls", ("tls", "vpn"), ()),
        ("-tls –vpn —mail −web", (), ("tls", "vpn", "mail", "web")),
        ("- tls + vpn", ("vpn",), ("tls",)),
        ("neu -alt", ("neu",), ("alt",)),
        ("Straße", ("strasse",), ()),
        ("e-mail", ("e-mail",), ()),
        ("", (), ()),
        (" , # - ", (), ()),
    ],
)
def test_labels_are_read_as_people_write_them(text: str, added: tuple[str, ...], removed: tuple[str, ...]) -> None:
    assert rules.labels_in(text) == (added, removed)


def test_labels_are_added_and_removed_each_once_and_sorted() -> None:
    ticket = rules.labelled(replace(OLD, labels=("tls", "web")), ("vpn", "tls"), ("web",), NOW)
    assert ticket.labels == ("tls", "vpn")
    assert ticket.changed_at == NOW


@pytest.mark.parametrize(
    ("added", "removed", "why"),
    [
        ((), ("tls",), "has no label “tls”"),
        (("x" * 41,), (), "too long for a label: 40"),
        ([f"l{number}" for number in range(11)], (), "would have 11 labels; 10 are the most"),
    ],
)
def test_labels_that_do_not_fit_are_refused(added: tuple[str, ...], removed: tuple[str, ...], why: str) -> None:
    with pytest.raises(Refusal, match=why):
        rules.labelled(OLD, added, removed, NOW)


@given(st.text(max_size=300))
def test_whatever_is_written_labels_are_few_short_words_or_refused(text: str) -> None:
    added, removed = rules.labels_in(text)
    try:
        labels = rules.labelled(OLD, added, removed, NOW).labels
    except Refusal:
        return
    assert len(labels) <= rules.LABELS_AT_MOST
    assert all(label and len(label) <= rules.LABEL_LENGTH and not label.isspace() for label in labels)


# --- snoozing ---


def test_a_snoozed_ticket_stays_with_whoever_has_it_and_wakes_as_it_was() -> None:
    ticket = a_ticket(state=TicketState.CLAIMED, claimant=ANNA)
    asleep = rules.snoozed(ticket, TOMORROW, NOW)
    assert (asleep.snoozed_until, asleep.state, asleep.claimant) == (TOMORROW, TicketState.CLAIMED, ANNA)
    assert rules.woken(asleep, NOW) == replace(ticket, changed_at=NOW)


@pytest.mark.parametrize("state", [TicketState.ANSWERED, TicketState.IGNORED, TicketState.CLOSED])
def test_what_is_closed_cannot_be_snoozed(state: TicketState) -> None:
    with pytest.raises(Refusal):
        rules.snoozed(closed(OLD, state), TOMORROW, NOW)


def test_what_is_not_snoozed_cannot_be_woken() -> None:
    with pytest.raises(Refusal, match="is not snoozed"):
        rules.woken(OLD, NOW)


# --- merging ---


def test_what_is_merged_goes_on_in_the_other_with_all_that_belongs_to_it() -> None:
    old = replace(OLD, labels=("tls",), snoozed_until=TOMORROW)
    new = replace(NEW, labels=("vpn",), visibility=Visibility.PRIVATE, priority=Priority.HIGH, claimant=BEN)
    gone, into = merging.merged(new, old, NEWEST, NOW)
    assert (gone.state, gone.merged_into) == (TicketState.CLOSED, OLD.id)
    assert (into.status, into.visibility, into.priority) == (NEWEST, Visibility.PRIVATE, Priority.HIGH)
    assert (into.labels, into.snoozed_until) == (("tls", "vpn"), None)
    assert (into.state, into.claimant) == (TicketState.CLAIMED, BEN)


@pytest.mark.parametrize(
    ("target", "state", "claimant"),
    [
        (OLD, TicketState.NEW, None),
        (replace(OLD, state=TicketState.CLAIMED, claimant=ANNA), TicketState.CLAIMED, ANNA),
        (replace(OLD, state=TicketState.WAITING, claimant=ANNA), TicketState.WAITING, ANNA),
        (replace(OLD, state=TicketState.ANSWERED, claimant=ANNA), TicketState.CLAIMED, ANNA),
        (replace(OLD, state=TicketState.ANSWERED), TicketState.NEW, None),
    ],
)
def test_the_other_ticket_is_open_afterwards(target: Ticket, state: TicketState, claimant: object) -> None:
    _, into = merging.merged(NEW, target, NEWEST, NOW)
    assert (into.state, into.claimant) == (state, claimant)


@pytest.mark.parametrize(
    ("source", "target", "why"),
    [
        (NEW, NEW, "into itself"),
        (replace(NEW, place=DIRECT), OLD, "different rooms"),
        (replace(NEW, author="kim@elsewhere.example"), OLD, "by different people"),
        (replace(NEW, visibility=Visibility.DIRECT), OLD, "in private"),
        (NEW, replace(OLD, visibility=Visibility.DIRECT), "in private"),
        (closed(NEW, TicketState.ANSWERED), OLD, "#43 is answered"),
        (closed(NEW, TicketState.IGNORED), OLD, "#43 is ignored"),
        (closed(NEW, into=7), OLD, "#43 was merged into #7"),
        (NEW, closed(OLD, TicketState.IGNORED), "!reopen 42"),
        (NEW, closed(OLD, into=7), "#42 was merged into #7"),
        (NEW, closed(OLD), "has deleted"),
    ],
)
def test_what_would_answer_or_show_somebody_what_is_not_theirs_is_not_merged(
    source: Ticket, target: Ticket, why: str
) -> None:
    with pytest.raises(Refusal, match=why):
        merging.merged(source, target, NEWEST, NOW)
