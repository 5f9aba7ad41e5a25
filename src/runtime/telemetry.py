"""Structured logs and metrics. At INFO they contain no question, passage, answer or key.

The message of an exception may contain such content: AWS quotes the requests that it refuses.
So an exception is logged by its class and its traceback, and its message only at DEBUG.
"""

import logging
import traceback
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

__all__ = ["Measure", "MetricUnit", "count", "logger", "logs_content", "publish"]

_ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class _Formatter(LambdaPowertoolsFormatter):
    def formatException(self, ei: _ExcInfo) -> str:  # noqa: N802 - logging's name
        if ei[1] is None or logs_content():
            return super().formatException(ei)
        return "\n".join(_lines(ei[1]))


#: Writes JSON lines. POWERTOOLS_LOG_LEVEL sets the level, POWERTOOLS_SERVICE_NAME the service.
logger = Logger(logger_formatter=_Formatter(serialize_stacktrace=False))


def logs_content() -> bool:
    """Whether logs may contain questions and answers: only at the level DEBUG."""
    return logger.log_level <= logging.DEBUG


@dataclass(frozen=True)
class Measure:
    """A value of a metric. `by` is the name and value of a dimension besides `service`."""

    name: str
    value: float = 1
    unit: MetricUnit = MetricUnit.Count
    by: tuple[str, str] | None = None


def publish(measures: Iterable[Measure]) -> None:
    """Write measures to stdout as CloudWatch embedded metrics in the namespace Sluice."""
    sheets: dict[tuple[str, str] | None, Any] = {}
    for measure in measures:
        if measure.by not in sheets:
            # The dimensions of a line apply to all its metrics, so each set gets a line of its own.
            sheets[measure.by] = EphemeralMetrics(namespace="Sluice")
        sheets[measure.by].add_metric(measure.name, measure.unit, measure.value)
    for by, sheet in sheets.items():
        if by:
            sheet.add_dimension(*by)
        sheet.flush_metrics()


def count(name: str, number: int = 1) -> None:
    """Write one metric that counts something."""
    publish([Measure(name, number)])


def _lines(error: BaseException) -> Iterator[str]:
    """The lines of a traceback with all causes: classes and places, without any message."""
    seen: set[int] = set()
    each: BaseException | None = error
    while each is not None and id(each) not in seen:
        seen.add(id(each))
        yield type(each).__qualname__
        for frame in traceback.extract_tb(each.__traceback__):
            yield f"  {frame.filename}:{frame.lineno} {frame.name}"
        each = each.__cause__ or (None if each.__suppress_context__ else each.__context__)
