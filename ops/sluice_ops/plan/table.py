"""A plan on stdout, for a person; and as JSON, for programs."""

from collections.abc import Iterable, Iterator
from textwrap import wrap
from typing import Any

from rich.console import Console
from rich.text import Text

from sluice_ops.plan.cost import Cost
from sluice_ops.plan.faster import capacity_units
from sluice_ops.plan.limits import KENDRA_QUERIES
from sluice_ops.plan.plan import Plan
from sluice_ops.terminal import aligned, in_words

_INDENT = "  "
#: Columns; longer lines of prose are hard to read.
_WIDEST = 100
_OPTIONS = {
    "model_input_tokens": "--input-price",
    "model_output_tokens": "--output-price",
}


def print_plan(console: Console, plan: Plan) -> None:
    """Print the plan: the result first, then the details."""
    _prose(console, _headline(plan), "bold", indent="")
    _prose(console, _each(plan), "dim", indent="")
    _title(console, "Quotas")
    _rows(console, _limits(plan))
    _title(console, "Set")
    _print_parameters(console, plan)
    _prose(console, _places(plan), "dim")
    _title(console, "A thousand questions cost")
    _rows(console, _costs(plan))
    if plan.standing:
        _title(console, "Every month, in addition")
        for cost in plan.standing:
            _prose(console, f"{cost.what}: {_money(cost)}")
    _title(console, "Twice as fast")
    for sentence in _faster(plan):
        _prose(console, sentence)
    if plan.warnings:
        _title(console, "Warnings")
        for warning in plan.warnings:
            _prose(console, warning, "yellow")


def _print_parameters(console: Console, plan: Plan) -> None:
    """Print what to paste after `sam deploy --parameter-overrides`, or into PARAMETERS="..."."""
    line = _INDENT + " ".join(f"{name}={_number(value)}" for name, value in plan.parameters.items())
    if console.is_terminal:
        # A shell joins these lines again.
        lines = wrap(line, console.width - 2, subsequent_indent=_INDENT, break_long_words=False)
        line = " \\\n".join(lines)
    console.print(Text(line, "cyan"), soft_wrap=True)


def as_json(plan: Plan) -> dict[str, Any]:
    """Return the plan for programs.

    Times are in seconds, paces per minute, costs in US dollars or null.
    """
    return {
        "questions": plan.load.questions,
        "drain_seconds": round(plan.drain, 1),
        "questions_per_minute": round(plan.pace * 60, 2),
        "binding": plan.binding,
        "limits": [
            {
                "parameter": limit.parameter,
                "quota": limit.quota,
                "questions_per_minute": round(limit.pace * 60, 2),
                "begun_within_seconds": round(plan.begun_within(limit), 1),
            }
            for limit in plan.limits
        ],
        "at_work": round(plan.places.at_work, 2),
        "parameters": plan.parameters,
        "cost_of_a_thousand_usd": {cost.what: _rounded(cost.usd) for cost in plan.cost},
        "standing_usd_per_month": {cost.what: _rounded(cost.usd) for cost in plan.standing},
        "twice_as_fast": {
            **plan.faster.raises,
            "MaxConcurrency": plan.faster.places.max_concurrency,
            "BatchSize": plan.faster.places.batch_size,
        },
        "smaller_max_output_tokens": plan.leaner
        and {
            "MaxOutputTokens": plan.leaner.max_output_tokens,
            "gain": round(plan.leaner.gain, 4),
        },
        "warnings": plan.warnings,
    }


def _headline(plan: Plan) -> str:
    questions = "1 question" if plan.load.questions == 1 else f"{plan.load.questions:,} questions"
    return f"{questions} in {in_words(plan.drain)}, {_pace(plan.pace)} a minute in the long run."


def _each(plan: Plan) -> str:
    load = plan.load
    twice = f" {load.fallback:.0%} of them ask Kendra twice." if load.fallback else ""
    return (
        f"Each has {load.input_tokens:,} tokens in and {load.output_tokens:,} out, "
        f"and takes the model {load.latency:g} s.{twice}"
    )


def _limits(plan: Plan) -> Iterator[list[Text]]:
    for limit in plan.limits:
        binds = limit.parameter == plan.binding
        alone = in_words(plan.begun_within(limit) + plan.load.slowest_seconds)
        cells = [
            f"{limit.parameter}={_number(limit.quota)}",
            f"{_pace(limit.pace):>6} a minute",
            f"all in {alone}",
            "<- bottleneck" if binds else "",
        ]
        yield [Text(cell, "" if binds else "dim") for cell in cells]


def _places(plan: Plan) -> str:
    at_work, places = plan.places.at_work, plan.places
    pace = at_work / plan.load.work_seconds
    return (
        f"{at_work:.1f} questions are in progress at a time ({_pace(pace)} a minute x "
        f"{plan.load.work_seconds:g} s). {places.max_concurrency} executions of "
        f"{places.batch_size} questions leave room for slow ones."
    )


def _costs(plan: Plan) -> Iterator[list[Text]]:
    for cost in plan.cost:
        yield [Text(cost.what), Text(_money(cost))]
    known = [cost.usd for cost in plan.cost if cost.usd is not None]
    label = "total" if len(known) == len(plan.cost) else "total known"
    yield [Text(label, "bold"), Text(_dollars(sum(known)), "bold")]


def _faster(plan: Plan) -> Iterator[str]:
    if plan.waits_for_places:
        yield "More quota does not help so few questions: what is free at the start is enough."
        if plan.places.begun_within(plan.load.questions):
            yield "Raise MaxConcurrency."
        return
    raises = [_raise(name, value) for name, value in plan.faster.raises.items()]
    places, now = plan.faster.places, plan.places
    if places.max_concurrency > now.max_concurrency:
        raises.append(f"MaxConcurrency to {places.max_concurrency}")
    if places.batch_size > now.batch_size:
        raises.append(f"BatchSize to {places.batch_size}")
    yield f"Raise {' and '.join([', '.join(raises[:-1]), raises[-1]] if raises[1:] else raises)}."
    if lean := plan.leaner:
        yield (
            f"Lowering MaxOutputTokens from {plan.load.max_output_tokens:,} to "
            f"{lean.max_output_tokens:,} alone would gain {lean.gain:.0%}."
        )


def _raise(name: str, value: float) -> str:
    if name != KENDRA_QUERIES:
        return f"{name} to {_number(value)}"
    units = capacity_units(value)
    return f"{name} to {_number(value)} ({units} capacity units)"


def _title(console: Console, title: str) -> None:
    console.print()
    console.print(Text(title, "bold"))


def _rows(console: Console, rows: Iterable[list[Text]]) -> None:
    """Print rows in columns; on a narrow terminal, each row's first cell above the others."""
    indented = [[Text(_INDENT).append_text(first), *others] for first, *others in rows]
    if lines := aligned(console, indented):
        for line in lines:
            console.print(line)
        return
    for first, *others in indented:
        console.print(first)
        rest = ", ".join(cell.plain.strip(" <-") for cell in others if cell)
        _prose(console, rest, str(first.style), indent=2 * _INDENT)


def _prose(console: Console, text: str, style: str = "", indent: str = _INDENT) -> None:
    width = min(console.width, _WIDEST)
    for line in wrap(
        text, width, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False
    ):
        console.print(Text(line, style))


def _pace(per_second: float) -> str:
    per_minute = round(per_second * 60, 6)
    return f"{per_minute:,.0f}" if per_minute >= 100 else f"{per_minute:.3g}"


def _number(value: float | str) -> str:
    if isinstance(value, str):
        return value
    return f"{value:.10g}" if value < 1e10 else f"{value:.0f}"


def _money(cost: Cost) -> str:
    if cost.usd is not None:
        return _dollars(cost.usd)
    named = [_OPTIONS.get(name, f"{name} in a --prices file") for name in cost.missing]
    return f"not known; set {' and '.join(named)}"


def _dollars(usd: float) -> str:
    if usd >= 100:
        return f"${usd:,.0f}"
    return f"${usd:,.2f}" if usd >= 1 else f"${usd:.4f}"


def _rounded(usd: float | None) -> float | None:
    return None if usd is None else round(usd, 5)
