"""A simulated burst in words, tables and a picture."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl

mpl.use("agg")

from matplotlib import pyplot as plt

from bench.simulation.scenario import (
    ANSWER,
    BATCH,
    GENERATION,
    MAX_TOKENS,
    PROMPT,
    READ,
    WRITE,
    Scenario,
)
from bench.simulation.summary import CallerSummary, Summary
from bench.table import table

#: The aims: of the ideal time; seconds an interactive question waits in the worst case; receives
#: of a job's message; the most writes per second that an item is to take.
_DRAIN, _WAIT, _RECEIVES = 1.05, 20.0, 2.0


def report(scenario: Scenario, found: Summary) -> str:
    """The results as Markdown that reads well as it is."""
    parts = [
        f"# A burst of {scenario.questions:,} questions, simulated",
        _setting(scenario),
        "## Inside the quotas",
        table(
            ["model", "questions", "ideal", "drained in", "x ideal", *_shapes(found)],
            [
                [
                    each.name,
                    f"{each.questions:,}",
                    _duration(each.ideal),
                    _duration(each.drain),
                    f"{each.drain / each.ideal:.3f}",
                    *(f"{count:,}" for count in each.throttled.values()),
                ]
                for each in found.models
            ],
        ),
        "Ideal: tokens charged / tokens per minute. On the right: model calls that a quota of that"
        f"\nshape would have throttled. Kendra: {found.kendra_throttled} of"
        f" {found.kendra_calls:,} queries, in a bucket of one second.",
        "## In the middle of it",
        table(
            ["", "median", "p99", "worst"],
            [
                [
                    "wait of a question asked now and then, s",
                    f"{found.wait(0.5):.1f}",
                    f"{found.wait(0.99):.1f}",
                    f"{found.wait(1):.1f}",
                ]
            ],
        ),
        f"{len(found.waits)} questions, one every 20 s to each model, in the interactive lane;"
        " without the\nupstreams' own time. Receives of a message:"
        f" {found.receives:.3f} on average, {found.most_receives} at most;"
        f" {found.give_backs:,} jobs were given back.",
        "## The ledgers",
        table(
            ["item", "bookings/s", "writes/s", "worst second", "overtaken", "given up"],
            [
                [
                    each.name,
                    f"{each.bookings:.1f}",
                    f"{each.writes:.1f}",
                    f"{each.most_writes}",
                    f"{each.overtaken:.2f}",
                    f"{each.crowded}",
                ]
                for each in found.items
            ],
        ),
        "Overtaken: tries for each write that another worker was ahead of. Given up: groups that"
        " were\novertaken at every try; their jobs came back later.",
        "## Forecasts",
        f"Of {len(found.forecasts):,} forecasts for jobs that waited, half were wrong by less than"
        f" {found.forecast_error(0.5):.1%}, nine of ten by\nless than"
        f" {found.forecast_error(0.9):.1%}: from the place in the lane and the ledger's bookings,"
        " beside when\na worker really began the job.",
        "## Callers",
        table(
            ["caller", "model", "questions", "asked", "done in"],
            [_caller(each) for each in found.callers],
        ),
        "\n".join(_verdicts(found)),
    ]
    return "\n\n".join(parts) + "\n"


def draw(found: Summary, path: Path) -> None:
    """Answers over time, waits in the middle of it, and forecasts, as one picture."""
    mpl.rcParams.update({"font.size": 9, "axes.grid": True})
    mpl.rcParams.update({"grid.alpha": 0.3, "axes.spines.top": False, "axes.spines.right": False})
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(13, 4), layout="constrained")
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
    middle.scatter(
        [at / 60 for at, _ in found.waits], [wait for _, wait in found.waits], s=6, alpha=0.5
    )
    middle.set(title="Wait of a question asked now and then", xlabel="minutes", ylabel="seconds")
    middle.set_ylim(bottom=0)
    told = [each / 60 for each, _ in found.forecasts]
    real = [each / 60 for _, each in found.forecasts]
    right.scatter(real, told, s=6, alpha=0.3)
    right.axline((0, 0), slope=1, color="grey", linewidth=1)
    right.set(title="Wait until a job began", xlabel="minutes, really", ylabel="minutes, forecast")
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _setting(scenario: Scenario) -> str:
    quotas = ", ".join(
        f"{each.name}: {each.tokens_per_minute / 1e6:g} M tokens/min" for each in scenario.models
    )
    return (
        "The rules that ship (ledger, bookings, lanes, give-back) in simulated time:"
        f" {scenario.callers} callers,\n{scenario.workers} workers of {BATCH} jobs,"
        f" {scenario.concurrency} for each of the two lanes of each model. {quotas};\none Kendra"
        f" index for all: {scenario.queries_per_second:g} queries/s. Prompts of"
        f" {PROMPT[0]:,} to {PROMPT[1]:,} tokens, answers of {ANSWER[0]} to {ANSWER[1]},\nmaxTokens"
        f" {MAX_TOKENS:,}, {GENERATION[0]} to {GENERATION[1]} s a call; a ledger is read in"
        f" {1000 * READ:.0f} ms and written in {1000 * WRITE:.0f} ms. Seed {scenario.seed}."
    )


def _shapes(found: Summary) -> Sequence[str]:
    return [f"throttled: {shape}" for shape in found.models[0].throttled]


def _caller(caller: CallerSummary) -> list[str]:
    return [
        f"{caller.number}",
        caller.model,
        f"{caller.questions:,}",
        "in batches" if caller.in_batches else "one by one",
        _duration(caller.seconds),
    ]


def _verdicts(found: Summary) -> list[str]:
    """Each aim, and whether it is met."""
    slowest = max(each.drain / each.ideal for each in found.models)
    ended = f"every question ended once ({found.lost} lost, {found.repeated} more than once)"
    waited = f"a question in the middle of it waits at most {_WAIT:.0f} s ({found.wait(1):.1f})"
    return [
        _verdict(not found.throttled, f"no call is throttled ({found.throttled})"),
        _verdict(slowest <= _DRAIN, f"drained within {_DRAIN} x ideal ({slowest:.3f})"),
        _verdict(found.wait(1) <= _WAIT, waited),
        _verdict(
            found.receives <= _RECEIVES,
            f"a message is received at most {_RECEIVES:.0f} times on average"
            f" ({found.receives:.3f})",
        ),
        _verdict(not found.lost and not found.repeated, ended),
    ]


def _verdict(met: bool, told: str) -> str:
    return f"- {'Met' if met else 'Missed'}: {told}."


def _duration(seconds: float) -> str:
    """As 1:02:03 or 2:03."""
    minutes, left = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"
