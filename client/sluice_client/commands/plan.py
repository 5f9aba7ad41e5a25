"""`sluice plan`: what a deployment would do, before there is one. Offline."""

import math
from pathlib import Path

import click

from sluice_client.commands.exit_codes import ExitCode
from sluice_client.commands.session import Session
from sluice_client.plan.load import AROUND_PASSAGES, Load
from sluice_client.plan.plan import make_plan
from sluice_client.plan.prices import (
    Prices,
    UnreadablePrices,
    overridden,
    priced,
    shipped_prices,
)
from sluice_client.plan.quotas import PER_CAPACITY_UNIT, Impossible, Quotas
from sluice_client.plan.table import as_json as plan_as_json
from sluice_client.plan.table import print_plan

_EXITS = """\b
Exit codes:
    0  a plan
    1  these quotas would let no question through
    2  wrong usage"""


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
#: The template's default.
_PASSAGE_TOKENS = 4_000
_TOKENS = click.IntRange(min=1, max=10_000_000)


@click.command(epilog=_EXITS)
@click.option(
    "--questions", type=click.IntRange(min=1), metavar="N", required=True, help="How many at once."
)
@click.option(
    "--kendra-queries-per-second", type=_QUOTA, metavar="N", default=0, help="The index's quota."
)
@click.option(
    "--kendra-capacity-units",
    type=click.IntRange(min=1),
    metavar="N",
    help="The same in units of 0.1 queries per second.",
)
@click.option(
    "--model-tokens-per-minute",
    type=_QUOTA,
    metavar="N",
    default=0,
    help="The model's quota in this account and region.",
)
@click.option("--model-requests-per-minute", type=_QUOTA, metavar="N", default=0, help="If any.")
@click.option("--model-tokens-per-day", type=_QUOTA, metavar="N", default=0, help="If any.")
@click.option(
    "--output-burndown",
    type=click.IntRange(min=1, max=100),
    metavar="N",
    default=1,
    show_default=True,
    help="Tokens of quota that one output token costs, by model 1, 5, 10 or 15.",
)
@click.option(
    "--passage-tokens",
    type=_TOKENS,
    metavar="N",
    default=_PASSAGE_TOKENS,
    show_default=True,
    help="PassageTokens: tokens of passages that a prompt may hold.",
)
@click.option(
    "--input-tokens",
    type=_TOKENS,
    metavar="N",
    help=f"Tokens of a whole prompt. Default: --passage-tokens and {AROUND_PASSAGES} around them.",
)
@click.option(
    "--output-tokens",
    type=_TOKENS,
    metavar="N",
    default=200,
    show_default=True,
    help="Tokens of an answer, as you expect them.",
)
@click.option(
    "--max-output-tokens",
    type=click.IntRange(min=1, max=128_000),
    metavar="N",
    default=1_000,
    show_default=True,
    help="MaxOutputTokens: what Bedrock reserves while a call runs.",
)
@click.option(
    "--latency",
    type=_Number(0, above=True),
    metavar="SECONDS",
    default=5,
    show_default=True,
    help="How long a model call takes.",
)
@click.option(
    "--query-fallback",
    type=_Number(0, most=1),
    metavar="SHARE",
    default=0,
    help="With QueryFallback=true: the share of questions, 0 to 1, that ask Kendra twice.",
)
@click.option("--input-price", type=_QUOTA, metavar="USD", help="Per million input tokens.")
@click.option("--output-price", type=_QUOTA, metavar="USD", help="Per million output tokens.")
@click.option(
    "--prices",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A TOML file of other prices: name = dollars, as in the client's plan/prices.toml.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead.")
@click.pass_obj
def plan(
    session: Session,
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

    Asks nobody: no AWS, no service. A quota that is not given, or 0, is none.

    \b
    Example:
      sluice plan --questions 2000 --kendra-capacity-units 5 --model-tokens-per-minute 300000
    """  # noqa: D301 - click wants the \b itself
    if kendra_capacity_units and kendra_queries_per_second:
        raise click.UsageError("--kendra-capacity-units and --kendra-queries-per-second are one.")
    if kendra_capacity_units:
        kendra_queries_per_second = round(kendra_capacity_units * PER_CAPACITY_UNIT, 6)
    quotas = Quotas(
        kendra_queries_per_second,
        model_tokens_per_minute,
        model_requests_per_minute,
        model_tokens_per_day,
    )
    if quotas == Quotas():
        raise click.UsageError("No quota is given, so nothing sets a pace; give one or more.")
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
    also = {
        "PassageTokens": str(passage_tokens) if passage_tokens != _PASSAGE_TOKENS else "",
        "QueryFallback": "true" if query_fallback else "",
        "ModelInputPrice": "" if input_price is None else f"{input_price:.10g}",
        "ModelOutputPrice": "" if output_price is None else f"{output_price:.10g}",
    }
    told = _prices(prices, input_price, output_price)
    try:
        made = make_plan(quotas, load, told, {name: value for name, value in also.items() if value})
    except Impossible as error:
        session.note(str(error), "red")
        click.get_current_context().exit(ExitCode.NO_ANSWER)
    if as_json:
        session.print_json(plan_as_json(made))
    else:
        print_plan(session.out, made)


def _prices(path: Path | None, input_price: float | None, output_price: float | None) -> Prices:
    try:
        prices = dict(overridden(shipped_prices(), path) if path else shipped_prices())
    except UnreadablePrices as error:
        raise click.UsageError(str(error)) from error
    for name, usd in (("model_input_tokens", input_price), ("model_output_tokens", output_price)):
        if usd is not None:
            prices[name] = priced(prices[name], usd, "given")
    return prices
