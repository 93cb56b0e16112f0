"""What follows when a post is at the server: the ticket as it is then, its history, and what is said to whom."""

from dataclasses import replace
from datetime import datetime

import pytest

from fedichat.desk.settings import NO_PROMISES
from fedichat.domain.change import Change
from fedichat.domain.effects import Ask, Discard, Effect, ShowPreview, ShowPublished, Tell
from fedichat.domain.history import Step
from fedichat.domain.names import EventId, Place, PostId, UserId
from fedichat.domain.phrase import Phrase, mark
from fedichat.domain.posts import changing, failing, outcomes, outdating
from fedichat.domain.posts.changing import Concerned
from fedichat.domain.posts.post import Attachment, Out, Post, PostKind, PostState
from fedichat.domain.tickets.mention import StatusId, Visibility
from fedichat.domain.tickets.ticket import Ticket, TicketState
from tests.factories import ANNA, BEN, NOW, TEAM, a_post, a_status, a_ticket

PRESS = Place("department/press")
BENS = a_ticket(state=TicketState.CLAIMED, claimant=BEN)
ANSWERED = replace(BENS, state=TicketState.ANSWERED)
FIRST = Out(StatusId("p1"), "https://social.example/1")
OUT = a_post(state=PostState.PUBLISHED, confirmed_by=BEN, out=(FIRST,))
CONFIRMED = a_post(state=PostState.CONFIRMED, confirmed_by=BEN)
ON_ITS_WAY = replace(CONFIRMED, state=PostState.PUBLISHING, attempted_at=NOW)
PLANNED = a_post(kind=PostKind.PLANNED, state=PostState.CONFIRMED, confirmed_by=BEN)
THREAD = replace(CONFIRMED, parts=("one", "two", "three"), out=(FIRST,))
REASON = Phrase(mark("the server did not answer"))


def shape(change: Change) -> list[str]:
    """What follows, in its order: the kinds of effects, and whom they are about."""
    return [f"{type(one).__name__} {getattr(one, 'post', '')}".strip() for one in change.effects]


def said(effects: tuple[Effect, ...]) -> list[tuple[tuple[UserId, ...], str]]:
    return [(one.meant, str(one.message)) for one in effects if isinstance(one, Tell | Ask)]


def words(effects: tuple[Effect, ...]) -> str:
    (only,) = said(effects)
    return only[1]


def is_out(post: Post, ticket: Ticket, *pending: Post, asked_at: datetime | None = NOW) -> Change:
    return outcomes.answer_is_out(post, ticket, pending, [PRESS], asked_at, NOW, NO_PROMISES)


INTERIM = replace(OUT, kind=PostKind.INTERIM)
EARLIER = a_post(state=PostState.PUBLISHED, out=(FIRST,), in_reply_to=StatusId("s0"))


@pytest.mark.parametrize(
    ("post", "state", "step", "message"),
    [
        (OUT, TicketState.ANSWERED, Step.PUBLISHED, "Published: {url}"),
        (INTERIM, TicketState.CLAIMED, Step.INTERIM, "Interim reply published: {url} – #{ticket} stays open."),
        (
            EARLIER,
            TicketState.CLAIMED,
            Step.PUBLISHED,
            "Published: {url} – #{ticket} stays open, because there is a newer message in it.",
        ),
    ],
)
def test_what_is_said_after_an_answer_is_out_depends_on_what_is_left_to_answer(
    post: Post, state: TicketState, step: Step, message: str
) -> None:
    change = is_out(post, BENS)
    assert change.ticket is not None
    assert (change.ticket.state, [one.step for one in change.entries]) == (state, [step])
    assert said(change.effects) == [((), message)]
    assert shape(change) == ["ShowPreview 7", "Tell 7", "ShowPublished 7"]
    assert change.effects[-1] == ShowPublished(PRESS, BENS.id, post.id)


def test_once_the_answer_is_out_an_interim_reply_that_waits_is_withdrawn() -> None:
    waits = a_post(id=PostId(8), kind=PostKind.INTERIM, state=PostState.CONFIRMED)
    on_its_way = replace(waits, id=PostId(9), state=PostState.PUBLISHING)
    change = is_out(OUT, BENS, waits, on_its_way)
    assert [(one.id, one.state) for one in change.posts] == [(8, PostState.WITHDRAWN), (7, PostState.PUBLISHED)]
    assert [(one.step, one.post) for one in change.entries] == [(Step.WITHDRAWN, 8), (Step.PUBLISHED, 7)]
    assert shape(change)[0] == "ShowPreview 8"
    assert is_out(EARLIER, BENS, waits).posts == (EARLIER,), "while something is left to answer, it still fits"


PRIVATE = replace(OUT, visibility=Visibility.DIRECT)


@pytest.mark.parametrize(
    ("post", "unseen", "unforeseen", "seen_by", "expected"),
    [
        (OUT, None, (), None, []),
        (OUT, None, (), Visibility.PUBLIC, []),
        (OUT, REASON, (), None, [(Tell, "could not be asked whether it stands there")]),
        (OUT, None, ("kim@far.example",), None, [(Tell, "also tags {accts}")]),
        (PRIVATE, None, ("kim@far.example",), None, [(Ask, "{accts} can read P{post} as well")]),
        (PRIVATE, None, (), Visibility.PUBLIC, [(Ask, "was to be {asked}")]),
        (
            PRIVATE,
            REASON,
            ("kim@far.example",),
            Visibility.PUBLIC,
            [(Tell, "could not be asked"), (Ask, "can read P{post} as well"), (Ask, "was to be {asked}")],
        ),
    ],
)
def test_whoever_confirmed_a_post_hears_where_it_is_not_what_its_preview_showed(
    post: Post,
    unseen: Phrase | None,
    unforeseen: tuple[str, ...],
    seen_by: Visibility | None,
    expected: list[tuple[type, str]],
) -> None:
    effects = outcomes.unlike_the_preview(post, post.url, unseen, unforeseen, seen_by)
    assert [type(one) for one in effects] == [kind for kind, _ in expected]
    for (meant, message), (_, part) in zip(said(effects), expected, strict=True):
        assert (meant, part in message) == ((BEN,), True)


def test_a_thread_that_too_many_can_read_stops_where_it_is() -> None:
    change = outcomes.cut_short(THREAD, BENS, NOW)
    (post,) = change.posts
    assert (post.state, post.text, change.on_card_of) == (PostState.PUBLISHED, "one", BENS)
    assert [one.step for one in change.entries] == [Step.WITHDRAWN]
    assert said(change.effects) == [
        ((BEN,), "P{post} stopped after part {part} of {count}: more people can read it than its preview said.")
    ]


# --- changes of what is published ---

EDIT = a_post(id=PostId(8), kind=PostKind.EDIT, target=OUT.id, text="No.", confirmed_by=BEN)
REMOVAL = replace(EDIT, kind=PostKind.REMOVAL)
ALONE = Concerned(ANSWERED, (OUT, REMOVAL), (PRESS,), has_words=True)


@pytest.mark.parametrize(("unforeseen", "besides"), [((), []), (("kim@far.example",), ["Tell 7"])])
def test_an_edit_changes_what_is_published_and_shows_both(unforeseen: tuple[str, ...], besides: list[str]) -> None:
    change = changing.edited(EDIT, OUT, ALONE, unforeseen, NOW)
    assert [(one.id, one.text) for one in change.posts] == [(7, "No."), (8, "No.")]
    assert [(one.step, one.post) for one in change.entries] == [(Step.EDITED, 7)]
    assert (change.ticket, shape(change)) == (
        None,
        ["ShowPreview 8", "ShowPreview 7", "Tell 8", "ShowPublished 8", *besides],
    )


OTHER = replace(OUT, id=PostId(5))


@pytest.mark.parametrize(
    ("concerned", "state"),
    [
        (ALONE, TicketState.CLAIMED),
        (replace(ALONE, posts=(OUT, OTHER)), TicketState.ANSWERED),
        (replace(ALONE, has_words=False), TicketState.ANSWERED),
        (replace(ALONE, ticket=replace(BENS, state=TicketState.IGNORED)), TicketState.IGNORED),
        (Concerned(), None),
    ],
)
def test_a_ticket_is_open_again_without_its_only_answer(concerned: Concerned, state: TicketState | None) -> None:
    removed = changing.removed(REMOVAL, OUT, concerned, NOW, NO_PROMISES)
    gone = changing.target_gone(EDIT, OUT, concerned, NOW, NO_PROMISES)
    for change in (removed, gone):
        assert (change.ticket.state if change.ticket else None) == state
        assert change.posts[0].state is PostState.REMOVED
    assert ("is open again" in words(removed.effects)) == (state is TicketState.CLAIMED)
    assert [one.step for one in removed.entries] == [Step.REMOVED]
    assert [one.step for one in gone.entries] == [Step.FAILED, Step.REMOVED]
    assert said(gone.effects)[0][0] == (BEN,)


# --- what cannot go out ---


@pytest.mark.parametrize(
    ("before", "state", "part"),
    [
        (CONFIRMED, PostState.FAILED, "The ticket stays open; `{prefix}answer {called} …` starts afresh."),
        (ON_ITS_WAY, PostState.FAILED, "It is not known whether P{post} was published"),
        (PLANNED, PostState.FAILED, "`{prefix}copy {called}` makes a new draft of it."),
        (THREAD, PostState.DRAFT, "the server will not take part {part} of {count}"),
        (
            replace(THREAD, state=PostState.PUBLISHING, attempted_at=NOW),
            PostState.DRAFT,
            "it is not known whether part {part} of {count} was published",
        ),
        (replace(EDIT, state=PostState.CONFIRMED), PostState.FAILED, "What is published stays as it is."),
        (
            replace(EDIT, state=PostState.PUBLISHING, attempted_at=NOW),
            PostState.FAILED,
            "It is not known whether P{post} was carried out",
        ),
    ],
)
def test_what_is_said_of_a_refusal_depends_on_what_is_out_and_what_is_known(
    before: Post, state: PostState, part: str
) -> None:
    change = failing.refused(before, REASON, BENS, NOW)
    assert ([one.state for one in change.posts], [one.step for one in change.entries]) == ([state], [Step.FAILED])
    assert part in words(change.effects)
    assert said(change.effects)[0][0] == (BEN,)
    assert (change.entries[0].said, change.on_card_of) == (REASON, BENS)
    previews = [one for one in change.effects if isinstance(one, ShowPreview)]
    assert len(previews) == (2 if before.out else 1), "what goes on has a new preview beside the old one"


WARNING = a_post(kind=PostKind.CRISIS, state=PostState.PUBLISHING, confirmed_by=BEN)


@pytest.mark.parametrize(
    ("before", "part"),
    [
        (ON_ITS_WAY, "the ticket stays open"),
        (replace(PLANNED, state=PostState.PUBLISHING), "`{prefix}copy {called}` makes a new draft of it."),
        (WARNING, "The warning P{post} is NOT out"),
        (THREAD, "{confirm} tries part {part} again"),
    ],
)
def test_what_the_server_has_not_kept_wakes_both_who_wrote_it_and_who_confirmed_it(before: Post, part: str) -> None:
    file = Attachment(EventId("$file"), "map.png", "image/png", 9, "A map", uploaded_as="m1")
    change = failing.not_kept(replace(before, attachments=(file,)), None, NOW)
    assert said(change.effects) == [((BEN, ANNA), words(change.effects))]
    assert part in words(change.effects)
    discarded = [one.media for one in change.effects if isinstance(one, Discard)]
    assert discarded == ([] if before.out else ["m1"])


# --- drafts whose question has changed ---

EDITED = a_status(text="And TLS 1.1?", visibility=Visibility.UNLISTED)


@pytest.mark.parametrize(
    ("before", "told"),
    [
        (a_post(), []),
        (CONFIRMED, [((BEN,), "is not published for now")]),
        (ON_ITS_WAY, None),
        (THREAD, None),
        (a_post(based_on=EDITED.version), None),
    ],
)
def test_a_draft_needs_a_fresh_look_once_its_question_was_edited(
    before: Post, told: list[tuple[tuple[UserId, ...], str]] | None
) -> None:
    change = outdating.outdate_drafts(BENS, [before], EDITED, NOW)
    if told is None:
        assert change == Change()
        return
    (post,) = change.posts
    assert (post.state, post.revision, post.visibility) == (PostState.DRAFT, 2, Visibility.UNLISTED)
    assert [(one.step, one.ticket) for one in change.entries] == [(Step.OUTDATED, BENS.id)]
    assert [meant for meant, _ in said(change.effects)] == [meant for meant, _ in told]
    assert all(part in message for (_, message), (_, part) in zip(said(change.effects), told, strict=True))
    assert (change.effects[0], change.effects[-1]) == (ShowPreview(TEAM, post.id, 1), ShowPreview(TEAM, post.id, 2))


@pytest.mark.parametrize(("status", "part"), [(None, "was deleted or hidden"), (EDITED, "was edited")])
def test_nothing_is_published_whose_question_changed_at_the_last_moment(status: object, part: str) -> None:
    change = outdating.question_changed(CONFIRMED, BENS, EDITED if status else None, NOW)
    assert [one.state for one in change.posts] == [PostState.DRAFT]
    assert part in words(change.effects)
    assert (said(change.effects)[0][0], change.on_card_of) == ((BEN,), BENS)


def test_an_answer_that_is_too_long_for_one_post_is_shown_again_as_a_thread() -> None:
    thread = replace(CONFIRMED, state=PostState.DRAFT, revision=2, parts=("one", "two"))
    change = outdating.too_long_for_one(CONFIRMED, thread, BENS, REASON, NOW)
    assert (change.posts, change.on_card_of) == ((thread,), BENS)
    assert [(one.step, one.said) for one in change.entries] == [(Step.OUTDATED, REASON)]
    (told,) = [one for one in change.effects if isinstance(one, Tell)]
    assert (told.meant, told.fields["count"]) == ((BEN,), 2)
