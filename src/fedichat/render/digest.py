"""The digest and other figures, in words; and what its picture shows."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from fedichat.desk.reports import Digest, Old
from fedichat.domain.effects import Queue, ShowDigest
from fedichat.domain.figures import (
    Day,
    DepartmentFigures,
    Figures,
    Kept,
    PersonFigures,
    Planned,
    Reason,
    Scope,
    Trouble,
    spelled,
)
from fedichat.domain.names import EventId, Place, is_direct, localpart
from fedichat.domain.phrase import mark
from fedichat.domain.posts.post import PostState
from fedichat.domain.reporting import LATE, ReportKind
from fedichat.domain.time.period import Period, Span
from fedichat.render.chart import Chart, Series
from fedichat.render.parts import POST_WORDS, STATE_WORDS, Rendered, Setting, Sheet, inline, joined, link, shortened
from fedichat.text import html
from fedichat.text.i18n import Language

_REASONS = 6
KIND_WORDS = {
    ReportKind.DAILY: mark("Daily digest"),
    ReportKind.WEEKLY: mark("Weekly digest"),
    ReportKind.MONTHLY: mark("Monthly digest"),
}
Link = Callable[[Place, EventId], str | None]
"""The address of a message in a room of ours, where there is one."""


def digest(shown: Digest, effect: ShowDigest, link_to: Link, setting: Setting) -> Rendered:
    """What the supervisors are told; the first line alone says how things stand."""
    t, sheet = setting.language, Sheet()
    figures = shown.figures
    title = t(KIND_WORDS[effect.kind]) if effect.kind else t("Digest")
    sheet.strong(f"📊 {title} · {period_words(t, figures.period)}: {_came(t, figures)}", f" · {_stands(t, figures)}")
    if effect.due_at is not None and shown.now - effect.due_at > LATE:
        due = t.moment(effect.due_at, setting.zone)
        sheet.line(t("⏰ This comes late: it should have come on {moment}. No day is left out.", moment=due))
    _lines(sheet, figures, shown.departments, t)
    _oldest(sheet, shown, link_to, setting)
    planned = [_planned(one, setting) for one in shown.planned]
    sheet.line(t("Planned for today: {posts}", posts=joined(planned) or t("nothing")))
    _trouble(sheet, shown.trouble, setting)
    return sheet.done()


def stats(figures: Figures, scope: Scope, departments: Mapping[Place, str], setting: Setting) -> Rendered:
    """The figures of a period, for whoever asks."""
    t, sheet = setting.language, Sheet()
    only = joined(
        [
            html.clean_line(departments.get(scope.department, "")) if scope.department else "",
            f"🏷 {html.clean_line(scope.label)}" if scope.label else "",
        ]
    )
    title = joined([period_words(t, figures.period), only])
    sheet.strong(f"📊 {title}: {_came(t, figures)}", f" · {_stands(t, figures)}")
    _lines(sheet, figures, departments, t)
    return sheet.done()


def period_words(t: Language, period: Period) -> str:
    """A period as people call it."""
    match period.span:
        case Span.DAY:
            return t.day(period.start)
        case Span.MONTH:
            return t.month(period.start)
        case Span.QUARTER:
            return t("Q{number} {year}", number=(period.start.month + 2) // 3, year=period.start.year)
        case Span.YEAR:
            return str(period.start.year)
        case Span.DAYS:
            first = t.day(period.start, year=period.start.year != period.last.year)
            return f"{first} – {t.day(period.last)}"


def chart(days: Sequence[Day], setting: Setting) -> Chart:
    """The picture of the last working days. What was answered without a promise is there only where that happened."""
    t = setting.language
    series = [
        Series(t("in time"), tuple(day.kept.in_time for day in days)),
        Series(t("too late"), tuple(day.kept.late for day in days)),
        Series(t("ignored"), tuple(day.ignored for day in days)),
    ]
    if any(day.unpromised for day in days):
        series.append(Series(t("answered, without a due time"), tuple(day.unpromised for day in days)))
    return Chart(
        title=_title(days, t),
        days=tuple(f"{t.weekday(day.day)}\n{_day_of_month(t, day)}" for day in days),
        series=tuple(series),
        shares=tuple("" if day.kept.percent is None else str(day.kept.percent) for day in days),
        shares_name=t("First response in time, in %:"),
    )


def chart_words(days: Sequence[Day], setting: Setting) -> str:
    """The same as the picture, for those who do not see it: its alt text."""
    t = setting.language
    unpromised = any(day.unpromised for day in days)
    names = [t("in time"), t("too late"), t("ignored"), *([t("answered, without a due time")] if unpromised else [])]
    told = []
    for day in days:
        numbers = [day.kept.in_time, day.kept.late, day.ignored, *([day.unpromised] if unpromised else [])]
        share = "" if day.kept.percent is None else f" ({t.percent(day.kept.percent)})"
        told.append(f"{t.weekday(day.day)} {_day_of_month(t, day)} {'/'.join(map(str, numbers))}{share}")
    explained = t("Stacked bars, for each day: {names} (share in time).", names=" / ".join(names))
    return f"{_title(days, t)}. {explained} {'; '.join(told)}."


def _title(days: Sequence[Day], t: Language) -> str:
    return t("The last {count} working days, until {day}", count=len(days), day=t.day(days[-1].day))


def _day_of_month(t: Language, day: Day) -> str:
    return f"{day.day.day}." if t.code == "de" else str(day.day.day)


def _came(t: Language, figures: Figures) -> str:
    return t(
        "{received} received, {answered} answered, {ignored} ignored",
        received=figures.received,
        answered=figures.answered,
        ignored=figures.ignored_count,
    )


def _stands(t: Language, figures: Figures) -> str:
    now = figures.standing
    return t(
        "now {open} open, {overdue} overdue, {due} due today", open=now.open, overdue=now.overdue, due=now.due_today
    )


def _lines(sheet: Sheet, figures: Figures, departments: Mapping[Place, str], t: Language) -> None:
    took = figures.responses
    sheet.line(joined([_in_time(t, figures.kept), t("interim replies: {count}", count=figures.interims)]))
    if took.median is not None and took.ninetieth is not None:
        sheet.line(
            t(
                "First response, in working time: median {median}, 90% within {ninetieth}",
                median=_time(t, took.median),
                ninetieth=_time(t, took.ninetieth),
            )
        )
    if figures.ignored:
        sheet.line(t("Ignored: {reasons}", reasons=_reasons(t, figures.ignored)))
    for department in figures.departments:
        sheet.line(f"🏢 {_department(t, department, departments)}")
    for person in figures.people:
        sheet.line(f"👤 {_person(t, person)}")


def _in_time(t: Language, kept: Kept) -> str:
    if kept.percent is None:
        return t("In time: nothing was due")
    share = t.percent(kept.percent)
    return t("In time: {percent} ({kept} of {total})", percent=share, kept=kept.in_time, total=kept.total)


def _time(t: Language, length: timedelta) -> str:
    return t.working_time(length)


def _reasons(t: Language, reasons: Sequence[Reason]) -> str:
    shown, others = spelled(reasons, _REASONS)
    told = [f"{_reason(t, reason)} {reason.count}" for reason in shown]
    return joined([*told, t("other reasons {count}", count=others) if others else ""])


def _reason(t: Language, reason: Reason) -> str:
    if reason.is_private:
        return t("direct messages")
    return shortened(reason.text, 40) if reason.text else t("without a reason")


def _department(t: Language, figures: DepartmentFigures, names: Mapping[Place, str]) -> str:
    told = t(
        "{department}: {received} received, {answered} answered, {open} open, {overdue} overdue",
        department=html.clean_line(names.get(figures.place, figures.place.partition("/")[2])),
        received=figures.received,
        answered=figures.answered,
        open=figures.open,
        overdue=figures.overdue,
    )
    share = figures.kept.percent
    return joined([told, "" if share is None else t("{percent} in time", percent=t.percent(share))])


def _person(t: Language, figures: PersonFigures) -> str:
    answers = t.plural("{count} answer", "{count} answers", figures.answers)
    interims = t.plural("{count} interim reply", "{count} interim replies", figures.interims)
    return f"{localpart(figures.user)}: {answers}{f', {interims}' if figures.interims else ''}"


def _oldest(sheet: Sheet, shown: Digest, link_to: Link, setting: Setting) -> None:
    t = setting.language
    if not shown.oldest:
        return
    sheet.line(t("Waiting longest:"))
    for old in shown.oldest:
        number, words = f"#{old.ticket.id}", _old(shown, old, setting)
        address = link_to(old.ticket.place, old.card) if old.card is not None else None
        if address is None:
            sheet.line(f"{number} {words}")
            continue
        sheet.line(f"{number} {words} {address}", f"{link(address, number)} {inline(words)}")


def _old(shown: Digest, old: Old, setting: Setting) -> str:
    """Nothing that a citizen wrote: the digest stays when they delete it. Nobody's name: it is about tickets."""
    t, ticket = setting.language, old.ticket
    sign, word = STATE_WORDS[ticket.state]
    overdue = ticket.due_at is not None and ticket.due_at <= shown.now
    since = t("since {moment}", moment=t.moment(ticket.asked_at, setting.zone))
    private = f"✉️ {t('direct')}" if ticket.is_private or is_direct(ticket.place) else ""
    return joined([f"{sign} {t(word)}", private, since, f"⚠️ {t('overdue')}" if overdue else ""])


def _planned(one: Planned, setting: Setting) -> str:
    """When, and which; where it stands is said of what does not simply wait for its time."""
    t = setting.language
    stands = "" if one.state is PostState.CONFIRMED else f", {t(POST_WORDS[one.state])}"
    return f"{t.time_of(one.due_at, setting.zone)} P{one.post} ({one.account}{stands})"


def _trouble(sheet: Sheet, trouble: Trouble, setting: Setting) -> None:
    t = setting.language
    if trouble.frozen_since is not None and trouble.frozen_by is not None:
        since, who = t.moment(trouble.frozen_since, setting.zone), localpart(trouble.frozen_by)
        sheet.line(t("❄️ All that is planned is held back, by {who} since {moment}.", who=who, moment=since))
    if trouble.missed:
        sheet.line(f"⏰ {t('Missed their time:')} {joined([f'P{post}' for post in trouble.missed])}")
    queues = tuple(f"{queue.value}/" for queue in Queue)
    posts = sum(count for lane, count in trouble.held if lane.startswith(queues))
    messages = sum(count for _, count in trouble.held) - posts
    if posts or messages:
        waiting = joined(
            [
                t.plural("{count} post", "{count} posts", posts) if posts else "",
                t.plural("{count} message in a room", "{count} messages in rooms", messages) if messages else "",
            ]
        )
        sheet.line(t("⏸ Held up, until a server answers again: {waiting}", waiting=waiting))
    if trouble.failed_posts or trouble.failed:
        failed = joined(
            [
                *(f"P{post}" for post in trouble.failed_posts),
                t("set aside for whoever runs fedichat: {count}", count=trouble.failed) if trouble.failed else "",
            ]
        )
        sheet.line(t("❗ Failed: {failed}", failed=failed))
    if trouble == Trouble():
        sheet.line(t("Nothing is held up, and nothing has failed."))
