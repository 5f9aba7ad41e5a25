"""Tally: what has become of all questions of the input."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from sluice_client.api.job import FAILED
from sluice_client.burst.result import Outcome


@dataclass(frozen=True)
class Tally:
    """Sums over outcomes."""

    completed: int
    #: Completed, but by the answer's own word without a source.
    ungrounded: int
    #: By kind of error.
    failed: Counter[str]
    cancelled: int
    #: The custom_ids of those without an answer, in the order they ended.
    unanswered: tuple[str, ...]
    input_tokens: int
    output_tokens: int
    #: US dollars; None when no price is known.
    cost_usd: float | None

    @classmethod
    def of(cls, outcomes: Iterable[Outcome]) -> Self:
        known = list(outcomes)
        completed = [outcome for outcome in known if outcome.completed]
        failed = Counter(outcome.error or "" for outcome in known if outcome.status == FAILED)
        costs = [outcome.cost_usd for outcome in known if outcome.cost_usd is not None]
        return cls(
            completed=len(completed),
            ungrounded=sum(not outcome.grounded for outcome in completed),
            failed=failed,
            cancelled=len(known) - len(completed) - failed.total(),
            unanswered=tuple(one.custom_id for one in known if not one.completed),
            input_tokens=sum(outcome.input_tokens for outcome in known),
            output_tokens=sum(outcome.output_tokens for outcome in known),
            cost_usd=sum(costs) if costs else None,
        )
