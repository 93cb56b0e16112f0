"""Interim replies, proposals, threads, changes of what is published, four eyes. The whole bot on a real database."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest

from fedichat.domain.history import Step
from fedichat.domain.names import EventId, RoomId, TicketId, UserId
from fedichat.domain.posts.post import Post, PostKind, PostState, answered_by
from fedichat.domain.tickets.mention import Author, Status, Visibility
from fedichat.domain.tickets.ticket import Ticket, TicketState
from fedichat.errors import Gone, Rejected, TryLater, Unsure
from fedichat.ports import Limits, Message, NewStatus, PublishedStatus
from fedichat.store import posts, tickets
from tests.world import ANNA, BEN, BOSS, DIRECT, EVA, KRYPTO, TEAM, VERA, World

T = TypeVar("T")

FOUR_EYES = {"undo_seconds": 0, "four_eyes": {"answers": True}}
LONG = " ".join(f"Sentence number {number} says something about TLS." for number in range(36))


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = await World.open(tmp_path)
    await world.look()
    yield world
    await world.close()


@pytest.fixture
async def careful(tmp_path: Path) -> AsyncIterator[World]:
    """An office in which two must agree."""
    world = await World.open(tmp_path, publishing=FOUR_EYES)
    await world.look()
    yield world
    await world.close()


async def said(world: World, text: str, *, who: UserId = ANNA, room: RoomId = TEAM) -> EventId:
    return await world.say(who, room, text, thread=world.card(1, room))


async def confirmed(world: World, number: int, *, who: UserId = BEN) -> None:
    await world.tap(who, TEAM, world.preview(number), "✅")


async def published(world: World, text: str = "Yes.") -> None:
    """Erika's question is answered by P1."""
    await world.asked()
    await said(world, f"!answer {text}")
    await confirmed(world, 1)


def shown(world: World, number: int, room: RoomId = TEAM) -> str:
    """The newest preview of a post."""
    return world.rooms.sent[world.preview(number, room)].text


def told(world: World, room: RoomId = TEAM) -> list[str]:
    """What was said in the room and is no card and no preview, the newest last."""
    return [one.text for one in world.rooms.shown(room) if not one.text.startswith(("#", "📝"))]


def meant(world: World, words: str) -> tuple[object, ...]:
    found = [one.message for one in world.rooms.shown(TEAM) if words in one.text]
    assert isinstance(found[-1], Message)
    return found[-1].mentions


async def ticket(world: World) -> Ticket:
    found = await world.database.read(lambda tx: tickets.find_ticket(tx, TicketId(1)))
    assert found is not None
    return found


async def post(world: World, number: int) -> Post:
    return (await world.database.read(lambda tx: posts.posts_of(tx, TicketId(1))))[number - 1]


async def steps(world: World) -> list[tuple[str, str]]:
    """Every step of the history with the one who took it."""
    return [(str(row["step"]), str(row["actor"] or "")) for row in await world.rows("history")]


def out(world: World) -> list[str]:
    return [new.text for new in world.fediverse.published.values()]


def troubled(world: World, method: str, *outcomes: Exception | None, done: bool = False) -> None:
    """The next calls of the fediverse's `method` fail so, one after the other; with `done`, after they have worked."""
    left, works = list(outcomes), getattr(world.fediverse, method)

    async def call(*args: object, **options: object) -> object:
        error = left.pop(0) if left else None
        if error is None or done:
            result = await works(*args, **options)
        if error is not None:
            raise error
        return result

    setattr(world.fediverse, method, call)


# --- interim replies ---


async def test_an_interim_reply_is_recorded_and_leaves_the_ticket_open(world: World) -> None:
    await world.asked()
    await said(world, "!interim We are looking into it.")
    assert "draft by anna, interim reply to #1" in shown(world, 1)
    before = world.clock.now()

    await confirmed(world, 1)

    assert out(world) == ["@erika@remote.example We are looking into it."]
    now = await ticket(world)
    assert now.state is TicketState.CLAIMED
    assert now.promise.interim_at is not None
    assert now.promise.interim_at >= before
    assert "Interim reply published: https://social.example.org/@bsi/" in told(world)[-1]
    assert "#1 stays open" in told(world)[-1]
    assert ("interim", "") in await steps(world)
    assert "interim reply published · by anna, confirmed by ben" in shown(world, 1)


async def test_the_answer_comes_after_it_as_a_post_of_its_own(world: World) -> None:
    await world.asked()
    await said(world, "!interim Soon.")
    await confirmed(world, 1)
    await said(world, "!answer Yes.")
    await confirmed(world, 2)

    assert out(world) == ["@erika@remote.example Soon.", "@erika@remote.example Yes."]
    assert (await ticket(world)).state is TicketState.ANSWERED


@pytest.mark.parametrize(
    ("asked_in", "command", "expected", "language"),
    [
        ("en", "!interim", "Thank you for your question. We are looking into it and will get back to you.", "en"),
        ("de-AT", "!interim", "Vielen Dank für die Frage. Wir kümmern uns darum und melden uns.", "de-at"),
        ("fr", "!interim", "Merci, nous revenons vers vous.", "fr"),
        ("pl", "!interim", "Vielen Dank für die Frage. Wir kümmern uns darum und melden uns.", "de"),
        ("en", "!interim --lang fr", "Merci, nous revenons vers vous.", "fr"),
    ],
)
async def test_without_a_text_it_has_the_usual_words_in_the_citizens_language(
    tmp_path: Path, asked_in: str, command: str, expected: str, language: str
) -> None:
    texts = {"fr": "Merci, nous revenons vers vous."}
    world = await World.open(tmp_path, language="de", publishing={"undo_seconds": 0, "interim_texts": texts})
    await world.look()
    await world.asked(language=asked_in)
    await said(world, command)
    await confirmed(world, 1)

    (new,) = world.fediverse.published.values()
    assert new.text == f"@erika@remote.example {expected}"
    assert new.language.casefold().partition("-")[0] == language.partition("-")[0]
    await world.close()


async def test_a_waiting_ticket_goes_on_waiting_and_its_department_hears_of_it(world: World) -> None:
    await world.asked()
    await said(world, "!escalate krypto Is that so?")
    await said(world, "!interim Soon.")
    await confirmed(world, 1)

    assert (await ticket(world)).state is TicketState.WAITING
    assert any("An interim reply went out" in text and "Soon." in text for text in told(world, KRYPTO))


async def test_an_answered_ticket_needs_no_interim_reply(world: World) -> None:
    await published(world)
    event = await said(world, "!interim Soon.")
    assert "too late" in world.replies(event)[-1]


async def test_when_the_answer_is_out_the_departments_read_it_and_are_asked_no_more(world: World) -> None:
    await world.asked()
    await said(world, "!escalate krypto Is that so?")
    await said(world, "!answer Yes.")
    await confirmed(world, 1)

    assert any("Yes." in text and "/@bsi/" in text for text in told(world, KRYPTO))
    rows = await world.rows("escalations")
    assert all(row["ended_at"] is not None for row in rows)


# --- proposals ---


async def proposed(world: World) -> None:
    await world.asked()
    await said(world, "!escalate krypto Is that so?")
    await said(world, "!propose First idea.", who=EVA, room=KRYPTO)
    await said(world, "!propose Second idea.", who=EVA, room=KRYPTO)


async def test_a_proposal_becomes_the_draft(world: World) -> None:
    await proposed(world)
    await said(world, "!answer --proposal 2")

    assert "> @erika@remote.example Second idea." in shown(world, 1)
    assert answered_by(await post(world, 1)).proposal == 2
    steps = await world.desk.room.views.history(TicketId(1))
    assert [str(one.said) for one in steps if one.step is Step.DRAFTED] == ["answer, proposal 2 by eva"]


async def test_or_what_was_made_of_it(world: World) -> None:
    await proposed(world)
    event = await said(world, "!answer --proposal 1 A better idea.")
    assert "A better idea." in shown(world, 1)
    assert answered_by(await post(world, 1)).proposal == 1

    await world.edit(ANNA, TEAM, event, "!answer --proposal 2")
    assert "Second idea." in shown(world, 1)
    assert answered_by(await post(world, 1)).proposal == 2


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("!answer --proposal 3", "#1 has no proposal 3. There are: 1, 2."),
        ("!answer --proposal best", "“best” is not the number of a proposal"),
        ("!answer", "Something is missing: the text. For example: `!answer 42"),
        ("!answer --all", "Something is missing: the text."),
    ],
)
async def test_a_proposal_that_is_not_there_is_named(world: World, command: str, says: str) -> None:
    await proposed(world)
    event = await said(world, command)
    assert says in world.replies(event)[-1]


async def test_where_nothing_is_proposed_that_is_said(world: World) -> None:
    await world.asked()
    event = await said(world, "!answer --proposal 1")
    assert "Nothing is proposed for #1." in world.replies(event)[-1]


# --- threads ---


async def test_a_text_that_is_too_long_is_shown_and_published_as_a_thread(world: World) -> None:
    await world.asked()
    await said(world, f"!answer {LONG}")

    parts = (await post(world, 1)).parts
    preview = shown(world, 1)
    assert len(parts) == 4
    assert all(f"> {part}" in preview for part in parts)
    assert "this becomes a thread of 4" in preview
    assert preview.count("of 500 characters") == 4

    await confirmed(world, 1)

    assert out(world) == list(parts)
    ids = list(world.fediverse.published)
    news = list(world.fediverse.published.values())
    assert [new.in_reply_to for new in news] == ["s1", *ids[:-1]]
    assert all(new.text.startswith("@erika@remote.example ") for new in news)
    assert (await ticket(world)).state is TicketState.ANSWERED
    assert shown(world, 1).count("https://social.example.org/@bsi/") == 4


async def test_of_a_private_conversation_everybody_tagged_may_read_every_part(world: World) -> None:
    await world.asked(visibility=Visibility.PRIVATE, mentions=("bsi@social.example.org", "kim@else.example"))
    await said(world, f"!answer --all {LONG}")
    parts = (await post(world, 1)).parts
    assert all("@kim@else.example " in part and "@erika@remote.example " in part for part in parts)


async def test_a_thread_goes_on_by_itself_where_the_server_was_away(world: World) -> None:
    await world.asked()
    await said(world, f"!answer {LONG}")
    troubled(world, "publish", None, TryLater("busy"), TryLater("busy"))
    await confirmed(world, 1)
    assert out(world) == list((await post(world, 1)).parts)
    assert (await post(world, 1)).state is PostState.PUBLISHED


async def test_a_part_whose_answer_never_came_is_looked_for_and_not_sent_twice(world: World) -> None:
    await world.asked()
    await said(world, f"!answer {LONG}")
    troubled(world, "publish", None, Unsure("lost"), done=True)
    await confirmed(world, 1)
    assert out(world) == list((await post(world, 1)).parts)
    assert [one.status for one in (await post(world, 1)).out] == list(world.fediverse.published)


async def test_what_went_out_is_found_although_its_question_was_deleted_meanwhile(world: World) -> None:
    question = await world.asked()
    await said(world, "!answer Yes.")
    publish = world.fediverse.publish

    async def lost(new: NewStatus, idempotency_key: str) -> PublishedStatus:
        there = await publish(new, idempotency_key)
        world.fediverse.take_away(question.id)
        # Mastodon forgets what replies replied to.
        world.fediverse.statuses[there.id] = replace(world.fediverse.statuses[there.id], in_reply_to=None)
        raise Unsure("lost")

    world.fediverse.publish = lost  # type: ignore[method-assign]
    await confirmed(world, 1)
    assert (await post(world, 1)).state is PostState.PUBLISHED
    assert not any("Nothing was published" in text for text in told(world))


class Died(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("dies_at", range(8))
async def test_killed_at_any_step_a_thread_is_out_once_and_whole(world: World, dies_at: int) -> None:
    await world.asked()
    await said(world, f"!answer {LONG}")
    preview = world.preview(1)
    steps_left, publish, record = dies_at, world.fediverse.publish, world.desk.posts.publishing.published

    def dying(call: Callable[..., Awaitable[T]]) -> Callable[..., Awaitable[T]]:
        async def whole(*args: object, **options: object) -> T:
            nonlocal steps_left
            result = await call(*args, **options)
            if steps_left == 0:
                raise Died
            steps_left -= 1
            return result

        return whole

    world.fediverse.publish = dying(publish)  # type: ignore[method-assign,assignment]
    world.desk.posts.publishing.published = dying(record)  # type: ignore[method-assign,assignment]
    with pytest.raises((Died, BaseExceptionGroup)):
        await world.tap(BEN, TEAM, preview, "✅")
    world.fediverse.publish = publish  # type: ignore[method-assign]
    await world.crash()
    await world.deliver()

    done = await post(world, 1)
    assert out(world) == list(done.parts)
    assert (done.state, [one.status for one in done.out]) == (PostState.PUBLISHED, list(world.fediverse.published))
    assert (await ticket(world)).state is TicketState.ANSWERED


async def interrupted(world: World) -> None:
    """Two of four parts are out, and the server will not take the third."""
    await world.asked()
    await said(world, f"!answer {LONG}")
    troubled(world, "publish", None, None, Rejected("not that", 422))
    await confirmed(world, 1)


async def test_a_part_that_is_refused_is_shown_with_what_is_out_and_goes_on_when_confirmed(world: World) -> None:
    await interrupted(world)

    stopped = await post(world, 1)
    assert (stopped.state, stopped.revision, len(stopped.out)) == (PostState.DRAFT, 2, 2)
    assert any("the server will not take part 3 of 4: the server refuses it" in text for text in told(world))
    assert meant(world, "will not take part 3") == (BEN,)
    preview = shown(world, 1)
    assert preview.count("✔ is out") == 2
    assert "✅ goes on with part 3 of 4, ❌ leaves it at what is out." in preview

    await confirmed(world, 1, who=ANNA)

    assert out(world) == list(stopped.parts)
    assert (await post(world, 1)).state is PostState.PUBLISHED


async def test_or_it_is_left_at_that_and_can_be_deleted(world: World) -> None:
    await interrupted(world)
    await world.tap(ANNA, TEAM, world.preview(1), "❌")

    left = await post(world, 1)
    assert (left.state, len(left.parts)) == (PostState.PUBLISHED, 2)
    assert (await ticket(world)).state is TicketState.CLAIMED
    ids = list(world.fediverse.published)

    await said(world, "!unpublish")
    assert "These 2 posts would be deleted:" in shown(world, 2)
    await confirmed(world, 2)
    assert world.fediverse.deleted == ids[::-1]


async def test_the_words_of_a_thread_that_is_partly_out_stay_and_no_other_answer_comes_between(world: World) -> None:
    await interrupted(world)
    event = await said(world, "!answer Something else.")
    assert "only partly out" in world.replies(event)[-1]
    stopped = await post(world, 1)
    assert stopped.source is not None
    await world.edit(ANNA, TEAM, stopped.source, "!answer Something else.")
    assert any("Part of P1 is out already" in text for text in told(world))
    assert (await post(world, 1)).text == stopped.text


async def test_too_long_even_for_a_thread(world: World) -> None:
    await world.asked()
    event = await said(world, f"!answer {LONG * 6} And no more.")
    assert "That is too long even for a thread: it would take 2" in world.replies(event)[-1]


async def test_an_edited_text_that_is_short_enough_is_a_single_post_again(world: World) -> None:
    await world.asked()
    event = await said(world, f"!answer {LONG}")
    await world.edit(ANNA, TEAM, event, "!answer Short.")
    assert (await post(world, 1)).parts == ()
    assert "thread" not in shown(world, 1)


async def test_the_question_is_looked_at_before_the_first_part_only(world: World) -> None:
    question = await world.asked()
    await said(world, f"!answer {LONG}")
    troubled(world, "publish", None, Rejected("not that", 422))
    await confirmed(world, 1)
    world.fediverse.statuses[question.id] = replace(question, text="Something else?")
    await confirmed(world, 1)
    assert (await post(world, 1)).state is PostState.PUBLISHED


# --- changing what is published ---


async def test_when_the_question_is_edited_a_new_preview_comes_below_the_one_that_is_out_of_date(world: World) -> None:
    question = await world.asked("@bsi Is TLS 1.2 allowed?")
    await world.say(ANNA, TEAM, "!answer 1 Yes.")
    first = world.preview(1)
    world.fediverse.change(question.id, "@bsi Is TLS 1.0 allowed?")
    await world.recheck(question.id)

    newest = world.rooms.sent[world.preview(1)]
    assert "this preview is out of date" in world.rooms.sent[first].text
    order = [one.event for one in world.rooms.shown(TEAM)]
    assert order.index(newest.event) > order.index(first)
    assert "> @erika@remote.example Yes." in newest.text
    assert "✅" in world.rooms.buttons(newest.event)


async def test_what_is_deleted_is_quoted_in_its_own_preview_alone(world: World) -> None:
    await published(world)
    await world.say(ANNA, TEAM, "!unpublish 1")
    assert "> " in shown(world, 2)
    await world.tap(BEN, TEAM, world.preview(2), "✅")
    assert "deleted from the server" in shown(world, 2)
    assert "> " not in shown(world, 2)


async def test_what_is_published_is_changed_after_a_look_at_old_and_new(world: World) -> None:
    await published(world, '--cw "tls" Yes.')
    await said(world, "!edit No, it is not.")

    preview = shown(world, 2)
    assert "change of P1 by anna, #1" in preview
    assert preview.index("> @erika@remote.example Yes.") < preview.index("> @erika@remote.example No, it is not.")
    assert "✅ changes it on the server, ❌ leaves it as it is." in preview
    assert world.fediverse.edits == []

    await confirmed(world, 2)

    ((status, new),) = world.fediverse.edits
    assert status == next(iter(world.fediverse.published))
    assert (new.text, new.content_warning, new.language) == ("@erika@remote.example No, it is not.", "tls", "en")
    assert (await post(world, 1)).text == "@erika@remote.example No, it is not."
    assert any("Changed what is published: https://" in text for text in told(world))
    assert ("edited", "") in await steps(world)
    assert (await ticket(world)).state is TicketState.ANSWERED


async def test_an_edit_of_the_message_revises_it_and_a_repeat_changes_the_new_text(world: World) -> None:
    await published(world)
    event = await said(world, "!edit No.")
    await world.edit(ANNA, TEAM, event, '!edit --cw "careful" --lang de Nein.')
    assert "Nein." in shown(world, 2)
    await confirmed(world, 2)
    assert world.fediverse.edits[-1][1].content_warning == "careful"
    assert world.fediverse.edits[-1][1].language == "de"

    await said(world, "!edit Doch.")
    assert "> @erika@remote.example Nein." in shown(world, 3)
    event = await said(world, "!edit Nein.")
    assert "P1 says that already." in world.replies(event)[-1]


@pytest.mark.parametrize(("error", "done"), [(Unsure("lost"), True), (Unsure("lost"), False), (TryLater("x"), False)])
async def test_a_change_whose_outcome_is_unknown_is_made_again(world: World, error: Exception, done: bool) -> None:
    await published(world)
    await said(world, "!edit No.")
    troubled(world, "edit", error, done=done)
    await confirmed(world, 2)
    assert world.fediverse.statuses[next(iter(world.fediverse.published))].text == "@erika@remote.example No."
    assert (await post(world, 2)).state is PostState.PUBLISHED


async def test_what_somebody_deleted_at_the_server_cannot_be_changed_and_that_is_said(world: World) -> None:
    await published(world)
    await said(world, "!edit No.")
    troubled(world, "edit", Gone("not there", 404))
    await confirmed(world, 2)
    assert (await post(world, 1)).state is PostState.REMOVED
    assert any("P1 could not be changed: it is not at the server any more" in text for text in told(world))
    assert meant(world, "could not be changed") == (BEN,)
    assert (await ticket(world)).state is TicketState.CLAIMED
    event = await said(world, "!edit No.")
    assert "Nothing that was published for #1 stands." in world.replies(event)[-1]


async def test_a_change_that_the_server_refuses_leaves_all_as_it_is(world: World) -> None:
    await published(world)
    await said(world, "!edit No.")
    troubled(world, "edit", Rejected("not that", 422))
    await confirmed(world, 2)
    assert (await post(world, 2)).state is PostState.FAILED
    assert (await post(world, 1)).text == "@erika@remote.example Yes."
    assert any("What is published stays as it is." in text for text in told(world))


@pytest.mark.parametrize("command", ["!edit No.", "!unpublish"])
async def test_there_must_be_something_that_is_published(world: World, command: str) -> None:
    await world.asked()
    event = await said(world, command)
    assert "Nothing that was published for #1 stands." in world.replies(event)[-1]


async def test_a_change_that_is_too_long_or_of_a_thread_is_refused(world: World) -> None:
    await published(world)
    event = await said(world, f"!edit {LONG}")
    assert "too long by" in world.replies(event)[-1]
    await said(world, "!reopen")
    await said(world, f"!answer {LONG}")
    await confirmed(world, 2)
    event = await said(world, "!edit No.")
    assert "P2 is a thread of 4 posts" in world.replies(event)[-1]


# --- at an instance that takes long posts, and changes their text alone ---


@pytest.fixture
def generous(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    async def limits() -> Limits:
        return Limits(characters=100_000, edits_warnings=False)

    monkeypatch.setattr(world.fediverse, "limits", limits)
    return world


async def test_what_a_preview_cannot_show_whole_is_refused(generous: World) -> None:
    await generous.asked()
    event = await said(generous, f"!answer {'a' * 10_001}")
    assert "too long to be shown whole" in generous.replies(event)[-1]
    await said(generous, f"!answer {'a' * 6_000}")
    await confirmed(generous, 1)
    event = await said(generous, f"!edit {'b' * 6_000}")
    assert "too long to be shown whole" in generous.replies(event)[-1]


async def test_a_long_post_whose_answer_never_came_is_found_by_its_beginning(
    generous: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_statuses = generous.fediverse.own_statuses

    async def beginnings(since: datetime | None) -> tuple[Status, ...]:
        return tuple(replace(status, text=f"{status.text[:9_000]}…") for status in await own_statuses(since))

    monkeypatch.setattr(generous.fediverse, "own_statuses", beginnings)
    await generous.asked()
    await said(generous, f"!answer {'word ' * 1_900}")
    troubled(generous, "publish", None, Unsure("lost"), done=True)
    await confirmed(generous, 1)
    assert (await post(generous, 1)).state is PostState.PUBLISHED
    assert len(generous.fediverse.published) == 1


async def test_a_content_warning_that_cannot_be_changed_is_refused_and_the_text_can_be(generous: World) -> None:
    await published(generous)
    event = await said(generous, "!edit --cw TLS No.")
    assert "changes only the text" in generous.replies(event)[-1]
    await said(generous, "!edit No.")
    assert "No." in shown(generous, 2)


# --- taking it back ---


async def test_what_is_published_is_deleted_after_a_look_at_it_and_the_ticket_is_open_again(world: World) -> None:
    await published(world)
    await said(world, "!unpublish", who=BEN)
    preview = shown(world, 2)
    assert "deletion of P1 by ben, #1" in preview
    assert "This post would be deleted:" in preview
    assert "> @erika@remote.example Yes." in preview
    assert world.fediverse.deleted == []

    await confirmed(world, 2, who=ANNA)

    assert world.fediverse.deleted == list(world.fediverse.published)
    assert (await post(world, 1)).state is PostState.REMOVED
    assert (await ticket(world)).state is TicketState.CLAIMED
    assert any("P1 is deleted from the server. #1 is open again." in text for text in told(world))
    assert ("removed", "") in await steps(world)
    world.clock.advance(seconds=5)
    await world.deliver()
    assert "https://social.example.org" not in world.rooms.sent[world.card(1)].text


@pytest.mark.parametrize("dies", [Unsure("lost"), TryLater("busy")])
async def test_a_deletion_is_carried_on_until_all_of_it_is_gone(world: World, dies: Exception) -> None:
    await world.asked()
    await said(world, f"!answer {LONG}")
    await confirmed(world, 1)
    await said(world, "!unpublish")
    troubled(world, "delete", None, dies, done=True)
    await confirmed(world, 2)
    assert world.fediverse.deleted == list(world.fediverse.published)[::-1]
    assert (await post(world, 2)).state is PostState.PUBLISHED


async def test_an_interim_reply_that_is_deleted_does_not_open_what_an_answer_closed(world: World) -> None:
    await world.asked()
    await said(world, "!interim Soon.")
    await confirmed(world, 1)
    await said(world, "!unpublish")
    await confirmed(world, 2)
    assert (await ticket(world)).state is TicketState.CLAIMED
    assert (await post(world, 1)).kind is PostKind.INTERIM


async def test_a_deletion_can_be_called_off(world: World) -> None:
    await published(world)
    await said(world, "!unpublish")
    await world.tap(ANNA, TEAM, world.preview(2), "❌")
    assert "withdrawn, nothing was changed" in shown(world, 2)
    assert world.fediverse.deleted == []
    assert (await post(world, 1)).state is PostState.PUBLISHED


async def test_who_withdraws_what_the_supervisors_drafted_sees_that_it_is_done(world: World) -> None:
    await world.asked()
    await world.say(VERA, BOSS, "!answer 1 Yes.")
    event = await said(world, "!withdraw")

    assert world.rooms.buttons(event) == ["👍"]
    assert "withdrawn" in shown(world, 1, BOSS)


async def test_the_history_tells_what_was_drafted(world: World) -> None:
    await world.asked()
    for line in ("!interim", "!answer Yes.", "!edit No.", "!unpublish"):
        await said(world, line)
        await confirmed(world, len(await world.rows("posts")))
    history = world.replies(await said(world, "!history"))[0]

    drafted = [line.partition("drafted: ")[2] for line in history.splitlines() if "drafted" in line]
    assert drafted == ["interim reply · P1", "answer · P2", "change of P2 · P3", "deletion of P2 · P4"]


# --- four eyes ---

KINDS = ["!answer Yes.", "!interim Soon.", "!edit No.", "!unpublish"]


async def drafted(world: World, command: str) -> int:
    """Anna asks for something to be published; the number of its preview."""
    if command.startswith(("!edit", "!unpublish")):
        await published(world)
        await said(world, command)
        return 2
    await world.asked()
    await said(world, command)
    return 1


@pytest.mark.parametrize("command", KINDS)
async def test_nobody_releases_what_they_asked_for_themselves(careful: World, command: str) -> None:
    number = await drafted(careful, command)
    assert "Four eyes: ✅ counts by somebody other than anna." in shown(careful, number)
    before = len(careful.fediverse.published)

    await confirmed(careful, number, who=ANNA)
    assert (await post(careful, number)).state is PostState.DRAFT
    assert any("needs a second pair of eyes" in text for text in told(careful))
    event = await said(careful, "!publish")
    assert "needs a second pair of eyes" in careful.replies(event)[-1]
    assert (await post(careful, number)).state is PostState.DRAFT
    assert (len(careful.fediverse.published), careful.fediverse.edits, careful.fediverse.deleted) == (before, [], [])


@pytest.mark.parametrize("command", KINDS)
async def test_somebody_else_does_and_both_are_recorded(careful: World, command: str) -> None:
    number = await drafted(careful, command)
    await confirmed(careful, number)
    done = await post(careful, number)
    assert (done.state, done.author, done.confirmed_by) == (PostState.PUBLISHED, ANNA, BEN)
    assert "by anna, confirmed by ben" in shown(careful, number)
    assert [step for step in await steps(careful) if step[0] in {"drafted", "confirmed"}][-2:] == [
        ("drafted", ANNA),
        ("confirmed", BEN),
    ]


async def test_the_card_says_who_wrote_and_who_released(careful: World) -> None:
    await published(careful)
    careful.clock.advance(seconds=5)
    await careful.deliver()
    assert "(by anna, confirmed by ben)" in careful.rooms.sent[careful.card(1)].text


async def test_a_command_of_somebody_else_counts_as_well(careful: World) -> None:
    await drafted(careful, "!answer Yes.")
    await said(careful, "!publish", who=BEN)
    assert (await post(careful, 1)).confirmed_by == BEN


async def test_a_supervisor_needs_a_second_pair_as_well(careful: World) -> None:
    await careful.asked()
    await careful.say(VERA, BOSS, "!answer 1 Better so.")
    await careful.tap(VERA, BOSS, careful.preview(1, BOSS), "✅")
    assert ((await post(careful, 1)).state, out(careful)) == (PostState.DRAFT, [])


async def test_an_edit_after_the_confirmation_asks_again(tmp_path: Path) -> None:
    world = await World.open(tmp_path, publishing=FOUR_EYES | {"undo_seconds": 60})
    await world.look()
    await world.asked()
    event = await said(world, "!answer Yes.")
    await confirmed(world, 1)
    old = world.preview(1)
    assert (await post(world, 1)).state is PostState.CONFIRMED

    await world.edit(ANNA, TEAM, event, "!answer No.")
    world.clock.advance(minutes=5)
    await world.deliver()
    assert ((await post(world, 1)).state, out(world)) == (PostState.DRAFT, [])

    await world.tap(BEN, TEAM, old, "✅")
    assert (await post(world, 1)).state is PostState.DRAFT, "what was confirmed was another text"
    await confirmed(world, 1, who=ANNA)
    assert (await post(world, 1)).state is PostState.DRAFT, "the author is the author of the new text too"
    await confirmed(world, 1)
    world.clock.advance(minutes=5)
    await world.deliver()
    assert out(world) == ["@erika@remote.example No."]
    await world.close()


async def test_whoever_may_not_publish_cannot_be_the_second_pair(tmp_path: Path) -> None:
    world = await World.open(tmp_path, publishing=FOUR_EYES, users={BEN: {"deny": ["publish"]}})
    await world.look()
    await drafted(world, "!answer Yes.")
    await confirmed(world, 1)
    event = await said(world, "!publish", who=BEN)
    assert world.replies(event)
    assert ((await post(world, 1)).state, out(world)) == (PostState.DRAFT, [])
    await world.close()


async def test_what_goes_on_after_an_interruption_needs_four_eyes_too(careful: World) -> None:
    await interrupted(careful)
    await confirmed(careful, 1, who=ANNA)
    assert (await post(careful, 1)).state is PostState.DRAFT
    await confirmed(careful, 1, who=BEN)
    assert (await post(careful, 1)).state is PostState.PUBLISHED


# --- who would read along ---

KIM = Author("kim@else.example", "Kim", "https://else.example/@kim")


@pytest.mark.parametrize(
    ("visibility", "room", "command", "warns"),
    [
        (Visibility.PRIVATE, TEAM, "!answer --all Yes.", "1 other would read this private conversation: @kim"),
        (Visibility.PRIVATE, TEAM, "!answer Yes, see @lee@far.example.", "1 other would read"),
        (Visibility.PRIVATE, TEAM, "!answer --all Yes, @lee@far.example.", "2 others would read"),
        (Visibility.PRIVATE, TEAM, "!answer Yes.", None),
        (Visibility.DIRECT, DIRECT, "!answer --all Yes.", "1 other would read this private conversation: @kim"),
        (Visibility.DIRECT, DIRECT, "!answer Yes.", None),
        (Visibility.PUBLIC, TEAM, "!answer --all Yes.", None),
    ],
)
async def test_the_preview_warns_who_would_read_a_private_conversation(
    world: World, visibility: Visibility, room: RoomId, command: str, warns: str | None
) -> None:
    await world.asked(visibility=visibility, mentions=("kim@else.example",))
    await said(world, command, room=room)
    preview = shown(world, 1, room)
    assert ("⚠️" in preview) == bool(warns)
    assert (warns or "") in preview


async def test_a_change_of_a_private_answer_warns_of_those_who_could_not_read_it_before(world: World) -> None:
    await world.asked(visibility=Visibility.PRIVATE)
    await said(world, "!answer Ask @kim@remote.example about it.")
    await confirmed(world, 1)
    await said(world, "!edit Ask @kim@remote.example or @olaf@remote.example about it.")

    assert "⚠️ 1 other would read this private conversation: @olaf@remote.example" in shown(world, 2)
    await said(world, "!edit Ask @kim@remote.example.")
    assert "would read" not in shown(world, 3)


async def test_a_direct_answer_to_outsiders_is_still_refused(world: World) -> None:
    await world.asked(visibility=Visibility.DIRECT)
    event = await said(world, "!answer Ask @lee@far.example.", room=DIRECT)
    assert "is not in the conversation" in world.replies(event)[-1]


async def test_a_citizens_edit_that_is_noticed_early_outdates_a_draft(world: World) -> None:
    question = await world.asked()
    await said(world, "!answer Yes.")
    old = world.preview(1)
    changed = replace(question, text="@bsi Is TLS 1.0 allowed?", edited_at=world.clock.now() + timedelta(seconds=1))
    world.fediverse.statuses[question.id] = changed
    await world.recheck(question.id)
    await world.tap(BEN, TEAM, old, "✅")
    assert ((await post(world, 1)).revision, out(world)) == (2, [])
