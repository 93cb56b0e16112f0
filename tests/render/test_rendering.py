"""What people read: the same in plain text and in HTML, in both languages, whatever citizens write."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from html import escape as escape_html
from html import unescape
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedichat.desk.room.views import Card, FollowUp, Preview
from fedichat.desk.tickets.lists import Line, Queue, Wanted
from fedichat.domain.history import Entry, Step
from fedichat.domain.names import EventId, PostId, TicketId
from fedichat.domain.posts.post import Out, Post, PostState
from fedichat.domain.tickets.mention import Author, Media, Poll, Status, StatusId, Visibility
from fedichat.domain.tickets.ticket import Priority, Ticket, TicketState
from fedichat.render.card import card, edited, follow_up
from fedichat.render.fitting import is_too_long
from fedichat.render.lists import STEP_WORDS, found, history, labels, mine, of_author, queue, shown_ticket
from fedichat.render.parts import STATE_WORDS, VISIBILITY_WORDS, Rendered, Setting
from fedichat.render.preview import preview
from fedichat.render.words import words
from fedichat.text.html import clean, matrix_html
from fedichat.text.i18n import language
from tests.factories import ANNA, BEN, ERIKA, MINUTE, NOW, a_mention, a_post, a_status, a_ticket

BERLIN = ZoneInfo("Europe/Berlin")
ENGLISH = Setting(language("en"), BERLIN)
GERMAN = Setting(language("de"), BERLIN)
BOTH = pytest.mark.parametrize("setting", [ENGLISH, GERMAN], ids=["en", "de"])


def a_card(*statuses: Status, ticket: Ticket | None = None, earlier: int = 0) -> Card:
    mentions = [a_mention(status=status) for status in statuses or (a_status(),)]
    return Card(ticket or a_ticket(), mentions, earlier, (), None)


def a_preview(post: Post | None = None, *, revision: int = 1, four_eyes: bool = False, **status: object) -> Preview:
    others = status.get("mentions", ())
    assert isinstance(others, tuple)
    question = a_mention(status=a_status(mentions=others))
    return Preview(
        post=post or a_post(),
        ticket=a_ticket(),
        question=question,
        revision=revision,
        event=None,
        buttons=(),
        thread=EventId("$card"),
        four_eyes=four_eyes,
    )


def seen(html: str) -> str:
    """What somebody reads of the HTML."""
    return unescape(re.sub(r"<[^>]*>", " ", html))


def said_words(text: str) -> set[str]:
    """The words, without links, and without what only sets quotes apart."""
    return set(re.findall(r"[\w@#]+", re.sub(r"https?://\S+", "", text)))


def assert_says_the_same(shown: Rendered, *, but: Sequence[str] = ()) -> None:
    allowed = set(but)
    assert said_words(shown.plain) ^ said_words(seen(shown.html)) <= allowed


# --- the card ---


@BOTH
def test_a_card_says_the_same_in_plain_text_and_in_html(setting: Setting) -> None:
    status = a_status(
        text="Is this real?\nSee https://example.org/x & tell me <soon>",
        html='<p>Is this real?<br>See <a href="https://example.org/x">https://example.org/x</a> '
        "&amp; tell me &lt;soon&gt;</p>",
        content_warning="phishing & co",
        edited_at=NOW,
        media=(
            Media("image", "https://remote.example/1.png", "a <letter>"),
            Media("video", "https://remote.example/2.mp4"),
        ),
        poll=Poll(("yes <b>", "no"), multiple=True),
    )
    view = replace(
        a_card(status, a_status(), earlier=3),
        published=(a_post(out=(Out(StatusId("9"), "https://social.example/9"),)),),
    )
    original = setting.language("original")
    assert_says_the_same(card(view, setting), but=[original])


def test_a_card_in_english_reads_like_this() -> None:
    view = a_card(
        a_status(
            text="Is TLS 1.2 still allowed?\nI have an old router.",
            content_warning="security",
            media=(Media("image", "https://remote.example/1.png"),),
        ),
        ticket=a_ticket(state=TicketState.CLAIMED, claimant=ANNA),
        earlier=1,
    )
    assert card(view, ENGLISH).plain.splitlines() == [
        "#42 👀 with anna · Erika Muster (@erika@remote.example)",
        "⚠️ Content warning: security",
        "> Is TLS 1.2 still allowed?",
        "> I have an old router.",
        "📎 Image: no alt text https://remote.example/1.png",
        "⚠️ Marked as sensitive: shown only on request.",
        "🌐 public · English · Mon 23 Nov 2026 09:00 CET · https://remote.example/@erika/s1",
        "1 earlier ticket of this person",
    ]


def test_a_card_in_german_reads_like_this() -> None:
    view = a_card(a_status(language="de", visibility=Visibility.UNLISTED), earlier=2)
    lines = card(view, GERMAN).plain.splitlines()
    assert lines[0] == "#42 🆕 neu · Erika Muster (@erika@remote.example)"
    assert lines[2].startswith("🌙 nicht gelistet · Deutsch · Mo 23.11.2026 09:00 MEZ")
    assert lines[3] == "2 frühere Vorgänge dieser Person"


@BOTH
@pytest.mark.parametrize("state", TicketState)
def test_every_state_is_said_at_the_head_of_the_card(state: TicketState, setting: Setting) -> None:
    sign, word = STATE_WORDS[state]
    shown = card(a_card(ticket=a_ticket(state=state)), setting)
    assert shown.plain.startswith(f"#42 {sign} {setting.language(word)}")
    assert shown.html.startswith(f"<strong>#42 {sign} {setting.language(word)}")


@pytest.mark.parametrize("word", [*VISIBILITY_WORDS.values(), *STATE_WORDS.values()], ids=lambda word: word[1])
def test_every_word_for_a_state_and_an_audience_is_german_in_a_german_room(word: tuple[str, str]) -> None:
    assert GERMAN.language(word[1]) != word[1]


@pytest.mark.parametrize("step", Step)
def test_every_step_of_the_history_is_german_in_a_german_room(step: Step) -> None:
    assert GERMAN.language(STEP_WORDS[step]) != STEP_WORDS[step]


@BOTH
def test_the_content_warning_stands_before_the_text(setting: Setting) -> None:
    shown = card(a_card(a_status(text="the words", html="the words", content_warning="the warning")), setting)
    for form in (shown.plain, shown.html):
        assert form.index("the warning") < form.index("the words")


@BOTH
def test_a_card_whose_words_were_removed_says_so_and_nothing_else(setting: Setting) -> None:
    view = Card(a_ticket(state=TicketState.ANSWERED, author=""), (), 3, (), None)
    shown = card(view, setting)
    assert shown.plain.splitlines()[0].startswith("#42 ✅")
    assert len(shown.plain.splitlines()) == 2
    assert_says_the_same(shown)


@BOTH
def test_the_beginning_of_a_conversation_is_shown_with_its_warning_instead_of_its_words(
    setting: Setting,
) -> None:
    earlier = tuple(a_status(text=f"earlier {number}", html="x") for number in range(4))
    hidden = a_status(text="hidden words", content_warning="a warning")
    view = a_card()
    view = replace(view, mentions=[replace(view.mentions[0], earlier=(*earlier, hidden))])
    plain = card(view, setting).plain
    assert "earlier 1" not in plain
    assert "earlier 3" in plain
    assert "a warning" in plain
    assert "hidden words" not in plain


@BOTH
def test_a_follow_up_says_who_writes(setting: Setting) -> None:
    shown = follow_up(FollowUp(a_mention(), a_ticket(), EventId("$card")), setting)
    assert shown.plain.startswith("↩ Erika Muster (@erika@remote.example)")
    assert_says_the_same(shown, but=[setting.language("original")])


# --- what citizens write is data ---

HOSTILE = [
    "<script>alert(1)</script>",
    "</blockquote><h1>big</h1>",
    "<img src=x onerror=alert(1)>",
    '<a href="https://matrix.to/#/@anna:example.org">anna</a>',
    '<a href="javascript:alert(1)">x</a>',
    "<mx-reply>x</mx-reply>",
    "</strong></p></div>",
    '" onmouseover="alert(1)',
    "&lt;b&gt; &#60;b&#62;",
    "[x](javascript:alert(1)) **bold** `code` # head",
    "@room",
    "\u202egnp.exe\u202c \u2066x\u2069",
    "a\u0300\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0308\u0309\u030a",
    "line\nbreak\r\nand\u2028more",
    "\x00\x1b[31mred\x07",
    "{ticket} {0} %s ${x}",
    "#1 ✅ answered · Anna",
]
ALLOWED_TAGS = {
    "strong",
    "/strong",
    "br",
    "blockquote",
    "/blockquote",
    "a",
    "/a",
    "p",
    "/p",
    "em",
    "/em",
    "code",
}


def assert_harmless(shown: Rendered) -> None:
    for tag in re.findall(r"<\s*([^\s>]*)[^>]*>", shown.html):
        assert tag in ALLOWED_TAGS | {"/code", "b", "/b"}, shown.html
    assert shown.html.count("<blockquote>") == shown.html.count("</blockquote>")
    assert shown.html.count("<strong>") == shown.html.count("</strong>")
    assert not re.search(r"<[^>]*\son\w+=", shown.html)
    targets = " ".join(re.findall(r'<[^>]*href="([^"]*)"', shown.html))
    assert "javascript:" not in targets
    assert "matrix.to" not in targets
    for form in (shown.plain, shown.html):
        assert not re.search("[\u202a-\u202e\u2066-\u2069\x00-\x08\x1b]", form)


@BOTH
@pytest.mark.parametrize("hostile", HOSTILE)
def test_nothing_that_a_citizen_writes_breaks_out_of_its_place(hostile: str, setting: Setting) -> None:
    status = a_status(
        author=Author(ERIKA.acct, hostile),
        text=clean(hostile),
        html=matrix_html(hostile),
        content_warning=hostile,
        media=(Media("image", "https://remote.example/1.png", hostile),),
        poll=Poll((hostile, "no")),
    )
    ticket = a_ticket(state=TicketState.IGNORED, reason=hostile)
    view = a_card(status, status, ticket=ticket)
    view = replace(view, mentions=[replace(mention, earlier=(status,)) for mention in view.mentions])
    for shown in (
        card(view, setting),
        follow_up(FollowUp(view.mentions[0], ticket, None), setting),
        edited(FollowUp(view.mentions[0], ticket, None), hostile, setting),
        queue(Queue([Line(ticket, hostile, clean(hostile))], 1, 0), Wanted(hostile), NOW, setting),
        found([Line(ticket, hostile, clean(hostile))], 10, NOW, setting),
        of_author([Line(ticket, hostile, clean(hostile))], 1, hostile, NOW, setting),
        labels(replace(ticket, labels=(hostile,)), setting),
        shown_ticket(view, [Entry(ticket.id, NOW, Step.NOTED, ANNA, hostile)], NOW, setting),
        words(setting.language, "Nothing was published: {text}", {"text": hostile}),
    ):
        assert_harmless(shown)
    name_line = card(view, setting).plain.splitlines()[0]
    assert name_line.startswith("#42 🙈"), "a name cannot begin a line of its own"
    assert name_line.endswith("(@erika@remote.example)")


@pytest.mark.parametrize("sign", ["x", "&", "и", "🔒", "a\n", "> "])
def test_however_long_all_of_it_is_a_card_fits_into_a_message_with_its_link(sign: str) -> None:
    text = (sign * 9_000)[:9_000]
    status = a_status(
        text=clean(text).encode()[:9_000].decode(errors="ignore"),
        html=matrix_html(escape_html(text)),
        content_warning=(sign * 500)[:500].strip(),
        media=tuple(Media("image", f"https://remote.example/{n}.png", (sign * 5_000)[:5_000]) for n in range(16)),
        poll=Poll(tuple((sign * 500)[:500] for _ in range(10))),
        url="https://remote.example/@erika/1",
    )
    view = a_card(status, status)
    seen = FollowUp(view.mentions[0], view.ticket, None)
    for shown in (card(view, ENGLISH), follow_up(seen, ENGLISH), edited(seen, status.words, ENGLISH)):
        assert len(shown.plain.encode()) + len(shown.html.encode()) <= 23_000
        assert status.url in shown.plain
        assert_harmless(shown)


def test_what_fits_is_not_cut() -> None:
    alt = "Ein Diagramm mit vier Balken. " * 50
    status = a_status(text="Wort " * 800, media=tuple(Media("image", f"https://x.example/{n}", alt) for n in range(4)))
    assert "[…]" not in card(a_card(status), ENGLISH).plain


@given(st.text(max_size=80))
def test_whatever_the_name_is_the_head_of_the_card_stays_one_line(name: str) -> None:
    shown = card(a_card(a_status(author=Author(ERIKA.acct, name))), ENGLISH)
    assert shown.plain.splitlines()[0].startswith("#42 🆕 new · ")
    assert shown.plain.splitlines()[1] == "> Is TLS 1.2 still allowed?"
    assert_harmless(shown)


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "", '"><script>', "//evil.example"])
def test_an_address_that_is_no_web_address_is_no_link(url: str) -> None:
    shown = card(a_card(a_status(url=url, media=(Media("image", url, "x"),))), ENGLISH)
    assert "<a " not in shown.html
    assert_harmless(shown)


# --- the preview ---


def test_a_preview_shows_exactly_what_would_appear_and_to_whom() -> None:
    post = a_post(text="@erika@remote.example Yes.\n\n  <b>*No*</b> & so", content_warning="tech & co")
    shown = preview(a_preview(post), [44], 500, ENGLISH)
    assert shown.plain.splitlines() == [
        "📝 P7 · draft by anna, answer to #42",
        "⚠️ Content warning: tech & co",
        "> @erika@remote.example Yes.",
        "> ",
        ">   <b>*No*</b> & so",
        "🌐 public · English · 44 of 500 characters",
        "✅ publishes, ❌ withdraws. Editing the message with the command changes the draft.",
    ]
    assert "&lt;b&gt;*No*&lt;/b&gt; &amp; so" in shown.html
    assert_says_the_same(shown)


@BOTH
@pytest.mark.parametrize("state", PostState)
def test_every_state_of_a_post_has_its_words(state: PostState, setting: Setting) -> None:
    post = a_post(
        state=state, confirmed_by=BEN, publish_after=NOW, out=(Out(StatusId("1"), "https://social.example/1"),)
    )
    shown = preview(a_preview(post), [18], 500, setting)
    assert state.value not in shown.plain.splitlines()[0] or setting is ENGLISH
    assert_says_the_same(shown)
    assert_harmless(shown)


def test_a_confirmed_preview_says_when_it_goes_out_to_the_second() -> None:
    post = a_post(state=PostState.CONFIRMED, confirmed_by=BEN, publish_after=NOW + timedelta(seconds=10))
    shown = preview(a_preview(post), [18], 500, GERMAN).plain
    assert "ben" in shown.splitlines()[0]
    assert "Mo 23.11.2026 10:00:10 MEZ" in shown.splitlines()[0]


@BOTH
def test_an_outdated_preview_shows_no_text_any_more(setting: Setting) -> None:
    shown = preview(a_preview(a_post(revision=2), revision=1), [18], 500, setting)
    assert "Yes, it is." not in shown.plain + shown.html
    assert "P7" in shown.plain
    assert "✅" not in shown.plain


@pytest.mark.parametrize(
    ("text", "tagged", "left_out"),
    [
        ("@erika@remote.example Yes.", "", "@kim@else.example, @kimberly@else.example"),
        ("@erika@remote.example @kimberly@else.example Yes.", "@kimberly@else.example", "@kim@else.example"),
        ("@erika@remote.example @kim@else.example.", "@kim@else.example", "@kimberly@else.example"),
        ("@kim@else.example, @kimberly@else.example", "@kim@else.example, @kimberly@else.example", ""),
        ("@kim@else.example.evil", "", "@kim@else.example, @kimberly@else.example"),
    ],
)
def test_a_preview_says_who_is_tagged_and_who_is_not(text: str, tagged: str, left_out: str) -> None:
    view = a_preview(a_post(text=text), mentions=("kim@else.example", "kimberly@else.example"))
    plain = preview(view, [18], 500, ENGLISH).plain
    assert (f"Also tagged: {tagged}\n" in plain) == bool(tagged)
    assert (f"not tagged: {left_out} (--all tags them)" in plain) == bool(left_out)
    # When the question is gone, the same people are tagged.
    without = preview(replace(view, question=None), [18], 500, ENGLISH).plain
    assert (f"Also tagged: {tagged}\n" in without) == bool(tagged)


def test_a_preview_without_its_question_says_that_it_would_stand_alone() -> None:
    view = replace(a_preview(a_post(in_reply_to=None)), question=None)
    assert "would appear on its own" in preview(view, [18], 500, ENGLISH).plain


def test_with_four_eyes_the_preview_says_who_must_not_confirm() -> None:
    assert "somebody other than anna" in preview(a_preview(four_eyes=True), [18], 500, ENGLISH).plain


# --- lists ---


@BOTH
def test_an_empty_queue_is_good_news(setting: Setting) -> None:
    shown = queue(Queue([], 0, 0), Wanted(), NOW, setting)
    assert shown.plain.endswith("🎉")
    assert_says_the_same(shown)


@BOTH
def test_the_queue_says_who_has_what_for_how_long_and_how_many_more_there_are(setting: Setting) -> None:
    mine = a_ticket(state=TicketState.CLAIMED, claimant=ANNA, opened_at=NOW - 90 * MINUTE)
    lines = [Line(a_ticket(), "Erika <Muster>", "Is TLS <1.2> allowed? " * 10), Line(mine, "", "")]
    shown = queue(Queue(lines, 7, 2), Wanted(), NOW, setting)
    assert_says_the_same(shown)
    rows = shown.plain.splitlines()
    assert "7" in rows[0]
    assert rows[1].startswith("#42 🆕 Erika <Muster>: Is TLS <1.2> allowed?")
    assert "…" in rows[1]
    assert "anna" in rows[2]
    assert "5" in rows[3]
    assert rows[4].startswith("💤 2 ")
    assert shown.quotes == (42, 42)


def test_the_queue_in_english_counts_in_the_largest_unit_that_fits() -> None:
    line = Line(a_ticket(opened_at=NOW - timedelta(days=2, hours=3)), "Erika", "Hm?")
    shown = queue(Queue([line], 1, 0), Wanted(), NOW, ENGLISH)
    assert shown.plain.splitlines() == ["1 open ticket", "#42 🆕 Erika: Hm? · 2 days ago"]


def test_what_sets_a_ticket_apart_is_in_its_line_and_on_its_card() -> None:
    ticket = replace(
        a_ticket(), priority=Priority.URGENT, labels=("tls", "vpn"), snoozed_until=NOW + timedelta(hours=2)
    )
    words = "🔴 urgent · 🏷 tls, vpn · 💤 until Mon 23 Nov 2026 12:00 CET"
    shown = queue(Queue([Line(ticket, "Erika", "Hm?")], 1, 0), Wanted("tls", snoozed=True), NOW, ENGLISH)
    assert shown.plain.splitlines() == ["1 snoozed ticket · 🏷 tls", f"#42 🆕 Erika: Hm? · {words} · 1 hour ago"]
    on_card = card(
        a_card(ticket=replace(ticket, promise=replace(ticket.promise, interim_at=NOW))), ENGLISH
    ).plain.splitlines()
    assert on_card[1] == f"{words} · interim reply Mon 23 Nov 2026 10:00 CET"


@BOTH
@pytest.mark.parametrize("wanted", [Wanted(), Wanted("tls"), Wanted(snoozed=True)], ids=str)
def test_a_list_with_nothing_in_it_says_so(wanted: Wanted, setting: Setting) -> None:
    for shown in (
        queue(Queue([], 0, 0), wanted, NOW, setting),
        mine([], NOW, setting),
        found([], 10, NOW, setting),
        of_author([], 0, "erika@", NOW, setting),
        labels(a_ticket(), setting),
    ):
        assert shown.plain
        assert_says_the_same(shown)
        assert shown.quotes == ()


@BOTH
def test_of_more_hits_than_are_shown_it_is_said_that_there_are_more(setting: Setting) -> None:
    lines = [Line(a_ticket(id=TicketId(number)), "Erika", "Hm?") for number in range(11, 0, -1)]
    shown = found(lines, 10, NOW, setting)
    assert "10" in shown.plain.splitlines()[0]
    assert len(shown.plain.splitlines()) == 11
    assert shown.quotes == tuple(range(11, 1, -1))


@BOTH
def test_a_merged_ticket_s_card_says_where_it_goes_on(setting: Setting) -> None:
    gone = replace(a_ticket(state=TicketState.CLOSED), merged_into=TicketId(7))
    shown = card(Card(gone, [], 0, (), EventId("$card")), setting)
    assert "#7" in shown.plain.splitlines()[0]
    assert len(shown.plain.splitlines()) == 2
    assert_says_the_same(shown)


@BOTH
def test_a_priority_in_the_history_is_in_the_room_s_language(setting: Setting) -> None:
    shown = history([Entry(a_ticket().id, NOW, Step.PRIORITIZED, ANNA, "urgent")], setting)
    assert setting.language("urgent") in shown.plain


@BOTH
def test_a_ticket_s_history_tells_when_and_by_whom(setting: Setting) -> None:
    entries = [
        Entry(a_ticket().id, NOW, Step.OPENED),
        Entry(a_ticket().id, NOW, Step.NOTED, ANNA, "asked <them>"),
        Entry(a_ticket().id, NOW, Step.CONFIRMED, BEN, post=PostId(7)),
    ]
    shown = shown_ticket(a_card(), entries, NOW, setting)
    assert_says_the_same(shown, but=[setting.language("original")])
    tail = shown.plain.splitlines()[-3:]
    assert "anna" in tail[1]
    assert "asked <them>" in tail[1]
    assert tail[2].endswith("P7")


@BOTH
def test_of_a_history_too_long_for_a_message_the_newest_steps_are_there(setting: Setting) -> None:
    entries = [Entry(a_ticket().id, NOW, Step.NOTED, ANNA, f"note {number} {'ж' * 200}") for number in range(2_000)]
    for shown in (history(entries, setting), shown_ticket(a_card(), entries, NOW, setting)):
        assert not is_too_long(shown, is_edit=False)
        assert "note 1999 " in shown.plain.splitlines()[-1]
        listed = shown.plain.count("note ")
        assert listed > 10
        assert f": {2_000 - listed}." in shown.plain


# --- sentences ---


def test_what_is_filled_into_a_sentence_means_nothing_and_links_stay_links() -> None:
    shown = words(
        ENGLISH.language,
        "Published: {url} – {text}",
        {"url": "https://social.example/1", "text": "*x* <b>"},
    )
    assert "https://social.example/1" in shown.plain
    assert "*x* <b>" in shown.plain
    assert '<a href="https://social.example/1">https://social.example/1</a>' in shown.html
    assert "– *x* &lt;b&gt;" in shown.html


def test_a_missing_translation_falls_back_to_english() -> None:
    assert words(GERMAN.language, "No such sentence, {who}.", {"who": "Anna"}).plain == "No such sentence, Anna."
