"""How the digest reads, in German and English, and what its picture shows."""

import struct
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from zoneinfo import ZoneInfo

import pytest

from fedichat.desk.reports import Digest, Old
from fedichat.domain.effects import ShowDigest
from fedichat.domain.figures import (
    Day,
    DepartmentFigures,
    Figures,
    Kept,
    OldTicket,
    PersonFigures,
    Planned,
    Reason,
    Responses,
    Scope,
    Standing,
    Trouble,
)
from fedichat.domain.names import SUPERVISORS, EventId, PostId, TicketId, UserId, department_place, team_place
from fedichat.domain.reporting import ReportKind
from fedichat.domain.tickets.ticket import TicketState
from fedichat.domain.time.period import Period
from fedichat.render.chart import HEIGHT, WIDTH, Chart, Series, draw, from_json
from fedichat.render.digest import chart, chart_words, digest, period_words, stats
from fedichat.render.parts import Setting
from fedichat.text.i18n import language

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 23, 7, 30, tzinfo=UTC)
WEEKEND = Period(date(2026, 11, 20), date(2026, 11, 23))
KRYPTO = department_place("krypto")
FIGURES = Figures(
    period=WEEKEND,
    received=12,
    answered=9,
    interims=1,
    ignored=(Reason("polemic", 2), Reason("spam <b>", 1), Reason("", 1), Reason("", 1, is_private=True)),
    kept=Kept(8, 1),
    responses=Responses(9, timedelta(hours=3, minutes=10), timedelta(hours=12, minutes=30)),
    standing=Standing(7, 1, 2),
    departments=(DepartmentFigures(KRYPTO, 3, 2, 1, 0, Kept(2, 1)),),
    people=(PersonFigures(UserId("@anna:example.org"), 5, 1), PersonFigures(UserId("@ben:example.org"), 1)),
)
OLD = [
    Old(
        OldTicket(TicketId(42), team_place("bsi"), TicketState.CLAIMED, NOW - timedelta(days=7), NOW, False),
        EventId("$card"),
    ),
    Old(OldTicket(TicketId(43), team_place("bsi"), TicketState.NEW, NOW - timedelta(days=1), None, True)),
]
EFFECT = ShowDigest(SUPERVISORS, WEEKEND, ReportKind.DAILY, NOW)


def shown(code: str, effect: ShowDigest = EFFECT, trouble: Trouble | None = None) -> tuple[list[str], str]:
    view = Digest(
        figures=FIGURES,
        now=NOW,
        trouble=trouble or Trouble(),
        oldest=OLD,
        planned=[Planned(PostId(7), "bsi", NOW + timedelta(hours=1))],
        departments={KRYPTO: "Referat Kryptografie"},
    )
    rendered = digest(
        view, effect, lambda place, event: f"https://matrix.to/#/!{place}/{event}", Setting(language(code), BERLIN)
    )
    return rendered.plain.splitlines(), rendered.html


def test_the_digest_in_english() -> None:
    plain, _ = shown("en")
    assert plain == [
        (
            "📊 Daily digest · Fri 20 Nov – Sun 22 Nov 2026: 12 received, 9 answered, 5 ignored · "
            "now 7 open, 1 overdue, 2 due today"
        ),
        "In time: 88% (8 of 9) · interim replies: 1",
        "First response, in working time: median 3 h 10 min, 90% within 12 h 30 min",
        "Ignored: polemic 2 · spam <b> 1 · without a reason 1 · direct messages 1",
        "🏢 Referat Kryptografie: 3 received, 2 answered, 1 open, 0 overdue · 66% in time",
        "👤 anna: 5 answers, 1 interim reply",
        "👤 ben: 1 answer",
        "Waiting longest:",
        "#42 👀 claimed · since Mon 16 Nov 2026 08:30 CET · ⚠️ overdue https://matrix.to/#/!team/bsi/$card",
        "#43 🆕 new · ✉️ direct · since Sun 22 Nov 2026 08:30 CET",
        "Planned for today: 09:30 P7 (bsi)",
        "Nothing is held up, and nothing has failed.",
    ]


def test_the_digest_in_german() -> None:
    plain, _ = shown("de")
    assert plain == [
        (
            "📊 Tagesbericht · Fr 20.11. – So 22.11.2026: 12 eingegangen, 9 beantwortet, 5 ignoriert · "
            "jetzt 7 offen, 1 überfällig, 2 heute fällig"
        ),
        "Rechtzeitig: 88\N{NO-BREAK SPACE}% (8 von 9) · Zwischenstände: 1",
        "Erste Antwort, in Arbeitszeit: Median 3 Std. 10 Min., 90\N{NO-BREAK SPACE}% innerhalb von 12 Std. 30 Min.",
        "Ignoriert: polemic 2 · spam <b> 1 · ohne Grund 1 · direkte Nachrichten 1",
        (
            "🏢 Referat Kryptografie: 3 eingegangen, 2 beantwortet, 1 offen, 0 überfällig · "
            "66\N{NO-BREAK SPACE}% rechtzeitig"
        ),
        "👤 anna: 5 Antworten, 1 Zwischenstand",
        "👤 ben: 1 Antwort",
        "Am längsten offen:",
        "#42 👀 übernommen · seit Mo 16.11.2026 08:30 MEZ · ⚠️ überfällig https://matrix.to/#/!team/bsi/$card",
        "#43 🆕 neu · ✉️ direkt · seit So 22.11.2026 08:30 MEZ",
        "Heute geplant: 09:30 P7 (bsi)",
        "Nichts wird aufgehalten, nichts ist fehlgeschlagen.",
    ]


def test_in_html_the_number_is_the_link_and_reasons_are_harmless() -> None:
    _, html = shown("en")
    assert '<a href="https://matrix.to/#/!team/bsi/$card">#42</a> 👀 claimed' in html
    assert "spam &lt;b&gt; 1" in html
    assert html.startswith("<strong>📊 Daily digest")


def test_what_is_held_up_or_has_failed_is_counted_apart() -> None:
    trouble = Trouble((("account/bsi", 2), ("team/bsi", 3), ("direct/bsi", 1)), 1, (PostId(7), PostId(9)))
    plain, _ = shown("en", trouble=trouble)
    assert plain[-2:] == [
        "⏸ Held up, until a server answers again: 2 posts · 4 messages in rooms",
        "❗ Failed: P7 · P9 · set aside for whoever runs fedichat: 1",
    ]


def test_a_planned_post_or_a_warning_that_is_held_up_is_no_message_in_a_room() -> None:
    trouble = Trouble(held=(("planned/bsi", 2), ("crisis/bsi/7", 1), ("team/bsi", 1)))
    lines, _ = shown("en", trouble=trouble)
    assert "⏸ Held up, until a server answers again: 3 posts · 1 message in a room" in lines


def test_what_of_the_plan_is_held_back_or_has_missed_its_time_is_said() -> None:
    trouble = Trouble(missed=(PostId(3), PostId(5)), frozen_since=NOW, frozen_by=UserId("@vera:example.org"))
    assert shown("en", trouble=trouble)[0][-2:] == [
        "❄️ All that is planned is held back, by vera since Mon 23 Nov 2026 08:30 CET.",
        "⏰ Missed their time: P3 · P5",
    ]
    assert shown("de", trouble=trouble)[0][-2:] == [
        "❄️ Alles Geplante ist angehalten, von vera seit Mo 23.11.2026 08:30 MEZ.",
        "⏰ Zeit verpasst: P3 · P5",
    ]


def test_a_late_one_says_so() -> None:
    late = ShowDigest(SUPERVISORS, WEEKEND, ReportKind.DAILY, NOW - timedelta(hours=2))
    assert shown("en", late)[0][1].startswith("⏰ This comes late: it should have come on Mon 23 Nov 2026 06:30 CET.")
    assert "⏰" not in "".join(shown("en")[0])


def test_figures_that_are_asked_for_say_of_what_they_are() -> None:
    setting = Setting(language("de"), BERLIN)
    said = stats(
        Figures(Period(date(2026, 7, 1), date(2026, 10, 1))), Scope(KRYPTO, "tls"), {KRYPTO: "Krypto"}, setting
    )
    assert said.plain.splitlines() == [
        (
            "📊 3. Quartal 2026 · Krypto · 🏷 tls: 0 eingegangen, 0 beantwortet, 0 ignoriert · "
            "jetzt 0 offen, 0 überfällig, 0 heute fällig"
        ),
        "Rechtzeitig: nichts war fällig · Zwischenstände: 0",
    ]


@pytest.mark.parametrize(
    ("start", "end", "english", "german"),
    [
        ("2026-11-20", "2026-11-21", "Fri 20 Nov 2026", "Fr 20.11.2026"),
        ("2026-03-01", "2026-04-01", "March 2026", "März 2026"),
        ("2026-01-01", "2027-01-01", "2026", "2026"),
        ("2026-12-28", "2027-01-04", "Mon 28 Dec 2026 – Sun 03 Jan 2027", "Mo 28.12.2026 – So 03.01.2027"),
    ],
)
def test_a_period_is_called_as_people_call_it(start: str, end: str, english: str, german: str) -> None:
    period = Period(date.fromisoformat(start), date.fromisoformat(end))
    assert (period_words(language("en"), period), period_words(language("de"), period)) == (english, german)


# --- the picture ---

DAYS = [
    Day(date(2026, 11, 19), Kept(4, 1), ignored=2),
    Day(date(2026, 11, 20), Kept(0, 0)),
    Day(date(2026, 11, 23), Kept(3, 0), unpromised=1),
]


def test_the_picture_has_a_bar_for_each_day_and_the_share_over_it() -> None:
    drawing = chart(DAYS, Setting(language("de"), BERLIN))
    assert drawing == Chart(
        title="Die letzten 3 Arbeitstage, bis Mo 23.11.2026",
        days=("Do\n19.", "Fr\n20.", "Mo\n23."),
        series=(
            Series("rechtzeitig", (4, 0, 3)),
            Series("zu spät", (1, 0, 0)),
            Series("ignoriert", (2, 0, 0)),
            Series("beantwortet, ohne Frist", (0, 0, 1)),
        ),
        shares=("80", "", "100"),
        shares_name="Erste Antwort rechtzeitig, in %:",
    )
    assert from_json(drawing.to_json()) == drawing


def test_the_words_with_the_picture_say_the_same() -> None:
    assert chart_words(DAYS[:2], Setting(language("en"), BERLIN)) == (
        "The last 2 working days, until Fri 20 Nov 2026. Stacked bars, for each day: in time / too late / ignored "
        "(share in time). Thu 19 4/1/2 (80%); Fri 20 0/0/0."
    )


@pytest.mark.parametrize("days", [DAYS, [Day(date(2026, 11, 19))], [Day(date(2026, 11, 19), Kept(20_000, 1))]])
def test_the_picture_is_a_png_of_its_size_on_an_opaque_ground(days: list[Day]) -> None:
    from matplotlib.image import imread  # noqa: PLC0415 - slow, and only here

    png = draw(chart(days, Setting(language("de"), BERLIN)))
    assert struct.unpack(">II", png[16:24]) == (WIDTH, HEIGHT)
    pixels = imread(BytesIO(png))
    assert pixels[0, 0].tolist() == [1.0, 1.0, 1.0, 1.0]
    assert pixels[..., 3].min() == 1.0
