"""What waits to be carried out: in order, each once, and no more often than needed."""

from datetime import timedelta

import pytest

from fedichat.domain.effects import (
    Effect,
    Publish,
    React,
    Say,
    ShowCard,
    ShowFollowUp,
    ShowPreview,
    Tell,
)
from fedichat.domain.names import EventId, PostId, TicketId
from fedichat.domain.tickets.mention import StatusId
from fedichat.store import outbox, posts, tickets
from fedichat.store.database import Database, Transaction
from fedichat.store.outbox import Said, Waiting
from tests.factories import ANNA, DIRECT, NOW, TEAM, a_post, a_ticket

CARD = ShowCard(TEAM, TicketId(1))
ALL_KINDS: list[Effect] = [
    CARD,
    ShowFollowUp(TEAM, TicketId(1), StatusId("s2")),
    ShowPreview(TEAM, PostId(1), 3),
    Tell(TEAM, "Published: {url}", {"url": "https://a.example", "ticket": 1}, TicketId(1), meant=(ANNA,)),
    Tell(TEAM, "Hello.", thread=EventId("$t"), reply_to=EventId("$r")),
    Say(TEAM, "Grüße\n> 1", "<p>Grüße</p>", EventId("$t"), EventId("$r")),
    React(TEAM, EventId("$e"), "👍"),
    Publish("bsi", PostId(1), NOW - timedelta(microseconds=1)),
]


async def add(database: Database, *effects: Effect) -> None:
    await database.write(lambda tx: outbox.add_effects(tx, effects))


async def take(database: Database, lane: str = TEAM, limit: int = 20) -> list[Waiting]:
    return await database.write(lambda tx: outbox.take(tx, lane, NOW, limit))


async def done(database: Database, *waiting: Waiting) -> None:
    def work(tx: Transaction) -> None:
        for one in waiting:
            outbox.done(tx, one)

    await database.write(work)


@pytest.mark.parametrize("effect", ALL_KINDS, ids=lambda effect: type(effect).__name__)
async def test_every_effect_comes_out_as_it_went_in(database: Database, effect: Effect) -> None:
    await add(database, effect)
    lane = "account/bsi" if isinstance(effect, Publish) else TEAM
    assert [waiting.effect for waiting in await take(database, lane)] == [effect]


async def test_the_effects_of_a_room_are_carried_out_in_order_beside_those_of_other_rooms(
    database: Database,
) -> None:
    said = [Say(place, str(number), "") for number in range(6) for place in (TEAM, DIRECT)]
    await add(database, *said)
    assert await database.read(lambda tx: outbox.agenda(tx, NOW)) == ({TEAM, DIRECT}, None)
    first = await take(database, TEAM, limit=4)
    await done(database, *first)
    rest = await take(database, TEAM)
    assert [waiting.effect for waiting in first + rest] == [one for one in said if one.place == TEAM]
    assert len({waiting.id for waiting in first + rest}) == 6


async def test_what_was_begun_and_never_finished_comes_again_under_the_same_id(database: Database) -> None:
    await add(database, CARD)
    (before,) = await take(database)
    (again,) = await take(database)
    assert (again.id, again.number, before.started, again.started) == (before.id, before.number, False, True)


async def test_what_was_begun_goes_on_before_what_became_due_meanwhile(database: Database) -> None:
    later = ShowCard(TEAM, TicketId(1), NOW + timedelta(seconds=1))
    others = [Say(TEAM, str(number), "") for number in range(3)]
    await add(database, later, *others)
    begun = await take(database)
    assert [one.effect for one in begun] == others
    await done(database, begun[0])
    # The process dies; its successor finds the card due, too. Only the first of those that were begun can be out there.
    now = NOW + timedelta(seconds=2)
    again = await database.write(lambda tx: outbox.take(tx, TEAM, now, 20))
    assert [one.effect for one in again] == [*others[1:], later]
    assert await database.read(lambda tx: outbox.under_way(tx, TEAM)) == {one.number for one in begun[1:]}


async def test_one_waiting_update_of_a_card_is_enough(database: Database) -> None:
    other_card = ShowCard(TEAM, TicketId(2))
    elsewhere = ShowCard(DIRECT, TicketId(1))
    await add(database, CARD, CARD, other_card, elsewhere)
    await add(database, CARD)
    assert [waiting.effect for waiting in await take(database)] == [CARD, other_card]
    assert [waiting.effect for waiting in await take(database, DIRECT)] == [elsewhere]


async def test_a_change_after_the_update_was_begun_needs_another_one(database: Database) -> None:
    await add(database, CARD)
    begun = await take(database)
    await add(database, CARD)
    await add(database, CARD)
    waiting = await take(database)
    assert [one.effect for one in waiting] == [CARD, CARD]
    assert waiting[0].id == begun[0].id
    assert waiting[1].id != begun[0].id


async def test_other_effects_are_never_merged(database: Database) -> None:
    hello = Tell(TEAM, "Hello.")
    await add(database, hello, hello)
    assert [waiting.effect for waiting in await take(database)] == [hello, hello]


async def test_a_post_waits_until_it_cannot_be_taken_back_any_more(database: Database) -> None:
    due = NOW + timedelta(seconds=10)
    await add(database, Publish("bsi", PostId(1), due))
    assert await take(database, "account/bsi") == []
    assert await database.read(lambda tx: outbox.agenda(tx, NOW)) == (set(), due)
    assert await database.read(lambda tx: outbox.agenda(tx, due)) == ({"account/bsi"}, None)
    taken = await database.write(lambda tx: outbox.take(tx, "account/bsi", due, 20))
    assert [waiting.effect for waiting in taken] == [Publish("bsi", PostId(1), due)]


async def test_what_can_never_succeed_is_kept_aside_and_holds_up_nobody(database: Database) -> None:
    hello = Tell(TEAM, "Hello.")
    await add(database, CARD, hello)
    stuck, _ = await take(database)
    await database.write(lambda tx: outbox.set_aside(tx, stuck, "403: not allowed", NOW))
    assert [waiting.effect for waiting in await take(database)] == [hello]
    assert await database.read(outbox.count_effects) == (1, 1)

    await database.write(lambda tx: outbox.forget_set_aside(tx, before=NOW))
    assert await database.read(outbox.count_effects) == (1, 1)
    await database.write(lambda tx: outbox.forget_set_aside(tx, before=NOW + timedelta(seconds=1)))
    assert await database.read(outbox.count_effects) == (1, 0)


async def test_the_bot_knows_what_each_of_its_messages_is_about(database: Database) -> None:
    def work(tx: Transaction) -> tuple[Said, Said]:
        ticket = tickets.open_ticket(tx, a_ticket()).id
        post = posts.add_post(tx, a_post(ticket=ticket)).id
        card = Said(EventId("$card"), TEAM, ticket, is_card=True)
        preview = Said(EventId("$preview"), TEAM, ticket, post, 2)
        for said in (card, preview, card):
            outbox.remember(tx, said)
        return card, preview

    card, preview = await database.write(work)
    assert await database.read(lambda tx: outbox.what_was_said(tx, card.event)) == card
    assert await database.read(lambda tx: outbox.what_was_said(tx, preview.event)) == preview
    assert await database.read(lambda tx: outbox.what_was_said(tx, EventId("$other"))) is None
    number = card.ticket
    assert number is not None
    assert await database.read(lambda tx: outbox.card_of(tx, number, TEAM)) == "$card"
    assert await database.read(lambda tx: outbox.card_of(tx, number, DIRECT)) is None
    assert preview.post is not None
    post = preview.post
    assert await database.read(lambda tx: outbox.preview_of(tx, post, 2)) == preview
    assert await database.read(lambda tx: outbox.preview_of(tx, post, 1)) is None
