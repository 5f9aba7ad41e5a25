"""The report on the live path."""

import os
import statistics
from collections.abc import Iterator, Mapping
from itertools import chain

from bench.live.rounds import BESIDE_SLOW, DIRECT, FIFTY, ONE, RELAYED, SLOW, TEN, Latencies
from bench.live.slow_relay import HELD_SECONDS
from bench.live.stamping_model import FIRST_TOKEN_SECONDS, TOKENS_PER_SECOND
from bench.report import document, table, target

#: Targets: milliseconds that the live path may add at p50; how many times as slow a token may be
#: beside slow watchers, at p50; milliseconds by which they may delay the end of the answer, which
#: is a tenth of a slow push.
_ADDED_MS, _TIMES_SLOWER, _END_MS = 150.0, 1.25, 100 * HELD_SECONDS

Results = Mapping[str, Latencies]


def report(results: Results, load: tuple[float, float]) -> str:
    """The report in Markdown. `load` is the load average before and after the run."""
    return document(
        "# Live answers",
        f"A stand-in model writes {TOKENS_PER_SECOND} tokens per second, the first after"
        f" {1000 * FIRST_TOKEN_SECONDS:.0f} ms, each with the time at which it left the model.\n"
        f"Everything runs on one machine with {os.cpu_count()} cores, including the clients and"
        f" local AWS (load average {load[0]:.1f} to {load[1]:.1f}).\n"
        f"Times are in milliseconds, from {len(results[ONE].token)} rounds; each round measures"
        " every row.",
        "## From the model to a client",
        table(
            ["", "p50", "by round", "p99", "p50 added", "deltas/s", "tokens"],
            [_token_row(name, results) for name in results],
        ),
        "Times run from a token leaving the model to its arrival at a client.\n"
        "They cover all tokens at all clients, once every client is subscribed.",
        "- By round: the smallest and the largest p50 of a round.\n"
        "- Added: the difference to the direct call. A client gets at most one delta per 100 ms,"
        " so half of that is by design.",
        "## Time to the first token",
        table(
            ["", "median", "worst", "x direct", "added"],
            [_first_token_row(name, results) for name in (DIRECT, ONE)],
        ),
        f"Times run from the question to the first text, over {len(_all(results[ONE].first_token))}"
        " pairs of short answers.\n"
        "The direct call is boto3's, to the same model.\n"
        "The live path also stores the job, queues it, takes a lease and retrieves passages.\n"
        "Ratio and difference are medians of the pairs.",
        "## The end of an answer",
        table(["", "median", "worst"], [_end_row(name, results) for name in results]),
        "Times run from the last token leaving the model to `job.completed` with the whole answer.",
        f"Slow watchers are {SLOW} clients that never read from their socket.\n"
        "The local API Gateway buffers without limit, so a relay in front of @connections"
        f" delays each post to them by {HELD_SECONDS:.0f} s.\n"
        "The row above theirs has 10 fast clients through the same relay.",
        "\n".join(_targets(results)),
    )


def facts(results: Results) -> dict[str, object]:
    """The results for the JSON file: quantiles of each round, every first token, every end."""
    return {
        name: {
            "token_ms": [_quantiles(tokens) for tokens in latencies.token],
            "first_token_ms": latencies.first_token,
            "end_ms": latencies.end,
            "deltas_per_second": latencies.rate,
        }
        for name, latencies in results.items()
    }


def _token_row(name: str, results: Results) -> list[str]:
    latencies = results[name]
    tokens, by_round = _all(latencies.token), [statistics.median(each) for each in latencies.token]
    quantiles = _quantiles(tokens)
    added = "" if name == DIRECT else f"{_added_ms(name, results):.0f}"
    return [
        name,
        f"{quantiles['p50']:.1f}",
        f"{min(by_round):.0f}-{max(by_round):.0f}",
        f"{quantiles['p99']:.0f}",
        added,
        f"{statistics.median(latencies.rate):.0f}",
        f"{len(tokens)}",
    ]


def _first_token_row(name: str, results: Results) -> list[str]:
    direct, live = _all(results[DIRECT].first_token), _all(results[name].first_token)
    shown = [f"{statistics.median(live):.0f}", f"{max(live):.0f}"]
    if name == DIRECT:
        return [name, *shown, "", ""]
    ratio = statistics.median(a / b for a, b in zip(live, direct, strict=True))
    return [name, *shown, f"{ratio:.2f}", f"{_first_token_added_ms(results):.0f}"]


def _end_row(name: str, results: Results) -> list[str]:
    ends = _all(results[name].end)
    return [name, f"{statistics.median(ends):.0f}", f"{max(ends):.0f}"]


def _targets(results: Results) -> Iterator[str]:
    for name in (ONE, TEN, FIFTY):
        added = _added_ms(name, results)
        text = f"a token takes at most {_ADDED_MS:.0f} ms longer at p50 with {name} ({added:.0f})"
        yield target(added <= _ADDED_MS, text)
    first = _first_token_added_ms(results)
    text = f"the first token takes at most {_ADDED_MS:.0f} ms longer at p50 ({first:.0f})"
    yield target(first <= _ADDED_MS, text)
    pairs = zip(results[BESIDE_SLOW].token, results[RELAYED].token, strict=True)
    slower = statistics.median(statistics.median(a) / statistics.median(b) for a, b in pairs)
    text = f"beside slow watchers a token takes at most {_TIMES_SLOWER} x as long ({slower:.2f})"
    yield target(slower <= _TIMES_SLOWER, text)
    ends = [statistics.median(_all(results[name].end)) for name in (BESIDE_SLOW, RELAYED)]
    later = ends[0] - ends[1]
    text = f"beside slow watchers an answer ends at most {_END_MS:.0f} ms later ({later:+.0f})"
    yield target(later <= _END_MS, text)


def _added_ms(name: str, results: Results) -> float:
    live, direct = _all(results[name].token), _all(results[DIRECT].token)
    return statistics.median(live) - statistics.median(direct)


def _first_token_added_ms(results: Results) -> float:
    live, direct = _all(results[ONE].first_token), _all(results[DIRECT].first_token)
    return statistics.median(a - b for a, b in zip(live, direct, strict=True))


def _quantiles(values: list[float]) -> dict[str, float]:
    percentiles = statistics.quantiles(values, n=100)
    return {"p50": percentiles[49], "p99": percentiles[98], "largest": max(values)}


def _all(rounds: list[list[float]]) -> list[float]:
    return list(chain.from_iterable(rounds))
