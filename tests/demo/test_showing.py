"""What citizens write can never command the terminal of whoever watches the demo."""

import pytest

from fedichat.demo.scroll import Scroll
from fedichat.demo.showing import Show, harmless
from fedichat.demo.timeline import Line
from fedichat.ports import EventId, RoomId, UserId

BOT, ANNA, TEAM = UserId("@fedichat:x"), UserId("@anna:x"), RoomId("!team")
EVIL = "\x1b]0;owned\x07 \x1b[2J \x9b31m \x08\x08 \u202eback\u202c \ud800 a\tb\rc"


def printed_by(text: str) -> list[str]:
    printed: list[str] = []
    show = Show(printed.append, styled=False)
    show.heading(text)
    show.line(text)
    show.quoted(text, text)
    show.good(text)
    show.bad(text)
    return printed


def test_controls_and_reordering_are_taken_out() -> None:
    for line in [*printed_by(EVIL), harmless(EVIL)]:
        assert not any(char < " " and char != "\n" for char in line)
        assert not any(char in line for char in "\x7f\x9b\u202e\u202c\ud800")
    assert "owned" in harmless(EVIL)


@pytest.mark.parametrize("text", ["Grüße 👩‍💻 – „ja“", "one\ntwo"])
def test_what_is_harmless_stays(text: str) -> None:
    assert harmless(text) == text


def test_long_lines_are_quoted_line_by_line() -> None:
    printed: list[str] = []
    Show(printed.append, styled=False).quoted("anna", "word " * 60)
    assert printed[0] == "  anna"
    assert len(printed) > 2
    assert all(line.startswith("  │ ") and len(line) <= 110 for line in printed[1:])


def line(event: str, body: str, sender: UserId = BOT, **more: object) -> Line:
    return Line(EventId(event), TEAM, sender, body, **more)  # type: ignore[arg-type]


def test_the_room_scrolls_by_with_what_changes_in_it() -> None:
    printed: list[str] = []
    scroll = Scroll(BOT, Show(printed.append, styled=False), {TEAM: ""})
    card = EventId("$card")
    for seen in (
        line("$card", "#7 🆕 new · Emma\n> Hello?"),
        line("$claim", "!claim", ANNA, thread=card),
        line("$claim", "!claim", ANNA, thread=card, reactions=(("👍", BOT),)),
        line("$card", "#7 👀 with anna · Emma\n> Hello?", edited=1),
        line("$p", "📝 P1 · draft", thread=card),
        line("$p", "📝 P1 · draft", thread=card, reactions=(("✅", BOT), ("❌", BOT))),
        line("$p", "📝 P1 · draft", thread=card, reactions=(("✅", BOT), ("❌", BOT), ("✅", ANNA))),
        line("$p", "📝 P1 · draft", thread=card, reactions=(("✅", ANNA),)),
        line("$p", "📝 P1 · draft", thread=card),
        line("$claim", "", ANNA, thread=card, redacted=True),
    ):
        scroll.print(seen)
    assert [text for text in printed if text] == [
        "  fedichat",
        "  │ #7 🆕 new · Emma",
        "  │ > Hello?",
        "      ↳ #7 · anna: !claim",
        "      ↳ #7 · 👍 fedichat → !claim",
        "  ✎ fedichat: #7 👀 with anna · Emma",
        "      ↳ #7 · fedichat: 📝 P1 · draft",
        "      ↳ #7 · ✅ anna → 📝 P1 · draft",
        "      ↳ #7 · ✂ ✅ anna → 📝 P1 · draft",
        "      ↳ #7 · ✂ anna: !claim",
    ]
