"""Measure what the live path adds to a model's tokens: `make bench-live`.

A stand-in for Bedrock writes the time into each token (bench/live/stamping_model.py).
WebSocket clients on the same machine and clock record when each token arrives.
The same rounds call the same model directly with boto3's ConverseStream.
The milliseconds are this machine's; what is compared was measured side by side.
"""

import asyncio
import os

from bench.console import say, show
from bench.live.environment import LiveEnvironment, live_environment
from bench.live.report import Results, facts, report
from bench.live.rounds import SLOW, Rounds
from bench.results_file import RESULTS, write_report

ROUNDS = 6
#: The most watchers of one job in this benchmark.
_WATCHERS = 50


def main() -> None:
    """Measure, print the report, and write bench/results/live.md and live.json."""
    before = os.getloadavg()[0]
    say("Starting the local stack ...")
    with live_environment() as environment:
        results = asyncio.run(_measure(environment))
    load = (before, os.getloadavg()[0])
    text = report(results, load)
    show(text)
    found = {"load_average": load, "milliseconds": facts(results)}
    write_report(RESULTS / "live.md", text, found)


async def _measure(environment: LiveEnvironment) -> Results:
    async with (
        environment.connected(_WATCHERS) as watchers,
        environment.connected(SLOW) as slow,
    ):
        rounds = Rounds(environment, watchers, slow)
        await rounds.prepare()
        for number in range(1, ROUNDS + 1):
            say(f"Round {number} of {ROUNDS}, about a minute ...")
            await rounds.run()
        return rounds.latencies


if __name__ == "__main__":
    main()
