"""How a post comes to be published, and what keeps it from going out unseen."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedichat.domain.posts import drafts, readers, states
from fedichat.domain.posts.drafts import Draft
from fedichat.domain.posts.post import Correction, Out, Post, PostKind, PostState
from fedichat.domain.tickets.mention import Status, StatusId, Visibility
from fedichat.errors import Refusal
from tests.factories import ANNA, BEN, NOW, a_post, a_status

DUE = NOW + timedelta(seconds=10)
DRAFT = a_post()
CONFIRMED = a_post(state=PostState.CONFIRMED, confirmed_by=BEN, publish_after=DUE)
PUBLISHING = replace(CONFIRMED, state=PostState.PUBLISHING, attempted_at=NOW)
PUBLISHED = replace(PUBLISHING, state=PostState.PUBLISHED, out=(Out(StatusId("p1"), "https://social.example/1"),))
WITHDRAWN = replace(DRAFT, state=PostState.WITHDRAWN)
FAILED = replace(PUBLISHING, state=PostState.FAILED)
ALL = [DRAFT, CONFIRMED, PUBLISHING, PUBLISHED, WITHDRAWN, FAILED]

ORDER = [Visibility.PUBLIC, Visibility.UNLISTED, Visibility.PRIVATE, Visibility.DIRECT]


# --- the audience ---


@pytest.mark.parametrize("question", Visibility)
@pytest.mark.parametrize("asked", Visibility)
def test_an_answer_is_never_wider_than_the_question(asked: Visibility, question: Visibility) -> None:
    if ORDER.index(asked) < ORDER.index(question):
        with pytest.raises(Refusal, match=f"question is {question}, so an answer cannot be {asked}"):
            drafts.visibility_of(asked, question)
    else:
        assert drafts.visibility_of(asked, question) is asked


@pytest.mark.parametrize("question", Visibility)
def test_an_answer_has_the_audience_of_the_question_unless_somebody_narrows_it(question: Visibility) -> None:
    assert drafts.visibility_of(None, question) is question


# --- whom it addresses ---

WITH_OTHERS = a_status(mentions=("kim@elsewhere.example", "erika@remote.example", "lee@far.example"))


@pytest.mark.parametrize(
    ("text", "status", "tag_all", "expected"),
    [
        ("Yes.", a_status(), False, "@erika@remote.example Yes."),
        ("@erika@remote.example Yes.", a_status(), False, "@erika@remote.example Yes."),
        ("Yes, @Erika@Remote.Example!", a_status(), False, "Yes, @Erika@Remote.Example!"),
        (
            "(@erika@remote.example) Yes.",
            a_status(),
            False,
            "@erika@remote.example (@erika@remote.example) Yes.",
        ),
        (
            "@erika＠remote.example Yes.",
            a_status(),
            False,
            "@erika@remote.example @erika＠remote.example Yes.",
        ),
        (
            "@erika@remote.example.evil Yes.",
            a_status(),
            False,
            "@erika@remote.example @erika@remote.example.evil Yes.",
        ),
        ("Yes.", WITH_OTHERS, False, "@erika@remote.example Yes."),
        ("Yes.", WITH_OTHERS, True, "@erika@remote.example @kim@elsewhere.example @lee@far.example Yes."),
        (
            "@lee@far.example Yes.",
            WITH_OTHERS,
            True,
            "@erika@remote.example @kim@elsewhere.example @lee@far.example Yes.",
        ),
        (
            "First line\n\n  second line",
            a_status(),
            False,
            "@erika@remote.example First line\n\n  second line",
        ),
    ],
)
def test_the_citizen_is_tagged_once_and_the_others_only_on_request(
    text: str, status: Status, tag_all: bool, expected: str
) -> None:
    assert drafts.addressed(text, status, tag_all=tag_all) == expected


@given(st.text(min_size=1))
def test_whatever_is_written_ends_the_status_verbatim_with_the_asker_tagged(text: str) -> None:
    whole = drafts.addressed(text, a_status(), tag_all=False)
    assert whole.endswith(text)
    assert "@erika@remote.example" in whole.casefold()


@pytest.mark.parametrize(
    ("asked", "question", "expected"),
    [(None, "", ""), (None, "security", "security"), ("", "security", ""), ("tech", "security", "tech")],
)
def test_an_answer_keeps_the_content_warning_unless_another_or_none_is_asked_for(
    asked: str | None, question: str, expected: str
) -> None:
    draft = Draft("Yes.", content_warning=asked)
    assert drafts.content_warning_of(draft, a_status(content_warning=question)) == expected


# --- two steps ---


def test_a_confirmed_draft_waits_for_the_time_to_take_it_back() -> None:
    post = states.confirmed(DRAFT, ANNA, DUE, four_eyes=False)
    assert (post.state, post.confirmed_by, post.publish_after) == (PostState.CONFIRMED, ANNA, DUE)


def test_with_four_eyes_the_author_cannot_confirm_alone_but_a_colleague_can() -> None:
    with pytest.raises(Refusal, match="second pair of eyes"):
        states.confirmed(DRAFT, ANNA, DUE, four_eyes=True)
    assert states.confirmed(DRAFT, BEN, DUE, four_eyes=True).confirmed_by == BEN


@pytest.mark.parametrize(
    ("post", "says"),
    [
        (CONFIRMED, "confirmed already, by ben"),
        (PUBLISHING, "is publishing"),
        (PUBLISHED, "is published"),
        (WITHDRAWN, "is withdrawn"),
        (FAILED, "is failed"),
    ],
)
def test_only_a_draft_can_be_confirmed(post: Post, says: str) -> None:
    with pytest.raises(Refusal, match=says):
        states.confirmed(post, ANNA, DUE, four_eyes=False)


@pytest.mark.parametrize("post", ALL)
def test_a_confirmation_can_be_taken_back_until_the_server_has_the_post(post: Post) -> None:
    if post is CONFIRMED:
        back = states.unconfirmed(post)
        assert (back.state, back.confirmed_by) == (PostState.DRAFT, None)
    else:
        with pytest.raises(Refusal, match="cannot be taken back"):
            states.unconfirmed(post)


@pytest.mark.parametrize(
    ("post", "says"),
    [
        (DRAFT, None),
        (CONFIRMED, None),
        (PUBLISHING, "on its way"),
        (PUBLISHED, "out already: https://social.example/1"),
        (WITHDRAWN, "nothing to withdraw"),
        (FAILED, "nothing to withdraw"),
    ],
)
def test_a_post_can_be_withdrawn_as_long_as_it_is_not_out(post: Post, says: str | None) -> None:
    if says is None:
        withdrawn = states.withdrawn(post)
        assert (withdrawn.state, withdrawn.confirmed_by) == (PostState.WITHDRAWN, None)
    else:
        with pytest.raises(Refusal, match=says):
            states.withdrawn(post)


# --- second thoughts ---


@pytest.mark.parametrize("post", ALL)
def test_a_new_text_makes_a_new_revision_and_voids_an_earlier_confirmation(post: Post) -> None:
    draft = Draft("No.", visibility=Visibility.PRIVATE, content_warning="tech", language="de")
    status = a_status(text="Is TLS 1.1 still allowed?")
    if post in (DRAFT, CONFIRMED):
        again = drafts.revised(post, draft, status, Visibility.PUBLIC)
        assert again.text == "@erika@remote.example No."
        assert (again.state, again.confirmed_by, again.revision) == (PostState.DRAFT, None, 2)
        assert (again.visibility, again.content_warning, again.language) == (Visibility.PRIVATE, "tech", "de")
        assert again.based_on == status.version
    else:
        with pytest.raises(Refusal, match="cannot be changed any more"):
            drafts.revised(post, draft, status, Visibility.PUBLIC)


def test_a_new_text_cannot_widen_the_audience_either() -> None:
    with pytest.raises(Refusal, match="more people than the question"):
        drafts.revised(DRAFT, Draft("No.", visibility=Visibility.PUBLIC), a_status(), question=Visibility.UNLISTED)


def test_a_new_text_without_a_language_keeps_the_one_it_had() -> None:
    assert drafts.revised(DRAFT, Draft("No."), a_status(), Visibility.PUBLIC).language == "en"


def test_an_edited_question_makes_a_confirmed_answer_a_draft_again() -> None:
    changed = a_status(text="Is TLS 1.0 allowed?", edited_at=NOW)
    post = states.outdated(CONFIRMED, changed)
    assert (post.state, post.confirmed_by, post.revision) == (PostState.DRAFT, None, 2)
    assert (post.based_on, post.in_reply_to, post.text) == (changed.version, "s1", CONFIRMED.text)


def test_a_question_that_became_more_private_makes_its_answer_more_private() -> None:
    assert states.outdated(CONFIRMED, a_status(visibility=Visibility.DIRECT)).visibility is Visibility.DIRECT
    narrow = replace(CONFIRMED, visibility=Visibility.DIRECT)
    assert states.outdated(narrow, a_status(visibility=Visibility.PUBLIC)).visibility is Visibility.DIRECT


def test_an_answer_to_a_deleted_question_would_stand_alone_and_needs_a_fresh_look() -> None:
    post = states.outdated(CONFIRMED, None)
    assert (post.state, post.in_reply_to, post.based_on, post.revision) == (PostState.DRAFT, None, "", 2)


# --- in the server's hands ---


def test_the_first_attempt_is_remembered_however_often_it_is_tried() -> None:
    first = states.publishing(CONFIRMED, NOW)
    later = states.publishing(first, NOW + timedelta(minutes=5))
    assert (first.state, later.attempted_at) == (PostState.PUBLISHING, NOW)


def test_a_published_post_knows_its_status_and_a_refused_one_has_failed() -> None:
    out = states.part_published(PUBLISHING, StatusId("p1"), "https://social.example/1")
    assert (out.state, out.published_as, out.url) == (PostState.PUBLISHED, "p1", "https://social.example/1")
    assert states.failed(PUBLISHING).state is PostState.FAILED


@pytest.mark.parametrize(
    "text",
    [
        "@erika@remote.example",
        "@erika@remote.example   \n",
        "@erika@remote.example \u200b\u2060",
        "",
        "@a@b.example, @c",
    ],
)
def test_an_answer_that_says_nothing_is_refused(text: str) -> None:
    with pytest.raises(Refusal, match="nothing in this answer"):
        readers.check_readers(text, a_status(), Visibility.PUBLIC)


@pytest.mark.parametrize("text", ["Das weiß @kim@elsewhere.example.", "Bitte @kim fragen", "(@kim@elsewhere.example)"])
def test_nobody_from_outside_reads_along_when_the_question_is_direct(text: str) -> None:
    question = a_status(visibility=Visibility.DIRECT)
    with pytest.raises(Refusal, match="@kim"):
        readers.check_readers(text, question, Visibility.DIRECT)
    readers.check_readers(text, question, Visibility.PUBLIC)


@pytest.mark.parametrize("text", ["Mail an buero@bsi.example bitte", "https://social.example/@kim sagt es", "5 @ 3"])
def test_what_is_no_mention_is_not_taken_for_one(text: str) -> None:
    readers.check_readers(text, a_status(visibility=Visibility.DIRECT), Visibility.DIRECT)


# --- threads, and what becomes of what is published ---

PARTS = ("@erika@remote.example One (1/3)", "@erika@remote.example Two (2/3)", "@erika@remote.example Three (3/3)")
OUT = Out(StatusId("p1"), "https://social.example/1")
THREAD = replace(PUBLISHING, text="@erika@remote.example One Two Three", parts=PARTS)


def test_each_part_follows_the_one_before_and_only_the_last_makes_the_thread_published() -> None:
    assert (THREAD.follows, THREAD.left) == ("s1", PARTS)
    one = states.part_published(THREAD, OUT.status, OUT.url)
    assert (one.state, one.attempted_at, one.follows, one.left) == (PostState.PUBLISHING, None, "p1", PARTS[1:])
    two = states.part_published(one, StatusId("p2"), "")
    three = states.part_published(two, StatusId("p3"), "")
    assert (two.state, two.follows) == (PostState.PUBLISHING, "p2")
    assert (three.state, three.left, three.url) == (PostState.PUBLISHED, (), OUT.url)


def test_an_interrupted_thread_is_confirmed_anew_and_keeps_what_is_out() -> None:
    post = states.interrupted(replace(THREAD, out=(OUT,)))
    assert (post.state, post.revision, post.confirmed_by, post.out) == (PostState.DRAFT, 2, THREAD.confirmed_by, (OUT,))
    assert states.confirmed(post, BEN, DUE, four_eyes=False).left == PARTS[1:]


def test_the_text_of_a_thread_that_is_partly_out_cannot_be_changed() -> None:
    with pytest.raises(Refusal, match="Part of P7 is out already"):
        drafts.revised(states.interrupted(replace(THREAD, out=(OUT,))), Draft("No."), a_status(), Visibility.PUBLIC)


@pytest.mark.parametrize("count", [1, 2])
def test_a_thread_that_is_left_at_what_is_out_is_published_as_that(count: int) -> None:
    out = tuple(Out(StatusId(f"p{number}"), "") for number in range(count))
    post = states.withdrawn(states.interrupted(replace(THREAD, out=out)))
    assert (post.state, post.stands, post.texts) == (PostState.PUBLISHED, True, PARTS[:count])


def test_an_edit_keeps_whom_the_post_tags_in_front_and_what_is_not_said_anew() -> None:
    target = replace(PUBLISHED, text="@erika@remote.example @kim@else.example Yes.", content_warning="tls")
    new = drafts.edited(target, Draft("No, @kim@else.example!"))
    assert (new.text, new.content_warning) == ("@erika@remote.example No, @kim@else.example!", "tls")
    assert drafts.edited(target, Draft("No.", content_warning="", language="de")).content_warning == ""


def test_an_edit_that_changes_nothing_and_one_that_says_nothing_are_refused() -> None:
    with pytest.raises(Refusal, match="P7 says that already"):
        drafts.edited(PUBLISHED, Draft("Yes, it is."))
    with pytest.raises(Refusal, match="nothing in this answer"):
        drafts.edited(PUBLISHED, Draft("@kim@else.example"))


def test_an_edit_lets_nobody_new_into_a_direct_answer() -> None:
    with pytest.raises(Refusal, match="is not in the conversation"):
        drafts.edited(replace(PUBLISHED, visibility=Visibility.DIRECT), Draft("Ask @kim@else.example."))


def test_a_host_may_have_a_port() -> None:
    asked = a_status(mentions=("kim@127.0.0.1:8080",))
    readers.check_readers("@kim@127.0.0.1:8080 Yes.", asked, Visibility.DIRECT)
    with pytest.raises(Refusal, match="is not in the conversation"):
        readers.check_readers("@kim@127.0.0.1:80 Yes.", asked, Visibility.DIRECT)


def test_what_a_preview_cannot_show_whole_is_refused() -> None:
    """It counts as an event holds it: as JSON, once as text and once as HTML (render/fitting.py)."""
    quotation_marks = 8
    readers.check_showable("a" * (5_000 - quotation_marks // 2), "ä" * 2_500)
    with pytest.raises(Refusal, match="about 7400 characters"):
        readers.check_showable("a" * (5_000 - quotation_marks // 2), "ä" * 2_501)
    readers.check_showable("a" * 9_996, "")
    with pytest.raises(Refusal, match="about 9900 characters"):
        readers.check_showable("a" * 9_997, "")


def test_a_thread_cannot_be_edited_as_one() -> None:
    with pytest.raises(Refusal, match="a thread of 2 posts"):
        drafts.edited(replace(PUBLISHED, parts=PARTS[:2], out=(OUT, OUT)), Draft("No."))


def test_a_drafted_edit_is_reworded_like_an_answer_and_a_published_answer_is_not() -> None:
    edit = replace(CONFIRMED, kind=PostKind.EDIT, about=Correction(PUBLISHED.id, CONFIRMED.answering))
    post = drafts.reworded(edit, drafts.edited(PUBLISHED, Draft("No.")))
    assert (post.state, post.revision, post.text) == (PostState.DRAFT, 2, "@erika@remote.example No.")
    with pytest.raises(Refusal, match="`!edit 42 …` changes what is published"):
        drafts.revised(PUBLISHED, Draft("No."), a_status(), Visibility.PUBLIC)


def test_what_is_removed_does_not_stand_any_more() -> None:
    assert PUBLISHED.stands
    assert not states.removed(PUBLISHED).stands
