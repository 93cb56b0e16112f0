"""Previews: exactly what would appear, and to whom; later, what became of it."""

from collections.abc import Sequence

from fedichat.desk.room.views import Preview
from fedichat.domain.names import localpart
from fedichat.domain.phrase import Marked, mark
from fedichat.domain.posts.post import Post, PostKind, PostState
from fedichat.domain.posts.tagging import handles, plain, strangers, tagged
from fedichat.domain.tickets.mention import Visibility
from fedichat.render import planned
from fedichat.render.parts import (
    Rendered,
    Setting,
    Sheet,
    joined,
    language_words,
    link,
    listed,
    shortened,
    visibility_words,
    who_words,
)
from fedichat.render.words import words
from fedichat.text import html
from fedichat.text.i18n import Language

_FILES_NAMED = 3
_PEOPLE_NAMED = 20
_LONGEST_REASONS = 500
"""Characters, of all files together, of why they have no alt text."""

_DRAFT_WORDS = {
    PostKind.ANSWER: mark("draft by {who}, answer to #{ticket}"),
    PostKind.INTERIM: mark("draft by {who}, interim reply to #{ticket}"),
    PostKind.EDIT: mark("change of P{target} by {who}, #{ticket}"),
    PostKind.REMOVAL: mark("deletion of P{target} by {who}, #{ticket}"),
    PostKind.PLANNED: mark("draft by {who}"),
    PostKind.CRISIS: mark("🚨 warning, drafted by {who}"),
}
_PLANNED_CHANGES = {
    PostKind.EDIT: mark("change of P{target} by {who}"),
    PostKind.REMOVAL: mark("deletion of P{target} by {who}"),
}
_DONE_WORDS = {
    PostKind.ANSWER: mark("published"),
    PostKind.INTERIM: mark("interim reply published"),
    PostKind.EDIT: mark("changed on the server"),
    PostKind.REMOVAL: mark("deleted from the server"),
    PostKind.PLANNED: mark("published"),
    PostKind.CRISIS: mark("🚨 warning published"),
}


def preview(
    view: Preview,
    lengths: Sequence[int],
    limit: int,
    setting: Setting,
    prefix: str = "!",
    *,
    within_words: bool = False,
) -> Rendered:
    """The preview of a post. `lengths`, one for each status, and `limit` are in characters as the instance counts.

    `within_words` is what the instance takes for a mention, see `tags_in`.
    """
    t, post = setting.language, view.post
    sheet = Sheet()
    if not view.is_current:
        sheet.line(t("P{post}: this preview is out of date. The newest one is further down.", post=post.id))
        return sheet.done()
    is_private = view.ticket is not None and view.ticket.visibility is Visibility.DIRECT
    private = f" · ✉️ {t('direct message')}" if is_private else ""
    sheet.strong(f"📝 P{post.id}{private}", f" · {_headline(view, setting)}")
    if post.kind is PostKind.REMOVAL and not post.is_pending:
        # The words stand in the preview of what was, or was not, deleted.
        return sheet.done()
    if post.kind is PostKind.EDIT and view.target and post.state is not PostState.PUBLISHED:
        sheet.strong(t("Published now:"))
        _warning(sheet, view.target, t)
        sheet.quote(view.target.text)
        sheet.strong(t("It would become:"))
    if post.kind is PostKind.REMOVAL:
        count = len(post.texts)
        several = t("These {count} posts would be deleted:", count=count)
        sheet.strong(several if count > 1 else t("This post would be deleted:"))
    planned.time_of(sheet, view, setting)
    _warning(sheet, post, t)
    counted = _texts(sheet, post, lengths, limit, t)
    _attachments(sheet, post, t)
    _left_behind(sheet, view, t)
    sheet.line(joined([visibility_words(t, post.visibility), language_words(t, post.language), counted]))
    if post.kind is not PostKind.REMOVAL:
        _tagged(sheet, view, t, within_words=within_words)
    if post.answers_question:
        _left_out(sheet, view, t)
    planned.facts(sheet, view, t)
    planned.concerns(sheet, view, t, prefix)
    _what_to_do(sheet, view, setting, prefix)
    return sheet.done()


def _warning(sheet: Sheet, post: Post, t: Language) -> None:
    if post.content_warning:
        sheet.strong(f"⚠️ {t('Content warning')}: ", post.content_warning)


def _texts(sheet: Sheet, post: Post, lengths: Sequence[int], limit: int, t: Language) -> str:
    """The text, or every part of it with its count. Returns the count of a single one."""
    if not post.parts:
        sheet.quote(post.text)
        return t("{length} of {limit} characters", length=lengths[0], limit=limit) if post.says_something else ""
    for number, (text, length) in enumerate(zip(post.parts, lengths, strict=True)):
        sheet.quote(text)
        is_out = number < len(post.out) and post.state is not PostState.REMOVED
        out = f"✔ {t('is out')}" if is_out and post.says_something else ""
        sheet.line(joined([t("{length} of {limit} characters", length=length, limit=limit), out]))
    return ""


def _attachments(sheet: Sheet, post: Post, t: Language) -> None:
    each = _LONGEST_REASONS // max(1, len(post.attachments))
    for one in post.attachments:
        described = one.alt or t("without alt text: {reason}", reason=shortened(post.without_alt, each) or "–")
        sheet.strong(f"📎 {one.name}: ", described)


def _left_behind(sheet: Sheet, view: Preview, t: Language) -> None:
    """That a file in the thread does not go along by itself, while it still can."""
    if not view.left_behind or view.post.state is not PostState.DRAFT:
        return
    named = [f"📎{number} {html.clean_line(name)}" for number, name in view.left_behind[:_FILES_NAMED]]
    more = "" if len(view.left_behind) <= _FILES_NAMED else " …"
    number = view.left_behind[0][0]
    shown = words(
        t, mark("Not attached: {files} (`--with {number}`)"), {"files": f"{listed(named)}{more}", "number": number}
    )
    sheet.line(shown.plain, shown.html.removeprefix("<p>").removesuffix("</p>"))


def _headline(view: Preview, setting: Setting) -> str:
    t, post = setting.language, view.post
    who, confirmer = localpart(post.author), localpart(post.confirmed_by or post.author)
    if post.state is PostState.CONFIRMED and post.publish_after:
        author = t("by {who}", who=who) if confirmer != who else ""
        if view.waits_since is not None:
            moment = t.moment(view.waits_since, setting.zone)
            waits = t("confirmed by {who}, waits for the server since {moment}", who=confirmer, moment=moment)
            return joined([waits, author])
        if post.kind is PostKind.PLANNED and post.due_at == post.publish_after:
            return joined([t("🗓 scheduled, confirmed by {who}", who=confirmer), author])
        moment = t.moment(post.publish_after, setting.zone, seconds=True)
        return joined([t("confirmed by {who}, goes out {moment}", who=confirmer, moment=moment), author])
    words = {
        PostState.DRAFT: t(_draft_words(post), who=who, ticket=post.ticket, target=post.target or post.id),
        PostState.PUBLISHING: t("on its way to the server"),
        PostState.PUBLISHED: t(_DONE_WORDS[post.kind]),
        PostState.WITHDRAWN: t("withdrawn, nothing was published"),
        PostState.FAILED: t("failed: see the message below"),
        PostState.REMOVED: t("deleted from the server"),
        PostState.MISSED: t("did not go out at its time"),
    }
    if post.state is PostState.WITHDRAWN and not post.says_something:
        return t("withdrawn, nothing was changed")
    released = post.state in (PostState.PUBLISHING, PostState.PUBLISHED) and post.confirmed_by
    return joined([words[post.state], who_words(t, post) if released else ""])


def _draft_words(post: Post) -> Marked:
    return _PLANNED_CHANGES[post.kind] if post.ticket is None and post.target else _DRAFT_WORDS[post.kind]


def _tagged(sheet: Sheet, view: Preview, t: Language, *, within_words: bool) -> None:
    """Who else would be notified; of what is private, that they would be readers. Of a change, who was not before."""
    author = view.question.status.author.acct if view.question else view.ticket.author if view.ticket else ""
    before = _all_words(view.target) if view.target else ""
    known = (author, *handles(before, within_words=within_words))
    # Also whom the author tagged by hand.
    others = strangers(_all_words(view.post), known, within_words=within_words)
    private = Visibility.PRIVATE, Visibility.DIRECT
    is_private = view.post.visibility in private or (view.ticket is not None and view.ticket.visibility in private)
    if others and is_private and view.post.is_pending:
        read_along = t.plural(
            "{count} other would read this private conversation: {accts}",
            "{count} others would read this private conversation: {accts}",
            len(others),
            accts=_named(others, t),
        )
        sheet.strong(f"⚠️ {read_along}")
    elif others and view.post.is_pending:
        sheet.line(t("Also tagged: {accts}", accts=_named(others, t)))


def _all_words(post: Post) -> str:
    return f"{post.text}\n{post.content_warning}"


def _left_out(sheet: Sheet, view: Preview, t: Language) -> None:
    """Who is in the conversation and would not be told."""
    others = view.question.status.mentions if view.question else ()
    if not others:
        return
    told = set(map(plain, tagged(view.post.text)))
    left_out = [f"@{acct}" for acct in others if plain(acct) not in told]
    if left_out and view.post.state is PostState.DRAFT and not view.post.out:
        sheet.line(t("Also in the conversation, not tagged: {accts} (--all tags them)", accts=_named(left_out, t)))


def _named(accts: Sequence[str], t: Language) -> str:
    """The first of them, and how many more there are. Whoever is tagged stands in the text, too, and that is whole."""
    more = len(accts) - _PEOPLE_NAMED
    return listed([*accts[:_PEOPLE_NAMED], *([t("and {count} more", count=more)] if more > 0 else [])])


def _what_to_do(sheet: Sheet, view: Preview, setting: Setting, prefix: str) -> None:
    t, post = setting.language, view.post
    is_draft = post.state is PostState.DRAFT
    if post.in_reply_to is None and is_draft and post.answers_question:
        sheet.line(t("The question is gone: this would appear on its own, not as a reply."))
    if is_draft and post.parts and post.says_something and not post.out:
        thread = t(
            "🧵 Too long for one post: this becomes a thread of {count}. For a single one, shorten the text by editing "
            "the message.",
            count=len(post.parts),
        )
        sheet.line(thread)
    if is_draft:
        sheet.hint(_choice(view, setting, prefix))
        if view.four_eyes:
            author = localpart(view.writer or post.author)
            if setting.typed:
                sheet.line(t("Four eyes: somebody other than {author} has to confirm.", author=author))
            else:
                sheet.line(t("Four eyes: ✅ counts by somebody other than {author}.", author=author))
    elif post.state is PostState.CONFIRMED:
        waits = view.waits_since is not None
        sheet.line(t("❌ takes it back as long as it waits.") if waits else t("❌ takes it back until then."))
    elif post.state is PostState.PUBLISHED:
        _published(sheet, post)


def _choice(view: Preview, setting: Setting, prefix: str) -> str:
    t, post = setting.language, view.post
    confirm = setting.confirm.format(prefix=prefix, post=post.id)
    if post.out:
        return t(
            "{confirm} goes on with part {part} of {count}, ❌ leaves it at what is out.",
            confirm=confirm,
            part=len(post.out) + 1,
            count=len(post.texts),
        )
    if post.kind is PostKind.REMOVAL:
        return t("{confirm} deletes it on the server, ❌ leaves it there.", confirm=confirm)
    if post.kind is PostKind.EDIT:
        return t(
            "{confirm} changes it on the server, ❌ leaves it as it is. Editing the message with the command changes "
            "this.",
            confirm=confirm,
        )
    if post.kind in (PostKind.PLANNED, PostKind.CRISIS):
        return planned.choice(view, confirm, t, prefix)
    return t(
        "{confirm} publishes, ❌ withdraws. Editing the message with the command changes the draft.", confirm=confirm
    )


def _published(sheet: Sheet, post: Post) -> None:
    for out in post.out:
        if out.url:
            sheet.line(out.url, link(out.url, out.url))
