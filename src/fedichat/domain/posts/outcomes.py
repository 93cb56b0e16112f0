"""What follows when a post, or a part of it, is at the server: the ticket as it is then, and what is said of it."""

from collections.abc import Sequence
from datetime import datetime

from fedichat.domain.change import Change, entry, entry_of, preview, told_about
from fedichat.domain.effects import Ask, Effect, ShowPublished, Tell
from fedichat.domain.history import Step
from fedichat.domain.names import Place, UserId
from fedichat.domain.phrase import Field, Marked, Phrase, mark
from fedichat.domain.posts import states
from fedichat.domain.posts.post import Post, PostKind, PostState
from fedichat.domain.tickets.mention import SEEN_BY, Visibility
from fedichat.domain.tickets.ticket import Ticket, TicketState, answered, interim_sent
from fedichat.domain.time.sla import Promises


def answer_is_out(
    post: Post,
    before: Ticket,
    pending: Sequence[Post],
    departments: Sequence[Place],
    asked_at: datetime | None,
    now: datetime,
    promises: Promises,
) -> Change:
    """All of an answer or an interim reply is at the server.

    `pending` are the ticket's posts that still wait, `departments` are shown what was said, and `asked_at` is when the
    newest question was written: None where its words are gone.
    """
    is_interim = post.kind is PostKind.INTERIM
    after = interim_sent(before, now) if is_interim else answered(before, post.in_reply_to, now, asked_at)
    ticket = promises.kept_for(promises.first_response(before, after))
    dropped = _without_interim(ticket, pending, now) if is_settled_by(post, ticket) else Change()
    told = told_about(post, _what_is_out(post, ticket), url=post.url, ticket=ticket.id)
    out = entry_of(post, Step.INTERIM if is_interim else Step.PUBLISHED, None, now)
    return Change(
        ticket,
        (*dropped.posts, post),
        (*dropped.entries, out),
        (*dropped.effects, preview(post), told, *shown_to(departments, ticket, post)),
    )


def is_settled_by(post: Post, ticket: Ticket) -> bool:
    """Whether that answer leaves nothing of the ticket to be answered; `ticket` is as it is with it."""
    return ticket.state is TicketState.ANSWERED and post.kind is PostKind.ANSWER


def _what_is_out(post: Post, ticket: Ticket) -> Marked:
    if is_settled_by(post, ticket) or ticket.state is TicketState.CLOSED:
        return mark("Published: {url}")
    if post.kind is PostKind.INTERIM:
        return mark("Interim reply published: {url} – #{ticket} stays open.")
    return mark("Published: {url} – #{ticket} stays open, because there is a newer message in it.")


def _without_interim(ticket: Ticket, pending: Sequence[Post], now: datetime) -> Change:
    """The answer is out: a reply that promises it comes too late."""
    late = [
        post
        for post in pending
        if post.kind is PostKind.INTERIM and post.state is not PostState.PUBLISHING and not post.out
    ]
    return Change(
        posts=tuple(states.withdrawn(post) for post in late),
        entries=tuple(entry(ticket, Step.WITHDRAWN, None, now, post=post.id) for post in late),
        effects=tuple(preview(post) for post in late),
    )


def cut_short(before: Post, ticket: Ticket | None, now: datetime) -> Change:
    """Leave the thread at what is out: too many people can read that. Whoever confirmed it is told."""
    post = states.cut_short(before)
    message = mark("P{post} stopped after part {part} of {count}: more people can read it than its preview said.")
    told = told_about(post, message, meant=answerable_for(post), part=len(before.out), count=len(before.texts))
    stopped = entry_of(post, Step.WITHDRAWN, None, now)
    return Change(posts=(post,), entries=(stopped,), effects=(preview(post), told), on_card_of=ticket)


def is_too_wide(post: Post, seen_by: Visibility | None) -> bool:
    """Whether the server shows what is not for everybody to more people than it is for."""
    return is_private(post) and seen_by is not None and seen_by.wider_than(post.visibility)


def is_read_by_others(post: Post, unforeseen: Sequence[str], seen_by: Visibility | None) -> bool:
    """Whether people can read what is not for everybody whom nobody has approved as its readers."""
    return is_too_wide(post, seen_by) or (is_private(post) and bool(unforeseen))


def unlike_the_preview(
    post: Post, url: str, unseen: Phrase | None, unforeseen: Sequence[str], seen_by: Visibility | None
) -> tuple[Effect, ...]:
    """What is said where what is out could not be looked at, or is not what its preview has shown.

    `unseen` is why the server could not be asked for it, `unforeseen` whom it tags besides, `seen_by` who can read it.
    """
    said: list[Effect] = []
    if unseen is not None:
        said.append(_unseen(post, unseen, url))
    if unforeseen:
        said.append(tagged_unforeseen(post, unforeseen, confirmed=post))
    if seen_by is not None and is_too_wide(post, seen_by):
        said.append(_too_wide(post, seen_by))
    return tuple(said)


def _unseen(post: Post, reason: Phrase, url: str) -> Tell:
    message = mark(
        "P{post}: the server says that it took it, but could not be asked whether it stands there: {reason}. "
        "Please look: {url}"
    )
    return told_about(post, message, meant=answerable_for(post), reason=reason, url=url)


def tagged_unforeseen(post: Post, accts: Sequence[str], *, confirmed: Post) -> Effect:
    """Say whom the server tagged besides; where only those who are tagged may read it, offer to take it back.

    It is for whoever `confirmed` that: the post itself, or its change.
    """
    people = answerable_for(confirmed)
    named = ", ".join(f"@{acct}" for acct in accts)
    if not is_private(post):
        message = mark("P{post} also tags {accts}, whom the preview did not name: the server read the text so.")
        return told_about(post, message, meant=people, accts=named)
    message = mark(
        "⚠️ {accts} can read P{post} as well: the server has tagged them, and the preview did not name them. ✅ asks "
        "for the deletion (`{prefix}unpublish {called}`), ❌ leaves it."
    )
    return _ask_to_delete(post, message, people, accts=named)


def _too_wide(post: Post, seen_by: Visibility) -> Ask:
    """Say that more people can read the post than it was for, and offer to take it back."""
    message = mark(
        "⚠️ P{post} was to be {asked}, and the server shows it as {shown}. ✅ asks for the deletion "
        "(`{prefix}unpublish {called}`), ❌ leaves it."
    )
    asked, shown = Phrase(SEEN_BY[post.visibility]), Phrase(SEEN_BY[seen_by])
    return _ask_to_delete(post, message, answerable_for(post), asked=asked, shown=shown)


def _ask_to_delete(post: Post, message: Marked, people: tuple[UserId, ...], **fields: Field) -> Ask:
    called = f"P{post.id}"  # by the ticket's number, it would be what was published last by then
    return Ask(
        post.place,
        message,
        {"post": post.id, "called": called, **fields},
        {"✅": f"unpublish {called}", "❌": ""},
        ticket=post.ticket,
        post=post.id,
        meant=people,
    )


def is_private(post: Post) -> bool:
    """Whether the post is not for everybody."""
    return post.visibility in (Visibility.DIRECT, Visibility.PRIVATE)


def answerable_for(post: Post) -> tuple[UserId, ...]:
    """Whoever confirmed the post, or else wrote it."""
    return (post.confirmed_by or post.author,)


def shown_to(departments: Sequence[Place], ticket: Ticket, post: Post) -> tuple[ShowPublished, ...]:
    """Show these departments what the ticket's citizen was told."""
    return tuple(ShowPublished(place, ticket.id, post.id) for place in departments)
