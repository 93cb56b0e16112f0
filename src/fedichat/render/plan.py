"""The editorial plan, what a freeze holds, and a planned post with all that happened to it."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from html import escape
from itertools import groupby

from fedichat.desk.plan.crisis import Frozen, Thawed
from fedichat.desk.plan.lists import EditorialPlan, ShownPost
from fedichat.domain.history import Step
from fedichat.domain.names import PostId, localpart
from fedichat.domain.phrase import mark
from fedichat.domain.posts.planning import MOST_LISTED
from fedichat.domain.posts.post import Planned, Post, PostState
from fedichat.domain.time.calendar import Calendar
from fedichat.domain.time.when import echo_rule
from fedichat.render.fitting import beginning, with_texts_that_fit
from fedichat.render.lists import STEP_WORDS
from fedichat.render.parts import (
    POST_WORDS,
    Rendered,
    Setting,
    Sheet,
    inline,
    joined,
    label_words,
    link,
    shortened,
    visibility_words,
)
from fedichat.store.plan import Some
from fedichat.text import html
from fedichat.text.i18n import Language

_SIGNS = {
    PostState.DRAFT: "📝",
    PostState.CONFIRMED: "🗓",
    PostState.PUBLISHING: "📤",
    PostState.PUBLISHED: "✅",
    PostState.FAILED: "⛔",
    PostState.MISSED: "⏰",
}
_PLANNED_STEPS = {
    Step.DRAFTED: mark("drafted"),
    Step.CONFIRMED: mark("confirmed"),
    Step.WITHDRAWN: mark("dropped"),
    Step.EDITED: mark("published post changed"),
    Step.REMOVED: mark("published post deleted"),
}
_WHAT_NOW = mark(
    "`{prefix}publish P{post}` publishes one now, `{prefix}reschedule P{post} …` moves it, `{prefix}unschedule "
    "P{post}` drops it."
)
_TEXT = 70
_MOST = MOST_LISTED
_MOST_BYTES = 24_000
"""Of the table, as text and as HTML: an event holds 65,536, in base64 where the room is encrypted."""


def plan(view: EditorialPlan, calendar: Calendar, now: datetime, setting: Setting) -> Rendered:
    """The plan as a table, day by day, with the working days on which nothing is planned."""
    t, zone = setting.language, setting.zone
    sheet = Sheet()
    first, last = view.start.astimezone(zone).date(), view.end.astimezone(zone).date() - timedelta(days=1)
    sheet.strong(t("Editorial plan, {first} to {last}", first=t.day(first), last=t.day(last)))
    if view.frozen:
        sheet.strong(f"❄️ {_held_words(view, t)}")
    shown = _that_fit(view, setting)
    if left := len(view.posts) - len(shown):
        last = _day(shown[-1], setting)
    by_day = {day: list(found) for day, found in groupby(shown, key=lambda one: _day(one, setting))}
    rows = [
        _day_row(day, by_day.get(day, []), view, setting) for day in _days(first, last, by_day, calendar, now, setting)
    ]
    sheet.table(rows)
    if left:
        sheet.line(t("… and {count} more.", count=left))
    if not rows:
        sheet.line(t("Nothing is planned."))
    _more(sheet, t("Missed their time:"), view.missed, setting)
    _more(sheet, t("Without a time yet:"), Some(view.without_time, len(view.without_time)), setting)
    return sheet.done()


def missed_posts(missed: Some, setting: Setting, prefix: str) -> Rendered:
    """Several posts whose time passed without them: what may be done."""
    t, sheet = setting.language, Sheet()
    missing = t.plural(
        "⏰ {count} planned post has missed its time.", "⏰ {count} planned posts have missed their time.", missed.count
    )
    sheet.strong(missing)
    _list(sheet, missed, setting)
    sheet.hint(t(_WHAT_NOW, prefix=prefix, post=missed.first[0].id))
    return sheet.done()


def frozen(held: Frozen, setting: Setting, prefix: str) -> Rendered:
    """What a freeze holds back."""
    t, sheet = setting.language, Sheet()
    sheet.strong(
        t.plural(
            "❄️ All that is planned is held back: {count} post.",
            "❄️ All that is planned is held back: {count} posts.",
            held.scheduled.count + held.elsewhere,
        )
    )
    _list(sheet, held.scheduled, setting)
    if held.elsewhere:
        sheet.line(t("… and {count} of other accounts.", count=held.elsewhere))
    if held.on_their_way:
        numbers = _numbers([post.id for post in held.on_their_way], t)
        sheet.strong(t("On its way to the server already, and not to be stopped: {posts}", posts=numbers))
    sheet.hint(t("`{prefix}unfreeze` ends it. Answers and warnings go out as usual.", prefix=prefix))
    return sheet.done()


def thawed(view: Thawed, setting: Setting, prefix: str) -> Rendered:
    """What the end of a freeze leads to."""
    t, sheet = setting.language, Sheet()
    sheet.strong(t("Planned posts go out at their time again."))
    if view.released:
        sheet.line(t("Overdue, and published now: {posts}", posts=_numbers(view.released, t)))
    if view.overdue.count:
        sheet.strong(t("Their time has passed meanwhile:"))
        _list(sheet, view.overdue, setting)
        sheet.hint(t(_WHAT_NOW, prefix=prefix, post=view.overdue.first[0].id))
    upcoming = t.plural("{count} post is still to come.", "{count} posts are still to come.", view.scheduled)
    sheet.line(upcoming)
    return sheet.done()


def shown_post(view: ShownPost, setting: Setting) -> Rendered:
    """A planned post, or an answer: where it stands, its words, and every step with who and when."""
    return with_texts_that_fit(lambda longest: _shown_post(view, longest, setting))


def _shown_post(view: ShownPost, longest: int | None, setting: Setting) -> Rendered:
    t, post, sheet = setting.language, view.post, Sheet()
    moment = t.moment(post.due_at, setting.zone) if post.due_at else t("no time yet")
    is_scheduled = post.ticket is None and post.state is PostState.CONFIRMED
    state = t("scheduled") if is_scheduled else t(POST_WORDS[post.state])
    about = moment if post.ticket is None else f"#{post.ticket}"
    sheet.strong(f"{_SIGNS.get(post.state, '🗑')} P{post.id} {state}", f" · {about}")
    if view.rule:
        sheet.line(f"🔁 {echo_rule(view.rule, t.code)}")
    for text in post.texts:
        sheet.quote(beginning(text, longest))
    planned = post.plan or Planned()
    labels = f"🏷 {label_words(planned.labels)}" if planned.labels else ""
    audience = t("for: {audience}", audience=html.clean_line(planned.audience)) if planned.audience else ""
    sheet.line(joined([f"📣 {post.account}", visibility_words(t, post.visibility), audience, labels]))
    for out in post.out:
        sheet.line(out.url, link(out.url, out.url))
    for entry in view.entries:
        who = f" {localpart(entry.actor)}" if entry.actor else ""
        said = f": {shortened(entry.text, 200)}" if entry.text else ""
        step = t(_PLANNED_STEPS.get(entry.step, STEP_WORDS[entry.step]))
        sheet.line(f"{t.moment(entry.at, setting.zone)}{who}: {step}{said}")
    return sheet.done()


def _held_words(view: EditorialPlan, t: Language) -> str:
    reason = f" {html.clean_line(view.frozen.reason)}" if view.frozen and view.frozen.reason else ""
    who = localpart(view.frozen.begun_by) if view.frozen else ""
    return f"{t('Held back by {who}.', who=who)}{reason}"


def _that_fit(view: EditorialPlan, setting: Setting) -> Sequence[Post]:
    """The posts, from the first one on, that a message can hold beside the lists under the table."""
    size = 0
    for number, post in enumerate(view.posts):
        line = _line(post, view, setting)
        size += len(line.encode()) + len(inline(line).encode())
        if size > _MOST_BYTES:
            return view.posts[:number]
    return view.posts


def _days(
    first: date, last: date, by_day: dict[date, list[Post]], calendar: Calendar, now: datetime, setting: Setting
) -> Iterator[date]:
    """The days with something in them, and the working days to come, as long as that is a table to be read."""
    today = now.astimezone(setting.zone).date()
    day = first
    while day <= last:
        is_empty_and_told = day >= today and (last - first).days <= _MOST and calendar.is_working_day(day)
        if day in by_day or is_empty_and_told:
            yield day
        day += timedelta(days=1)


def _day(post: Post, setting: Setting) -> date:
    if post.due_at is None:
        raise LookupError(post.id)
    return post.due_at.astimezone(setting.zone).date()


def _day_row(day: date, found: Sequence[Post], view: EditorialPlan, setting: Setting) -> tuple[str, str]:
    t = setting.language
    if not found:
        return f"{t.day(day)}: –", f"<tr><td>{escape(t.day(day))}</td><td>–</td></tr>"
    lines = [_line(post, view, setting) for post in found]
    cell = "<br>".join(inline(line) for line in lines)
    return "\n".join([f"{t.day(day)}:", *lines]), f"<tr><td>{escape(t.day(day))}</td><td>{cell}</td></tr>"


def _line(post: Post, view: EditorialPlan | None, setting: Setting) -> str:
    t = setting.language
    clock = post.due_at.astimezone(setting.zone).strftime("%H:%M") if post.due_at else ""
    comes_again = "🔁" if view and post.id in view.rules_of else ""
    facts = joined([f"{_SIGNS.get(post.state, '')} P{post.id}", _by(post), comes_again])
    labels = post.plan.labels if post.plan else ()
    label = f" 🏷 {label_words(labels)}" if labels else ""
    draft = f" ({t('not confirmed yet')})" if post.state is PostState.DRAFT else ""
    return f"{clock} {facts}: {shortened(post.text, _TEXT)}{label}{draft}".strip()


def _by(post: Post) -> str:
    return html.clean_line(post.account)


def _numbers(posts: Sequence[PostId], t: Language) -> str:
    named = ", ".join(f"P{post}" for post in posts[:_MOST])
    left = len(posts) - _MOST
    return f"{named} {t('… and {count} more.', count=left)}" if left > 0 else named


def _list(sheet: Sheet, found: Some, setting: Setting) -> None:
    t = setting.language
    for post in found.first[:_MOST]:
        moment = t.moment(post.due_at, setting.zone) if post.due_at else t("no time yet")
        sheet.line(f"{_SIGNS.get(post.state, '')} P{post.id} · {moment} · {_by(post)}: {shortened(post.text, _TEXT)}")
    if found.count > _MOST:
        sheet.line(t("… and {count} more.", count=found.count - _MOST))


def _more(sheet: Sheet, heading: str, found: Some, setting: Setting) -> None:
    if found.count:
        sheet.strong(heading)
        _list(sheet, found, setting)
