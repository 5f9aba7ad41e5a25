"""The picture of a simulated burst: answers over time, waits of single questions, forecasts."""

from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from bench.simulation.summary import Summary

_STYLE: Any = {
    "font.size": 9,
    "axes.grid": True,
    "grid.alpha": 0.3,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def draw(found: Summary, path: Path) -> None:
    """Write the picture as a PNG."""
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(13, 4), layout="constrained")
        left, middle, right = figure.subplots(1, 3)
    for model in found.models:
        line = left.plot(
            [0, *(at / 60 for at, _ in model.answers)],
            [0, *(count / 1000 for _, count in model.answers)],
            label=model.name,
        )[0]
        ends = [model.began / 60, (model.began + model.ideal) / 60]
        ideal = [0, model.questions / 1000]
        left.plot(ends, ideal, color=line.get_color(), linestyle=":", linewidth=1.5)
    left.set(title="Answers (dotted: ideal)", xlabel="minutes", ylabel="thousands")
    left.legend(frameon=False)
    waits = [wait for _, wait in found.waits]
    middle.scatter([at / 60 for at, _ in found.waits], waits, s=6, alpha=0.5)
    middle.set(title="Wait of a single question", xlabel="minutes", ylabel="seconds")
    middle.set_ylim(bottom=0)
    forecasts = [forecast / 60 for forecast, _ in found.forecasts]
    actual = [wait / 60 for _, wait in found.forecasts]
    right.scatter(actual, forecasts, s=6, alpha=0.3)
    right.axline((0, 0), slope=1, color="grey", linewidth=1)
    right.set(title="Wait until a job began", xlabel="actual minutes", ylabel="forecast minutes")
    figure.savefig(path, dpi=110)
