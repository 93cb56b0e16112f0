"""What follows when somebody drafts a post or changes its draft: what is replaced, what the history says, and refusals.

Nothing here publishes: what is drafted is shown, and waits for its confirmation.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from fedichat.domain.cause import Cause
from fedichat.domain.change import Change, entry, entry_of, preview
from fedichat.domain.history import Step
from fedichat.domain.names import PostId, localpart
from fedichat.domain.phrase import Field, Listed, Marked, Phrase, listed, mark
from fedichat.domain.posts import drafts, states
from fedichat.domain.posts.drafts import Draft
from fedichat.domain.posts.post import Answering, Post, PostKind, PostState
from fedichat.domain.tickets.escalation import Proposal
from fedichat.domain.tickets.mention import Status
from fedichat.domain.tickets.ticket import Ticket, TicketState
from fedichat.errors import Refusal

INTERIM_TEXTS: Mapping[str, str] = {
    "de": "Vielen Dank für die Frage. Wir kümmern uns darum und melden uns.",
    "en": "Thank you for your question. We are looking into it and will get back to you.",
}
"""What an interim reply says where the office has no text of its own, by language. No date is promised."""

KIND_WORDS: Mapping[PostKind, Marked] = {
    PostKind.ANSWER: mark("answer"),
    PostKind.INTERIM: mark("interim reply"),
    PostKind.EDIT: mark("change of P{target}"),
    PostKind.REMOVAL: mark("deletion of P{target}"),
}


def answer_to(ticket: Ticket, draft: Draft, status: Status, kind: PostKind, cause: Cause, now: datetime) -> Post:
    """The draft, without a number or files yet, of an answer or an interim reply to that status of the ticket."""
    return Post(
        id=PostId(0),
        account=ticket.account,
        place=cause.place,  # the supervisors see in their own room what they confirm
        author=cause.actor,
        text=drafts.addressed(draft.text, status, tag_all=draft.tag_all),
        visibility=drafts.visibility_of(draft.visibility, ticket.visibility),
        created_at=now,
        about=Answering(ticket.id, status.id, status.version, draft.tag_all, draft.proposal),
        content_warning=drafts.content_warning_of(draft, status),
        language=draft.language or ticket.language,
        source=cause.event,
        kind=kind,
        without_alt=draft.without_alt,
    )


def must_not_be_too_late(ticket: Ticket, kind: PostKind) -> None:
    """Refuse an interim reply to what is answered already."""
    if kind is PostKind.INTERIM and ticket.state is TicketState.ANSWERED:
        raise Refusal(
            "#{ticket} is answered already, so an interim reply would come too late. `{prefix}answer {ticket} …` "
            "adds something.",
            ticket=ticket.id,
        )


def must_not_be_drafted(ticket: Ticket, pending: Sequence[Post]) -> None:
    """Refuse a tap under an offer from before somebody drafted something: perhaps the ✅ of that was meant."""
    for post in pending:
        if post.kind is PostKind.INTERIM:
            raise Refusal(
                "P{post} is drafted for #{ticket} by now: see its preview. `{prefix}interim {ticket}` takes its place.",
                post=post.id,
                ticket=ticket.id,
            )
    if pending:
        raise Refusal(
            "P{post} is drafted for #{ticket} by now: see its preview. `{prefix}interim {ticket}` drafts an interim "
            "reply beside it.",
            post=pending[0].id,
            ticket=ticket.id,
        )


def taken_from(proposal: Proposal, draft: Draft) -> tuple[Draft, Phrase]:
    """The draft with the proposal's words unless it changes them, and for the history, where they came from."""
    by: dict[str, Field] = {"number": proposal.number, "who": localpart(proposal.author)}
    origin = Phrase(mark("proposal {number} by {who}"), by)
    return draft if draft.text else replace(draft, text=proposal.text), origin


def must_be_proposed(ticket: Ticket, number: int, proposal: Proposal | None, left: Sequence[int]) -> Proposal:
    """That proposal. Refuses one that does not exist, or does not any more, and names the numbers that are `left`."""
    if proposal is not None and proposal.text:
        return proposal
    if not left:
        raise Refusal("Nothing is proposed for #{ticket}.", ticket=ticket.id)
    raise Refusal(
        "#{ticket} has no proposal {number}. There are: {numbers}.",
        ticket=ticket.id,
        number=number,
        numbers=", ".join(map(str, left)),
    )


def interim_text(texts: Mapping[str, str], asked: str, office: str) -> tuple[str, str]:
    """What an interim reply says, and in which language: the one asked for if there is such a text, else the office's.

    `texts` are the office's own, by language; where it has none, ours are taken.
    """
    known = {**INTERIM_TEXTS, **texts}
    code = next((code for code in (asked, asked.partition("-")[0], office) if code in known), "en")
    return code, known[code]


def make_room(ticket: Ticket, pending: Sequence[Post], kind: PostKind, cause: Cause, now: datetime) -> Change:
    """Withdraw the draft whose place a new one of that kind takes. Refuses where one is on its way out instead."""
    for post in pending:
        must_be_whole(post)
        _must_not_be_confirmed(post, kind)
    replaced = [post for post in pending if drafts.takes_place(kind, post)]
    return Change(
        posts=tuple(states.withdrawn(post) for post in replaced),
        entries=tuple(entry(ticket, Step.WITHDRAWN, cause, now, post=post.id) for post in replaced),
        effects=tuple(preview(post) for post in replaced),
    )


def _must_not_be_confirmed(post: Post, kind: PostKind) -> None:
    # "We are looking into it" must not come right before, or after, the answer.
    is_too_late = kind is PostKind.INTERIM and post.kind is PostKind.ANSWER
    if post.state is not PostState.DRAFT and (is_too_late or drafts.takes_place(kind, post)):
        raise Refusal(
            "P{post} is confirmed and about to go out. To answer otherwise, take it back first: "
            "`{prefix}withdraw P{post}`.",
            post=post.id,
        )


def drafted(
    before: Ticket,
    ticket: Ticket,
    post: Post,
    room: Change,
    cause: Cause,
    now: datetime,
    origin: Phrase | None = None,
) -> Change:
    """The post, which has its number, is drafted and shown; `room` is what was withdrawn for it.

    `ticket` is `before` as it is with the draft: whoever drafts an answer takes the ticket. `origin` says where the
    words came from.
    """
    claimed = (entry(ticket, Step.CLAIMED, cause, now),) if ticket.claimant != before.claimant else ()
    said = _noted(post, _kind_of(post), origin) if post.says_something else _kind_of(post)
    made = entry(ticket, Step.DRAFTED, cause, now, post=post.id, said=said)
    return Change(
        ticket if ticket is not before else None,
        room.posts,
        (*room.entries, *claimed, made),
        (*room.effects, preview(post)),
    )


def revised(before: Post, post: Post, cause: Cause, now: datetime) -> Change:
    """The draft has other words: a new preview, and no earlier confirmation counts."""
    made = entry_of(post, Step.REVISED, cause, now, said=_noted(post))
    return Change(posts=(post,), entries=(made,), effects=(preview(before), preview(post)))


def _kind_of(post: Post) -> Phrase:
    """What the history calls a draft."""
    return Phrase(KIND_WORDS[post.kind], {"target": post.target or post.id})


def _noted(post: Post, *said: Phrase | None) -> Listed | None:
    """What the history says of a draft: what it is, where it came from, why files go out without an alt text."""
    undescribed = any(not one.alt for one in post.attachments) and post.without_alt
    reason = Phrase(mark("without alt text: {reason}"), {"reason": post.without_alt}) if undescribed else None
    return listed(*said, reason)


def tagged_in(status: Status, draft: Draft) -> tuple[str, ...]:
    """Whom every part of an answer tags."""
    return status.author.acct, *(status.mentions if draft.tag_all else ())


def last_published(ticket: Ticket, posts: Sequence[Post]) -> Post:
    """Of these posts of the ticket, the last one that can be read at the server. Refuses where none can."""
    for post in posts:
        must_be_whole(post)
    there = [post for post in posts if post.stands and not post.is_pending]
    if not there:
        raise Refusal("Nothing that was published for #{ticket} stands.", ticket=ticket.id)
    return there[-1]


def must_be_published(post: Post) -> Post:
    """That post. Refuses one that cannot be read at the server, whole."""
    must_be_whole(post)
    if post.is_pending or not post.stands:
        raise Refusal("Nothing of P{post} stands at the server.", post=post.id)
    return post


def must_be_whole(post: Post) -> None:
    """Refuse a thread that is only partly out: first somebody decides whether it goes on."""
    if post.out and post.state is PostState.DRAFT:
        raise Refusal(
            "The thread P{post} is only partly out, see its preview: {confirm} goes on with it; "
            "`{prefix}withdraw {called}` leaves it at that.",
            post=post.id,
            called=post.called,
        )
