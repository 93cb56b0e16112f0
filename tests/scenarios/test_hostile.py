"""Fifty mentions that mean harm, on real servers: each becomes one card and nothing else."""

import asyncio
import re
import sqlite3
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import pytest_asyncio

from fedichat.demo.person import Person
from fedichat.demo.synapse import Synapse
from fedichat.demo.timeline import Line
from fedichat.ports import RoomId
from fedichat.sandbox.model import NewMedia
from tests.scenarios.at_work import AtWork, Case, at_work

pytestmark = pytest.mark.asyncio(loop_scope="module")

# The Matrix specification, client-server API, m.room.message: what `org.matrix.custom.html` may hold.
TAGS = frozenset(
    {
        "del",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "blockquote",
        "p",
        "a",
        "ul",
        "ol",
        "sup",
        "sub",
        "li",
        "b",
        "i",
        "u",
        "strong",
        "em",
        "s",
        "code",
        "hr",
        "br",
        "div",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "caption",
        "pre",
        "span",
        "details",
        "summary",
    }
)
ATTRIBUTES: Mapping[str, frozenset[str]] = {
    "a": frozenset({"href"}),
    "code": frozenset({"class"}),
    "ol": frozenset({"start"}),
}
SCHEMES = frozenset({"http", "https", "mailto"})
VOID = frozenset({"br", "hr"})
STAFF = ("anna", "ben", "fedichat")


@dataclass
class Mention:
    """What is sent; `html` is passed on as it is by the server, as some do."""

    html: str
    text: str = ""
    name: str = "Harry"
    spoiler_text: str = ""
    poll: tuple[str, ...] = ()
    alt: str | None = None


def nested(tag: str, times: int, inside: str = "deep") -> str:
    return f"<{tag}>" * times + inside + f"</{tag}>" * times


MENTIONS: Mapping[str, Mention] = {
    "script": Mention("<p>Hello<script>alert(1)</script> there</p>"),
    "script in an attribute": Mention('<p onclick="alert(1)" onmouseover=alert(2)>Hello</p>'),
    "script that is cut off": Mention("<p>Hello <script>alert(1)"),
    "script in disguise": Mention("<scr<script>ipt>alert(1)</scr</script>ipt>"),
    "upper case script": Mention("<SCRIPT SRC=//evil.example/x.js></SCRIPT>Hello"),
    "event handler of a picture": Mention("<img src=x onerror=alert(1)>Hello"),
    "javascript link": Mention('<a href="javascript:alert(1)">click</a>'),
    "javascript link in pieces": Mention(
        '<a href="java\nscript:alert(1)">click</a> <a href="&#106;avascript:x">me</a>'
    ),
    "data link": Mention('<a href="data:text/html;base64,PHNjcmlwdD4=">click</a>'),
    "vbscript and file links": Mention('<a href="vbscript:x">a</a><a href="file:///etc/passwd">b</a>'),
    "relative link": Mention('<a href="/logout">out</a> <a href="//evil.example">there</a>'),
    "remote picture": Mention('<img src="https://evil.example/pixel.png">Hello'),
    "picture by mxc": Mention('<img src="mxc://example.org/abc" alt="x" height="9999">'),
    "svg": Mention("<svg onload=alert(1)><circle r=50></svg>Hello"),
    "math": Mention("<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></table></mtext></math>"),
    "style": Mention('<style>*{display:none}</style><p style="position:fixed;top:0">Hello</p>'),
    "frames and forms": Mention(
        '<iframe src="https://evil.example"></iframe><form action="https://evil.example"><input name=x></form>'
    ),
    "meta and base": Mention('<meta http-equiv=refresh content="0;url=//evil.example"><base href="//evil.example">Hi'),
    "mx-reply": Mention(
        '<mx-reply><blockquote><a href="https://matrix.to/#/@anna:localhost">In reply to anna</a> I resign</blockquote>'
        "</mx-reply>really"
    ),
    "spoiler": Mention('<span data-mx-spoiler="reason">hidden</span>'),
    "maths for clients": Mention('<span data-mx-maths="\\frac{a}{b}">x</span>'),
    "colours": Mention('<font color="#ffffff" data-mx-bg-color="#ffffff">unseen</font>'),
    "details": Mention("<details open><summary>!publish</summary>hidden</details>"),
    "heading": Mention("<h1>LOUD</h1>"),
    "rule that ends the card": Mention("<p>Hello</p><hr><p><strong>#1 ✅ answered · nobody</strong></p>"),
    "nesting that ends the quote": Mention("Hello</blockquote></blockquote><strong>#1 ✅ answered</strong>"),
    "nesting that is broken": Mention("<p><b><i>Hello</b></p></i></u></table><li><td>x"),
    "comment": Mention("<!-- <b> --><p>Hello<!-- --!> <script>alert(1)</script> --></p>"),
    "cdata and instructions": Mention("<![CDATA[<script>alert(1)</script>]]><?php echo 1 ?><!DOCTYPE x>Hello"),
    "ten thousand tags deep": Mention(nested("div", 10_000)),
    "ten thousand tags of formatting": Mention(nested("b", 5_000, nested("i", 5_000))),
    "ten thousand quotes": Mention(nested("blockquote", 10_000)),
    "ten thousand unclosed": Mention("<ul><li>" * 10_000),
    "right to left": Mention("<p>\u202e!hsilbup \u2066a\u2069 \u200fevil\u202c</p>", name="\u202eannA"),
    "zero width": Mention("<p>\u200b\u200c\u200d\ufeff!publish\u2060</p>", name="\u200b"),
    "zalgo": Mention("<p>" + "H\u0335\u0321\u0334\u0300\u0301\u0302\u0303" * 500 + "</p>", name="Z" + "\u0335" * 500),
    "everybody is pinged": Mention("<p>@room @everyone @here @channel</p>", name="@room"),
    "all staff are pinged": Mention(
        "<p>@anna:localhost @ben:localhost anna ben fedichat "
        '<a href="https://matrix.to/#/@anna:localhost">Anna</a> <a href="https://matrix.to/#/%40ben%3Alocalhost">b</a> '
        'https://matrix.to/#/@anna:localhost matrix:u/anna:localhost <a href="matrix:u/anna:localhost">c</a></p>'
    ),
    "commands": Mention("<p>!publish 1</p><p>!claim 1</p><p>!answer 1 We are idiots.</p>", "!publish 1\n!claim 1"),
    "command at the very beginning": Mention("!publish 1", "!publish 1"),
    "commands wherever words are": Mention(
        "<p>Hello</p>", name="!publish 1", spoiler_text="!publish 1", poll=("!publish 1", "!ignore 1 spam")
    ),
    "commands in an alt text": Mention("<p>Look</p>", alt="!publish 1\n✅ @room <img src=x onerror=alert(1)>"),
    "a megabyte": Mention("<p>" + "evil " * 210_000 + "</p>"),
    "a megabyte without a space": Mention("x" * 1_000_000),
    "a megabyte of brackets": Mention("[" * 1_000_000),
    "zero bytes and controls": Mention("<p>a\x00b\x07c\x1b[31md\x08e\x7f\x85f</p>", name="a\x00b\x1b[2J"),
    "halves of characters": Mention("<p>a\ud800b\udfffc</p>", name="\udc00x"),
    "line ends of every kind": Mention("a\r\nb\rc\x0bd\x0ce\u2028f\u2029g\ufeffh", name="a\r\n#1 ✅ answered"),
    "look-alikes": Mention("<p>It is me, the bоss</p>", name="аnnа (@anna:localhost) · #1 ✅"),
    "markdown and fields": Mention(
        "<p>**x** [y](javascript:z) `{prefix}` {ticket} %s ${HOME} {{7*7}}</p>",
        name="**b** [x](https://evil.example) {who} `",
        spoiler_text="# h\n| a | b |\n<img src=x>",
    ),
    "emoji": Mention("<p>" + "👩‍👩‍👧‍👦🏳️‍🌈" * 3_000 + "</p>", name="✅❌👀🙈" * 20),
    "a thousand mentions": Mention(
        "".join(f'<a href="https://x.example/@u{n}" class="u-url mention">@u{n}</a> ' for n in range(1_000))
    ),
    "entities": Mention("&lt;script&gt;alert(1)&lt;/script&gt; &amp;lt;b&amp;gt; &#0; &#xD800; &#x202e;x &nonsense;"),
    "a table": Mention("<table><tr><td colspan=9999 rowspan=9999>x</td></tr></table>" * 50),
    "our own signs": Mention("<p>📝 P1 · draft by anna, answer to #1<br>✅ publishes, ❌ withdraws.</p>", name="📝 P1"),
}


class Reader(HTMLParser):
    """What a client would make of formatted text; everything that is not allowed is kept in `wrong`."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.wrong: list[str] = []
        self.open: list[str] = []
        self.deepest = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS:
            self.wrong.append(f"<{tag}>")
        for name, value in attrs:
            if name not in ATTRIBUTES.get(tag, frozenset()):
                self.wrong.append(f"{tag}.{name}={value}")
            if name == "href" and not _is_harmless(value or ""):
                self.wrong.append(f"link to {value}")
        if tag not in VOID:
            self.open.append(tag)
            self.deepest = max(self.deepest, len(self.open))

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}> at the wrong place")

    def handle_comment(self, data: str) -> None:
        self.wrong.append("comment")

    def handle_decl(self, decl: str) -> None:
        self.wrong.append("declaration")

    def handle_pi(self, data: str) -> None:
        self.wrong.append("instruction")

    def unknown_decl(self, data: str) -> None:
        self.wrong.append("unknown declaration")


def _is_harmless(href: str) -> bool:
    parts = urlsplit(href)
    return parts.scheme in SCHEMES and parts.hostname != "matrix.to"


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    return reader


@dataclass
class Aftermath:
    """The room after everything was sent: cards by the name of the mention, and what was there before."""

    work: AtWork
    case: Case
    before: list[Line]
    draft: Line
    cards: dict[str, list[Line]] = field(default_factory=dict)
    raw: dict[str, Mapping[str, object]] = field(default_factory=dict)
    settled: str = ""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def aftermath(synapse: Synapse, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Aftermath]:
    folder: Path = tmp_path_factory.mktemp("hostile")
    async with at_work(synapse, folder) as work, work.stage.bot_running():
        case = await work.asked()
        _, draft = await work.drafted(case, "Yes, it is.")
        await work.card(case, "👀 with")  # an edit of the card waits a moment for others
        await work.settled()
        before = list(await work.anna.lines(work.team))
        after = Aftermath(work, case, before, await work.anna.line(work.team, draft.event_id))
        for number, mention in enumerate(MENTIONS.values()):
            citizen = work.sandbox.add_account(f"harry{number:02}", domain="evil.example", display_name=mention.name)
            handle = f"@{work.stage.account.username}"
            media = [NewMedia(_PIXEL, description=mention.alt)] if mention.alt is not None else []
            status = await citizen.post(
                f"{handle} {mention.text}", spoiler_text=mention.spoiler_text, poll=mention.poll, media=media
            )
            status.raw_html = mention.html
        async with asyncio.timeout(120):
            last = f"@harry{len(MENTIONS) - 1:02}@evil.example"
            await work.anna.wait_for(work.team, lambda line: line.body.startswith("#") and last in line.body, 120)
        await work.settled()
        lines = [line for line in await work.anna.lines(work.team) if line not in before]
        for number, name in enumerate(MENTIONS):
            after.cards[name] = [line for line in lines if f"@harry{number:02}@evil.example" in line.body]
            for line in after.cards[name][:1]:
                after.raw[name] = await _event(work.anna, work.team, line)
        yield after


_PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000050001"
    "a5f645400000000049454e44ae426082"
)


async def _event(person: Person, room: RoomId, line: Line) -> Mapping[str, object]:
    event = await person.ask("GET", f"/rooms/{room}/event/{line.event_id}")
    content = event["content"]
    assert isinstance(content, dict)
    return content


async def test_there_are_fifty_of_them_and_more() -> None:
    assert len(MENTIONS) >= 50
    assert len({repr(mention) for mention in MENTIONS.values()}) == len(MENTIONS)


@pytest.mark.parametrize("name", MENTIONS)
async def test_it_becomes_exactly_one_card_of_its_own(aftermath: Aftermath, name: str) -> None:
    cards = aftermath.cards[name]
    shown = [line for line in cards if line.body.startswith("#")]
    assert len(shown) == 1, [line.body[:80] for line in cards]
    (card,) = shown
    number = list(MENTIONS).index(name)
    first = card.body.splitlines()[0]
    assert re.match(rf"#{aftermath.case.number + 1 + number} 🆕 new · ", first), first
    assert first.endswith((f"@harry{number:02}@evil.example)", f"@harry{number:02}@evil.example"))
    assert (card.thread, card.edited, card.notice) == (None, 0, False)
    # A picture may be shown under it; nothing else is.
    assert len(cards) == 1 or MENTIONS[name].alt is not None


@pytest.mark.parametrize("name", MENTIONS)
async def test_its_card_holds_only_what_matrix_allows_and_pings_nobody(aftermath: Aftermath, name: str) -> None:
    content = aftermath.raw[name]
    assert content["m.mentions"] == {}
    html, body = str(content["formatted_body"]), str(content["body"])
    reader = read(html)
    assert reader.wrong == []
    assert reader.open == [], "every tag is closed"
    assert reader.deepest <= 110
    assert len(html.encode()) + len(body.encode()) < 30_000
    for text in (html, body):
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]", text)
    assert "matrix.to/" not in html
    assert "<strong>#" not in html.rpartition("</blockquote>")[2], "what looks like a head is quoted"
    lines = body.splitlines()
    assert sum(line.startswith("#") for line in lines) == 1, "only the head looks like a head"
    assert not any(line.startswith(("!", "📝")) for line in lines)


async def test_nothing_else_has_changed(aftermath: Aftermath) -> None:
    work, case = aftermath.work, aftermath.case
    assert await work.anna.line(work.team, aftermath.draft.event_id) == aftermath.draft
    assert work.published == []
    lines = await work.anna.lines(work.team)
    assert list(lines[: len(aftermath.before)]) == aftermath.before
    ours = {line.event_id for cards in aftermath.cards.values() for line in cards}
    rest = [line for line in lines[len(aftermath.before) :] if line.event_id not in ours and line.thread not in ours]
    # What is left is the question whether the bot is there, and its answer.
    assert [(line.sender == work.stage.bot, line.body[:5]) for line in rest] == [(False, "!help"), (True, "**Loo")]
    under_cards = [line for line in lines if line.thread in ours]
    assert len(under_cards) <= sum(mention.alt is not None for mention in MENTIONS.values())

    database = sqlite3.connect(f"file:{work.stage.folder / 'fedichat.db'}?mode=ro", uri=True)
    states = dict(database.execute("select id, state from tickets").fetchall())
    assert states.pop(case.number) == "claimed"
    assert set(states.values()) == {"new"}
    assert len(states) == len(MENTIONS)
    assert database.execute("select state, revision from posts").fetchall() == [("draft", 1)]
    assert database.execute("select count(*) from effects").fetchone() == (0,)
    assert database.execute("select count(*) from malformed").fetchone() == (0,)
    steps = database.execute("select step from history where ticket != ?", (case.number,)).fetchall()
    assert steps == [("opened",)] * len(MENTIONS)
    database.close()


async def test_the_office_goes_on_working_with_each_of_them(aftermath: Aftermath) -> None:
    work = aftermath.work
    queue = await work.told(work.anna, work.team, "!queue")
    assert f"#{aftermath.case.number}" in queue.body
    for name in ("a megabyte", "halves of characters", "right to left"):
        (card, *_) = aftermath.cards[name]
        claim = await work.ben.say(work.team, "!claim", thread=card.event_id)
        await work.done(work.team, claim)
        shown = await work.told(work.ben, work.team, "!show", thread=card.event_id)
        assert read(shown.html).wrong == []
