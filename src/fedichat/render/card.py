"""A ticket's card, and what is written later in its conversation."""

from fedichat import html
from fedichat.desk.views import Card, FollowUp
from fedichat.domain.mention import Media, Mention, Poll, Status
from fedichat.domain.names import localpart
from fedichat.domain.ticket import TicketState
from fedichat.i18n import Language
from fedichat.render.parts import (
    STATE_WORDS,
    Rendered,
    Setting,
    Sheet,
    inline,
    joined,
    language_words,
    link,
    shortened,
    shown_author,
    visibility_words,
)

_EARLIER_SHOWN = 3


def card(view: Card, setting: Setting) -> Rendered:
    """The card: number and state first, who wrote, the words, and what there is to know about them."""
    t, sheet = setting.language, Sheet()
    _head(sheet, view, t)
    if not view.mentions:
        sheet.line(t("The words were removed after the retention time."))
        return sheet.done()
    first = view.mentions[0]
    _earlier(sheet, first, setting)
    _status(sheet, first.status, setting)
    _tail(sheet, view, setting)
    return sheet.done()


def follow_up(view: FollowUp, setting: Setting) -> Rendered:
    """A later message of the conversation, for the ticket's thread."""
    t, status = setting.language, view.mention.status
    sheet = Sheet()
    sheet.strong(f"↩ {shown_author(status.author)}", f" {t('writes')}:")
    _status(sheet, status, setting)
    return sheet.done()


def _head(sheet: Sheet, view: Card, t: Language) -> None:
    ticket = view.ticket
    sign, word = STATE_WORDS[ticket.state]
    state = t(word)
    if ticket.state is TicketState.CLAIMED and ticket.claimant:
        state = t("with {claimant}", claimant=localpart(ticket.claimant))
    if ticket.state is TicketState.IGNORED and ticket.reason:
        state = f"{state}: {shortened(ticket.reason, 80)}"
    author = shown_author(view.mentions[0].status.author) if view.mentions else ""
    sheet.strong(f"#{ticket.id} {sign} {state}", f" · {author}" if author else "")


def _status(sheet: Sheet, status: Status, setting: Setting) -> None:
    t = setting.language
    if status.content_warning:
        sheet.strong(f"⚠️ {t('Content warning')}: ", html.clean_line(status.content_warning))
    sheet.quote(status.text, status.html or None)
    for media in status.media:
        _media(sheet, media, t)
    if status.poll:
        _poll(sheet, status.poll, t)
    facts = joined(
        [
            visibility_words(t, status.visibility),
            language_words(t, status.language),
            t.moment(status.created_at, setting.zone),
            t("edited") if status.edited_at else "",
        ]
    )
    original = f" · {link(status.url, t('original'))}" if status.url else ""
    sheet.line(f"{facts} · {status.url}" if status.url else facts, f"{inline(facts)}{original}")


def _media(sheet: Sheet, media: Media, t: Language) -> None:
    kinds = {"image": t("Image"), "gifv": t("Animation"), "video": t("Video"), "audio": t("Audio")}
    kind = kinds.get(media.kind, t("Attachment"))
    alt = html.clean_line(media.description or "")
    words = t("“{words}”", words=alt) if alt else t("no alt text")
    sheet.line(f"📎 {kind}: {words} {media.url}", f"📎 {link(media.url, kind)}: {inline(words)}")


def _poll(sheet: Sheet, poll: Poll, t: Language) -> None:
    kind = t("Poll, several answers possible") if poll.multiple else t("Poll")
    sheet.line(f"📊 {kind}: {joined(html.clean_line(option) for option in poll.options)}")


def _earlier(sheet: Sheet, mention: Mention, setting: Setting) -> None:
    if not mention.earlier:
        return
    t = setting.language
    sheet.line(t("Earlier in this conversation:"))
    for status in mention.earlier[-_EARLIER_SHOWN:]:
        sheet.line(f"  {shown_author(status.author)}: {shortened(status.content_warning or status.text, 140)}")


def _tail(sheet: Sheet, view: Card, setting: Setting) -> None:
    t = setting.language
    later = len(view.mentions) - 1
    known = [
        t.plural(
            "{count} earlier ticket of this person",
            "{count} earlier tickets of this person",
            view.earlier_tickets,
        )
        if view.earlier_tickets
        else "",
        t.plural("{count} more message in the thread", "{count} more messages in the thread", later) if later else "",
    ]
    if any(known):
        sheet.line(joined(known))
    for post in view.published:
        sheet.line(f"{t('Answer')}: {post.url}", f"{t('Answer')}: {link(post.url, post.url)}")
