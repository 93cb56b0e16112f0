"""Draws the digest's picture, in a process of its own: `python -m fedichat.render.chart < chart.json > chart.png`.

The drawing library takes most of a second and 80 MB to load, and draws for as long again: the bot itself never does.
What is to be drawn comes as JSON on standard input, all words in the reader's language; the PNG goes to standard
output.
"""

import io
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH, HEIGHT = 800, 500
_DPI = 100
# Okabe and Ito's colours, told apart by the colour-blind, and by how light they are where there are no colours at all.
_COLOURS = ("#0072B2", "#E69F00", "#B0B0B0", "#56B4E9")
_HATCHES = ("", "//", "", "..")
_INK, _PAPER, _GRID = "#1A1A1A", "#FFFFFF", "#D9D9D9"
_WORDS, _NUMBERS, _TITLE = 14, 15, 17


@dataclass(frozen=True, slots=True)
class Series:
    """One layer of the bars: what it is called, and how high it is on each day."""

    name: str
    values: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """Stacked bars, one for each day, with a row of words over them: each day's share, in percent, or empty."""

    title: str
    days: tuple[str, ...]
    series: tuple[Series, ...]
    shares: tuple[str, ...]
    shares_name: str

    def to_json(self) -> bytes:
        """As `main` reads it."""
        return json.dumps(asdict(self)).encode()


def from_json(text: bytes | str) -> Chart:
    """What `to_json` wrote."""
    tree = json.loads(text)
    series = tuple(Series(one["name"], tuple(one["values"])) for one in tree["series"])
    return Chart(tree["title"], tuple(tree["days"]), series, tuple(tree["shares"]), tree["shares_name"])


def main() -> None:
    """Draw what standard input says, leaving the machine to the bot where both want it."""
    os.nice(10)
    chart = from_json(sys.stdin.buffer.read())
    sys.stdout.buffer.write(draw(chart))


def draw(chart: Chart) -> bytes:
    """The picture as PNG, 800 × 500, on an opaque ground: it must be read in light and dark clients alike."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - slow to load; whoever only describes a chart need not wait

    figure = Figure(figsize=(WIDTH / _DPI, HEIGHT / _DPI), dpi=_DPI, facecolor=_PAPER)
    axes = figure.add_axes((0.075, 0.15, 0.905, 0.53), facecolor=_PAPER)
    _bars(axes, chart)
    _frame(axes, chart)
    if any(chart.shares):
        _share_row(axes, chart)
    figure.text(0.02, 0.945, chart.title, fontsize=_TITLE, fontweight="bold", color=_INK, va="center")
    figure.legend(
        loc="center left",
        bbox_to_anchor=(0.005, 0.865),
        ncols=len(chart.series),
        frameon=False,
        fontsize=_WORDS,
        labelcolor=_INK,
        handlelength=1.1,
        handletextpad=0.4,
        columnspacing=1.2,
    )
    into = io.BytesIO()
    figure.savefig(into, format="png")
    return into.getvalue()


def _bars(axes: "Axes", chart: Chart) -> None:
    below = [0] * len(chart.days)
    for one, colour, hatch in zip(chart.series, _COLOURS, _HATCHES, strict=False):
        axes.bar(
            range(len(chart.days)),
            one.values,
            bottom=below,
            label=one.name,
            width=0.78,
            color=colour,
            hatch=hatch,
            edgecolor=_PAPER,
            linewidth=0.8,
        )
        below = [under + value for under, value in zip(below, one.values, strict=True)]


def _frame(axes: "Axes", chart: Chart) -> None:
    """Days below, whole numbers at the left, and as few lines as will do."""
    from matplotlib.ticker import MaxNLocator  # noqa: PLC0415 - as above

    highest = max(_heights(chart.series), default=0)
    axes.set_xlim(-0.6, len(chart.days) - 0.4)
    axes.set_ylim(0, max(highest * 1.05, 4))
    axes.set_xticks(range(len(chart.days)), chart.days)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))
    axes.tick_params(labelsize=_WORDS, length=0, colors=_INK)
    axes.grid(axis="y", color=_GRID)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(_INK)


def _share_row(axes: "Axes", chart: Chart) -> None:
    axes.text(0, 1.15, chart.shares_name, transform=axes.transAxes, fontsize=_WORDS, color=_INK, va="center")
    for day, share in enumerate(chart.shares):
        axes.text(
            day,
            1.05,
            share or "–",
            transform=axes.get_xaxis_transform(),
            fontsize=_NUMBERS,
            fontweight="bold",
            color=_COLOURS[0] if share else _INK,
            ha="center",
            va="center",
        )


def _heights(series: Sequence[Series]) -> list[int]:
    return [sum(values) for values in zip(*(one.values for one in series), strict=True)]


if __name__ == "__main__":
    main()
