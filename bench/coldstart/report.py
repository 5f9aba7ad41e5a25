"""The cold starts' measurements in words and tables."""

import os
import statistics
from collections.abc import Sequence

from bench.coldstart.package_size import Size
from bench.table import table

LANGCHAIN = "langchain-aws"

#: The aims: times bare boto3 at most, times as fast as langchain-aws at least, megabytes at most.
_TIMES_BOTO3, _TIMES_FASTER, _MEGABYTES = 1.25, 3.0, 6.0

Times = dict[str, list[float]]


def yardstick(handler: str, *, trimmed: bool = False) -> str:
    """The name of what a handler is compared with."""
    return f"boto3 for {handler}, trimmed" if trimmed else f"boto3 for {handler}"


def report(handlers: Sequence[str], times: Times, size: Size, python: str) -> str:
    """The results as Markdown that reads well as it is."""
    parts = [
        "# Cold start",
        f"Imports and clients in a fresh process of Python {python} on {os.cpu_count()} cores:"
        f"\nmilliseconds, median and middle half of {len(times[LANGCHAIN])} rounds. A ratio is the"
        "\nmedian of the ratios of each round.",
        table(
            ["handler", "Sluice", "bare boto3", "ratio", "boto3, same data", "ratio"],
            [_row(handler, times) for handler in handlers],
        ),
        "Sluice: the package as it is built, with botocore's data cut to the services in use and"
        "\nwithout documentation. Bare boto3: `import boto3` and the handler's clients, as it is"
        "\ninstalled. Same data: that again, on the data cut as in our build.",
        table(
            ["the proof-of-concept", "start", *(f"x {handler}" for handler in handlers)],
            [_proof_of_concept(handlers, times)],
        ),
        "The proof-of-concept: AmazonKendraRetriever and ChatBedrockConverse of langchain-aws,"
        "\nimported and constructed.",
        table(["package for Lambda", "zipped MB", "unzipped MB"], size.rows()),
        "\n".join(_verdicts(handlers, times, size)),
    ]
    return "\n\n".join(parts) + "\n"


def _row(handler: str, times: Times) -> list[str]:
    ours = times[handler]
    bare, trimmed = times[yardstick(handler)], times[yardstick(handler, trimmed=True)]
    return [
        handler,
        _spread(ours),
        *(_spread(bare), f"{_ratio(ours, bare):.2f}"),
        *(_spread(trimmed), f"{_ratio(ours, trimmed):.2f}"),
    ]


def _proof_of_concept(handlers: Sequence[str], times: Times) -> list[str]:
    theirs = times[LANGCHAIN]
    ratios = [f"{_ratio(theirs, times[handler]):.1f}" for handler in handlers]
    return [LANGCHAIN, _spread(theirs), *ratios]


def _verdicts(handlers: Sequence[str], times: Times, size: Size) -> list[str]:
    """Each aim, and whether the worst handler meets it."""
    slowest = max(_ratio(times[handler], times[yardstick(handler)]) for handler in handlers)
    nearest = min(_ratio(times[LANGCHAIN], times[handler]) for handler in handlers)
    megabytes = size.zipped / 1e6
    return [
        f"- {_met(slowest <= _TIMES_BOTO3)}: at most {_TIMES_BOTO3} x bare boto3 as installed"
        f" (the worst: {slowest:.2f}).",
        f"- {_met(nearest >= _TIMES_FASTER)}: at least {_TIMES_FASTER:.0f} x as fast as {LANGCHAIN}"
        f" (the worst: {nearest:.1f}).",
        f"- {_met(megabytes <= _MEGABYTES)}: at most {_MEGABYTES:.0f} MB zipped ({megabytes:.2f}).",
    ]


def _met(met: bool) -> str:
    return "Met" if met else "Missed"


def _spread(times: list[float]) -> str:
    low, middle, high = statistics.quantiles(times, n=4)
    return f"{middle:.0f} ({low:.0f}-{high:.0f})"


def _ratio(one: list[float], other: list[float]) -> float:
    """How many times as long `one` takes."""
    return statistics.median(a / b for a, b in zip(one, other, strict=True))
