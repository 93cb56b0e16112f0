"""Reminders of what is promised. No word of a citizen's is in them."""

from collections.abc import Sequence

from fedichat.desk.clock.reminders import Reminded
from fedichat.domain.names import SUPERVISORS, UserId, is_department, localpart
from fedichat.domain.phrase import mark
from fedichat.domain.time.sla import ReminderKind
from fedichat.render.parts import Rendered, Setting, Sheet, joined
from fedichat.render.words import addressed, words
from fedichat.text.i18n import Language

_SHOWN = 15

_TEAM_WORDS = {
    ReminderKind.SHARE: mark("#{ticket}: {percent} % of the time is over. Due {moment}, {left} of working time left."),
    ReminderKind.INTERIM: mark(
        "#{ticket} is due soon: {moment}, {left} of working time left. `{prefix}interim {ticket}` drafts an interim "
        "reply."
    ),
    ReminderKind.OVERDUE: mark("#{ticket} is overdue: the citizen was to hear something by {moment}."),
    ReminderKind.UNSETTLED: mark("#{ticket} is overdue: the citizen was to have the answer by {moment}."),
    ReminderKind.PROPOSAL: mark("#{ticket}: {department} was to propose an answer by {moment}."),
    ReminderKind.FORGOTTEN: mark(
        "#{ticket} is with {claimant}, and nothing has been done since {moment}. `{prefix}release {ticket}` puts it "
        "back into the queue."
    ),
}
_DEPARTMENT_SHARE = mark(
    "#{ticket}: {percent} % of the time is over. A proposal is due {moment}, {left} of working time left."
)
_DEPARTMENT_OVERDUE = mark("#{ticket}: a proposal was due {moment}. `{prefix}propose {ticket} …` proposes an answer.")


def reminders(found: Sequence[Reminded], people: Sequence[UserId], setting: Setting, prefix: str) -> Rendered:
    """One reminder, or several one below the other. `people` are those for whom they are meant."""
    t, tickets = setting.language, {one.ticket.id for one in found}
    is_list = len(tickets) > 1
    lines = [_line(one, setting, prefix, who=is_list) for one in found]
    if not is_list:
        plain, html = "\n".join(line.plain for line in lines), "".join(line.html for line in lines)
        return addressed(Rendered(plain, html), people)
    head = addressed(words(t, mark("{count} tickets need a look:"), {"count": len(tickets)}), people)
    more = t("… and {count} more.", count=len(lines) - _SHOWN) if len(lines) > _SHOWN else ""
    plain = "\n".join([head.plain, *(f"• {line.plain}" for line in lines[:_SHOWN]), *([more] if more else [])])
    items = "".join(f"<li>{line.html.removeprefix('<p>').removesuffix('</p>')}</li>" for line in lines[:_SHOWN])
    return Rendered(plain, f"{head.html}<ul>{items}</ul>{more}")


def _line(one: Reminded, setting: Setting, prefix: str, *, who: bool = False) -> Rendered:
    t, reminder, ticket = setting.language, one.reminder, one.ticket
    message = _TEAM_WORDS[reminder.kind]
    if reminder.kind is ReminderKind.PROPOSAL and is_department(reminder.place):
        message = _DEPARTMENT_SHARE if reminder.percent else _DEPARTMENT_OVERDUE
    claimant = localpart(ticket.claimant) if ticket.claimant else ""
    said = words(
        t,
        message,
        {
            "ticket": ticket.id,
            "percent": reminder.percent,
            "moment": t.moment(reminder.promise, setting.zone),
            "left": t.working_time(one.due.left),
            "department": one.department,
            "claimant": claimant,
        },
        prefix,
    )
    is_known = reminder.kind is ReminderKind.FORGOTTEN or is_department(reminder.place)
    if (not who and reminder.place != SUPERVISORS) or is_known:
        return said
    facts = joined([ticket.account if reminder.place == SUPERVISORS else "", _whose(claimant, t), _private(one, t)])
    sheet = Sheet()
    sheet.line(f"({facts})")
    behind = sheet.done()
    return Rendered(f"{said.plain} {behind.plain}", f"{said.html.removesuffix('</p>')} {behind.html}</p>")


def _whose(claimant: str, t: Language) -> str:
    return t("with {claimant}", claimant=claimant) if claimant else t("with nobody")


def _private(one: Reminded, t: Language) -> str:
    return f"✉️ {t('direct message')}" if one.is_private and one.reminder.place == SUPERVISORS else ""
