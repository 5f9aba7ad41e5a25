"""What is measured, once per round, one after the other."""

import asyncio
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import boto3

from bench.live.environment import Site
from bench.live.stamping_model import stamps
from bench.live.watcher import AnswerMissing, Seen, Watcher, watch

if TYPE_CHECKING:
    from mypy_boto3_bedrock_runtime import BedrockRuntimeClient

#: Tokens of an answer whose first token counts, and of one whose every token does; with many
#: watchers it is longer, since all of them have to be there.
_SHORT, _LONG, _LONGEST = 5, 300, 600
#: Tokens that every watcher must get once all are there, or it is tried again, so often.
_ENOUGH, _TRIES = 50, 3
#: Pairs of short answers in a round.
_PAIRS = 5
#: Short answers that warm the functions up.
_WARM = 6
#: Of the ten watchers, those that are slow.
SLOW = 3

DIRECT = "ConverseStream, called directly"
ONE, TEN, FIFTY = "1 watcher", "10 watchers", "50 watchers"
RELAYED = "10 watchers through the relay"
BESIDE_SLOW = "7 watchers beside 3 slow ones"


@dataclass
class Figures:
    """Milliseconds of one kind of answer, a list for each round."""

    #: From the question to the first text, of the short answers.
    first_token: list[list[float]] = field(default_factory=list)
    #: Each token's way from the model to each client, once all clients are there.
    token: list[list[float]] = field(default_factory=list)
    #: From the last token's leaving the model to the whole answer at each client.
    end: list[list[float]] = field(default_factory=list)
    #: Deltas in a second at each client.
    rate: list[float] = field(default_factory=list)

    def add(self, seen: Sequence[Seen], since: int) -> bool:
        """Take in one answer as its clients saw it; tokens count from `since`, if they are many."""
        tokens = [each.token_ms(since) for each in seen]
        if min(map(len, tokens)) < _ENOUGH:
            return False
        self.token.append([ms for each in tokens for ms in each])
        self.end.append([each.end_ms() for each in seen])
        rates = [len(each.deltas) / ((each.deltas[-1][0] - each.first) / 1e9) for each in seen]
        self.rate.append(statistics.median(rates))
        return True


class Rounds:
    """Runs rounds and keeps their figures by name."""

    def __init__(self, site: Site, watchers: Sequence[Watcher], slow: Sequence[Watcher]) -> None:
        self._site = site
        self._watchers = watchers
        self._slow = slow
        self._slow_connections: frozenset[str] = frozenset()
        self._bedrock = _bedrock(site.model)
        names = (DIRECT, ONE, TEN, FIFTY, RELAYED, BESIDE_SLOW)
        self.figures = {name: Figures() for name in names}

    async def prepare(self) -> None:
        """Learn which connections the slow ones are, and warm everything up."""
        job_id, seen = await self._watchers[0].ask(_question(_LONG))
        for watcher in self._slow:
            await watcher.subscribe(job_id)
        everybody = await self._site.connections_of(job_id, 1 + SLOW)
        await self._watchers[0].read(seen)
        job_id, seen = await self._watchers[0].ask(_question(_SHORT))
        self._slow_connections = everybody - await self._site.connections_of(job_id, 1)
        await self._watchers[0].read(seen)
        await self._warm_up()
        await asyncio.to_thread(self._call_directly, _SHORT)

    async def run(self) -> None:
        """One round of everything."""
        await self._time_first_tokens()
        direct = await asyncio.to_thread(self._call_directly, _LONG)
        self.figures[DIRECT].add([direct], 0)
        for name, number, tokens in ((ONE, 1, _LONG), (TEN, 10, _LONG), (FIFTY, 50, _LONGEST)):
            await self._watch(name, number, tokens)
        self._site.push_through_relay()
        await self._warm_up()
        await self._watch(RELAYED, 10, _LONG)
        await self._watch_beside_slow()
        self._site.push_directly()
        await self._warm_up()

    async def _time_first_tokens(self) -> None:
        direct, live = [], []
        for _ in range(_PAIRS):
            called = await asyncio.to_thread(self._call_directly, _SHORT)
            direct.append(called.first_token_ms())
            (seen,) = await watch(_question(_SHORT), self._watchers[:1])
            live.append(seen.first_token_ms())
        self.figures[DIRECT].first_token.append(direct)
        self.figures[ONE].first_token.append(live)

    async def _watch(self, name: str, number: int, tokens: int) -> None:
        for _ in range(_TRIES):
            seen = await watch(_question(tokens), self._watchers[:number])
            if self.figures[name].add(seen, since=max(each.first for each in seen)):
                return
        raise AnswerMissing(f"The machine is too busy to seat {name} within one answer.")

    async def _watch_beside_slow(self) -> None:
        for _ in range(_TRIES):
            seen = await watch(_question(_LONG), self._watchers[: 10 - SLOW], self._join_slowly)
            begun = self._site.held().values()
            self._site.hold(frozenset())
            firsts = [each.first for each in seen]
            if len(begun) == SLOW and self.figures[BESIDE_SLOW].add(seen, max(*begun, *firsts)):
                return
        raise AnswerMissing("The machine is too busy to seat slow watchers within one answer.")

    async def _join_slowly(self, job_id: str) -> None:
        for watcher in self._slow:
            await watcher.subscribe(job_id)
        await self._site.connections_of(job_id, 10)
        # Only now: the replies to their subscriptions are not what is looked at.
        self._site.hold(self._slow_connections)

    async def _warm_up(self) -> None:
        for _ in range(_WARM):
            await watch(_question(_SHORT), self._watchers[:1])

    def _call_directly(self, tokens: int) -> Seen:
        seen = Seen(time.monotonic_ns())
        response = self._bedrock.converse_stream(
            modelId="sluice.stand-in-v1:0",
            messages=[{"role": "user", "content": [{"text": _question(tokens)}]}],
            inferenceConfig={"maxTokens": 1000},
        )
        for event in response["stream"]:
            text = event.get("contentBlockDelta", {}).get("delta", {}).get("text", "")
            if any(stamps(text)):
                seen.deltas.append((time.monotonic_ns(), text))
        seen.ended = time.monotonic_ns()
        return seen


def _question(tokens: int) -> str:
    return f"How long is lost property kept? ({tokens} tokens)"


def _bedrock(url: str) -> "BedrockRuntimeClient":
    keys: dict[str, Any] = {"aws_access_key_id": "none", "aws_secret_access_key": "none"}
    return boto3.client("bedrock-runtime", endpoint_url=url, region_name="us-east-1", **keys)
