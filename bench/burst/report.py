"""The outcomes in words and tables, ratios first."""

import math
from collections.abc import Iterable, Sequence
from itertools import groupby

from bench.burst.case import MAX_TOKENS, SLUICE, TOKENS_PER_MINUTE
from bench.burst.corpus import OUTPUT_TOKENS, PROMPT_TOKENS
from bench.burst.outcome import Outcome
from bench.burst.outcomes import Outcomes
from bench.burst.verdicts import verdicts
from bench.table import table


def report(kept: Outcomes) -> str:
    """The results as Markdown that reads well as it is."""
    about = kept.about
    versions = ", ".join(f"{name} {number}" for name, number in about["versions"].items())
    ours = [each for each in kept.found if each.case.system == SLUICE]
    parts = [
        "# A burst inside a quota",
        f"{about['date']}, {about['machine']}, Python {about['python']}, {versions}.",
        _upstream(about["upstream"]),
    ]
    if ours:
        rows = [_our_row(each) for each in ours]
        parts += ["## Sluice", table(_OUR_HEAD, rows), _OUR_WORDS, *_notes(ours)]
    for title, outcomes in _side_by_side(kept.found):
        rows = [
            _row(each) for each in sorted(outcomes, key=lambda each: (each.failed > 0, each.drain))
        ]
        parts += [f"## Beside its peers: {title}", table(_HEAD, rows), *_notes(outcomes)]
    if aims := verdicts(kept.found):
        parts += ["## Aims", "\n".join(aims)]
    parts.append(_load(kept.found))
    return "\n\n".join(parts) + "\n"


def _upstream(name: str) -> str:
    """What was called, and who counted."""
    words = (
        f"Prompts of {PROMPT_TOKENS[0]:,} to {PROMPT_TOKENS[1]:,} tokens, maxTokens {MAX_TOKENS:,}."
        " Ideal is what was charged / the quota:\nwho starts with a full minute's quota can be"
        " faster."
    )
    if name != "stand-ins":
        return (
            f"An upstream that is not ours; {TOKENS_PER_MINUTE:,} tokens per minute are what each"
            f" system was told. {words}\nCalls, throttles and charges are what each system counted"
            " itself."
        )
    return (
        f"The stand-ins for Kendra and Bedrock enforce {TOKENS_PER_MINUTE:,} tokens per minute in"
        " real time: input + maxTokens\nwhen a call starts, input + output x burndown when it has"
        f" ended; about {OUTPUT_TOKENS} output tokens, 0.7 to 1.3 s for an\nanswer. {words} Calls,"
        " throttles and charges\nare what the stand-ins counted."
    )


def told(outcome: Outcome) -> str:
    """One outcome in a line."""
    if not outcome.calls:
        return outcome.note
    return (
        f"drained in {outcome.seconds:.0f} s, {_ratio(outcome.drain)} x ideal,"
        f" {outcome.throttled} of {outcome.calls} calls throttled, {outcome.failed} failed"
        + (f" ({outcome.note})" if outcome.note else "")
    )


_OUR_HEAD = (
    *("burst", "drain / ideal", "throttled", "failed", "a question amid it", "receives"),
    *("attempts", "workers", "ideal", "most in a minute"),
)
_OUR_WORDS = (
    "A question amid it: asked by another caller once half the burst's ideal time is over, the"
    " median and the slowest\nof five, in times of the median without a burst. Receives:"
    " deliveries of a job's message on average. Attempts:\nthe most at one job. Workers: worker"
    " processes, both lanes'. Most in a minute: the share of the quota that counted\nin the"
    " fullest 60 seconds."
)
_HEAD = ("", "drain / ideal", "throttled", "failed", "calls", "seconds", "ideal")


def _our_row(outcome: Outcome) -> list[str]:
    name = outcome.case.name.removeprefix(f"{SLUICE}, ")
    if not outcome.calls:
        return [name, "-", *[""] * (len(_OUR_HEAD) - 2)]
    slower, receives, most = outcome.slower_amid, outcome.receives, outcome.largest_minute
    return [
        name,
        _ratio(outcome.drain),
        _share(outcome),
        f"{outcome.failed}",
        f"{slower[0]:.2f} x, {slower[1]:.2f} x" if slower else "",
        f"{receives:.2f}" if receives else "",
        f"{outcome.attempts}",
        f"{outcome.workers}",
        f"{outcome.ideal:.0f} s",
        f"{most / TOKENS_PER_MINUTE:.3f}" if most else "",
    ]


def _row(outcome: Outcome) -> list[str]:
    if not outcome.calls:
        return [outcome.case.system, "-", *[""] * (len(_HEAD) - 2)]
    return [
        outcome.case.system,
        _ratio(outcome.drain),
        _share(outcome),
        f"{outcome.failed}",
        f"{outcome.calls}",
        f"{outcome.seconds:.0f}",
        f"{outcome.ideal:.0f}",
    ]


def _notes(outcomes: Iterable[Outcome]) -> list[str]:
    """What there is to say about single ones, as one paragraph if there is any."""
    lines = [f"{each.case.name}: {each.note}." for each in outcomes if each.note]
    return ["\n".join(lines)] if lines else []


def _side_by_side(found: Iterable[Outcome]) -> Iterable[tuple[str, Sequence[Outcome]]]:
    """Those that had the same burst and conditions, where there is more than one system."""
    ordered = sorted(found, key=lambda each: each.case.burst)
    for burst, group in groupby(ordered, key=lambda each: each.case.burst):
        outcomes = list(group)
        if len(outcomes) > 1:
            yield burst, outcomes


def _ratio(value: float) -> str:
    return f"{value:.2f}" if math.isfinite(value) else "not drained"


def _share(outcome: Outcome) -> str:
    return f"{100 * outcome.throttled_share:.2f} %" if outcome.throttled else "0"


def _load(found: Sequence[Outcome]) -> str:
    """How busy the machine was, since a machine that is too busy is what would be measured."""
    busy = [each.busy for each in found if each.busy is not None]
    shares = f"{100 * min(busy):.0f} to {100 * max(busy):.0f} %" if busy else "an unknown share"
    return (
        f"Several bursts ran at a time, each on a stand-in of its own; {shares} of the cores were"
        f" busy during a burst, and a look\nat the counters was at most"
        f" {max((each.late for each in found), default=0):.1f} s late."
    )
