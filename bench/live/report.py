"""The live path's measurements in words and tables."""

import os
import statistics
from collections.abc import Mapping
from itertools import chain

from bench.live.rounds import BESIDE_SLOW, DIRECT, FIFTY, ONE, RELAYED, SLOW, TEN, Figures
from bench.live.slow_relay import HELD_SECONDS
from bench.live.stamping_model import FIRST_TOKEN_SECONDS, TOKENS_PER_SECOND
from bench.table import table

#: The aims: milliseconds that the path may add at p50, and how much slow watchers may cost others:
#: times the others' p50, and milliseconds at the end of the answer, a tenth of a slow push.
_ADDED_MS, _TIMES_SLOWER, _END_MS = 150.0, 1.25, 100 * HELD_SECONDS

Results = Mapping[str, Figures]


def report(results: Results, load: tuple[float, float]) -> str:
    """The results as Markdown that reads well as it is. `load` is the load average, both ends."""
    parts = [
        "# Live answers",
        f"A stand-in model writes {TOKENS_PER_SECOND} tokens a second, the first after"
        f" {1000 * FIRST_TOKEN_SECONDS:.0f} ms, and stamps each\nas it leaves. Everything runs on"
        f" one machine with {os.cpu_count()} cores (load average {load[0]:.1f} to {load[1]:.1f}),"
        " clients\nand local AWS included. Milliseconds;"
        f" {len(results[ONE].token)} rounds, each with all of this in turn.",
        "## A token's way to a client",
        table(
            ["", "p50", "by round", "p99", "p50 added", "deltas/s", "tokens"],
            [_token_row(name, results) for name in results],
        ),
        "From the token's leaving the model to its arrival, of all tokens at all clients once every"
        "\nclient is there. Added: beyond the direct call. A client gets a delta at most every"
        "\n100 ms, so half of that is chosen. By round: the least and the largest p50.",
        "## Time to the first token",
        table(
            ["", "median", "worst", "x direct", "added"],
            [_first_row(name, results) for name in (DIRECT, ONE)],
        ),
        f"From the question to the first text, {len(_all(results[ONE].first_token))} short answers"
        " of each, in pairs. Direct is boto3's call\nof the same model; the live path also stores"
        " the job, queues it, leases it and retrieves.\nRatio and difference: medians of the"
        " pairs.",
        "## The end of an answer",
        table(["", "median", "worst"], [_end_row(name, results) for name in results]),
        "From the last token's leaving the model to `job.completed` with the whole answer.",
        f"Slow watchers: {SLOW} clients that never read their socket. The local API Gateway"
        " buffers\nwithout end, so a relay between the functions and @connections makes each post"
        f" to them take\n{HELD_SECONDS:.0f} s; the row above theirs has 10 quick clients through"
        " the same relay.",
        "\n".join(_verdicts(results)),
    ]
    return "\n\n".join(parts) + "\n"


def facts(results: Results) -> dict[str, object]:
    """The same for programs: quantiles of each round, and every first token and end."""
    return {
        name: {
            "token_ms": [_quantiles(tokens) for tokens in figures.token],
            "first_token_ms": figures.first_token,
            "end_ms": figures.end,
            "deltas_per_second": figures.rate,
        }
        for name, figures in results.items()
    }


def _token_row(name: str, results: Results) -> list[str]:
    figures = results[name]
    tokens, by_round = _all(figures.token), [statistics.median(each) for each in figures.token]
    quantiles = _quantiles(tokens)
    added = "" if name == DIRECT else f"{_added_ms(name, results):.0f}"
    return [
        name,
        f"{quantiles['p50']:.1f}",
        f"{min(by_round):.0f}-{max(by_round):.0f}",
        f"{quantiles['p99']:.0f}",
        added,
        f"{statistics.median(figures.rate):.0f}",
        f"{len(tokens)}",
    ]


def _first_row(name: str, results: Results) -> list[str]:
    direct, ours = _all(results[DIRECT].first_token), _all(results[name].first_token)
    pairs = list(zip(ours, direct, strict=True))
    ratio = statistics.median(one / other for one, other in pairs)
    added = statistics.median(one - other for one, other in pairs)
    shown = [f"{statistics.median(ours):.0f}", f"{max(ours):.0f}"]
    return [name, *shown, *(["", ""] if name == DIRECT else [f"{ratio:.2f}", f"{added:.0f}"])]


def _end_row(name: str, results: Results) -> list[str]:
    ends = _all(results[name].end)
    return [name, f"{statistics.median(ends):.0f}", f"{max(ends):.0f}"]


def _verdicts(results: Results) -> list[str]:
    """Each aim, and whether it is met."""
    lines = [
        _verdict(
            _added_ms(name, results) <= _ADDED_MS,
            f"the path adds at most {_ADDED_MS:.0f} ms to a token at p50 with {name}"
            f" ({_added_ms(name, results):.0f})",
        )
        for name in (ONE, TEN, FIFTY)
    ]
    first = float(_first_row(ONE, results)[-1])
    told = f"it adds at most {_ADDED_MS:.0f} ms to the first token at p50 ({first:.0f})"
    lines.append(_verdict(first <= _ADDED_MS, told))
    pairs = zip(results[BESIDE_SLOW].token, results[RELAYED].token, strict=True)
    slower = statistics.median(statistics.median(a) / statistics.median(b) for a, b in pairs)
    told = f"slow watchers do not delay others: at most {_TIMES_SLOWER} x their p50 ({slower:.2f})"
    lines.append(_verdict(slower <= _TIMES_SLOWER, told))
    ends = [statistics.median(_all(results[name].end)) for name in (BESIDE_SLOW, RELAYED)]
    told = (
        f"nor the answer: its end comes at most {_END_MS:.0f} ms later at p50, a tenth of a slow"
        f" push ({ends[0] - ends[1]:+.0f})"
    )
    return [*lines, _verdict(ends[0] - ends[1] <= _END_MS, told)]


def _verdict(met: bool, told: str) -> str:
    return f"- {'Met' if met else 'Missed'}: {told}."


def _added_ms(name: str, results: Results) -> float:
    ours, direct = _all(results[name].token), _all(results[DIRECT].token)
    return statistics.median(ours) - statistics.median(direct)


def _quantiles(values: list[float]) -> dict[str, float]:
    percentiles = statistics.quantiles(values, n=100)
    return {"p50": percentiles[49], "p99": percentiles[98], "largest": max(values)}


def _all(rounds: list[list[float]]) -> list[float]:
    return list(chain.from_iterable(rounds))
