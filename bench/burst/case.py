"""A case: who answers a burst, how long the burst is, and under which quota."""

import math
from dataclasses import dataclass

from bench.burst.corpus import mean_charge
from local.conditions import Conditions
from local.quota import Shape

SLUICE = "sluice"

#: The model's quota.
TOKENS_PER_MINUTE = 300_000
#: maxTokens of each call, which the quota reserves while the call runs.
MAX_TOKENS = 1_000
#: How the model answers: after this long, all at once.
_LATENCY = "slow=uniform:0.7:1.3 speed=0"


@dataclass(frozen=True)
class Case:
    """One burst. It is sized so that its charges fill the quota for `minutes`."""

    system: str
    minutes: float
    shape: Shape
    burndown: int
    #: The quota that the system is told, in times of the real one.
    told: float = 1.0
    #: Kendra's quota; 0 is none.
    queries_per_second: float = 0
    #: How many questions, if not as many as fill the minutes.
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
        """What is the same for all systems that are compared with each other."""
        return self._words(self.shape)

    @property
    def load(self) -> str:
        """The same, whatever the quota's shape."""
        return self._words()

    def _words(self, *shape: str) -> str:
        words = [f"{self.questions} questions", *shape, f"x{self.burndown}"]
        words += [f"told {self.told:g} x the quota"] if self.told != 1 else []
        words += [f"{self.queries_per_second:g} queries/s"] if self.queries_per_second else []
        return ", ".join(words)

    @property
    def name(self) -> str:
        """What it is called; two cases of one run differ in it."""
        return f"{self.system}, {self.burst}"

    @property
    def conditions(self) -> Conditions:
        """How the stand-ins serve it."""
        quotas = f"tokens={TOKENS_PER_MINUTE} burndown={self.burndown} shape={self.shape}"
        if self.queries_per_second:
            quotas += f" queries={self.queries_per_second:g}"
        return Conditions.read(quotas, _LATENCY)

    def ideal_seconds(self, charged: float, queries: int) -> float:
        """How long the quota takes to bear what was charged, whichever quota binds."""
        by_tokens = charged / TOKENS_PER_MINUTE * 60
        return max(by_tokens, queries / (self.queries_per_second or math.inf))
