"""What a call passes on its way to the model and back: its fate, the quotas, the counters."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial

from local.bedrock.account import TOO_MANY_TOKENS, Account, Hold
from local.bedrock.converse import ConverseRequest
from local.bedrock.model import Delta, Piece
from local.bedrock.refusal import Refusal, StreamCut
from local.bedrock.stats import BedrockStats
from local.bedrock.tokens import Usage, estimate
from local.conditions import Conditions
from local.faults import BREAKS, Fate, Fates, Fault
from local.quota import Clock
from local.traffic import Traffic

_REFUSALS = {
    Fault.THROTTLE: partial(Refusal, "ThrottlingException", TOO_MANY_TOKENS),
    Fault.UNAVAILABLE: partial(
        Refusal, "ServiceUnavailableException", "Bedrock is unable to process your request."
    ),
    Fault.ERROR: partial(
        Refusal,
        "InternalServerException",
        "The system encountered an unexpected error during processing. Try your request again.",
    ),
    Fault.STREAM_ERROR: partial(
        Refusal,
        "ModelStreamErrorException",
        "The model stopped in the middle of its answer. Try your request again.",
    ),
    Fault.STREAM_THROTTLE: partial(Refusal, "ThrottlingException", TOO_MANY_TOKENS),
}
_THROTTLES = {Fault.THROTTLE, Fault.STREAM_THROTTLE}


class Gate:
    """The way to the model, for one event loop. `clock` gives seconds and never goes back."""

    def __init__(self, conditions: Conditions, stats: BedrockStats, clock: Clock) -> None:
        self._conditions = conditions
        self._stats = stats
        self._clock = clock
        self.traffic = Traffic(clock)
        self.reset()

    def reset(self) -> None:
        """Start anew: full quotas, no counts, the seed's first fate."""
        self._stats.reset()
        self.traffic.reset()
        self._accounts: dict[str, Account] = {}
        conditions = self._conditions
        self._fates = Fates(conditions.model_faults, f"{conditions.seed}:bedrock")

    async def passing(
        self,
        pieces: AsyncGenerator[Piece, None],
        model_id: str,
        asked: ConverseRequest,
        *,
        streamed: bool,
    ) -> AsyncGenerator[Piece, None]:
        """Pass an answer on. Raises Refusal or StreamCut before or between its pieces.

        What was generated is charged however the call ends, be it by closing this generator.
        """
        fate = self._fates.draw()
        async with aclosing(pieces):
            if fate.fault in _REFUSALS and fate.fault not in BREAKS:
                raise self._struck(fate.fault)
            hold = self._reserve(model_id, asked)
            self._stats.input_tokens += asked.input_tokens
            with self.traffic.calling():
                answer = self._begin(fate, pieces)
                if streamed and fate.fault in BREAKS:
                    answer = self._break(fate.fault, fate.deltas, answer)
                async with aclosing(answer), aclosing(_charged(hold, asked, answer)) as charged:
                    async for piece in charged:
                        if not isinstance(piece, Delta):
                            self.traffic.answered()
                        yield piece

    def as_dict(self) -> dict[str, object]:
        """Return what went through, as JSON can hold it; tokens by model id."""
        models = {name: account.spending.as_dict() for name, account in self._accounts.items()}
        return {**self._stats.as_dict(), **self.traffic.as_dict(), "models": models}

    def _reserve(self, model_id: str, asked: ConverseRequest) -> Hold:
        # A quota is of a model or profile, whether it is called by its id or by its ARN.
        name = model_id.rpartition("/")[2]
        if name not in self._accounts:
            self._accounts[name] = Account(self._conditions.quotas, self._clock)
        try:
            return self._accounts[name].reserve(
                asked.input_tokens, asked.inference_config.max_tokens
            )
        except Refusal:
            self.traffic.counts.throttled_by_quota += 1
            raise

    async def _begin(
        self, fate: Fate, pieces: AsyncGenerator[Piece, None]
    ) -> AsyncGenerator[Piece, None]:
        if fate.fault is Fault.TIMEOUT:
            self.traffic.counts.failed_by_fault += 1
            await asyncio.Event().wait()  # until the client gives up
        if fate.seconds:
            await asyncio.sleep(fate.seconds)
        async for piece in pieces:
            yield piece

    async def _break(
        self, fault: Fault, deltas: int, pieces: AsyncGenerator[Piece, None]
    ) -> AsyncGenerator[Piece, None]:
        left = deltas
        async with aclosing(pieces):
            async for piece in pieces:
                if left == 0 or not isinstance(piece, Delta):
                    break
                left -= 1
                yield piece
        raise self._struck(fault)

    def _struck(self, fault: Fault) -> Refusal | StreamCut:
        counts = self.traffic.counts
        if fault is Fault.CUT:
            counts.cut_by_fault += 1
            return StreamCut()
        if fault in _THROTTLES:
            counts.throttled_by_fault += 1
        else:
            counts.failed_by_fault += 1
        return _REFUSALS[fault]()


async def _charged(
    hold: Hold, asked: ConverseRequest, pieces: AsyncGenerator[Piece, None]
) -> AsyncGenerator[Piece, None]:
    """Settle a call when it ends, with the model's own count if it came to that."""
    text, used = "", None
    try:
        async for piece in pieces:
            if isinstance(piece, Delta):
                text += piece.text
            else:
                used = piece.usage
            yield piece
    except Refusal:
        if not text:
            used = Usage(0, 0)  # the model did nothing
        raise
    finally:
        hold.settle(used or Usage(asked.input_tokens, estimate(text)))
