"""Summary: the results of all questions of the input, added up."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from sluice_client.api.job import FAILED
from sluice_client.burst.result import Result


@dataclass(frozen=True)
class Summary:
    """Sums over results."""

    completed: int
    #: Completed, but the answer has no source.
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
    def of(cls, results: Iterable[Result]) -> Self:
        known = list(results)
        completed = [one for one in known if one.completed]
        failed = Counter(one.error or "" for one in known if one.status == FAILED)
        costs = [one.cost_usd for one in known if one.cost_usd is not None]
        return cls(
            completed=len(completed),
            ungrounded=sum(not one.grounded for one in completed),
            failed=failed,
            cancelled=len(known) - len(completed) - failed.total(),
            unanswered=tuple(one.custom_id for one in known if not one.completed),
            input_tokens=sum(one.input_tokens for one in known),
            output_tokens=sum(one.output_tokens for one in known),
            cost_usd=sum(costs) if costs else None,
        )
