"""`sluice-ops plan`: what a deployment would do, before there is one. Offline."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from sluice.pace.ledger import Quotas
from sluice_ops.exits import Exit, OpsError
from sluice_ops.help import Command
from sluice_ops.plan.limits import PER_CAPACITY_UNIT, Impossible
from sluice_ops.plan.load import AROUND_PASSAGES, Load
from sluice_ops.plan.plan import make_plan
from sluice_ops.plan.prices import (
    Prices,
    UnreadablePrices,
    overridden,
    priced,
    shipped_prices,
)
from sluice_ops.plan.table import as_json as plan_as_json
from sluice_ops.plan.table import print_plan
from sluice_ops.plan.template import (
    MAX_OUTPUT_TOKENS,
    MOST_BURNDOWN,
    MOST_OUTPUT_TOKENS,
    OUTPUT_BURNDOWN,
    PASSAGE_TOKENS,
)
from sluice_ops.terminal import Terminal

_EXITS = {
    Exit.DONE: "a plan",
    Exit.NOT_DONE: "with these quotas no question could be answered",
    Exit.USAGE: "wrong usage",
}


class _Number(click.ParamType):
    """A finite number of at least `least`; with `above`, more than that."""

    name = "number"

    def __init__(self, least: float = 0, *, above: bool = False, most: float = math.inf) -> None:
        self._least, self._above, self._most = least, above, most

    def convert(
        self, value: str | float, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        enough = number > self._least if self._above else number >= self._least
        if not (enough and number <= self._most and math.isfinite(number)):
            least = f"above {self._least:g}" if self._above else f"of at least {self._least:g}"
            most = "" if math.isinf(self._most) else f" and at most {self._most:g}"
            self.fail(f"{value!r} is not a number {least}{most}", param, ctx)
        return number


_QUOTA = _Number()
_COUNT = click.IntRange(min=1)
_TOKENS = click.IntRange(min=1, max=10_000_000)


def _option(
    name: str,
    kind: click.ParamType,
    text: str,
    *,
    default: float | None = None,
    metavar: str = "N",
    required: bool = False,
) -> Callable[[Any], Any]:
    """Return an option whose help shows its default, unless that is 0 or None."""
    return click.option(
        name,
        type=kind,
        metavar=metavar,
        default=default,
        show_default=bool(default),
        required=required,
        help=text,
    )


@click.command(
    cls=Command,
    exit_codes=_EXITS,
    short_help="Calculate pace, drain time, parameters and costs.",
)
@_option("--questions", _COUNT, "How many come at once.", required=True)
@_option("--kendra-queries-per-second", _QUOTA, "The index's quota.", default=0)
@_option(
    "--kendra-capacity-units",
    _COUNT,
    f"The same quota, in units of {PER_CAPACITY_UNIT} queries per second.",
)
@_option(
    "--model-tokens-per-minute",
    _QUOTA,
    "The model's quota in this account and region.",
    default=0,
)
@_option(
    "--model-requests-per-minute", _QUOTA, "Likewise, where the model has this quota.", default=0
)
@_option("--model-tokens-per-day", _QUOTA, "Likewise, where the model has this quota.", default=0)
@_option(
    "--output-burndown",
    click.IntRange(1, MOST_BURNDOWN),
    "Tokens of quota that one output token costs: 1, 5, 10 or 15, depending on the model.",
    default=OUTPUT_BURNDOWN,
)
@_option(
    "--passage-tokens",
    _TOKENS,
    "PassageTokens: tokens of passages that a prompt may hold.",
    default=PASSAGE_TOKENS,
)
@_option(
    "--input-tokens",
    _TOKENS,
    f"Tokens of a whole prompt. By default --passage-tokens + {AROUND_PASSAGES}.",
)
@_option("--output-tokens", _TOKENS, "Tokens that you expect of an answer.", default=200)
@_option(
    "--max-output-tokens",
    click.IntRange(1, MOST_OUTPUT_TOKENS),
    "MaxOutputTokens: what Bedrock reserves while a call runs.",
    default=MAX_OUTPUT_TOKENS,
)
@_option(
    "--latency",
    _Number(0, above=True),
    "How long a model call takes.",
    default=5,
    metavar="SECONDS",
)
@_option(
    "--query-fallback",
    _Number(0, most=1),
    "The share of questions, 0 to 1, that ask Kendra twice. Sets QueryFallback=true.",
    default=0,
    metavar="SHARE",
)
@_option("--input-price", _QUOTA, "US dollars per million input tokens.", metavar="USD")
@_option("--output-price", _QUOTA, "US dollars per million output tokens.", metavar="USD")
@_option(
    "--prices",
    click.Path(path_type=Path),
    "A TOML file of other prices: name = dollars, as in sluice_ops/plan/prices.toml.",
    metavar="FILE",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead.")
@click.pass_obj
def plan(
    terminal: Terminal,
    questions: int,
    kendra_queries_per_second: float,
    kendra_capacity_units: int | None,
    model_tokens_per_minute: float,
    model_requests_per_minute: float,
    model_tokens_per_day: float,
    output_burndown: int,
    passage_tokens: int,
    input_tokens: int | None,
    output_tokens: int,
    max_output_tokens: int,
    latency: float,
    query_fallback: float,
    input_price: float | None,
    output_price: float | None,
    prices: Path | None,
    as_json: bool,
) -> None:
    """Plan a deployment: its pace, drain time, parameters and costs.

    Works offline: it calls neither AWS nor the service. A quota that is not given, or 0, does not
    limit the pace.

    \b
    Example:
      sluice-ops plan --questions 2000 \\
        --kendra-capacity-units 5 \\
        --model-tokens-per-minute 300000
    """  # noqa: D301 - click wants the \b itself
    if kendra_capacity_units and kendra_queries_per_second:
        raise click.UsageError(
            "--kendra-capacity-units and --kendra-queries-per-second are the same quota; give one."
        )
    if kendra_capacity_units:
        kendra_queries_per_second = round(kendra_capacity_units * PER_CAPACITY_UNIT, 6)
    quotas = Quotas(
        queries_per_second=kendra_queries_per_second,
        tokens_per_minute=model_tokens_per_minute,
        requests_per_minute=model_requests_per_minute,
        tokens_per_day=model_tokens_per_day,
    )
    if not quotas:
        raise click.UsageError("No quota is given, so nothing limits the pace; give at least one.")
    if output_tokens > max_output_tokens:
        raise click.UsageError(
            f"An answer of {output_tokens} tokens would be cut at --max-output-tokens "
            f"{max_output_tokens}."
        )
    load = Load(
        questions,
        input_tokens or passage_tokens + AROUND_PASSAGES,
        output_tokens,
        max_output_tokens,
        output_burndown,
        latency,
        query_fallback,
    )
    further = {
        "PassageTokens": str(passage_tokens) if passage_tokens != PASSAGE_TOKENS else "",
        "QueryFallback": "true" if query_fallback else "",
        "ModelInputPrice": "" if input_price is None else f"{input_price:.10g}",
        "ModelOutputPrice": "" if output_price is None else f"{output_price:.10g}",
    }
    known = _prices(prices, input_price, output_price)
    try:
        made = make_plan(quotas, load, known, further)
    except Impossible as error:
        raise OpsError(str(error), Exit.NOT_DONE) from error
    if as_json:
        terminal.print_json(plan_as_json(made))
    else:
        print_plan(terminal.out, made)


def _prices(path: Path | None, input_price: float | None, output_price: float | None) -> Prices:
    try:
        prices = dict(overridden(shipped_prices(), path) if path else shipped_prices())
    except UnreadablePrices as error:
        raise click.UsageError(str(error)) from error
    for name, usd in (("model_input_tokens", input_price), ("model_output_tokens", output_price)):
        if usd is not None:
            prices[name] = priced(prices[name], usd, "given")
    return prices
