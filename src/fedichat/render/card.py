"""A ticket's card, and what is written later in its conversation."""

from dataclasses import replace

from fedichat.desk.room.views import Card, FollowUp
from fedichat.domain.names import localpart
from fedichat.domain.posts.post import PostKind
from fedichat.domain.tickets.mention import Media, Mention, Poll, Status, StatusId, Visibility
from fedichat.domain.tickets.ticket import TicketState
from fedichat.render import department
from fedichat.render.fitting import beginning, with_texts_that_fit
from fedichat.render.parts import (
    STATE_WORDS,
    Rendered,
    Setting,
    Sheet,
    due_words,
    inline,
    joined,
    language_words,
    link,
    order_words,
    shortened,
    shown_author,
    visibility_words,
    who_words,
)
from fedichat.text import html
from fedichat.text.i18n import Language

_EARLIER_SHOWN = 3


def card(view: Card, setting: Setting, prefix: str = "!") -> Rendered:
    """The card: number and state first, who wrote, the words, and what there is to know about them.

    `prefix` is what commands begin with. What is too long for a message is cut; the link leads to the whole.
    """
    return with_texts_that_fit(lambda longest: _card(_cut_in(view, longest), setting, prefix))


def _cut_in(view: Card, longest: int | None) -> Card:
    asked = view.consulted.asked
    if asked is not None and longest is not None:
        asked = replace(asked, question=beginning(asked.question, longest))
    return replace(
        view,
        # Of those behind the first one only their number is shown.
        mentions=[*(replace(one, status=_cut(one.status, longest)) for one in view.mentions[:1]), *view.mentions[1:]],
        consulted=replace(view.consulted, asked=asked),
    )


def _cut(status: Status, longest: int | None) -> Status:
    """The status with at most so many characters of its text, and as many of all its media's alt texts and its poll."""
    if longest is None:
        return status
    each = max(1, longest // max(1, len(status.media)))
    media = tuple(
        replace(one, description=one.description and beginning(one.description, each)) for one in status.media
    )
    poll = status.poll
    if poll:
        options = tuple(shortened(one, max(1, longest // len(poll.options))) for one in poll.options)
        poll = replace(poll, options=options)
    return replace(
        status,
        text=beginning(status.text, longest),
        html=status.html if len(status.html) <= longest else "",
        content_warning=shortened(status.content_warning, longest),
        media=media,
        poll=poll,
    )


def _card(view: Card, setting: Setting, prefix: str) -> Rendered:
    t, sheet = setting.language, Sheet()
    _head(sheet, view, t)
    _order(sheet, view, setting)
    department.asked(sheet, view.consulted, view.ticket.id, setting, prefix)
    if view.consulted.is_taken_back:
        return sheet.done()
    if view.consulted.is_over and view.ticket.visibility is Visibility.DIRECT:
        # What is written to the office from now on was not put to them.
        sheet.line(t("A direct message: it was shown here only as long as the department was asked about it."))
        return sheet.done()
    if view.ticket.merged_into is not None:
        sheet.line(t("It goes on in #{other}.", other=view.ticket.merged_into))
        return sheet.done()
    if not view.mentions:
        sheet.line(t("The words were removed: their author deleted them, or the retention time was over."))
        return sheet.done()
    first = view.mentions[0]
    _earlier(sheet, first, setting)
    _status(sheet, first.status, setting)
    _tail(sheet, view, setting)
    department.suggestion(sheet, view.suggested, view.ticket.id, setting, prefix)
    return sheet.done()


def follow_up(view: FollowUp, setting: Setting) -> Rendered:
    """A later message of the conversation, for the ticket's thread."""
    t, status = setting.language, view.mention.status

    def made(longest: int | None) -> Rendered:
        sheet = Sheet()
        sheet.strong(f"↩ {shown_author(status.author)}", f" {t('writes')}:")
        _status(sheet, _cut(status, longest), setting)
        return sheet.done()

    return with_texts_that_fit(made)


def edited(view: FollowUp, before: str, setting: Setting) -> Rendered:
    """What the citizen has changed, for the ticket's thread: old and new."""
    t, status, said = setting.language, view.mention.status, html.clean(before)

    def made(longest: int | None) -> Rendered:
        sheet = Sheet()
        sheet.strong(f"✏️ {shown_author(status.author)}", f" {t('has changed a message. Before:')}")
        sheet.quote(beginning(said, longest))
        sheet.line(t("Now:"))
        _status(sheet, _cut(status, longest), setting)
        return sheet.done()

    return with_texts_that_fit(made)


def quoted_in(view: Card) -> tuple[StatusId, ...]:
    """The statuses whose words are on a card."""
    if not view.mentions:
        return ()
    first = view.mentions[0]
    return first.status.id, *(status.id for status in first.earlier[-_EARLIER_SHOWN:])


def _head(sheet: Sheet, view: Card, t: Language) -> None:
    ticket = view.ticket
    sign, word = STATE_WORDS[ticket.state]
    state = t(word)
    if ticket.state is TicketState.CLAIMED and ticket.claimant:
        state = t("with {claimant}", claimant=localpart(ticket.claimant))
    if ticket.state is TicketState.WAITING:
        claimant = t("with {claimant}", claimant=localpart(ticket.claimant)) if ticket.claimant else ""
        state = joined([department.waiting_for(view.consulted, t) or state, claimant])
    if ticket.state is TicketState.CLOSED:
        other = ticket.merged_into
        why = t("merged into #{other}", other=other) if other else t("deleted by its author")
        state = f"{state}: {why}"
    if ticket.state is TicketState.IGNORED and ticket.reason:
        state = f"{state}: {shortened(ticket.reason, 80)}"
    if ticket.visibility is Visibility.DIRECT:
        # Where there is no room of their own for them, they stand among what everybody may read.
        state = f"{state} · ✉️ {t('direct message')}"
    author = shown_author(view.mentions[0].status.author) if view.mentions else ""
    sheet.strong(f"#{ticket.id} {sign} {state}", f" · {author}" if author else "")


def _order(sheet: Sheet, view: Card, setting: Setting) -> None:
    t, interim = setting.language, view.ticket.promise.interim_at
    sent = t("interim reply {moment}", moment=t.moment(interim, setting.zone)) if interim else ""
    if words := joined([order_words(view.ticket, setting), sent]):
        sheet.line(words)
    is_team = view.consulted.asked is None
    if is_team and view.due is not None:
        sheet.line(due_words(view.due, setting, stands=True))
    if is_team and view.ticket.state.is_open:
        department.proposals_due(sheet, view.consulted, setting)


def _status(sheet: Sheet, status: Status, setting: Setting) -> None:
    t = setting.language
    if status.content_warning:
        sheet.strong(f"⚠️ {t('Content warning')}: ", html.clean_line(status.content_warning))
    sheet.quote(status.text, status.html or None)
    for media in status.media:
        _media(sheet, media, t)
    if status.hides_media:
        sheet.line(f"⚠️ {t('Marked as sensitive: shown only on request.')}")
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
    later, after = len(view.mentions) - 1, view.after_ignored
    known = [
        t.plural(
            "{count} earlier ticket of this person",
            "{count} earlier tickets of this person",
            view.earlier_tickets,
        )
        if view.earlier_tickets
        else "",
        t.plural("{count} more message in the thread", "{count} more messages in the thread", later) if later else "",
        t.plural("{count} came after it was ignored", "{count} came after it was ignored", after) if after else "",
        department.proposals(view.consulted, t) if view.ticket.state.is_open else "",
    ]
    if any(known):
        sheet.line(joined(known))
    for post in view.published:
        said = f"{t('Interim reply') if post.kind is PostKind.INTERIM else t('Answer')}: "
        by = f" ({who_words(t, post)})"
        sheet.line(f"{said}{post.url}{by}", f"{inline(said)}{link(post.url, post.url)}{inline(by)}")
