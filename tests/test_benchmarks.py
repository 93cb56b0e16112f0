"""The page of figures says what the runs measured, and nothing else."""

from pathlib import Path

from benchmarks import digest, history, page, store
from benchmarks.figures import Aim, Figure
from benchmarks.history import Measurement

CARD = "mention posted → card visible, p50"


def a_measurement(step: str, value: float, at: str) -> Measurement:
    figure = Figure("latency", CARD, value, "ms", 20.0, 1.35)
    return Measurement("latency", step, at, 0.1, "40 pairs", "2 cores", "fedichat 0.1.0", [figure])


def test_the_page_of_figures_holds_what_the_last_runs_measured() -> None:
    assert page.PAGE.read_text(encoding="utf-8") == page.text_of(history.load())


def test_each_step_has_a_column_with_what_was_measured_after_it() -> None:
    kept = [a_measurement("before", 44.0, "2026-11-30 12:00"), a_measurement("A", 34.0, "2026-11-30 13:00")]
    text = page.text_of(kept)
    row = next(line for line in reversed(text.splitlines()) if line.startswith(f"| {CARD}"))
    assert [cell.strip() for cell in row.strip("|").split("|")] == [CARD, "2.20×", "1.70×", "at most 1.35×"]
    assert f"- **A**: {history.STEPS['A']}" in text
    assert "- **B**" not in text


def test_the_newest_measurement_is_shown_and_a_missed_aim_is_said() -> None:
    kept = [a_measurement("before", 44.0, "2026-11-30 12:00"), a_measurement("A", 34.0, "2026-11-30 13:00")]
    text = page.text_of(kept)
    assert "34.0 ms" in text
    assert "44.0 ms" not in text
    assert f"- {CARD}: 1.70×, aim at most 1.35×" in text


def test_an_aim_is_for_the_ratio_or_for_the_value() -> None:
    assert Figure("cost", "CPU", 24.0, "ms", 1.0, 25, of_ratio=False).met
    assert not Figure("latency", CARD, 44.0, "ms", 20.0, 1.35).met
    assert Figure("backlog", "a second", 48.0, "/s", 40.0, 1.2, Aim.AT_LEAST).met
    assert Figure("idle", "CPU", 0.03, "%").met is None


async def test_the_filled_databases_can_be_asked_as_the_benchmarks_ask_them(tmp_path: Path) -> None:
    figures = await store.million(tmp_path, 400, 2)
    assert [figure.name for figure in figures][2:] == ["!claim with 400 tickets, p50", "!show with 400 tickets, p50"]
    digest.live_through(tmp_path / "many.db", 400)
