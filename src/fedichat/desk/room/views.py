"""What people are shown: everything a card, a thread or a list needs, read in one go."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from fedichat.desk.departments.escalations import Consulted, consulted
from fedichat.desk.duty.roster import on_duty
from fedichat.desk.lookup import as_seen_in, seen_in, the_ticket, thread_of, ticket_of, writer_of
from fedichat.desk.office import Service, read
from fedichat.desk.plan.lists import rules_of
from fedichat.desk.posts.attachments import files_of
from fedichat.desk.room.troubles import waits_since
from fedichat.domain.cause import Cause
from fedichat.domain.effects import ShowCard, ShowEdited, ShowFollowUp, ShowPreview
from fedichat.domain.history import Entry, Step
from fedichat.domain.names import EventId, Place, PostId, TicketId, UserId, is_department
from fedichat.domain.posts import planning
from fedichat.domain.posts.planning import Concerns
from fedichat.domain.posts.post import Post, PostKind, PostState
from fedichat.domain.tickets.mention import Mention, Visibility
from fedichat.domain.tickets.suggesting import suggested
from fedichat.domain.tickets.ticket import Ticket, TicketState, shown_to_department
from fedichat.domain.time.sla import Due
from fedichat.store import entries, escalations, freezes, inbox, outbox, plan, posts, tickets
from fedichat.store.database import Transaction
from fedichat.store.inbox import Reaction
from fedichat.store.outbox import Said as Said
from fedichat.text.i18n import LANGUAGES

_UNKNOWN = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Card:
    """A ticket as its card shows it. `event` is the card in the room, if it is there already.

    `mentions` is empty once the words were removed: their author deleted them, or the retention time was over.
    `after_ignored` counts those that came after the ticket was ignored. `suggested` are the departments that the words
    seem to be for, as long as nobody has been asked: each one's name in the configuration and for people.
    """

    ticket: Ticket
    mentions: Sequence[Mention]
    earlier_tickets: int
    published: Sequence[Post]
    event: EventId | None
    consulted: Consulted = field(default_factory=Consulted)
    after_ignored: int = 0
    suggested: Sequence[tuple[str, str]] = ()
    due: Due | None = None
    on_duty: UserId | None = None
    """Whom it concerns while nobody has claimed it, in the ticket's own room."""


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A later message of a conversation, and the card in whose thread it belongs."""

    mention: Mention
    ticket: Ticket
    thread: EventId | None
    on_duty: UserId | None = None
    """As on a card."""


@dataclass(frozen=True, slots=True)
class Preview:
    """A post as its preview shows it. `event` is the message that shows `revision`, if it is there already."""

    post: Post
    ticket: Ticket | None
    question: Mention | None
    revision: int
    event: EventId | None
    buttons: Sequence[Reaction]
    thread: EventId | None
    four_eyes: bool
    target: Post | None = None
    """The published post that it would change or delete."""
    left_behind: Sequence[tuple[int, str]] = ()
    """The files of the ticket's threads, each with its number and name, if an answer goes out with none of them."""

    bundle: Sequence[Post] = ()
    """What one confirmation releases: the post itself, and a warning's other accounts."""
    rule: str = ""
    """The recurrence, where it is one of a series."""
    concerns: Concerns = field(default_factory=Concerns)
    waits_since: datetime | None = None
    """Since when it should have been out, if its thread has heard that it is not."""
    now: datetime = _UNKNOWN
    """When it is shown."""
    writer: UserId | None = None
    """Whose words these are, where that is not its author."""
    held: int = 0
    """Beside a warning: how many planned posts are due within a day and are not held back."""

    @property
    def is_current(self) -> bool:
        """Whether this is the newest revision of the post."""
        return self.revision == self.post.revision


class Views(Service):
    """Reading only."""

    @read
    def card(self, tx: Transaction, effect: ShowCard) -> Card | None:
        """The card of a ticket in a place; None when the ticket is forgotten."""
        ticket = tickets.find_ticket(tx, effect.ticket)
        return self._card(tx, ticket, effect.place) if ticket else None

    @read
    def show(self, tx: Transaction, cause: Cause, number: TicketId) -> tuple[Card, Sequence[Entry]]:
        """A ticket with its history, for the room that asks."""
        ticket = the_ticket(tx, number, cause.place)
        return self._card(tx, ticket, cause.place), seen_in(cause.place, entries.history_of(tx, number))

    @read
    def follow_up(self, tx: Transaction, effect: ShowFollowUp | ShowEdited) -> FollowUp | None:
        """A later message, or what a citizen has made of one; None when it is forgotten, or not for that place now."""
        ticket = tickets.find_ticket(tx, effect.ticket)
        mention = tickets.find_mention(tx, ticket.account, effect.status) if ticket else None
        if ticket is None or mention is None or escalations.is_recalled(tx, ticket.id, effect.place):
            return None
        thread = outbox.card_of(tx, ticket.id, effect.place)
        return FollowUp(mention, ticket, thread, self._officer(tx, ticket, effect.place))

    @read
    def preview(self, tx: Transaction, effect: ShowPreview) -> Preview | None:
        """A post as it stands, and the message that shows that revision; None when it is forgotten."""
        post = posts.find_post(tx, effect.post)
        if post is None:
            return None
        ticket = ticket_of(tx, post) if post.ticket is not None else None
        said = outbox.preview_of(tx, post.id, effect.revision)
        target = posts.find_post(tx, post.target) if post.target else None
        question = post.in_reply_to and tickets.find_mention(tx, post.account, post.in_reply_to)
        return Preview(
            post=post,
            ticket=ticket,
            question=question or None,
            revision=effect.revision,
            event=said.event if said else None,
            buttons=inbox.own_reactions(tx, said.event) if said else (),
            thread=thread_of(tx, post, effect.place),
            four_eyes=self.settings.needs_four_eyes(post, target),
            writer=writer_of(tx, post),
            target=target,
            left_behind=_left_behind(tx, post),
            bundle=posts.bundle_of(tx, post),
            rule=rules_of(tx, [post]).get(post.id, ""),
            concerns=self._concerns(tx, post),
            held=self._held_meanwhile(tx, post),
            waits_since=waits_since(tx, post, self.clock.now()),
            now=self.clock.now(),
        )

    def _concerns(self, tx: Transaction, post: Post) -> Concerns:
        if post.kind is not PostKind.PLANNED or post.state is not PostState.DRAFT:
            return Concerns()
        others = plan.others_of(tx, post, self.clock.now() - planning.RECENT)
        undescribed = any(not one.alt for one in post.attachments)
        alike = planning.alike(post.text, others)
        if post.due_at is None:
            return Concerns(alike=alike, undescribed=undescribed)
        day = post.due_at.astimezone(self.settings.zone).date()
        return Concerns(
            same_hour=planning.within_the_hour(post.due_at, [one for one in others if one.is_pending]),
            alike=alike,
            day_off=not self.settings.calendar.is_working_day(day),
            holiday={code: name for code in LANGUAGES if (name := self.settings.calendar.holiday_name(day, code))},
            night=planning.is_night(post.due_at, self.settings.zone),
            undescribed=undescribed,
        )

    def _held_meanwhile(self, tx: Transaction, post: Post) -> int:
        """How many planned posts go out within a day of a warning, unless somebody holds them back."""
        if post.kind is not PostKind.CRISIS or not post.is_pending or freezes.current_freeze(tx) is not None:
            return 0
        until = self.clock.now() + timedelta(days=1)
        return plan.count_scheduled(tx, until)

    @read
    def what_was_said(self, tx: Transaction, event: EventId) -> Said | None:
        """What a message of the bot is about."""
        return outbox.what_was_said(tx, event)

    @read
    def thread_of(self, tx: Transaction, ticket: TicketId, place: Place) -> EventId | None:
        """The card that is the root of a ticket's thread in that room."""
        return outbox.card_of(tx, ticket, place)

    @read
    def thread_of_post(self, tx: Transaction, number: PostId, place: Place) -> EventId | None:
        """The root of the thread in which a post is talked about in that room."""
        post = posts.find_post(tx, number)
        return thread_of(tx, post, place) if post else None

    @read
    def history(self, tx: Transaction, ticket: TicketId) -> Sequence[Entry]:
        """What happened to a ticket, in order."""
        return entries.history_of(tx, ticket)

    def _card(self, tx: Transaction, ticket: Ticket, place: Place) -> Card:
        mentions = tickets.mentions_of(tx, ticket.id)
        # How often somebody wrote in private is nothing for a department that was asked about one of these.
        is_home, is_direct = place == ticket.place, ticket.visibility is Visibility.DIRECT
        if is_department(place):
            mentions = [shown_to_department(mention) for mention in mentions]
        return Card(
            ticket=as_seen_in(place, ticket),
            mentions=mentions,
            earlier_tickets=tickets.count_of_author(tx, ticket) if is_home or not is_direct else 0,
            published=[post for post in posts.posts_of(tx, ticket.id) if post.stands],
            event=outbox.card_of(tx, ticket.id, place),
            consulted=consulted(tx, ticket, place, self.settings.departments),
            after_ignored=_after_ignored(tx, ticket),
            suggested=self._suggested(tx, ticket, mentions, place),
            due=self.due_of(ticket),
            on_duty=self._officer(tx, ticket, place),
        )

    def _officer(self, tx: Transaction, ticket: Ticket, place: Place) -> UserId | None:
        """Who is on duty, for a ticket that nobody has, in its own room."""
        if ticket.claimant is not None or not ticket.state.is_open or place != ticket.place:
            return None
        return on_duty(tx, self.settings, self.clock.now())

    def _suggested(
        self, tx: Transaction, ticket: Ticket, mentions: Sequence[Mention], place: Place
    ) -> Sequence[tuple[str, str]]:
        if not mentions or not ticket.state.is_open or place != ticket.place or not self.settings.keywords:
            return ()
        if escalations.of_ticket(tx, ticket.id):
            return ()
        asked = mentions[0].status
        keys = suggested(f"{asked.content_warning} {asked.text}", self.settings.keywords)
        return [(key, self.settings.departments[key]) for key in keys]


def _left_behind(tx: Transaction, post: Post) -> Sequence[tuple[int, str]]:
    """The files that could go along with the post, if none does: those that went out with no other one."""
    if not post.says_something or post.attachments or post.out:
        return ()
    others = posts.posts_of(tx, post.ticket) if post.ticket is not None else ()
    sent = {each.remark for other in others if other.stands for each in other.attachments}
    files = files_of(tx, post)
    return [(one.file_number, one.file.name) for one in files if one.file and one.file_number and one.event not in sent]


def _after_ignored(tx: Transaction, ticket: Ticket) -> int:
    """How many messages have come since the ticket was ignored, if it is."""
    if ticket.state is not TicketState.IGNORED:
        return 0
    steps = [entry.step for entry in entries.history_of(tx, ticket.id)]
    since = steps[::-1].index(Step.IGNORED) if Step.IGNORED in steps else 0
    return steps[len(steps) - since :].count(Step.FOLLOWED_UP)
