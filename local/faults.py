"""Fault injection: errors and latencies of an upstream, drawn at random from a seed.

What happens to the nth call depends only on the seed and on n.
Every call draws the same number of random values.
So changing the share of one fault leaves the latencies and the other draws as they were.
"""

import math
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from statistics import NormalDist
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, model_validator

#: A stream breaks after this many deltas at most.
_LATEST_BREAK = 8
_P99 = NormalDist().inv_cdf(0.99)
#: The normal distribution has no value at 0 and 1.
_EDGE = 1e-9


class Fault(StrEnum):
    """What goes wrong with a call."""

    THROTTLE = "throttle"
    #: 503: no capacity.
    UNAVAILABLE = "unavailable"
    #: 500.
    ERROR = "error"
    #: No answer; the client times out.
    TIMEOUT = "timeout"
    #: The connection closes in the middle of a stream, without the last chunk.
    CUT = "cut"
    #: A modelStreamErrorException ends the stream.
    STREAM_ERROR = "stream-error"
    #: A throttlingException ends the stream.
    STREAM_THROTTLE = "stream-throttle"


#: Faults that break a stream; they do nothing to other calls.
BREAKS = frozenset({Fault.CUT, Fault.STREAM_ERROR, Fault.STREAM_THROTTLE})


@dataclass(frozen=True)
class Latency:
    """The distribution of the seconds until an answer begins."""

    kind: str
    #: constant: the value, twice. uniform: least and most. lognormal: median and 99th percentile.
    first: float
    second: float

    def seconds(self, quantile: float) -> float:
        """Return the distribution's quantile, from 0 to 1."""
        if self.kind == "lognormal":
            inside = min(max(quantile, _EDGE), 1 - _EDGE)
            sigma = math.log(self.second / self.first) / _P99
            return self.first * math.exp(sigma * NormalDist().inv_cdf(inside))
        return self.first + (self.second - self.first) * quantile

    def __str__(self) -> str:
        return f"{self.kind}:{self.first}:{self.second}"


def read_latency(text: object) -> Latency | None:
    """Read `1.5`, `constant:1.5`, `uniform:0.7:1.3` or `lognormal:1.0:3.0`; raises ValueError."""
    if text is None or isinstance(text, Latency):
        return text
    kind, *words = ("constant", str(text)) if ":" not in str(text) else str(text).split(":")
    try:
        numbers = [float(word) for word in words]
    except ValueError:
        numbers = []
    if kind == "constant" and len(numbers) == 1:
        numbers *= 2
    least_first = math.ulp(0) if kind == "lognormal" else 0.0
    if (
        kind not in {"constant", "uniform", "lognormal"}
        or len(numbers) != 2
        or not least_first <= numbers[0] <= numbers[1] < math.inf
    ):
        raise ValueError("must be SECONDS, uniform:LEAST:MOST or lognormal:MEDIAN:P99")
    return Latency(kind, *numbers)


Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class KendraFaults(BaseModel):
    """Shares of Kendra's calls that fail, and the latency of its answers."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        validate_by_name=True,
        alias_generator=lambda name: name.replace("_", "-"),
    )

    throttle: Share = 0
    unavailable: Share = 0
    error: Share = 0
    timeout: Share = 0
    slow: Annotated[
        Latency | None,
        BeforeValidator(read_latency),
        PlainSerializer(lambda latency: latency and str(latency)),
    ] = None

    @model_validator(mode="after")
    def _add_up(self) -> Self:
        if sum(share for _, share in self.shares()) > 1 + _EDGE:
            raise ValueError("the shares add up to more than 1")
        return self

    def shares(self) -> list[tuple[Fault, float]]:
        """Return each fault with its share of the calls, always in the same order."""
        given = self.model_dump(by_alias=True)
        return [(fault, given[fault]) for fault in Fault if fault in given]


class ModelFaults(KendraFaults):
    """The same for the model, with broken streams and a speed in tokens per second (0: at once)."""

    cut: Share = 0
    stream_error: Share = 0
    stream_throttle: Share = 0
    speed: Annotated[float | None, Field(ge=0, allow_inf_nan=False)] = None


@dataclass(frozen=True)
class Fate:
    """What happens to one call."""

    fault: Fault | None
    #: Latency of the answer; None: the upstream's own.
    seconds: float | None
    #: Deltas that a stream sends before it breaks. A shorter stream breaks at its end.
    deltas: int


class FaultInjector:
    """Draws what happens to one upstream's calls, in the order of their arrival."""

    def __init__(self, faults: KendraFaults, seed: str) -> None:
        self._faults = faults
        self._random = Random(seed)  # noqa: S311 - not a secret

    def draw(self) -> Fate:
        """Return what happens to the next call."""
        lot, quantile, place = (self._random.random() for _ in range(3))
        slow = self._faults.slow
        return Fate(
            self._fault(lot),
            slow.seconds(quantile) if slow else None,
            1 + int(place * _LATEST_BREAK),
        )

    def _fault(self, lot: float) -> Fault | None:
        for fault, share in self._faults.shares():
            if lot < share:
                return fault
            lot -= share
        return None
