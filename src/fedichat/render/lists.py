"""Lists of tickets, and a ticket with all that happened to it."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from fedichat.desk.room.views import Card
from fedichat.desk.tickets.lists import Line, Queue, Wanted
from fedichat.domain.history import Entry, Step
from fedichat.domain.names import localpart
from fedichat.domain.phrase import mark
from fedichat.domain.tickets.ticket import Priority, Ticket, TicketState
from fedichat.render.card import card
from fedichat.render.fitting import is_too_long
from fedichat.render.parts import (
    PRIORITY_WORDS,
    STATE_WORDS,
    Rendered,
    Setting,
    Sheet,
    due_words,
    joined,
    label_words,
    order_words,
    shortened,
)
from fedichat.render.words import in_room
from fedichat.text import html

_HANDLES = re.compile(r"^(?:@\S+\s+)+")
"""The @mentions that nearly every mention begins with; they say nothing in a list."""

STEP_WORDS = {
    Step.OPENED: mark("arrived"),
    Step.FOLLOWED_UP: mark("another message arrived"),
    Step.CLAIMED: mark("claimed"),
    Step.RELEASED: mark("released"),
    Step.IGNORED: mark("ignored"),
    Step.REOPENED: mark("reopened"),
    Step.NOTED: mark("note"),
    Step.DRAFTED: mark("drafted"),
    Step.REVISED: mark("draft changed"),
    Step.CONFIRMED: mark("draft confirmed"),
    Step.UNCONFIRMED: mark("confirmation taken back"),
    Step.WITHDRAWN: mark("draft withdrawn"),
    Step.OUTDATED: mark("the question was changed, to be confirmed anew"),
    Step.PUBLISHED: mark("published"),
    Step.FAILED: mark("could not be published"),
    Step.INTERIM: mark("interim reply published"),
    Step.EDITED: mark("published answer changed"),
    Step.REMOVED: mark("published answer deleted"),
    Step.ESCALATED: mark("put to a department"),
    Step.RECALLED: mark("taken back from a department"),
    Step.PROPOSED: mark("answer proposed"),
    Step.ASSIGNED: mark("assigned"),
    Step.TAKEN_OVER: mark("taken over from"),
    Step.PRIORITIZED: mark("priority"),
    Step.LABELLED: mark("labels"),
    Step.SNOOZED: mark("snoozed"),
    Step.WOKEN: mark("back in the queue"),
    Step.MERGED: mark("merged"),
    Step.RESCHEDULED: mark("moved to another time"),
    Step.MISSED: mark("missed its time"),
    Step.DELAYED: mark("delayed"),
    Step.UNHEARD: mark("sent without hearing the room"),
    Step.PINNED: mark("pinned to the profile"),
    Step.TAKEN_AWAY: mark("its message was taken away"),
    Step.OVERDUE: mark("overdue"),
    Step.QUESTION_EDITED: mark("the citizen changed what they had written"),
    Step.QUESTION_DELETED: mark("the citizen deleted what they had written"),
}


def queue(found: Queue, wanted: Wanted, now: datetime, setting: Setting) -> Rendered:
    """The open tickets in their order; how many more there are is said, and how many are snoozed."""
    t = setting.language
    sheet = Sheet()
    if wanted.snoozed:
        title = t.plural("{count} snoozed ticket", "{count} snoozed tickets", found.total)
    else:
        title = t.plural("{count} open ticket", "{count} open tickets", found.total)
    label = f"🏷 {html.clean_line(wanted.label)}" if wanted.label else ""
    department = t("put to {department}", department=found.department) if found.department else ""
    whose = t("with {claimant}", claimant=localpart(wanted.claimant)) if wanted.claimant else ""
    conditions = joined([t("overdue") if wanted.overdue_at else "", department, whose, label])
    if found.lines:
        sheet.strong(title, f" · {conditions}" if conditions else "")
    else:
        sheet.line(joined([t("Nothing is snoozed.") if wanted.snoozed else t("Nothing is open. 🎉"), conditions]))
    _lines(sheet, found.lines, now, setting)
    if found.total > len(found.lines):
        sheet.line(t("… and {count} more.", count=found.total - len(found.lines)))
    if found.snoozed:
        sheet.line(f"💤 {t.plural('{count} more is snoozed.', '{count} more are snoozed.', found.snoozed)}")
    return _quoting(sheet, found.lines)


def mine(lines: Sequence[Line], now: datetime, setting: Setting) -> Rendered:
    """The open tickets of whoever asks."""
    t, sheet = setting.language, Sheet()
    if not lines:
        sheet.line(t("You have no open tickets here."))
        return sheet.done()
    sheet.strong(t.plural("{count} open ticket is with you", "{count} open tickets are with you", len(lines)))
    _lines(sheet, lines, now, setting, whose=False)
    return _quoting(sheet, lines)


def found(lines: Sequence[Line], shown: int, now: datetime, setting: Setting) -> Rendered:
    """What a search found; one more than `shown` are given where there are more."""
    t, sheet = setting.language, Sheet()
    if not lines:
        sheet.line(t("Nothing found. All words must stand in the same ticket; the last one may be a beginning."))
        return sheet.done()
    if len(lines) > shown:
        sheet.strong(t("More than {count} tickets; these are the newest:", count=shown))
    else:
        sheet.strong(t.plural("{count} ticket", "{count} tickets", len(lines)))
    _lines(sheet, lines[:shown], now, setting, states=True)
    return _quoting(sheet, lines[:shown])


def of_author(lines: Sequence[Line], total: int, author: str, now: datetime, setting: Setting) -> Rendered:
    """The tickets of a citizen, the newest first."""
    t, sheet = setting.language, Sheet()
    who = f"@{html.clean_line(author)}"
    if not lines:
        sheet.line(t("There is no ticket of {author} here.", author=who.removesuffix("@")))
        return sheet.done()
    sheet.strong(t.plural("{count} ticket", "{count} tickets", total), f" · {who.removesuffix('@')}")
    _lines(sheet, lines, now, setting, states=True)
    if total > len(lines):
        sheet.line(t("… and {count} more.", count=total - len(lines)))
    return _quoting(sheet, lines)


def labels(ticket: Ticket, setting: Setting) -> Rendered:
    """The labels of a ticket."""
    t, sheet = setting.language, Sheet()
    if ticket.labels:
        sheet.strong(f"#{ticket.id} ", f"🏷 {label_words(ticket.labels)}")
    else:
        sheet.line(t("#{ticket} has no labels.", ticket=ticket.id))
    return sheet.done()


def history(entries: Sequence[Entry], setting: Setting) -> Rendered:
    """Every step of a ticket, with who and when; the newest ones where they are too many for half of an event.

    The other half is for the card that may stand above.
    """
    kept = list(entries)
    shown = _steps(kept, 0, setting)
    while len(kept) > 1 and is_too_long(shown, is_edit=True):
        kept = kept[(len(kept) + 1) // 2 :]
        shown = _steps(kept, len(entries) - len(kept), setting)
    return shown


def _steps(entries: Sequence[Entry], left_out: int, setting: Setting) -> Rendered:
    t, sheet = setting.language, Sheet()
    if left_out:
        sheet.line(t(mark("Only the newest steps fit here; earlier ones: {count}."), count=left_out))
    for entry in entries:
        who = localpart(entry.actor) if entry.actor else ""
        text = _said(entry, setting)
        words = f"{t(STEP_WORDS[entry.step])}{f': {shortened(text, 200)}' if text else ''}"
        number = f"P{entry.post}" if entry.post else ""
        sheet.line(joined([t.moment(entry.at, setting.zone), who, words, number]))
    return sheet.done()


def _said(entry: Entry, setting: Setting) -> str:
    """What a step says besides, in the room's language."""
    t = setting.language
    if entry.step is Step.PRIORITIZED:
        return t(PRIORITY_WORDS[Priority(entry.text)][1])
    if entry.step is Step.SNOOZED:
        return f"→ {t.moment(datetime.fromisoformat(entry.text), setting.zone)}"
    said = "" if entry.said is None else str(in_room(entry.said, setting))
    return ": ".join(filter(None, [said, entry.text]))


def shown_ticket(view: Card, entries: Sequence[Entry], now: datetime, setting: Setting) -> Rendered:
    """A ticket's card again, with its history."""
    t = setting.language
    top, bottom = card(view, setting), history(entries, setting)
    waited = (
        t("Open for {duration}.", duration=t.duration(now - view.ticket.opened_at)) if view.ticket.state.is_open else ""
    )
    middle = f"<br>{waited}<br>" if waited else "<br>"
    plain = "\n".join(filter(None, [top.plain, waited, bottom.plain]))
    return Rendered(plain, f"{top.html}{middle}{bottom.html}", (view.ticket.id,))


def _lines(
    sheet: Sheet, lines: Sequence[Line], now: datetime, setting: Setting, *, whose: bool = True, states: bool = False
) -> None:
    """A line for each ticket; with whose it is, and with its state in words, where that differs among them."""
    t = setting.language
    for line in lines:
        ticket = line.ticket
        sign, word = STATE_WORDS[ticket.state]
        who = t("with {claimant}", claimant=localpart(ticket.claimant)) if whose and ticket.claimant else ""
        author, text = line.author_name or ticket.author, _HANDLES.sub("", line.text)
        asked = f"{shortened(author, 30)}: {shortened(text, 70)}" if author or text else ""
        state = t(word) if states and not (who and ticket.state is TicketState.CLAIMED) else ""
        due = due_words(line.due, setting)
        rest = joined([asked, state, due, order_words(ticket, setting), who, t.ago(ticket.opened_at, now)])
        sheet.strong(f"#{ticket.id} {sign} ", rest)


def _quoting(sheet: Sheet, lines: Sequence[Line]) -> Rendered:
    return replace(sheet.done(), quotes=tuple(line.ticket.id for line in lines))
