"""Applies faults and quotas to the calls of the model, and counts them."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial

from local.bedrock.account import TOO_MANY_TOKENS, Account, CallReservation
from local.bedrock.converse import ConverseRequest
from local.bedrock.errors import ServiceError, StreamCut
from local.bedrock.model import Delta, Piece
from local.bedrock.stats import BedrockStats
from local.bedrock.tokens import Usage, estimate
from local.conditions import Conditions
from local.faults import BREAKS, Fate, Fault, FaultInjector
from local.quota import Clock
from local.traffic import Traffic

_FAULT_ERRORS = {
    Fault.THROTTLE: partial(ServiceError, "ThrottlingException", TOO_MANY_TOKENS),
    Fault.UNAVAILABLE: partial(
        ServiceError, "ServiceUnavailableException", "Bedrock is unable to process your request."
    ),
    Fault.ERROR: partial(
        ServiceError,
        "InternalServerException",
        "The system encountered an unexpected error during processing. Try your request again.",
    ),
    Fault.STREAM_ERROR: partial(
        ServiceError,
        "ModelStreamErrorException",
        "The model stopped in the middle of its answer. Try your request again.",
    ),
    Fault.STREAM_THROTTLE: partial(ServiceError, "ThrottlingException", TOO_MANY_TOKENS),
}
_THROTTLES = {Fault.THROTTLE, Fault.STREAM_THROTTLE}


class Admission:
    """Decides which calls reach the model. For one event loop; `clock` returns seconds."""

    def __init__(self, conditions: Conditions, stats: BedrockStats, clock: Clock) -> None:
        self._conditions = conditions
        self._stats = stats
        self._clock = clock
        self.traffic = Traffic(clock)
        self.reset()

    def reset(self) -> None:
        """Start again: full quotas, zero counts, the first random fault of the seed."""
        self._stats.reset()
        self.traffic.reset()
        self._accounts: dict[str, Account] = {}
        conditions = self._conditions
        self._injector = FaultInjector(conditions.model_faults, f"{conditions.seed}:bedrock")

    async def admit(
        self,
        pieces: AsyncGenerator[Piece, None],
        model_id: str,
        asked: ConverseRequest,
        *,
        streamed: bool,
    ) -> AsyncGenerator[Piece, None]:
        """Yield the answer's pieces. Raises ServiceError or StreamCut, at any piece.

        What was generated is charged however the call ends, also if this generator is closed.
        """
        fate = self._injector.draw()
        async with aclosing(pieces):
            if fate.fault in _FAULT_ERRORS and fate.fault not in BREAKS:
                raise self._count_fault(fate.fault)
            reservation = self._reserve(model_id, asked)
            self._stats.input_tokens += asked.input_tokens
            with self.traffic.calling():
                answer = self._begin(fate, pieces)
                if streamed and fate.fault in BREAKS:
                    answer = self._break(fate.fault, fate.deltas, answer)
                async with (
                    aclosing(answer),
                    aclosing(_charged(reservation, asked, answer)) as charged,
                ):
                    async for piece in charged:
                        if not isinstance(piece, Delta):
                            self.traffic.answered()
                        yield piece

    def as_dict(self) -> dict[str, object]:
        """Return all counters, ready for JSON; tokens by model id."""
        models = {name: account.meter.as_dict() for name, account in self._accounts.items()}
        return {**self._stats.as_dict(), **self.traffic.as_dict(), "models": models}

    def _reserve(self, model_id: str, asked: ConverseRequest) -> CallReservation:
        # A model or profile has one quota, whether it is called by its id or by its ARN.
        name = model_id.rpartition("/")[2]
        if name not in self._accounts:
            self._accounts[name] = Account(self._conditions.quotas, self._clock)
        try:
            return self._accounts[name].reserve(
                asked.input_tokens, asked.inference_config.max_tokens
            )
        except ServiceError:
            self.traffic.counts.throttled_by_quota += 1
            raise

    async def _begin(
        self, fate: Fate, pieces: AsyncGenerator[Piece, None]
    ) -> AsyncGenerator[Piece, None]:
        if fate.fault is Fault.TIMEOUT:
            self.traffic.counts.failed_by_fault += 1
            await asyncio.Event().wait()  # until the client disconnects
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
        raise self._count_fault(fault)

    def _count_fault(self, fault: Fault) -> ServiceError | StreamCut:
        counts = self.traffic.counts
        if fault is Fault.CUT:
            counts.cut_by_fault += 1
            return StreamCut()
        if fault in _THROTTLES:
            counts.throttled_by_fault += 1
        else:
            counts.failed_by_fault += 1
        return _FAULT_ERRORS[fault]()


async def _charged(
    reservation: CallReservation, asked: ConverseRequest, pieces: AsyncGenerator[Piece, None]
) -> AsyncGenerator[Piece, None]:
    """Yield the pieces, and charge the call at its end: the model's own count if there is one."""
    text, used = "", None
    try:
        async for piece in pieces:
            if isinstance(piece, Delta):
                text += piece.text
            else:
                used = piece.usage
            yield piece
    except ServiceError:
        if not text:
            used = Usage(0, 0)  # nothing was generated
        raise
    finally:
        reservation.settle(used or Usage(asked.input_tokens, estimate(text)))
