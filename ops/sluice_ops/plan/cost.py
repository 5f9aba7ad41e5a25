"""Costs: of a thousand questions, by service, and of the Kendra index per month."""

from dataclasses import dataclass

from sluice_ops.plan.prices import Price, Prices
from sluice_ops.plan.use import Use

_HOURS_OF_A_MONTH = 730


@dataclass(frozen=True)
class Cost:
    """A cost in US dollars. `usd` is None if prices are not known; `missing` names them."""

    what: str
    usd: float | None
    missing: tuple[str, ...] = ()


def cost_of_a_thousand(uses: list[Use], prices: Prices) -> list[Cost]:
    """Return the cost of a thousand questions by service, in the order of the uses."""
    return [
        _cost(service, [(use.price, use.amount * 1_000) for use in uses if use.service == service],
              prices)
        for service in dict.fromkeys(use.service for use in uses)
    ]  # fmt: skip


def standing_costs(capacity_units: int, prices: Prices) -> list[Cost]:
    """Return the monthly cost of a Kendra index with this query capacity, for each edition."""
    costs = []
    for edition, name in (("GenAI Enterprise", "genai"), ("Basic Enterprise", "enterprise")):
        parts = [(f"kendra_{name}_index", float(_HOURS_OF_A_MONTH))]
        if further := capacity_units - 1:
            parts.append((f"kendra_{name}_query_unit", float(further * _HOURS_OF_A_MONTH)))
        units = "1 query unit" if capacity_units == 1 else f"{capacity_units} query units"
        costs.append(_cost(f"Kendra index, {edition}, {units}", parts, prices))
    return costs


def _cost(what: str, parts: list[tuple[str, float]], prices: Prices) -> Cost:
    known: list[float] = []
    missing: list[str] = []
    for name, amount in parts:
        price: Price = prices[name]
        usd = price.of(amount)
        if usd is None:
            missing.append(name)
        else:
            known.append(usd)
    return Cost(what, None if missing else sum(known), tuple(missing))
