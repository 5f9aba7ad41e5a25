"""The report on a simulated burst."""

from collections.abc import Iterator, Sequence

from bench.report import document, table, target
from bench.simulation.burst import SINGLE_EVERY
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

#: Targets: drain time as a multiple of the ideal; the longest wait of a single question in seconds;
#: receives of a job's message, on average.
_DRAIN, _WAIT, _RECEIVES = 1.05, 20.0, 2.0


def report(scenario: Scenario, found: Summary) -> str:
    """The report in Markdown."""
    return document(
        f"# A simulated burst of {scenario.questions:,} questions",
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
        "Ideal is the tokens charged, divided by the quota in tokens per minute.\n"
        "Throttled counts the model calls that a quota of that shape would have throttled.\n"
        f"A quota per second would have throttled {found.kendra_throttled} of"
        f" {found.kendra_calls:,} Kendra queries.",
        "## Single questions during the burst",
        table(
            ["", "median", "p99", "worst"],
            [
                [
                    "wait of a single question, s",
                    f"{found.wait(0.5):.1f}",
                    f"{found.wait(0.99):.1f}",
                    f"{found.wait(1):.1f}",
                ]
            ],
        ),
        f"{len(found.waits)} single questions, one every {SINGLE_EVERY:.0f} s to each model, went"
        " through the interactive lane.\n"
        "Their wait does not count the time that Kendra and the model work for them.\n"
        f"A job's message was received {found.receives:.3f} times on average, and"
        f" {found.most_receives} at most.\n"
        f"Workers gave back {found.give_backs:,} jobs.",
        "## The ledgers",
        table(
            ["ledger", "bookings/s", "writes/s", "most writes/s", "conflicts/write", "abandoned"],
            [
                [
                    each.name,
                    f"{each.bookings:.1f}",
                    f"{each.writes:.1f}",
                    f"{each.most_writes}",
                    f"{each.conflicts:.2f}",
                    f"{each.abandoned}",
                ]
                for each in found.items
            ],
        ),
        "A conflict is a try to write that lost to another worker's write.\n"
        "Abandoned counts groups of bookings that lost every try; their jobs came back later.",
        "## Forecasts",
        f"There are {len(found.forecasts):,} forecasts for waiting jobs, made from the position in"
        " the lane and the ledger's bookings.\n"
        "Each is compared with the time until a worker began the job.\n"
        f"Half of them were wrong by less than {found.forecast_error(0.5):.1%}, and nine of ten by"
        f" less than {found.forecast_error(0.9):.1%}.",
        "## Callers",
        table(
            ["caller", "model", "questions", "asked", "done in"],
            [_caller_row(each) for each in found.callers],
        ),
        "\n".join(_targets(found)),
    )


def _setting(scenario: Scenario) -> str:
    quotas = "\n".join(
        f"- {each.name}: {each.tokens_per_minute / 1e6:g} M tokens per minute"
        for each in scenario.models
    )
    return (
        "The rules that ship (ledger, bookings, lanes, giving jobs back) run in simulated time.\n"
        f"{scenario.callers} callers ask {scenario.workers} workers of {BATCH} jobs:"
        f" {scenario.concurrency} workers for each of the two lanes of each model.\n\n"
        f"{quotas}\n"
        f"- one Kendra index for all: {scenario.queries_per_second:g} queries per second\n\n"
        f"Prompts have {PROMPT[0]:,} to {PROMPT[1]:,} tokens, answers {ANSWER[0]} to {ANSWER[1]};"
        f" maxTokens is {MAX_TOKENS:,}.\n"
        f"A model call takes {GENERATION[0]} to {GENERATION[1]} s, reading a ledger"
        f" {1000 * READ:.0f} ms, writing it {1000 * WRITE:.0f} ms.\n"
        f"The seed is {scenario.seed}."
    )


def _shapes(found: Summary) -> Sequence[str]:
    return [f"throttled: {shape}" for shape in found.models[0].throttled]


def _caller_row(caller: CallerSummary) -> list[str]:
    return [
        f"{caller.number}",
        caller.model,
        f"{caller.questions:,}",
        "in batches" if caller.in_batches else "one by one",
        _duration(caller.seconds),
    ]


def _targets(found: Summary) -> Iterator[str]:
    slowest = max(each.drain / each.ideal for each in found.models)
    yield target(not found.throttled, f"no call is throttled ({found.throttled})")
    yield target(slowest <= _DRAIN, f"drained within {_DRAIN} x ideal ({slowest:.3f})")
    yield target(
        found.wait(1) <= _WAIT,
        f"a single question waits at most {_WAIT:.0f} s ({found.wait(1):.1f})",
    )
    yield target(
        found.receives <= _RECEIVES,
        f"a message is received at most {_RECEIVES:.0f} times on average ({found.receives:.3f})",
    )
    yield target(
        not found.lost and not found.repeated,
        f"every question ended once ({found.lost} never, {found.repeated} more than once)",
    )


def _duration(seconds: float) -> str:
    """A duration such as 1:02:03 or 2:03."""
    minutes, left = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"
