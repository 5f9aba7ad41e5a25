"""A case: which system answers a burst, how large the burst is, and under which quota."""

import math
from dataclasses import dataclass

from bench.burst.corpus import mean_charge
from local.conditions import Conditions
from local.quota import Shape

SLUICE = "sluice"

#: The model's quota.
TOKENS_PER_MINUTE = 300_000
#: maxTokens of each call; the quota reserves them while the call runs.
MAX_TOKENS = 1_000
#: The model answers after 0.7 to 1.3 s, all at once.
_LATENCY = "slow=uniform:0.7:1.3 speed=0"


@dataclass(frozen=True)
class Case:
    """One burst, with as many questions as the quota takes in `minutes`."""

    system: str
    minutes: float
    shape: Shape
    burndown: int
    #: The quota that the system is configured with, as a multiple of the real one.
    quota_factor: float = 1.0
    #: Kendra's quota; 0 means none.
    queries_per_second: float = 0
    #: The number of questions, if it is not to follow from `minutes`.
    number: int = 0

    @property
    def questions(self) -> int:
        if self.number:
            return self.number
        rate = TOKENS_PER_MINUTE / mean_charge(self.burndown)
        if self.queries_per_second:
            rate = min(rate, self.queries_per_second * 60)
        return math.ceil(self.minutes * rate)

    @property
    def burst(self) -> str:
        """The name of the burst and its conditions: the same for all systems compared."""
        return self._words(self.shape)

    @property
    def load(self) -> str:
        """The name of the burst without the quota's shape."""
        return self._words()

    def _words(self, *shape: str) -> str:
        words = [f"{self.questions} questions", *shape, f"x{self.burndown}"]
        words += (
            [f"configured with {self.quota_factor:g} x the quota"] if self.quota_factor != 1 else []
        )
        words += [f"{self.queries_per_second:g} queries/s"] if self.queries_per_second else []
        return ", ".join(words)

    @property
    def name(self) -> str:
        """The name of the case, unique in a run."""
        return f"{self.system}, {self.burst}"

    @property
    def conditions(self) -> Conditions:
        """The quotas and the latency of the stand-ins."""
        quotas = f"tokens={TOKENS_PER_MINUTE} burndown={self.burndown} shape={self.shape}"
        if self.queries_per_second:
            quotas += f" queries={self.queries_per_second:g}"
        return Conditions.read(quotas, _LATENCY)

    def ideal_seconds(self, charged: float, queries: int) -> float:
        """Seconds in which the quotas allow these charges and queries; the tighter one decides."""
        by_tokens = charged / TOKENS_PER_MINUTE * 60
        return max(by_tokens, queries / (self.queries_per_second or math.inf))
