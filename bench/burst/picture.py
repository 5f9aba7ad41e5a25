"""The picture of a run: answers over time against the ideal, one chart for each burst."""

from io import BytesIO
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure
from PIL import Image

from bench.burst.case import SLUICE
from bench.burst.peer_run import PEERS
from bench.burst.result import BurstResult, ideal_line
from bench.burst.results import BurstResults

#: Colours that colour-blind people can tell apart (Okabe and Ito), and greys for the queues.
_COLOURS = ("#e69f00", "#d55e00", "#009e73", "#cc79a7", "#bbbbbb", "#888888", "#444444")
_COLOUR_OF = {SLUICE: "#0072b2", **dict(zip(PEERS, _COLOURS, strict=True))}
_COLUMNS = 3
#: Inches: the width of a chart, its height, and a line of the legend below it.
_WIDTH, _HEIGHT, _LEGEND_LINE = 4.2, 2.8, 0.13
_DOTS_PER_INCH = 90
#: The charts use few colours, and a palette makes the file much smaller.
_COLOURS_IN_FILE, _METHOD = 128, Image.Quantize.MAXCOVERAGE


def draw(results: BurstResults, path: Path) -> None:
    """Write the picture as a PNG, unless no answers over time were measured."""
    if figure := picture(results):
        drawn = BytesIO()
        figure.savefig(drawn, dpi=_DOTS_PER_INCH)
        # The default method would merge the colours of thin lines, which have few pixels.
        picked = Image.open(drawn).convert("RGB").quantize(_COLOURS_IN_FILE, _METHOD)
        picked.save(path, optimize=True)


def picture(results: BurstResults) -> Figure | None:
    """The charts, those with several systems first; None if no answers over time were measured."""
    drawn = [each for each in results.found if each.samples]
    drawn.sort(key=lambda each: (-each.case.questions, each.case.burst, each.case.system != SLUICE))
    bursts = [list(group) for _, group in groupby(drawn, key=lambda each: each.case.burst)]
    bursts.sort(key=len, reverse=True)
    if not bursts:
        return None
    columns = min(len(bursts), _COLUMNS)
    rows = [bursts[first : first + columns] for first in range(0, len(bursts), columns)]
    heights = [_HEIGHT + _LEGEND_LINE * (1 + max(map(len, row))) for row in rows]
    with mpl.rc_context({"font.size": 8}):
        figure = Figure(figsize=(_WIDTH * columns, sum(heights)), layout="constrained")
        ratios = {"height_ratios": heights}
        axes = figure.subplots(len(rows), columns, squeeze=False, gridspec_kw=ratios).flatten()
        for axis, group in zip(axes, bursts, strict=False):
            _chart(axis, group)
        for axis in axes[len(bursts) :]:
            axis.set_visible(False)
    return figure


def _chart(axis: Any, group: list[BurstResult]) -> None:
    axis.set_title(group[0].case.burst)
    axis.set_xlabel("seconds")
    axis.set_ylabel("answers")
    # A system that gave questions up was charged less, so its ideal is too short.
    ideal = ideal_line(max(group, key=lambda each: each.ideal))
    axis.plot(*zip(*ideal, strict=True), color="black", linewidth=1, linestyle="--", label="ideal")
    for result in group:
        _line(axis, result, _COLOUR_OF[result.case.system])
    axis.set_xlim(left=0)
    axis.set_ylim(bottom=0)
    axis.grid(alpha=0.2)
    axis.spines[["top", "right"]].set_visible(False)
    axis.legend(
        loc="upper center",
        bbox_to_anchor=(0.5, -0.17),
        ncols=2 if len(group) == 1 else 1,
        labelspacing=0.2,
        frameon=False,
        fontsize=7,
    )


def _line(axis: Any, result: BurstResult, colour: str) -> None:
    """Draw the answers, with a cross wherever calls were throttled since the sample before."""
    samples = result.samples
    label = result.case.system
    if result.throttled:
        label += f" ({result.throttled} throttled: x)"
    axis.plot(
        [sample.seconds for sample in samples],
        [sample.answers for sample in samples],
        color=colour,
        linewidth=2 if result.case.system == SLUICE else 1.2,
        label=label,
    )
    throttled = [
        sample for before, sample in pairwise(samples) if sample.throttled > before.throttled
    ]
    axis.plot(
        [sample.seconds for sample in throttled],
        [sample.answers for sample in throttled],
        linestyle="none",
        marker="x",
        markersize=4,
        color=colour,
    )
