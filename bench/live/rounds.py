"""The rounds of measurements: each round measures everything once, one after the other."""

import asyncio
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import boto3

from bench.live.environment import LiveEnvironment
from bench.live.stamping_model import stamps
from bench.live.watcher import AnswerMissing, AnswerTimes, Watcher, watch

if TYPE_CHECKING:
    from mypy_boto3_bedrock_runtime import BedrockRuntimeClient

#: Tokens of an answer for its first token, of one for every token, and of one with many watchers,
#: who need longer until all are subscribed.
_SHORT, _LONG, _LONGEST = 5, 300, 600
#: Tokens that every watcher must get once all are subscribed, and attempts at that.
_ENOUGH, _TRIES = 50, 3
#: Pairs of short answers in a round.
_PAIRS = 5
#: Short answers that warm up the functions.
_WARM = 6
#: How many of ten watchers are slow.
SLOW = 3

DIRECT = "ConverseStream, called directly"
ONE, TEN, FIFTY = "1 watcher", "10 watchers", "50 watchers"
RELAYED = "10 watchers through the relay"
BESIDE_SLOW = "7 watchers beside 3 slow ones"


@dataclass
class Latencies:
    """Milliseconds of one kind of answer, one list per round."""

    #: From the question to the first text, of the short answers.
    first_token: list[list[float]] = field(default_factory=list)
    #: From the model to each client, of each token once all clients are subscribed.
    token: list[list[float]] = field(default_factory=list)
    #: From the last token leaving the model to the whole answer at each client.
    end: list[list[float]] = field(default_factory=list)
    #: Deltas per second at a client, the median of the clients.
    rate: list[float] = field(default_factory=list)

    def add(self, answers: Sequence[AnswerTimes], since: int) -> bool:
        """Add one answer, counting tokens from `since`; False if those are too few to count."""
        tokens = [each.token_ms(since) for each in answers]
        if min(map(len, tokens)) < _ENOUGH:
            return False
        self.token.append([ms for each in tokens for ms in each])
        self.end.append([each.end_ms() for each in answers])
        rates = [len(each.deltas) / ((each.deltas[-1][0] - each.first) / 1e9) for each in answers]
        self.rate.append(statistics.median(rates))
        return True


class Rounds:
    """Runs rounds and collects their latencies by name."""

    def __init__(
        self,
        environment: LiveEnvironment,
        watchers: Sequence[Watcher],
        slow: Sequence[Watcher],
    ) -> None:
        self._environment = environment
        self._watchers = watchers
        self._slow = slow
        self._slow_connections: frozenset[str] = frozenset()
        self._bedrock = _bedrock(environment.model)
        names = (DIRECT, ONE, TEN, FIFTY, RELAYED, BESIDE_SLOW)
        self.latencies = {name: Latencies() for name in names}

    async def prepare(self) -> None:
        """Find out the connections of the slow watchers, and warm up the functions."""
        job_id, times = await self._watchers[0].ask(_question(_LONG))
        for watcher in self._slow:
            await watcher.subscribe(job_id)
        all_connections = await self._environment.connections_of(job_id, 1 + SLOW)
        await self._watchers[0].read(times)
        job_id, times = await self._watchers[0].ask(_question(_SHORT))
        self._slow_connections = all_connections - await self._environment.connections_of(job_id, 1)
        await self._watchers[0].read(times)
        await self._warm_up()
        await asyncio.to_thread(self._call_directly, _SHORT)

    async def run(self) -> None:
        """Run one round."""
        await self._time_first_tokens()
        direct = await asyncio.to_thread(self._call_directly, _LONG)
        self.latencies[DIRECT].add([direct], 0)
        for name, number, tokens in ((ONE, 1, _LONG), (TEN, 10, _LONG), (FIFTY, 50, _LONGEST)):
            await self._watch(name, number, tokens)
        self._environment.push_through_relay()
        await self._warm_up()
        await self._watch(RELAYED, 10, _LONG)
        await self._watch_beside_slow()
        self._environment.push_directly()
        await self._warm_up()

    async def _time_first_tokens(self) -> None:
        direct, live = [], []
        for _ in range(_PAIRS):
            called = await asyncio.to_thread(self._call_directly, _SHORT)
            direct.append(called.first_token_ms())
            (watched,) = await watch(_question(_SHORT), self._watchers[:1])
            live.append(watched.first_token_ms())
        self.latencies[DIRECT].first_token.append(direct)
        self.latencies[ONE].first_token.append(live)

    async def _watch(self, name: str, number: int, tokens: int) -> None:
        for _ in range(_TRIES):
            answers = await watch(_question(tokens), self._watchers[:number])
            if self.latencies[name].add(answers, since=max(each.first for each in answers)):
                return
        raise AnswerMissing(f"The machine is too busy to subscribe {name} within one answer.")

    async def _watch_beside_slow(self) -> None:
        for _ in range(_TRIES):
            answers = await watch(
                _question(_LONG), self._watchers[: 10 - SLOW], self._add_slow_watchers
            )
            begun = self._environment.held().values()
            self._environment.hold(frozenset())
            since = max(*begun, *(each.first for each in answers))
            if len(begun) == SLOW and self.latencies[BESIDE_SLOW].add(answers, since):
                return
        raise AnswerMissing("The machine is too busy to subscribe slow watchers in one answer.")

    async def _add_slow_watchers(self, job_id: str) -> None:
        for watcher in self._slow:
            await watcher.subscribe(job_id)
        await self._environment.connections_of(job_id, 10)
        # Only now: the replies to their subscriptions must not be delayed.
        self._environment.hold(self._slow_connections)

    async def _warm_up(self) -> None:
        for _ in range(_WARM):
            await watch(_question(_SHORT), self._watchers[:1])

    def _call_directly(self, tokens: int) -> AnswerTimes:
        times = AnswerTimes(time.monotonic_ns())
        response = self._bedrock.converse_stream(
            modelId="sluice.stand-in-v1:0",
            messages=[{"role": "user", "content": [{"text": _question(tokens)}]}],
            inferenceConfig={"maxTokens": 1000},
        )
        for event in response["stream"]:
            text = event.get("contentBlockDelta", {}).get("delta", {}).get("text", "")
            if any(stamps(text)):
                times.deltas.append((time.monotonic_ns(), text))
        times.ended = time.monotonic_ns()
        return times


def _question(tokens: int) -> str:
    return f"How long is lost property kept? ({tokens} tokens)"


def _bedrock(url: str) -> "BedrockRuntimeClient":
    keys: dict[str, Any] = {"aws_access_key_id": "none", "aws_secret_access_key": "none"}
    return boto3.client("bedrock-runtime", endpoint_url=url, region_name="us-east-1", **keys)
