"""What the live path adds to a model's tokens: `make bench-live`.

A stand-in for Bedrock writes the time into each token (bench/live/stamping_model.py).
WebSocket clients on the same machine and clock record when each token arrives.
The same rounds call the same model directly with boto3's ConverseStream.
The milliseconds are this machine's; what is compared was measured side by side.
"""

import asyncio
import json
import os
import sys
from pathlib import Path

from bench.live.environment import Site, site
from bench.live.report import Results, facts, report
from bench.live.rounds import SLOW, Rounds

ROUNDS = 6
#: The most watchers that one job has here.
_WATCHERS = 50
_RESULTS = Path(__file__).parents[1] / "results"


def main() -> None:
    """Measure, print, and write bench/results/live.md and live.json."""
    before = os.getloadavg()[0]
    _say("Starting the local stack ...")
    with site() as here:
        results = asyncio.run(_measure(here))
    load = (before, os.getloadavg()[0])
    text = report(results, load)
    print(text)
    _RESULTS.mkdir(exist_ok=True)
    (_RESULTS / "live.md").write_text(text, encoding="utf-8")
    found = {"load_average": load, "milliseconds": facts(results)}
    (_RESULTS / "live.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


async def _measure(here: Site) -> Results:
    async with here.connected(_WATCHERS) as watchers, here.connected(SLOW) as slow:
        rounds = Rounds(here, watchers, slow)
        await rounds.prepare()
        for number in range(1, ROUNDS + 1):
            _say(f"Round {number} of {ROUNDS}, about a minute ...")
            await rounds.run()
        return rounds.figures


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
