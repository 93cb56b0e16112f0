"""Everything that is said fits into an event, in encrypted rooms too, and says how much is left out."""

import base64
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedichat.adapters.matrix.content import content_of
from fedichat.adapters.matrix.files import content_of_file
from fedichat.domain.effects import Tell
from fedichat.domain.names import EventId, RoomId, team_place
from fedichat.domain.phrase import mark
from fedichat.domain.posts.drafts import MOST_TAGGED
from fedichat.domain.posts.readers import check_showable
from fedichat.domain.roles import RoomKind, RoomRole
from fedichat.domain.tickets.mention import Author, Media, Poll
from fedichat.errors import Refusal
from fedichat.ports import FileData, FileMessage, Message, Rooms
from fedichat.render.fitting import fitted, is_too_long
from fedichat.render.parts import Rendered, inline
from fedichat.store.outbox import Waiting
from fedichat.text.i18n import language
from fedichat.workers.delivery.voice import Voice
from tests.render.huge import PEOPLE, SETTING, examples, largest_previews, renderers
from tests.world import ANNA, TEAM, World

EVENT = 65_536
AROUND = 4_000
"""What an event has besides: ids of the room, its sender and earlier events, hashes, signatures, keys of encryption."""
WRITINGS = ("a", '"', "&", "<", "\\", "\n", "ж", "字", "😀", "'", "\t", "a b. ", "@a@b.example ", "e\u0301")
t = language("en")


def encrypted(message: Message) -> int:
    """How large the event is in an encrypted room."""
    payload = json.dumps(content_of(message), ensure_ascii=False).encode()
    return len(base64.b64encode(payload)) + AROUND


@given(st.lists(st.tuples(st.sampled_from(WRITINGS), st.integers(1, 30_000)), max_size=6), st.booleans())
@settings(max_examples=60, deadline=None)
def test_whatever_is_said_fits_into_an_encrypted_event(pieces: list[tuple[str, int]], is_edit: bool) -> None:
    text = "".join(sign * count for sign, count in pieces)
    shown = fitted(Rendered(text, inline(text)), t, is_edit=is_edit)
    target = EventId("$" + "a" * 43) if is_edit else None
    assert encrypted(Message(shown.plain, shown.html, replaces=target, thread=EventId("$" + "a" * 43))) <= EVENT
    if shown.plain == text:
        return
    beginning, _, more = shown.plain.rpartition("\n")
    left = int(more.split()[2])
    assert text.startswith(beginning)
    assert len(beginning) + left == len(text)


def test_what_fits_is_left_as_it_is() -> None:
    shown = Rendered("#42 🆕", "<strong>#42</strong> 🆕")
    assert fitted(shown, t, is_edit=True) is shown


@pytest.mark.parametrize("sign", WRITINGS)
def test_what_a_preview_may_show_fits_even_as_an_edit(sign: str) -> None:
    size = 30_000
    while True:
        text = sign * size
        try:
            check_showable(text)
        except Refusal:
            size = size * 9 // 10
        else:
            break
    assert size * len(sign.encode()) >= 1_000
    quoted = "\n".join(f"> {line}" for line in text.splitlines() or [""])
    shown = Rendered(quoted, f"<blockquote>{inline(text)}</blockquote>")
    assert not is_too_long(shown, is_edit=True)


@dataclass
class Said:
    """A room that only keeps what is said in it."""

    message: Message | FileMessage | None = None

    async def send(self, room: RoomId, message: Message, transaction: str) -> EventId:
        self.message = message
        return EventId("$said")

    async def send_file(self, room: RoomId, message: FileMessage, transaction: str) -> EventId:
        self.message = message
        return EventId("$said")


def a_voice(said: Said) -> Voice:
    team = RoomRole(RoomKind.TEAM, "!team", account="bsi")
    return Voice(
        cast("Rooms", said), {team_place("bsi"): team}, SETTING.zone, lambda place: RoomId("!team:example.org")
    )


WAITING = Waiting(1, "effect-1", "room/team", Tell(team_place("bsi"), mark("✅ says that you know.")), started=False)
SIGNS = ("ж", "😀", '"')


def test_every_renderer_has_its_largest_example() -> None:
    """The way out itself is what the examples are put through."""
    there = {name for name, _ in renderers()} - {"fitting.fitted", "fitting.with_texts_that_fit"}
    assert there == set(examples(SIGNS[0]))


@pytest.mark.parametrize("is_edit", [False, True], ids=["new", "edit"])
@pytest.mark.parametrize("sign", SIGNS)
async def test_the_largest_that_is_ever_shown_fits_and_says_what_is_left_out(sign: str, is_edit: bool) -> None:
    said, replaced = Said(), EventId("$" + "a" * 43) if is_edit else None
    for name, (shown, left_out) in examples(sign).items():
        for woken in ((), PEOPLE):
            message = Message(shown.plain, shown.html, replaces=replaced, mentions=woken)
            await a_voice(said).send(team_place("bsi"), message, WAITING)
            assert isinstance(said.message, Message)
            assert encrypted(said.message) <= EVENT, name
            cut = "too many for one message" in said.message.plain
            assert cut or left_out in said.message.plain, name
            assert said.message.plain[:10] == shown.plain[:10], name


@pytest.mark.parametrize("sign", SIGNS)
async def test_a_caption_fits_however_long_it_is(sign: str) -> None:
    said = Said()
    for name, (shown, _) in examples(sign).items():
        file = FileData("a" * 100, "image/png", b"file")
        for html in (shown.html, ""):
            message = FileMessage(file, shown.plain, EventId("$" + "a" * 43), html)
            await a_voice(said).send_file(team_place("bsi"), message, WAITING)
            assert isinstance(said.message, FileMessage)
            content = json.dumps(content_of_file(said.message, {}), ensure_ascii=False).encode()
            assert len(base64.b64encode(content)) + AROUND <= EVENT, name


@pytest.mark.parametrize("sign", SIGNS)
def test_what_stands_below_a_long_text_is_there_still(sign: str) -> None:
    """The link to the whole, and how to go on: also where the text, the name and the handle are as long as can be."""
    shown = {name: made.plain for name, (made, _) in examples(sign).items()}
    for name in ("card.card", "card.follow_up", "card.edited"):
        assert "https://remote.example/@erika/s1" in shown[name], name
    assert "To make it the draft: `!answer 42 --proposal 2`" in shown["department.proposal"]
    assert "https://social.example/0" in shown["department.published"]


@pytest.mark.parametrize("sign", SIGNS)
def test_the_largest_draft_is_shown_whole_to_whoever_confirms_it(sign: str) -> None:
    for what, (shown, last) in largest_previews(sign).items():
        assert not is_too_long(shown, is_edit=False), what
        assert shown.plain.endswith(last), what


def fits(world: World) -> None:
    for sent in world.rooms.sent.values():
        for message in (sent.message, *sent.versions):
            if isinstance(message, FileMessage):
                assert len(json.dumps([message.caption, message.caption_html], ensure_ascii=False).encode()) < 44_100
            else:
                assert encrypted(message) <= EVENT


@pytest.mark.parametrize("sign", ["ж", '"', "\\", "😀", "&", "a\n"])
async def test_a_day_in_an_office_where_everything_is_huge(tmp_path: Path, sign: str) -> None:
    long = sign * (20_000 // len(sign))
    world = await World.open(tmp_path)
    people = tuple(f"somebody{number}@remote{number}.example" for number in range(1_000))
    huge = Author("erika@remote.example", sign * 3_000, "https://remote.example/@erika")
    media = tuple(Media("image", f"https://remote.example/{n}.png", sign * 1_500) for n in range(4))
    poll = Poll((sign * 500,) * 4, multiple=True)
    question = await world.asked(long, by=huge, mentions=people, content_warning=sign * 2_000, media=media, poll=poll)
    for text in (
        "!claim 1",
        f"!note 1 {long[:10_000]}",
        "!answer 1 Yes.",
        "!history 1",
        "!show 1",
        "!queue",
        "!mine",
        "!help",
        "!search x",
        f"!label 1 {long[:200]}",
        f"!escalate 1 krypto {long[:9_000]}",
        f"!answer 1 {long[:9_000]}",
        f"!answer 1 --with all --no-alt {long[:4_000]} | Yes",
        f"!schedule tomorrow 10:00 | {long[:4_000]}",
        "!plan",
        f"!ignore 1 {long[:9_000]}",
        f"!{long}",
        f"!queue {long[:9_000]}",
    ):
        await world.say(ANNA, TEAM, text)
    await world.say(ANNA, TEAM, long, thread=world.card(1))
    world.fediverse.statuses[question.id] = replace(question, text=long[::-1], html="", edited_at=world.clock.now())
    await world.recheck(question.id)
    fits(world)
    assert not [row for row in await world.rows("effects") if row["set_aside"]]
    await world.close()


async def test_a_question_that_names_a_thousand_accounts_can_be_answered(tmp_path: Path) -> None:
    world = await World.open(tmp_path)
    people = tuple(f"somebody{number}@remote{number}.example" for number in range(1_000))
    await world.asked(mentions=people)
    await world.say(ANNA, TEAM, "!answer 1 Yes.")
    shown = world.rooms.sent[world.preview(1)].text
    assert "Also in the conversation, not tagged: @somebody0@remote0.example, " in shown
    assert "and 980 more (--all tags them)" in shown
    asked = await world.say(ANNA, TEAM, "!answer 1 --all Yes.")
    [refused] = world.replies(asked)
    assert refused.startswith(f"`--all` would tag 1000 people, and {MOST_TAGGED} is the most.")
    fits(world)
    await world.tap(ANNA, TEAM, world.preview(1), "✅")
    assert [new.text for new in world.fediverse.published.values()] == ["@erika@remote.example Yes."]
    await world.close()
