"""The duty rota: who has it, and what is told at a handover. No citizen's words are in it."""

from collections.abc import Sequence

from fedichat.desk.duty.handovers import HandoverView
from fedichat.desk.duty.roster import Roster
from fedichat.domain.names import TicketId, localpart
from fedichat.domain.time.rota import Absence, Turn
from fedichat.render.parts import Rendered, Setting, Sheet, joined
from fedichat.text.i18n import Language

_LISTED = 10


def roster(view: Roster, setting: Setting) -> Rendered:
    """Who has the duty, until when, who comes next, and who is away."""
    t, sheet = setting.language, Sheet()
    now, *coming = view.turns
    until = t.moment(now.end, setting.zone)
    sheet.strong(
        t("{person} has the duty until {moment}", person=localpart(now.person), moment=until)
        if now.person
        else t("nobody has the duty until {moment}", moment=until)
    )
    if now.instead_of is not None:
        sheet.line(t("in place of {person}, who is away", person=localpart(now.instead_of)))
    if not view.acknowledged:
        sheet.line(t("The handover is not acknowledged yet."))
    for turn in coming:
        sheet.line(_turn(turn, setting))
    for absence in view.absences:
        sheet.line(f"🏖 {_absence(absence, t)}")
    return sheet.done()


def handover(view: HandoverView, setting: Setting, prefix: str) -> Rendered:
    """What the new officer has to know: until when, and what is open, promised, and coming back."""
    t, zone, sheet = setting.language, setting.zone, Sheet()
    until = t.moment(view.until, zone)
    if view.person is None:
        sheet.strong(f"🔁 {t('Nobody has the duty until {moment}: all of the rotation are away.', moment=until)}")
        sheet.line(t("Whoever is there after all: {prefix}duty present", prefix=prefix))
    elif view.is_late:
        since = t.moment(view.since, zone)
        sheet.strong(f"🔁 {t('the duty is yours since {since}, until {moment}.', since=since, moment=until)}")
    else:
        sheet.strong(f"🔁 {t('the duty is yours until {moment}.', moment=until)}")
    before = t("before: {person}", person=localpart(view.before)) if view.before else ""
    after = t("next: {person}", person=localpart(view.next)) if view.next else ""
    if people := joined([before, after]):
        sheet.line(people)
    _waits(sheet, view, t)
    if view.person is not None:
        sheet.line(t("✅ says that you know."))
    return sheet.done()


def _waits(sheet: Sheet, view: HandoverView, t: Language) -> None:
    waits = view.waits
    if not waits.is_any:
        sheet.line(t("Nothing is open. 🎉"))
        return
    sheet.line(
        joined(
            [
                t.plural("{count} open ticket", "{count} open tickets", waits.open),
                _numbers(t("nobody has"), waits.unclaimed),
            ]
        )
    )
    for words, numbers in (
        (f"⚠️ {t('overdue')}", waits.overdue),
        (t("due by then"), waits.due),
        (t("an interim reply promised more"), waits.promised),
        (t("back from being snoozed by then"), waits.back),
    ):
        if numbers:
            sheet.line(_numbers(words, numbers))


def _numbers(words: str, numbers: Sequence[TicketId]) -> str:
    if not numbers:
        return ""
    more = " …" if len(numbers) > _LISTED else ""
    return f"{words}: {', '.join(f'#{number}' for number in numbers[:_LISTED])}{more}"


def _turn(turn: Turn, setting: Setting) -> str:
    t = setting.language
    instead = t("in place of {person}, who is away", person=localpart(turn.instead_of)) if turn.instead_of else ""
    who = localpart(turn.person) if turn.person else t("nobody")
    start = t.moment(turn.start, setting.zone)
    return joined([t("from {moment}: {person}", moment=start, person=who), instead])


def _absence(absence: Absence, t: Language) -> str:
    first, last = t.day(absence.first), t.day(absence.last)
    when = first if absence.first == absence.last else f"{first} – {last}"
    return t("{person} is away {days}", person=localpart(absence.person), days=when)
