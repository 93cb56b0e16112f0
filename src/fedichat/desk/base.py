"""What every use case stands on: one transaction for each, and what caused it."""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from functools import update_wrapper
from typing import Any, Concatenate, ParamSpec, TypeVar
from zoneinfo import ZoneInfo

from fedichat.domain.change import Change
from fedichat.domain.effects import Discard, Publish, ShowCard, ShowPreview, ShowSettled, Tell, late_timer
from fedichat.domain.history import Entry, Step, as_departments_see
from fedichat.domain.names import (
    EventId,
    Place,
    PostId,
    TicketId,
    UserId,
    is_department,
    localpart,
)
from fedichat.domain.phrase import Field
from fedichat.domain.posts.post import Post, PostKind, unused_uploads
from fedichat.domain.reporting import Reporting
from fedichat.domain.tickets.mention import Visibility
from fedichat.domain.tickets.ticket import Ticket
from fedichat.domain.time.calendar import Calendar, Span
from fedichat.domain.time.rota import Rotation
from fedichat.domain.time.sla import Due, Promises
from fedichat.errors import NotProven, Refusal
from fedichat.ports import Clock, Unproven
from fedichat.store import asking, escalations, finding, inbox, outbox, plan, posts, tickets, timers
from fedichat.store.database import Database, Transaction
from fedichat.text.i18n import Marked

UTC = ZoneInfo("UTC")
NINE_TO_FIVE = Calendar(UTC, (*((Span(time(9), time(17)),) for _ in range(5)), (), ()))
NO_PROMISES = Promises(NINE_TO_FIVE)

P = ParamSpec("P")
T = TypeVar("T")
D = TypeVar("D", bound="DeskBase")

LATE = timedelta(seconds=45)
"""How long after its moment a post's thread hears that it is not out: within a minute, with the time to say so."""
_QUICK = timedelta(seconds=2)
_GATHERING = timedelta(seconds=0.4)


@dataclass(frozen=True, slots=True)
class Tap:
    """The emoji `key` was tapped under a question of ours."""

    question: EventId
    key: str


@dataclass(frozen=True, slots=True)
class Cause:
    """The chat event that asks for something: who, where and when. Its outcome is kept with it, so it counts once.

    `answer_to` is the message that an answer belongs under; None for a tap on an emoji, answered in the thread.
    `tap` is there where it answers a question of ours: the outcome settles that. `arrived_at` is when the event reached
    us, by our own clock, where that is known. `is_later` says of a message of ours whether it came into the room after
    the event: then whoever caused it cannot have seen it. What is `unproven` has no outcome here but to be declined.
    """

    event: EventId
    actor: UserId
    place: Place
    at: datetime
    thread: EventId | None = None
    answer_to: EventId | None = None
    tap: Tap | None = None
    arrived_at: datetime | None = None
    unproven: Unproven | None = None
    is_later: Callable[[EventId], bool] = field(default=lambda _: False, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Rules:
    """What the office has decided, as far as the desk's decisions depend on it. Durations in days and seconds."""

    accounts: tuple[str, ...] = ()
    places: frozenset[Place] = frozenset()
    """The rooms that are configured."""
    direct_rooms: frozenset[str] = frozenset()
    """The accounts that have a room of their own for direct mentions."""
    departments: Mapping[str, str] = field(default_factory=dict[str, str])
    """The departments' names for people, by their names in the configuration."""
    keywords: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    """The words that suggest a department, by its name in the configuration."""
    interim_texts: Mapping[str, str] = field(default_factory=dict[str, str])
    """What an interim reply says where no text is given, by language."""
    four_eyes: bool = False
    """Whether an answer must be confirmed by somebody other than its author."""
    four_eyes_planned: bool = True
    """The same for what is planned."""
    typed: bool = False
    """Whether only a message lets something out, and no tap."""
    grace: timedelta = timedelta(minutes=15)
    """How long after its time a planned post still goes out by itself."""
    require_alt_text: bool = True
    mirrored_media: frozenset[str] = frozenset({"image"})
    """The kinds of citizens' media that are shown in the rooms."""
    shows_sensitive: bool = False
    """Whether those that are marked as sensitive are shown without anybody asking for them."""
    recheck_every: timedelta = timedelta(minutes=10)
    """How often it is looked whether a citizen's status still stands as it was."""
    recheck_closed_for: timedelta = timedelta(days=7)
    """How long after it was closed a ticket's statuses are looked at."""
    reporting: Reporting | None = None
    """When the supervisors' digests come; None where none do."""
    by_person: bool = False
    """Whether the digest counts by colleague."""
    chart: bool = True
    """Whether there is a picture with the digest."""
    calendar: Calendar = NINE_TO_FIVE
    """When the office is open."""
    duty: Rotation | None = None
    """Who has the duty, week by week; None where nobody has."""
    duty_has_file: bool = False
    """Whether a calendar's file says who has the duty, too."""
    has_supervisors: bool = False
    promises: Promises = NO_PROMISES
    """By when citizens hear something, and who is reminded of it."""
    language: str = "en"
    """The language in which the office publishes where nothing else is said. What is said in rooms is in theirs."""
    zone: ZoneInfo = UTC
    undo_seconds: float = 10
    text_days: int = 90
    history_days: int = 730

    def needs_four_eyes(self, post: Post, target: Post | None) -> bool:
        """Whether somebody other than its author must confirm the post: a warning always, and new words for one.

        `target` is the published post that an edit or a removal is about. Taking a warning back is as with other posts.
        """
        is_new_warning = target is not None and target.kind is PostKind.CRISIS and post.kind is PostKind.EDIT
        if post.kind is PostKind.CRISIS or is_new_warning:
            return True
        return self.four_eyes_planned if post.ticket is None else self.four_eyes


class DeskBase:
    """The transaction, the clock, and how a change is kept."""

    def __init__(self, database: Database, clock: Clock, rules: Rules, nudge: Callable[[], None]) -> None:
        """`nudge` is called after every commit: something may be there to be carried out."""
        self.database = database
        self.clock = clock
        self.rules = rules
        self._nudge = nudge

    def on_duty(self, tx: Transaction, now: datetime) -> UserId | None:  # noqa: ARG002 - for whoever keeps a rota
        """Who is meant by what concerns nobody in particular; nobody, where there is no rota."""
        return None

    def promised(self, ticket: Ticket) -> Ticket:
        """The ticket with its due moments, after something that starts or moves its clock."""
        return self.rules.promises.kept_for(ticket)

    def due_of(self, ticket: Ticket) -> Due | None:
        """How what is promised for a ticket stands now, if anything is."""
        return self.rules.promises.standing(ticket.due_at, self.clock.now()) if ticket.due_at else None

    def committed(self) -> None:
        """Tell delivery and the timekeeper that there may be something for them."""
        self._nudge()


def write(
    method: Callable[Concatenate[D, Transaction, P], T],
) -> Callable[Concatenate[D, P], Coroutine[Any, Any, T]]:
    """Make a method of the desk one transaction that writes: all of it is kept, or nothing."""

    async def whole(self: D, /, *args: P.args, **kwargs: P.kwargs) -> T:
        result = await self.database.write(lambda tx: method(self, tx, *args, **kwargs))
        self.committed()
        return result

    update_wrapper(whole, method)
    return whole


def read(
    method: Callable[Concatenate[D, Transaction, P], T],
) -> Callable[Concatenate[D, P], Coroutine[Any, Any, T]]:
    """Make a method of the desk one view of the data, which changes nothing."""

    async def whole(self: D, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.database.read(lambda tx: method(self, tx, *args, **kwargs))

    update_wrapper(whole, method)
    return whole


def count(
    method: Callable[Concatenate[D, Transaction, P], T],
) -> Callable[Concatenate[D, P], Coroutine[Any, Any, T]]:
    """The same for what may take seconds: nobody else waits for it."""

    async def whole(self: D, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.database.count(lambda tx: method(self, tx, *args, **kwargs))

    update_wrapper(whole, method)
    return whole


def keep(tx: Transaction, change: Change) -> None:
    """Keep a change with everything that follows from it."""
    if change.ticket is not None:
        tickets.save_ticket(tx, change.ticket)
    if change.post is not None:
        before = posts.find_post(tx, change.post.id)
        unused = unused_uploads(before, change.post) if before is not None else ()
        outbox.add_effects(tx, [Discard(change.post.account, media) for media in unused])
        posts.save_post(tx, change.post)
    tickets.add_entries(tx, change.entries)
    outbox.add_effects(tx, change.effects)
    for effect in change.effects:
        if isinstance(effect, Publish):
            # Whatever may hold it up, also a request that hangs: then its thread hears so.
            timers.set_timer(tx, late_timer(effect.post), effect.not_before + LATE)


def take_up(tx: Transaction, cause: Cause, now: datetime) -> None:
    """The event has its outcome in this transaction. Raises AlreadyHandled when it had one before.

    Raises NotProven where somebody else may have caused it: whatever it would have led to passes here.
    """
    if cause.unproven is not None:
        raise NotProven(cause.event)
    inbox.see_event(tx, cause.event, now)
    if cause.tap is not None:
        _settle(tx, cause.tap, cause.actor)


def _settle(tx: Transaction, tap: Tap, actor: UserId) -> None:
    asked = asking.find_asked(tx, tap.question)
    if asked is None:
        raise Refusal("Somebody was faster: that question has its answer already.")
    asking.settle(tx, asked.event)
    shown = ShowSettled(asked.place, asked.event, tap.key, localpart(actor), asked.message, dict(asked.fields))
    outbox.add_effects(tx, [shown])


def the_ticket(tx: Transaction, number: TicketId, place: Place) -> Ticket:
    """That ticket, as seen from a place. Refuses a number that does not exist or that belongs to another room."""
    ticket = tickets.find_ticket(tx, number)
    if ticket is None or not may_see(tx, ticket, place):
        # The same words for both: what is asked in private is not even confirmed to exist elsewhere.
        raise Refusal("There is no ticket #{ticket} in this room. `{prefix}queue` shows the open ones.", ticket=number)
    return ticket


def may_see(tx: Transaction, ticket: Ticket, place: Place) -> bool:
    """Whether a ticket is shown in that place: `finding.seen_from` decides."""
    return finding.may_see(tx, ticket.id, place)


def as_seen_in(place: Place, ticket: Ticket) -> Ticket:
    """The ticket as it is shown in that place: how and why the team sorts it is nothing for a department."""
    return replace(ticket, reason="", labels=(), snoozed_until=None) if is_department(place) else ticket


def seen_in(place: Place, entries: Sequence[Entry]) -> Sequence[Entry]:
    """The steps that are shown in that place."""
    return as_departments_see(entries) if is_department(place) else entries


def departments_of(tx: Transaction, ticket: TicketId) -> Sequence[Place]:
    """The departments whose rooms take part in the ticket's conversation now."""
    return [one.department for one in escalations.of_ticket(tx, ticket) if one.ended_at is None]


def departments_to_tell(tx: Transaction, ticket: Ticket, said: Post) -> Sequence[Place]:
    """The departments that are shown what was answered: all that were asked, but for those it was taken back from.

    In private, what was drafted after a department's part was over is not for it.
    """
    is_direct = ticket.visibility is Visibility.DIRECT
    return [
        one.department
        for one in escalations.of_ticket(tx, ticket.id)
        if one.recalled_by is None and not (is_direct and one.ended_at is not None and one.ended_at < said.created_at)
    ]


def cards_of(tx: Transaction, ticket: Ticket) -> tuple[ShowCard, ...]:
    """Bring the ticket's card up to date in every room that has it.

    A first card and a single change are shown at once. Where changes follow each other quickly, an edit waits a moment
    from the last one on, so that they make one.
    """
    places = [ticket.place, *(one.department for one in escalations.of_ticket(tx, ticket.id))]
    there = {place for place in places if outbox.card_of(tx, ticket.id, place)}
    before = tickets.last_step_at(tx, ticket.id)
    is_quick = before is not None and ticket.changed_at - before < _QUICK
    gathered = ticket.changed_at + _GATHERING if is_quick else None
    return tuple(ShowCard(place, ticket.id, gathered if place in there else None) for place in places)


def the_post(tx: Transaction, number: PostId, place: Place) -> Post:
    """That post, as seen from a place."""
    post = posts.find_post(tx, number)
    if post is None or not _is_shown(tx, post, place):
        raise Refusal("There is no post P{post} in this room.", post=number)
    return post


def _is_shown(tx: Transaction, post: Post, place: Place) -> bool:
    if post.ticket is None:
        return plan.seen_from(post, place)
    if is_department(place) and not post.stands:
        return False  # drafts are the team's
    return finding.may_see(tx, post.ticket, place)


def writer_of(tx: Transaction, post: Post) -> UserId:
    """Whose words the post has: its author's, or those of whoever changed them last."""
    worded = (Step.DRAFTED, Step.REVISED)
    entries = tickets.history_of_post(tx, post.id)
    writers = [entry.actor for entry in entries if entry.step in worded and entry.actor is not None]
    return writers[-1] if writers else post.author


def ticket_of(tx: Transaction, post: Post) -> Ticket:
    """The ticket that a post belongs to. Raises LookupError for what is planned."""
    ticket = tickets.find_ticket(tx, post.ticket) if post.ticket is not None else None
    if ticket is None:
        raise LookupError(post.ticket)
    return ticket


def cards_with(tx: Transaction, post: Post) -> tuple[ShowCard, ...]:
    """Bring the cards of the post's ticket up to date; what is planned has none."""
    return () if post.ticket is None else cards_of(tx, ticket_of(tx, post))


def thread_of(tx: Transaction, post: Post, place: Place) -> EventId | None:
    """The root of the thread in which a post is talked about: its ticket's card, or its own first preview."""
    if post.ticket is not None:
        return outbox.card_of(tx, post.ticket, place)
    return outbox.thread_of_post(tx, post.bundle or post.id, place)


def told_about(
    post: Post,
    message: Marked,
    *,
    meant: tuple[UserId, ...] = (),
    moments: Mapping[str, datetime] | None = None,
    **fields: Field,
) -> Tell:
    """Say something about a post, in its thread; `{post}` is its number."""
    given: dict[str, Field] = {"post": post.id}
    return Tell(
        post.place,
        message,
        given | fields,
        ticket=post.ticket,
        post=post.id,
        meant=meant,
        moments=dict(moments or {}),
    )


def preview(post: Post) -> ShowPreview:
    """Show the post as it is now."""
    return ShowPreview(post.place, post.id, post.revision)


def entry(
    ticket: Ticket,
    step: Step,
    cause: Cause | None,
    now: datetime,
    text: str = "",
    post: PostId | None = None,
    *,
    said: Field | None = None,
) -> Entry:
    """A line of the ticket's history."""
    return Entry(ticket.id, now, step, cause.actor if cause else None, text, post, said=said)


def entry_of(
    post: Post, step: Step, cause: Cause | None, now: datetime, text: str = "", *, said: Field | None = None
) -> Entry:
    """A line of the post's history, and of its ticket's if it has one."""
    return Entry(post.ticket, now, step, cause.actor if cause else None, text, post.id, said=said)
