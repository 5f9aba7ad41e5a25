"""Structured logs and metrics. Never a question, a passage, an answer or a key at INFO.

Words of an exception may repeat what it was about: AWS's own quote the request they refuse. So an
exception is logged as what it is and where it came from; its words are told at DEBUG only.
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


#: JSON lines; the level is POWERTOOLS_LOG_LEVEL, the service POWERTOOLS_SERVICE_NAME.
logger = Logger(logger_formatter=_Formatter(serialize_stacktrace=False))


def logs_content() -> bool:
    """Whether the level is DEBUG: then logs may hold what people asked and were answered."""
    return logger.log_level <= logging.DEBUG


@dataclass(frozen=True)
class Measure:
    """A value of a metric, beside the dimension `service` also by `by`: a name and its value."""

    name: str
    value: float = 1
    unit: MetricUnit = MetricUnit.Count
    by: tuple[str, str] | None = None


def publish(measures: Iterable[Measure]) -> None:
    """Write measures as CloudWatch embedded metrics, in the namespace Sluice, to stdout."""
    sheets: dict[tuple[str, str] | None, Any] = {}
    for measure in measures:
        if measure.by not in sheets:
            # Each set of dimensions is a line of its own: it holds for all metrics of a line.
            sheets[measure.by] = EphemeralMetrics(namespace="Sluice")
        sheets[measure.by].add_metric(measure.name, measure.unit, measure.value)
    for by, sheet in sheets.items():
        if by:
            sheet.add_dimension(*by)
        sheet.flush_metrics()


def count(name: str, number: int = 1) -> None:
    """Write one metric that counts."""
    publish([Measure(name, number)])


def _lines(error: BaseException) -> Iterator[str]:
    """An exception, then what led to it: kinds and places, without a word of their own."""
    seen: set[int] = set()
    each: BaseException | None = error
    while each is not None and id(each) not in seen:
        seen.add(id(each))
        yield type(each).__qualname__
        for frame in traceback.extract_tb(each.__traceback__):
            yield f"  {frame.filename}:{frame.lineno} {frame.name}"
        each = each.__cause__ or (None if each.__suppress_context__ else each.__context__)
