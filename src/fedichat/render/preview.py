"""Previews: exactly what would appear, and to whom; later, what became of it."""

import re

from fedichat import html
from fedichat.desk.views import Preview
from fedichat.domain.names import localpart
from fedichat.domain.post import Post, PostState, tags
from fedichat.i18n import Language
from fedichat.render.parts import (
    Rendered,
    Setting,
    Sheet,
    joined,
    language_words,
    link,
    listed,
    visibility_words,
)

_HANDLE = re.compile(r"(?<![\w/.@-])@\w+(?:[.-]+\w+)*(?:@\w+(?:[.-]\w+)*)?")
"""An @mention as servers find it in a text: `@name`, for somebody of the instance itself, or `@name@host`."""


def preview(view: Preview, length: int, limit: int, setting: Setting) -> Rendered:
    """The preview of a post. `length` and `limit` are in characters as the instance counts them."""
    t, post = setting.language, view.post
    sheet = Sheet()
    if not view.is_current:
        sheet.line(t("P{post}: this preview is out of date. The newest one is further down.", post=post.id))
        return sheet.done()
    sheet.strong(f"📝 P{post.id}", f" · {_headline(view, setting)}")
    if post.content_warning:
        sheet.strong(f"⚠️ {t('Content warning')}: ", html.clean_line(post.content_warning))
    sheet.quote(post.text)
    counted = t("{length} of {limit} characters", length=length, limit=limit)
    sheet.line(joined([visibility_words(t, post.visibility), language_words(t, post.language), counted]))
    _conversation(sheet, view, t)
    _what_to_do(sheet, view, setting)
    return sheet.done()


def _headline(view: Preview, setting: Setting) -> str:
    t, post = setting.language, view.post
    who = localpart(post.author)
    if post.state is PostState.CONFIRMED and post.publish_after:
        moment = t.moment(post.publish_after, setting.zone, seconds=True)
        confirmed = localpart(post.confirmed_by or post.author)
        return t("confirmed by {who}, goes out {moment}", who=confirmed, moment=moment)
    words = {
        PostState.DRAFT: t("draft by {who}, answer to #{ticket}", who=who, ticket=post.ticket),
        PostState.PUBLISHING: t("on its way to the server"),
        PostState.PUBLISHED: t("published"),
        PostState.WITHDRAWN: t("withdrawn, nothing was published"),
        PostState.FAILED: t("failed: see the message below"),
    }
    return words.get(post.state, post.state.value)


def _conversation(sheet: Sheet, view: Preview, t: Language) -> None:
    others = view.question.status.mentions if view.question else ()
    asker = f"@{view.question.status.author.acct if view.question else view.ticket.author}".casefold()
    # Also whom the author tagged by hand: they are notified, and of a direct post they are readers.
    tagged = [one for one in dict.fromkeys(_HANDLE.findall(view.post.text)) if one.casefold() != asker]
    left_out = [f"@{acct}" for acct in others if not tags(view.post.text, acct)]
    if tagged:
        sheet.line(t("Also tagged: {accts}", accts=listed(tagged)))
    if left_out and view.post.state is PostState.DRAFT:
        sheet.line(t("Also in the conversation, not tagged: {accts} (--all tags them)", accts=listed(left_out)))


def _what_to_do(sheet: Sheet, view: Preview, setting: Setting) -> None:
    t, post = setting.language, view.post
    if post.in_reply_to is None and post.state is PostState.DRAFT:
        sheet.line(t("The question is gone: this would appear on its own, not as a reply."))
    if post.state is PostState.DRAFT and view.four_eyes:
        author = localpart(post.author)
        sheet.line(t("✅ publishes (by somebody other than {author}), ❌ withdraws.", author=author))
    elif post.state is PostState.DRAFT:
        sheet.line(t("✅ publishes, ❌ withdraws. Editing the message with the command changes the draft."))
    elif post.state is PostState.CONFIRMED:
        sheet.line(t("❌ takes it back until then."))
    elif post.state is PostState.PUBLISHED:
        _published(sheet, post)


def _published(sheet: Sheet, post: Post) -> None:
    if post.url:
        sheet.line(post.url, link(post.url, post.url))
