"""Prices: those that ship with sluice-ops in prices.toml, and those a file of yours overrides."""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Any


class UnreadablePrices(Exception):
    """A file of prices cannot be used; the message is one line that says why."""


@dataclass(frozen=True)
class Price:
    """US dollars for `per` units; None is not known."""

    unit: str
    per: float
    usd: float | None = None
    date: str = ""
    source: str = ""

    def of(self, amount: float) -> float | None:
        """Return what that many units cost, in US dollars."""
        return None if self.usd is None else amount / self.per * self.usd


Prices = Mapping[str, Price]


def shipped_prices() -> Prices:
    """Return the prices of prices.toml."""
    text = files(__package__).joinpath("prices.toml").read_text(encoding="utf-8")
    return {
        name: Price(**{**table, "date": str(table.get("date", ""))})
        for name, table in tomllib.loads(text).items()
    }


def overridden(prices: Prices, path: Path) -> Prices:
    """Return the prices, overridden by those of a file. Raises UnreadablePrices."""
    try:
        with path.open("rb") as file:
            given = tomllib.load(file)
    except OSError as error:
        raise UnreadablePrices(f"{path}: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UnreadablePrices(f"{path} is not TOML: {error}.") from error
    changed = dict(prices)
    for name, value in given.items():
        if name not in prices:
            known = ", ".join(sorted(prices))
            raise UnreadablePrices(f"{path}: unknown price {name!r}; known are {known}.")
        changed[name] = _read(f"{path}: {name}", prices[name], value)
    return changed


def priced(price: Price, usd: float, source: str) -> Price:
    """Return the same unit at another price."""
    return replace(price, usd=usd, date="", source=source)


def _read(where: str, price: Price, value: Any) -> Price:
    table = value if isinstance(value, dict) else {"usd": value}
    usd, per = _number(table.get("usd")), _number(table.get("per", price.per))
    if usd is None or not per:
        raise UnreadablePrices(f"{where}: set usd = dollars, for {price.per:,} {price.unit}.")
    date, source = str(table.get("date", "")), str(table.get("source", where.partition(":")[0]))
    return replace(price, usd=usd, per=per, date=date, source=source)


def _number(value: Any) -> float | None:
    """Return a finite number of at least 0, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if 0 <= value < math.inf else None
