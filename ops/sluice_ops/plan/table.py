"""A plan on stdout, for a person; and as JSON, for programs."""

from collections.abc import Iterable, Iterator
from textwrap import wrap
from typing import Any

from rich.console import Console
from rich.text import Text

from sluice_ops.plan.cost import Cost
from sluice_ops.plan.faster import capacity_units
from sluice_ops.plan.plan import Plan
from sluice_ops.plan.quotas import KENDRA_QUERIES

_INDENT = "  "
#: Columns; longer lines of prose are hard to read.
_WIDEST = 100
_OPTIONS = {
    "model_input_tokens": "--input-price",
    "model_output_tokens": "--output-price",
}


def print_plan(console: Console, plan: Plan) -> None:
    """Print the plan: the answer first, then what it rests on."""
    _line(console, _headline(plan), "bold")
    _line(console, _each(plan), "dim")
    _section(console, "Quotas", list(_limits(plan)))
    _section(console, "Set", [(_INDENT + parameter_line(plan), "cyan"), *_places(plan)])
    _section(console, "A thousand questions cost", list(_costs(plan)))
    if plan.standing:
        rows = [(f"{cost.what}: {_money(cost)}", "") for cost in plan.standing]
        _section(console, "Every month besides", [(_INDENT + text, style) for text, style in rows])
    _section(console, "Twice as fast", _wrapped(console, _faster(plan), ""))
    if plan.warnings:
        _section(console, "Beware", _wrapped(console, plan.warnings, "yellow"))


def parameter_line(plan: Plan) -> str:
    """What to paste after `sam deploy --parameter-overrides`, or into PARAMETERS of `make run`."""
    return " ".join(f"{name}={_number(value)}" for name, value in plan.parameters.items())


def as_json(plan: Plan) -> dict[str, Any]:
    """The plan for programs. Times in seconds, paces per minute, costs in US dollars or null."""
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
    return f"{questions} in {_duration(plan.drain)}, {_pace(plan.pace)} a minute in the long run."


def _each(plan: Plan) -> str:
    load = plan.load
    twice = f", {load.fallback:.0%} ask Kendra twice" if load.fallback else ""
    return (
        f"Each {load.input_tokens:,} tokens in, {load.output_tokens:,} out, "
        f"{load.latency:g} s of the model{twice}."
    )


def _limits(plan: Plan) -> Iterator[tuple[str, str]]:
    names = [f"{limit.parameter}={_number(limit.quota)}" for limit in plan.limits]
    width = max(map(len, names))
    for name, limit in zip(names, plan.limits, strict=True):
        binds = limit.parameter == plan.binding
        alone = _duration(plan.begun_within(limit) + plan.load.slowest_seconds)
        text = f"{name:<{width}}  {_pace(limit.pace):>8} a minute, all in {alone}"
        yield _INDENT + text + ("  <- binds" if binds else ""), "" if binds else "dim"


def _places(plan: Plan) -> Iterator[tuple[str, str]]:
    at_work, places = plan.places.at_work, plan.places
    pace = at_work / plan.load.work_seconds
    yield (
        f"{_INDENT}{at_work:.1f} at work at a time ({_pace(pace)} a minute x "
        f"{plan.load.work_seconds:g} s); {places.max_concurrency} executions of "
        f"{places.batch_size} leave room for slow ones.",
        "dim",
    )


def _costs(plan: Plan) -> Iterator[tuple[str, str]]:
    width = max(len(cost.what) for cost in plan.cost)
    for cost in plan.cost:
        yield f"{_INDENT}{cost.what:<{width}}  {_money(cost)}", ""
    known = [cost.usd for cost in plan.cost if cost.usd is not None]
    label = "all" if len(known) == len(plan.cost) else "the rest"
    yield f"{_INDENT}{label:<{width}}  {_dollars(sum(known))}", "bold"


def _faster(plan: Plan) -> Iterator[str]:
    if plan.waits_for_places:
        yield "More quota would gain nothing for so few: what is free at the start is enough."
        if plan.places.begun_within(plan.load.questions):
            yield "More MaxConcurrency would."
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


def _section(console: Console, title: str, lines: list[tuple[str, str]]) -> None:
    console.print()
    _line(console, title, "bold")
    for text, style in lines:
        _line(console, text, style)


def _wrapped(console: Console, texts: Iterable[str], style: str) -> list[tuple[str, str]]:
    width = min(console.width, _WIDEST)
    return [
        (line, style)
        for text in texts
        for line in wrap(text, width, initial_indent=_INDENT, subsequent_indent=_INDENT)
    ]


def _line(console: Console, text: str, style: str = "") -> None:
    console.print(Text(text, style), soft_wrap=True)


def _duration(seconds: float) -> str:
    """In the unit in which one would say it, with what matters of the smaller one."""
    for size, unit, parts, part in ((86_400, "days", 3_600, "h"), (3_600, "h", 60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f} {unit}"
        if seconds >= size:
            rest = round((seconds - size) / parts)
            return f"1 {unit.removesuffix('s')} {rest} {part}"
    if seconds >= 120:
        return f"{seconds / 60:.0f} min"
    return f"{seconds:.0f} s"


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
    return f"not known: give {' and '.join(named)}"


def _dollars(usd: float) -> str:
    if usd >= 100:
        return f"${usd:,.0f}"
    return f"${usd:,.2f}" if usd >= 1 else f"${usd:.4f}"


def _rounded(usd: float | None) -> float | None:
    return None if usd is None else round(usd, 5)
