"""What the bot says is shown sign by sign: nothing in it becomes a headline, a list or bold by accident.

Clients show the HTML; the plain text is what notifications show. Between backticks stands code: only they may go.
"""

from dataclasses import replace
from html import unescape
from importlib import import_module
from pathlib import Path
from re import findall, sub
from string import Formatter

import nh3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedichat.chat.loading import load_commands
from fedichat.chat.manual import distinct, one, overview
from fedichat.domain.tickets.mention import Poll
from fedichat.ports import Message
from fedichat.render.words import markdown, words
from fedichat.text.i18n import LANGUAGES, language
from scripts import messages as tool
from tests.factories import ERIKA
from tests.world import ANNA, TEAM, World

MESSAGES = sorted(
    {
        text
        for message in tool.read("de")
        for text in (message.id if isinstance(message.id, list | tuple) else (message.id,))
        if text
    }
)
NASTY = (
    "#42", "# a", "1. a", "- a", "+ a", "* a", "> a", "| a | b |", "```", "~~~", "===", "---", "    a", "_a_", "**a**",
    "a_b_c", "<b>", "&amp;", "[a](https://a.example)", "![a](b)", "<https://a.example>", "\\*", "`a`", "a  \nb",
    "{who}", "https://a.example/x_y_z", "P_2026_*.png",
)  # fmt: skip


def seen(html: str) -> str:
    """What a client shows of HTML."""
    return unescape(nh3.clean(sub(r"<br ?/?>", "\n", html), tags=set()))


def without_marks(plain: str) -> str:
    return "".join(plain.replace("`", "").split())


def fields_of(message: str) -> list[str]:
    return sorted({name for _, name, _, _ in Formatter().parse(message) if name and name != "prefix"})


def check(message: str, value: str, code: str) -> None:
    said = words(language(code), message, dict.fromkeys(fields_of(message), value))
    assert without_marks(seen(said.html)) == without_marks(said.plain), (message, value)
    markup = sub(r"</?(p|code|br|a)( [^>]*)?>", "", said.html)
    assert "<" not in markup, (message, value)


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("value", ["42", *NASTY])
def test_every_message_shows_every_sign_of_it(code: str, value: str) -> None:
    for message in MESSAGES:
        check(message, value, code)


@given(value=st.text(st.sampled_from("#*_-+>|`~<&[](){}!\\=:. 1a\n"), max_size=12), number=st.integers(0, 10_000))
def test_whatever_a_field_is_it_is_shown_as_it_is(value: str, number: int) -> None:
    for code in LANGUAGES:
        check(MESSAGES[number % len(MESSAGES)], value, code)


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_message_that_begins_with_a_tickets_number_is_no_headline(code: str) -> None:
    begins = [message for message in MESSAGES if message.startswith("#{ticket}")]
    assert len(begins) > 30
    for message in begins:
        said = words(language(code), message, dict.fromkeys(fields_of(message), 42))
        assert "<h1" not in said.html
        assert "#42" in seen(said.html)


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_help_shows_every_sign_but_those_that_are_meant_as_markdown(code: str) -> None:
    commands = load_commands(import_module("fedichat.commands"))
    t = language(code)
    for text in (overview(commands, lambda _: True, t, "!"), *(one(each, t, "!") for each in distinct(commands))):
        meant = "\n".join(line.removeprefix("- ") for line in text.replace("**", "").splitlines())
        assert without_marks(seen(markdown(text).html)) == without_marks(meant)


async def test_what_people_write_is_shown_as_it_is_in_every_card_list_and_preview(tmp_path: Path) -> None:
    """Also on one line with words of ours: what looks like a command there is not one of ours."""
    world = await World.open(tmp_path)
    author = replace(ERIKA, name="`erikaword` *E*")
    await world.asked("`#1` _x_ `!publish P1`", author=author, poll=Poll(("`yesword`", "**no**"), False, None))
    await world.asked("`moreword`", author=author)
    for line in (
        "!claim 1",
        "!label 1 `labelword`",
        "!note 1 `noteword` **b**",
        "!answer 1 --cw `warningword` `answerword`",
        "!draft --label `tagword` `textword`",
        "!schedule tomorrow 10:00 --label `tagword` | `laterword`",
        "!plan",
        "!freeze",
        "!unfreeze",
        "!queue",
        "!queue --label `labelword`",
        "!mine",
        "!author `xword`",
        "!author 1",
        "!search moreword",
        "!history 1",
        "!show 1",
        "!show P2",
        "!ignore 2 `spamword`",
        "!history 2",
    ):
        await world.say(ANNA, TEAM, line)
    shown = [version for sent in world.rooms.sent.values() for version in (sent.message, *sent.versions)]
    assert len(shown) > 20
    for message in shown:
        assert isinstance(message, Message)
        code = "".join(findall(r"<code>([^<]*)</code>", message.html))
        assert "word" not in code, message.html
    await world.close()
