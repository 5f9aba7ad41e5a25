"""The report on bursts: tables of ratios first, then the targets."""

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from bench.burst.case import MAX_TOKENS, SLUICE, TOKENS_PER_MINUTE
from bench.burst.corpus import OUTPUT_TOKENS, PROMPT_TOKENS
from bench.burst.result import BurstResult
from bench.burst.results import BurstResults
from bench.burst.targets import targets
from bench.report import document, table

_SLUICE_HEAD = (
    *("burst", "drain / ideal", "throttled", "failed", "single questions", "receives"),
    *("attempts", "workers", "ideal", "fullest minute"),
)
_SLUICE_LEGEND = (
    "- x1 and x5: the burndown, the tokens of quota that an output token is charged.\n"
    "- Bucket, fixed and rolling: the shape of the quota.\n"
    "- Single questions: five questions of another caller, asked from half the burst's ideal time"
    " on.\n"
    "  The table has their median and their longest time, as a multiple of the median without a"
    " burst.\n"
    "- Receives: deliveries of a job's message, on average.\n"
    "- Attempts: the most attempts at one job.\n"
    "- Workers: worker processes of both lanes.\n"
    "- Fullest minute: the most that was charged in any 60 seconds, as a share of the quota."
)
_CAREFUL_PEER = (
    "A careful peer has less than 1 % of its calls throttled, and fails no question.\n"
    "The shape of a real quota is unknown, so the last comparison takes each system's worst result."
)
_PEER_HEAD = ("system", "drain / ideal", "throttled", "failed", "calls", "seconds", "ideal")


def report(results: BurstResults) -> str:
    """The report in Markdown."""
    about, found = results.about, results.found
    versions = ", ".join(f"{name} {number}" for name, number in about["versions"].items())
    sluice = [each for each in found if each.case.system == SLUICE]
    parts = [
        "# A burst inside a quota",
        f"{about['date']}, {about['machine']}, Python {about['python']},\n{versions}.",
        _setting(about["upstream"]),
    ]
    if sluice:
        rows = map(_sluice_row, sluice)
        parts += ["## Sluice", table(_SLUICE_HEAD, rows), _SLUICE_LEGEND, _notes(sluice)]
    for burst, group in _compared(found):
        rows = map(_peer_row, sorted(group, key=lambda each: (each.failed > 0, each.drain)))
        parts += [f"## Compared with peers: {burst}", table(_PEER_HEAD, rows), _notes(group)]
    if lines := targets(found):
        parts += ["## Targets", "\n".join(lines), _CAREFUL_PEER]
    return document(*parts, _load(found))


def summary(result: BurstResult) -> str:
    """One result in a line."""
    if not result.calls:
        return result.note
    return (
        f"drained in {result.seconds:.0f} s, {_ratio(result.drain)} x ideal;"
        f" {result.throttled} of {result.calls} calls throttled, {result.failed} failed"
        + (f" ({result.note})" if result.note else "")
    )


def _setting(upstream: str) -> str:
    """The quota, the questions, and who counted."""
    quota = f"{TOKENS_PER_MINUTE:,} tokens per minute"
    prompts = (
        f"Prompts have {PROMPT_TOKENS[0]:,} to {PROMPT_TOKENS[1]:,} tokens; maxTokens is"
        f" {MAX_TOKENS:,}."
    )
    ideal = (
        "Ideal is what was charged, divided by the quota.\n"
        "A burst can be faster, because it starts with a full minute's quota."
    )
    if upstream != "stand-ins":
        return (
            "The upstreams are not the stand-ins.\n"
            f"Each system is configured with {quota}.\n"
            f"{prompts}\n{ideal}\n"
            "Calls, throttles and charges are what each system counted itself."
        )
    return (
        f"The stand-ins for Kendra and Bedrock enforce {quota} in real time.\n"
        "A call is charged input + maxTokens when it starts, and input + output x burndown once it"
        " has ended.\n"
        f"{prompts}\n"
        f"An answer has about {OUTPUT_TOKENS} tokens and takes 0.7 to 1.3 s.\n"
        f"{ideal}\n"
        "Calls, throttles and charges are what the stand-ins counted."
    )


def _sluice_row(result: BurstResult) -> list[str]:
    name = result.case.name.removeprefix(f"{SLUICE}, ")
    if not result.calls:
        return [name, "-", *[""] * (len(_SLUICE_HEAD) - 2)]
    slowdown, receives, most = result.slowdown, result.receives, result.largest_minute
    return [
        name,
        _ratio(result.drain),
        _share(result),
        f"{result.failed}",
        f"{slowdown[0]:.2f} x, {slowdown[1]:.2f} x" if slowdown else "",
        f"{receives:.2f}" if receives else "",
        f"{result.attempts}",
        f"{result.workers}",
        f"{result.ideal:.0f} s",
        f"{most / TOKENS_PER_MINUTE:.3f}" if most else "",
    ]


def _peer_row(result: BurstResult) -> list[str]:
    if not result.calls:
        return [result.case.system, "-", *[""] * (len(_PEER_HEAD) - 2)]
    return [
        result.case.system,
        _ratio(result.drain),
        _share(result),
        f"{result.failed}",
        f"{result.calls}",
        f"{result.seconds:.0f}",
        f"{result.ideal:.0f}",
    ]


def _notes(results: Iterable[BurstResult]) -> str:
    """The notes on single results."""
    return "\n".join(f"{each.case.name}: {each.note}." for each in results if each.note)


def _compared(found: Iterable[BurstResult]) -> Iterator[tuple[str, Sequence[BurstResult]]]:
    """The results by burst, where more than one system had the same burst."""
    ordered = sorted(found, key=lambda each: each.case.burst)
    for burst, group in groupby(ordered, key=lambda each: each.case.burst):
        results = list(group)
        if len(results) > 1:
            yield burst, results


def _ratio(value: float) -> str:
    return f"{value:.2f}" if math.isfinite(value) else "not drained"


def _share(result: BurstResult) -> str:
    return f"{100 * result.throttled_share:.2f} %" if result.throttled else "0"


def _load(found: Sequence[BurstResult]) -> str:
    """The load of the machine; if it was too high, it distorts the results."""
    busy = [each.busy for each in found if each.busy is not None]
    shares = f"{100 * min(busy):.0f} to {100 * max(busy):.0f} %" if busy else "an unknown share"
    delay = max((each.sample_delay for each in found), default=0)
    return (
        "Several bursts ran at a time, each on stand-ins of its own.\n"
        f"During a burst, {shares} of the cores were busy.\n"
        f"The counters were sampled at most {delay:.1f} s late."
    )
