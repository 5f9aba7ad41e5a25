"""The generator as jobs use it: each call has a reservation, which is settled afterwards."""

from contextlib import closing, suppress

from sluice.answering.tokens import estimate_prompt_tokens, estimate_tokens
from sluice.errors import StoreUnavailable, Throttled
from sluice.job.job import Lane
from sluice.pace.booking import Reservation
from sluice.pace.ledger import Units
from sluice.pace.pacer import Pace, Waiter
from sluice.ports import Generation, Generator, Piece, Prompt, StreamEnd


class PacedGenerator:
    """Asks a model within the quotas of tokens and of requests.

    At the start of a call, Bedrock deducts the input tokens and `max_tokens` from the quota.
    At the end it charges the input tokens, and the output tokens times the model's burndown rate.
    So the first amount is booked, or more if calls usually cost more.
    Afterwards the booking is corrected to the second amount.
    """

    def __init__(self, generator: Generator, pace: Pace, burndown: float) -> None:
        self._generator = generator
        self._pace = pace
        self._burndown = burndown

    @property
    def model(self) -> str:
        return self._generator.model

    def generate(
        self, prompt: Prompt, *, max_tokens: int, lane: Lane, waiter: Waiter
    ) -> Generation:
        """Wait for a reservation, then return the model's stream. Raises NotYet too."""
        prompt_tokens = estimate_prompt_tokens(prompt)
        at_most = prompt_tokens + max_tokens * self._burndown
        units = Units(prompt_tokens + max_tokens, at_most=at_most)
        reservation = self._pace.reserve(units, lane, waiter)
        return self._settled(prompt, max_tokens, reservation)

    def _settled(self, prompt: Prompt, max_tokens: int, reservation: Reservation) -> Generation:
        written = ""
        end: StreamEnd | None = None
        throttled = False
        try:
            with closing(self._generator.generate(prompt, max_tokens=max_tokens)) as events:
                for event in events:
                    match event:
                        case Piece():
                            written += event.text
                        case StreamEnd():
                            end = event
                    yield event
        except Throttled:
            throttled = True
            raise
        finally:
            # A booking that is not corrected leaves some quota unused for a minute. The answer
            # matters more, so it is not lost for that.
            with suppress(StoreUnavailable):
                if throttled:
                    self._pace.throttled(reservation)
                else:
                    self._pace.settle(reservation, Units(self._charge(prompt, written, end)))

    def _charge(self, prompt: Prompt, written: str, end: StreamEnd | None) -> float:
        """Tokens that count against the quota. They are estimated if the stream was cut."""
        if end is not None:
            return end.input_tokens + end.output_tokens * self._burndown
        if not written:
            return 0
        return estimate_prompt_tokens(prompt) + estimate_tokens(written) * self._burndown
