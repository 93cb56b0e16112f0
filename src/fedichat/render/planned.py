"""What the preview of a planned post, or of a warning, says besides: when, for whom, and what to look at twice."""

from fedichat.desk.room.views import Preview
from fedichat.domain.posts.post import Post, PostKind, PostState
from fedichat.domain.time.when import echo_rule
from fedichat.render.parts import Setting, Sheet, joined, label_words, listed, shortened
from fedichat.text import html
from fedichat.text.i18n import Language

_LONGEST = 300
_KINDS = (PostKind.PLANNED, PostKind.CRISIS)


def time_of(sheet: Sheet, view: Preview, setting: Setting) -> None:
    """When it is to go out: in full, and how far away that is."""
    t, post = setting.language, view.post
    if post.kind is not PostKind.PLANNED or not post.is_pending:
        return
    moved_from = post.plan.moved_from if post.plan else None
    before = t("was: {moment}", moment=t.moment(moved_from, setting.zone)) if moved_from else ""
    if post.due_at is None:
        sheet.strong(f"🗓 {t('no time yet')}", f" · {before}" if before else "")
        return
    distance = t("in {duration}", duration=t.duration(post.due_at - view.now)) if post.due_at > view.now else ""
    away = f" ({distance})" if distance and _is_open(post) else ""
    sheet.strong(f"🗓 {t.moment(post.due_at, setting.zone)}", f"{away} · {before}" if before else away)
    if view.rule:
        sheet.line(f"🔁 {echo_rule(view.rule, t.code)}")


def _is_open(post: Post) -> bool:
    """Whether a distance in time is shown: in what stands for days it would soon be wrong."""
    return post.state is PostState.DRAFT


def facts(sheet: Sheet, view: Preview, t: Language) -> None:
    """Who says it, for whom it is meant, and where it belongs."""
    post = view.post
    if post.kind not in _KINDS or post.plan is None:
        return
    plan = post.plan
    accounts = [html.clean_line(one.account) for one in view.bundle] or [html.clean_line(post.account)]
    audience = t("for: {audience}", audience=shortened(plan.audience, _LONGEST)) if plan.audience else ""
    labels = f"🏷 {shortened(label_words(plan.labels), _LONGEST)}" if plan.labels else ""
    sheet.line(joined([f"📣 {listed(accounts)}", audience, labels]))


def concerns(sheet: Sheet, view: Preview, t: Language, prefix: str) -> None:
    """What deserves a second look, as long as something can be done about it."""
    if view.post.state is not PostState.DRAFT:
        return
    found = view.concerns
    if found.same_hour:
        numbers = listed([f"P{number}" for number in found.same_hour])
        sheet.line(f"⚠️ {t('Within an hour of {posts}.', posts=numbers)}")
    if found.alike is not None:
        sheet.line(f"⚠️ {t('Says nearly the same as P{post}.', post=found.alike)}")
    if found.holiday:
        sheet.line(f"⚠️ {t('That day is a public holiday: {holiday}.', holiday=found.holiday[t.code])}")
    elif found.day_off:
        sheet.line(f"⚠️ {t('The office is closed on that day.')}")
    if found.night:
        sheet.line(f"⚠️ {t('That is at night.')}")
    if found.undescribed:
        sheet.line(f"⚠️ {t('A file goes along without an alt text.')}")
    if view.held:
        held = t.plural(
            "{count} planned post goes out within a day all the same; `{prefix}freeze` holds it back.",
            "{count} planned posts go out within a day all the same; `{prefix}freeze` holds them back.",
            view.held,
            prefix=prefix,
        )
        sheet.hint(f"⚠️ {held}")


def choice(view: Preview, confirm: str, t: Language, prefix: str) -> str:
    """What confirms it, a ✅ or a command, and what it and ❌ do."""
    post = view.post
    if post.kind is PostKind.CRISIS:
        return t("{confirm} by a second person publishes it at once and pins it, ❌ withdraws.", confirm=confirm)
    if post.due_at is None:
        return t(
            "`{prefix}reschedule P{post} friday 10:00` gives it a time, `{prefix}publish P{post}` publishes it now.",
            post=post.id,
            prefix=prefix,
        )
    if view.rule:
        return t(
            "{confirm} schedules it and all that follow, ❌ leaves this one out; `{prefix}unschedule P{post} --series` "
            "ends the series.",
            confirm=confirm,
            post=post.id,
            prefix=prefix,
        )
    return t(
        "{confirm} schedules it, ❌ drops it. Editing the message with the command changes the draft.", confirm=confirm
    )
