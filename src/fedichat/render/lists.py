"""The queue, and a ticket with all that happened to it."""

import re
from collections.abc import Sequence
from datetime import datetime

from fedichat.desk.views import Card, Line
from fedichat.domain.history import Entry, Step
from fedichat.domain.names import localpart
from fedichat.i18n import mark
from fedichat.render.card import card
from fedichat.render.parts import STATE_WORDS, Rendered, Setting, Sheet, joined, shortened

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
    Step.DRAFTED: mark("answer drafted"),
    Step.REVISED: mark("draft changed"),
    Step.CONFIRMED: mark("draft confirmed"),
    Step.UNCONFIRMED: mark("confirmation taken back"),
    Step.WITHDRAWN: mark("draft withdrawn"),
    Step.OUTDATED: mark("the question was changed, to be confirmed anew"),
    Step.PUBLISHED: mark("published"),
    Step.FAILED: mark("could not be published"),
}


def queue(lines: Sequence[Line], total: int, now: datetime, setting: Setting) -> Rendered:
    """The open tickets, the oldest first; how many more there are is said."""
    t = setting.language
    sheet = Sheet()
    if not lines:
        sheet.line(t("Nothing is open. 🎉"))
        return sheet.done()
    sheet.strong(t.plural("{count} open ticket", "{count} open tickets", total))
    for line in lines:
        ticket = line.ticket
        sign, _ = STATE_WORDS[ticket.state]
        who = t("with {claimant}", claimant=localpart(ticket.claimant)) if ticket.claimant else ""
        author, text = line.author_name or ticket.author, _HANDLES.sub("", line.text)
        asked = f"{shortened(author, 30)}: {shortened(text, 70)}"
        rest = joined([asked, who, t.ago(ticket.opened_at, now)])
        sheet.strong(f"#{ticket.id} {sign} ", rest)
    if total > len(lines):
        sheet.line(t("… and {count} more.", count=total - len(lines)))
    return sheet.done()


def shown_ticket(view: Card, entries: Sequence[Entry], now: datetime, setting: Setting) -> Rendered:
    """A ticket's card again, with its history."""
    t = setting.language
    sheet = Sheet()
    for entry in entries:
        who = localpart(entry.actor) if entry.actor else ""
        words = f"{t(STEP_WORDS[entry.step])}{f': {shortened(entry.text, 200)}' if entry.text else ''}"
        number = f"P{entry.post}" if entry.post else ""
        sheet.line(joined([t.moment(entry.at, setting.zone), who, words, number]))
    top, bottom = card(view, setting), sheet.done()
    waited = (
        t("Open for {duration}.", duration=t.duration(now - view.ticket.opened_at)) if view.ticket.state.is_open else ""
    )
    middle = f"<br>{waited}<br>" if waited else "<br>"
    return Rendered("\n".join(filter(None, [top.plain, waited, bottom.plain])), f"{top.html}{middle}{bottom.html}")
