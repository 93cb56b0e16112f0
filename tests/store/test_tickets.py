"""Tickets and posts are kept as they are, found where they belong, and forgotten on time."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from fedichat.domain.history import Entry, Step
from fedichat.domain.names import EventId, TicketId
from fedichat.domain.posts.post import PENDING_STATES, Out, PostState
from fedichat.domain.tickets.mention import Media, Mention, NotificationId, Poll, StatusId, Visibility
from fedichat.domain.tickets.ticket import Ticket, TicketState
from fedichat.store import entries, outbox, posts, retention, tickets
from fedichat.store.database import Database, Transaction
from fedichat.store.outbox import Said
from tests.factories import ANNA, BEN, DAY, DIRECT, NOW, TEAM, a_mention, a_post, a_status, a_ticket


async def opened(database: Database, ticket: Ticket | None = None) -> Ticket:
    return await database.write(lambda tx: tickets.open_ticket(tx, ticket or a_ticket()))


async def test_tickets_are_counted_through_and_come_back_as_they_were(database: Database) -> None:
    full = a_ticket(
        state=TicketState.IGNORED,
        visibility=Visibility.PRIVATE,
        claimant=ANNA,
        reason="Polemik 🙈",
        language="de",
        changed_at=NOW.replace(microsecond=1),
    )
    first, second = await opened(database), await opened(database, full)
    assert (first.id, second.id) == (1, 2)
    assert await database.read(lambda tx: tickets.find_ticket(tx, second.id)) == replace(full, id=second.id)
    changed = replace(first, state=TicketState.CLAIMED, claimant=BEN, changed_at=NOW)
    await database.write(lambda tx: tickets.save_ticket(tx, changed))
    assert await database.read(lambda tx: tickets.find_ticket(tx, first.id)) == changed
    assert await database.read(lambda tx: tickets.find_ticket(tx, TicketId(99))) is None


async def test_what_a_citizen_wrote_comes_back_with_everything_that_belongs_to_it(database: Database) -> None:
    status = a_status(
        text="Ist das echt?\n„Ja“ 🙂",
        content_warning="Phishing",
        edited_at=NOW,
        mentions=("kim@elsewhere.example",),
        media=(Media("image", "https://remote.example/1.png", None, "https://remote.example/1s.png"),),
        poll=Poll(("ja", "nein"), multiple=True, expires_at=NOW + DAY),
    )
    earlier = (a_status(id=StatusId("s0"), in_reply_to=None),)
    mention = Mention(NotificationId("n1"), status.created_at, status, earlier)
    ticket = await opened(database)
    await database.write(lambda tx: tickets.add_mention(tx, "bsi", ticket.id, mention))
    assert await database.read(lambda tx: tickets.mentions_of(tx, ticket.id)) == [mention]
    assert await database.read(lambda tx: tickets.find_mention(tx, "bsi", status.id)) == mention
    assert await database.read(lambda tx: tickets.find_mention(tx, "press", status.id)) is None


async def test_one_status_is_in_one_ticket_of_an_account_only(database: Database) -> None:
    one, other = await opened(database), await opened(database)
    await database.write(lambda tx: tickets.add_mention(tx, "bsi", one.id, a_mention()))
    with pytest.raises(IntegrityError):
        await database.write(lambda tx: tickets.add_mention(tx, "bsi", other.id, a_mention("n2")))
    await database.write(lambda tx: tickets.add_mention(tx, "press", other.id, a_mention()))


async def test_a_conversation_is_found_by_what_was_asked_and_by_what_we_answered(database: Database) -> None:
    asked, answered = await opened(database), await opened(database)

    def work(tx: Transaction) -> None:
        tickets.add_mention(tx, "bsi", asked.id, a_mention())
        posts.add_post(tx, a_post(ticket=answered.id, out=(Out(StatusId("ours"), ""),)))

    await database.write(work)

    async def found(*statuses: str, account: str = "bsi") -> list[int]:
        ids = [StatusId(status) for status in statuses]
        return [t.id for t in await database.read(lambda tx: tickets.tickets_of_statuses(tx, account, ids))]

    assert await found("s1") == [asked.id]
    assert await found("ours") == [answered.id]
    assert await found("ours", "s1", "unknown") == [answered.id, asked.id]
    assert await found("s1", account="press") == []
    assert await found("unknown") == []


async def test_an_edited_status_replaces_what_was_known_of_it(database: Database) -> None:
    ticket = await opened(database)
    await database.write(lambda tx: tickets.add_mention(tx, "bsi", ticket.id, a_mention()))
    edited = a_status(text="Is TLS 1.1 still allowed?", edited_at=NOW)
    await database.write(lambda tx: tickets.update_mention(tx, "bsi", edited))
    (mention,) = await database.read(lambda tx: tickets.mentions_of(tx, ticket.id))
    assert mention.status == edited


async def test_earlier_tickets_of_a_person_are_counted_within_the_place_only(database: Database) -> None:
    for place, author in [
        (TEAM, "erika@remote.example"),
        (DIRECT, "erika@remote.example"),
        (TEAM, "kim@remote.example"),
        (TEAM, "erika@remote.example"),
    ]:
        await opened(database, a_ticket(place=place, author=author))
    here, private = await opened(database), await opened(database, a_ticket(place=DIRECT))
    assert await database.read(lambda tx: tickets.count_of_author(tx, here)) == 2
    assert await database.read(lambda tx: tickets.count_of_author(tx, private)) == 1


async def test_the_history_keeps_the_order_of_what_happened(database: Database) -> None:
    ticket = await opened(database)
    happened = [
        Entry(ticket.id, NOW, Step.OPENED),
        Entry(ticket.id, NOW - DAY, Step.CLAIMED, ANNA),
        Entry(ticket.id, NOW, Step.NOTED, BEN, "asked the press office"),
    ]
    await database.write(lambda tx: entries.add_entries(tx, happened))
    assert await database.read(lambda tx: entries.history_of(tx, ticket.id)) == happened


# --- posts ---


@pytest.mark.parametrize("state", PostState)
async def test_a_post_is_pending_until_it_is_out_withdrawn_or_refused(database: Database, state: PostState) -> None:
    ticket = await opened(database)
    post = a_post(
        ticket=ticket.id,
        state=state,
        source=EventId("$command"),
        confirmed_by=BEN,
        publish_after=NOW,
        tag_all=True,
        content_warning="tech",
    )
    kept = await database.write(lambda tx: posts.add_post(tx, post))
    assert kept == replace(post, id=kept.id)
    assert await database.read(lambda tx: posts.find_post(tx, kept.id)) == kept
    assert await database.read(lambda tx: posts.post_from(tx, EventId("$command"))) == kept
    pending = await database.read(lambda tx: posts.pending_of(tx, ticket.id))
    assert pending == ([kept] if state in PENDING_STATES else [])
    assert await database.read(lambda tx: posts.posts_of(tx, ticket.id)) == [kept]


async def test_no_two_posts_are_the_same_status(database: Database) -> None:
    ticket = await opened(database)
    post = a_post(ticket=ticket.id, out=(Out(StatusId("ours"), ""),))
    await database.write(lambda tx: posts.add_post(tx, post))
    with pytest.raises(IntegrityError):
        await database.write(lambda tx: posts.add_post(tx, post))
    ids = [StatusId("ours"), StatusId("another")]
    assert await database.read(lambda tx: posts.recorded(tx, "bsi", ids)) == {"ours"}
    assert await database.read(lambda tx: posts.recorded(tx, "press", ids)) == set()


# --- keep little, forget on time ---


async def filled(database: Database, state: TicketState, days_ago: int, number: str) -> TicketId:
    """A ticket with words everywhere that words can be."""

    def work(tx: Transaction) -> TicketId:
        ticket = tickets.open_ticket(tx, a_ticket(state=state, reason="secret reason", changed_at=NOW - days_ago * DAY))
        status = a_status(id=StatusId(f"s{number}"), text="secret question", html="secret question")
        mention = Mention(NotificationId(f"n{number}"), NOW, status, (a_status(text="secret context"),))
        tickets.add_mention(tx, "bsi", ticket.id, mention)
        post = posts.add_post(
            tx,
            a_post(
                ticket=ticket.id,
                text="secret answer",
                content_warning="secret warning",
                state=PostState.PUBLISHED,
                out=(Out(StatusId(f"p{number}"), ""),),
            ),
        )
        note = Entry(ticket.id, NOW, Step.NOTED, ANNA, "secret note", post.id)
        entries.add_entries(tx, [Entry(ticket.id, NOW, Step.OPENED), note])
        outbox.remember(tx, Said(EventId(f"$card{number}"), TEAM, ticket.id, post.id, 1, is_card=True))
        return ticket.id

    return await database.write(work)


async def words_of(database: Database, number: TicketId) -> set[str]:
    def work(tx: Transaction) -> set[str]:
        ticket = tickets.find_ticket(tx, number)
        found = {ticket.author, ticket.reason} if ticket else set()
        for mention in tickets.mentions_of(tx, number):
            found |= {mention.status.text, *(status.text for status in mention.earlier)}
        for post in posts.posts_of(tx, number):
            found |= {post.text, post.content_warning}
        found |= {entry.text for entry in entries.history_of(tx, number)}
        return found - {""}

    return await database.read(work)


@pytest.mark.parametrize("state", TicketState)
@pytest.mark.parametrize("days_ago", [89, 91])
async def test_the_words_of_a_closed_ticket_go_on_time_and_those_of_an_open_one_never(
    database: Database, state: TicketState, days_ago: int
) -> None:
    number = await filled(database, state, days_ago, "1")
    before = await words_of(database, number)
    assert len(before) == 7
    removed = await database.write(lambda tx: retention.forget_texts(tx, changed_before=NOW - 90 * DAY))
    goes = not state.is_open and days_ago > 90
    assert removed == int(goes)
    assert await words_of(database, number) == (set() if goes else before)


async def test_what_can_be_counted_stays_when_the_words_go(database: Database, file: object) -> None:
    number = await filled(database, TicketState.ANSWERED, 100, "1")
    await database.write(lambda tx: retention.forget_texts(tx, changed_before=NOW - 90 * DAY))
    ticket = await database.read(lambda tx: tickets.find_ticket(tx, number))
    assert ticket is not None
    assert (ticket.state, ticket.place, ticket.opened_at) == (
        TicketState.ANSWERED,
        TEAM,
        a_ticket().opened_at,
    )
    history = await database.read(lambda tx: entries.history_of(tx, number))
    assert [(entry.step, entry.actor) for entry in history] == [(Step.OPENED, None), (Step.NOTED, ANNA)]
    (post,) = await database.read(lambda tx: posts.posts_of(tx, number))
    assert (post.state, post.published_as) == (PostState.PUBLISHED, "p1")
    again = await database.write(lambda tx: retention.forget_texts(tx, changed_before=NOW - 90 * DAY))
    assert again == 0, "what is empty already is not counted again"


@pytest.mark.parametrize("state", TicketState)
async def test_a_closed_ticket_is_removed_with_all_that_belongs_to_it(database: Database, state: TicketState) -> None:
    old = await filled(database, state, 800, "1")
    young = await filled(database, state, 700, "2")
    limit = NOW - timedelta(days=730)
    removed = await database.write(lambda tx: retention.forget_tickets(tx, changed_before=limit))
    assert removed == int(not state.is_open)
    there = await database.read(lambda tx: tickets.find_ticket(tx, old))
    assert (there is None) == (not state.is_open)
    assert await database.read(lambda tx: tickets.find_ticket(tx, young)) is not None
    assert (await words_of(database, old) == set()) == (not state.is_open)
    said = await database.read(lambda tx: outbox.what_was_said(tx, EventId("$card1")))
    assert (said is None) == (not state.is_open)


async def test_a_number_is_never_given_twice_even_when_its_ticket_is_forgotten(database: Database) -> None:
    number = await filled(database, TicketState.ANSWERED, 800, "1")
    await database.write(lambda tx: retention.forget_tickets(tx, changed_before=NOW))
    assert (await opened(database)).id == number + 1


async def test_a_large_backlog_is_forgotten_in_one_go(database: Database) -> None:
    def work(tx: Transaction) -> None:
        closed = a_ticket(state=TicketState.ANSWERED, changed_at=NOW - 100 * DAY)
        for _ in range(300):
            tickets.open_ticket(tx, closed)

    await database.write(work)
    assert await database.write(lambda tx: retention.forget_texts(tx, changed_before=NOW)) == 300
    assert await database.write(lambda tx: retention.forget_tickets(tx, changed_before=NOW)) == 300
