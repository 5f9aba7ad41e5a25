"""The report on cold starts."""

import os
import statistics
from collections.abc import Iterator, Sequence

from bench.coldstart.package_size import PackageSize
from bench.report import document, table, target

LANGCHAIN = "langchain-aws"

#: Targets: at most this many times bare boto3, at least this many times as fast as langchain-aws,
#: at most this many megabytes.
_TIMES_BOTO3, _TIMES_FASTER, _MEGABYTES = 1.25, 3.0, 6.0

Times = dict[str, list[float]]


def baseline(handler: str, *, trimmed: bool = False) -> str:
    """The name of the boto3 start that a handler is compared with."""
    return f"boto3 for {handler}, trimmed" if trimmed else f"boto3 for {handler}"


def report(handlers: Sequence[str], times: Times, size: PackageSize, python: str) -> str:
    """The report in Markdown. `times`: milliseconds of each round, by what starts."""
    return document(
        "# Cold start",
        "Time to run a handler's imports and create its clients, in a fresh process of Python"
        f" {python} on {os.cpu_count()} cores.\n"
        f"Milliseconds: the median and the middle half of {len(times[LANGCHAIN])} rounds.\n"
        "A ratio is the median of the ratios of each round.",
        table(
            ["handler", "Sluice", "bare boto3", "ratio", "boto3, same data", "ratio"],
            [_handler_row(handler, times) for handler in handlers],
        ),
        "- Sluice: the package as it is built. It has botocore's data for the services in use only,"
        " without documentation.\n"
        "- Bare boto3: `import boto3` and the handler's clients, from boto3 as it is installed.\n"
        "- Same data: the same with botocore's data reduced as in our package.",
        table(
            ["alternative", "start", *(f"x {handler}" for handler in handlers)],
            [_langchain_row(handlers, times)],
        ),
        "The alternative imports and creates AmazonKendraRetriever and ChatBedrockConverse of"
        " langchain-aws.",
        table(["package for Lambda", "zipped MB", "unzipped MB"], size.rows()),
        "\n".join(_targets(handlers, times, size)),
    )


def _handler_row(handler: str, times: Times) -> list[str]:
    sluice = times[handler]
    bare, trimmed = times[baseline(handler)], times[baseline(handler, trimmed=True)]
    return [
        handler,
        _spread(sluice),
        *(_spread(bare), f"{_ratio(sluice, bare):.2f}"),
        *(_spread(trimmed), f"{_ratio(sluice, trimmed):.2f}"),
    ]


def _langchain_row(handlers: Sequence[str], times: Times) -> list[str]:
    langchain = times[LANGCHAIN]
    ratios = [f"{_ratio(langchain, times[handler]):.1f}" for handler in handlers]
    return [LANGCHAIN, _spread(langchain), *ratios]


def _targets(handlers: Sequence[str], times: Times, size: PackageSize) -> Iterator[str]:
    """Each target, judged by the slowest handler."""
    slowest = max(_ratio(times[handler], times[baseline(handler)]) for handler in handlers)
    yield target(
        slowest <= _TIMES_BOTO3,
        f"at most {_TIMES_BOTO3} x bare boto3 as installed (the slowest: {slowest:.2f})",
    )
    nearest = min(_ratio(times[LANGCHAIN], times[handler]) for handler in handlers)
    yield target(
        nearest >= _TIMES_FASTER,
        f"at least {_TIMES_FASTER:.0f} x as fast as {LANGCHAIN} (the slowest: {nearest:.1f})",
    )
    megabytes = size.zipped / 1e6
    yield target(megabytes <= _MEGABYTES, f"at most {_MEGABYTES:.0f} MB zipped ({megabytes:.2f})")


def _spread(times: list[float]) -> str:
    low, middle, high = statistics.quantiles(times, n=4)
    return f"{middle:.0f} ({low:.0f}-{high:.0f})"


def _ratio(times: list[float], others: list[float]) -> float:
    """How many times as long `times` are as `others`."""
    return statistics.median(a / b for a, b in zip(times, others, strict=True))
