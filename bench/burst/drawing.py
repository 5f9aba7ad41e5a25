"""The picture: answers over time against the ideal, a field for each burst and condition."""

import math
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from bench.burst.case import SLUICE
from bench.burst.outcome import Outcome, ideal_line
from bench.burst.outcomes import Outcomes
from bench.burst.theirs import PEERS

#: Colours that people who see few can tell apart (Okabe and Ito), and greys for the queues.
_COLOURS = ("#e69f00", "#d55e00", "#009e73", "#cc79a7", "#bbbbbb", "#888888", "#444444")
_COLOUR_OF = {SLUICE: "#0072b2", **dict(zip(PEERS, _COLOURS, strict=True))}
_COLUMNS = 3
#: Inches of a field.
_WIDE, _HIGH = 4.6, 4.2


def draw(kept: Outcomes, path: Path) -> None:
    """Write the picture, if there are answers over time to draw."""
    drawn = [each for each in kept.found if each.looks]
    drawn.sort(key=lambda each: (-each.case.questions, each.case.burst, each.case.system != SLUICE))
    fields = [list(group) for _, group in groupby(drawn, key=lambda each: each.case.burst)]
    if not fields:
        return
    rows = math.ceil(len(fields) / _COLUMNS)
    columns = min(len(fields), _COLUMNS)
    # Text stays text, and the same outcomes draw the same file.
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "sluice", "font.size": 8}):
        figure = Figure(figsize=(_WIDE * columns, _HIGH * rows), layout="constrained")
        axes = figure.subplots(rows, columns, squeeze=False).flatten()
        for axis, outcomes in zip(axes, fields, strict=False):
            _field(axis, outcomes)
        for axis in axes[len(fields) :]:
            axis.set_visible(False)
        figure.savefig(path, metadata={"Date": None})


def _field(axis: Any, outcomes: list[Outcome]) -> None:
    axis.set_title(outcomes[0].case.burst)
    axis.set_xlabel("seconds")
    axis.set_ylabel("answers")
    # Who gave questions up was charged less.
    ideal = ideal_line(max(outcomes, key=lambda each: each.ideal))
    axis.plot(*zip(*ideal, strict=True), color="black", linewidth=1, linestyle="--", label="ideal")
    for outcome in outcomes:
        _line(axis, outcome, _COLOUR_OF[outcome.case.system])
    axis.set_xlim(left=0)
    axis.set_ylim(bottom=0)
    axis.grid(alpha=0.2)
    axis.spines[["top", "right"]].set_visible(False)
    axis.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=2, frameon=False, fontsize=6)


def _line(axis: Any, outcome: Outcome, colour: str) -> None:
    """The answers, and a cross wherever calls had been throttled since the look before."""
    looks = outcome.looks
    label = outcome.case.system
    if outcome.throttled:
        label += f" ({outcome.throttled} throttled: x)"
    axis.plot(
        [look.seconds for look in looks],
        [look.answers for look in looks],
        color=colour,
        linewidth=2 if outcome.case.system == SLUICE else 1.2,
        label=label,
    )
    struck = [look for before, look in pairwise(looks) if look.throttled > before.throttled]
    axis.plot(
        [look.seconds for look in struck],
        [look.answers for look in struck],
        linestyle="none",
        marker="x",
        markersize=4,
        color=colour,
    )
