"""Logs and metrics of a worker's deliveries: ids, times, counts and reasons."""

from collections.abc import Iterable, Iterator, Sequence

from runtime.telemetry import Measure, MetricUnit, logger, logs_content, publish
from sluice.errors import Misconfigured, SluiceError, Throttled
from sluice.job.job import Job, Status
from sluice.work.worker import Report

#: The largest number of characters of an upstream's message in the log.
_LONGEST = 500
#: Errors whose message from AWS is about roles, models or quotas and never repeats the question.
_OF_THE_ACCOUNT = (Misconfigured, Throttled)


def report_all(reports: Sequence[Report]) -> None:
    """Log each report, and publish the metrics of all of them."""
    for report in reports:
        _log(report)
    publish(measure for report in reports for measure in _measures(report))


def _log(report: Report) -> None:
    facts: dict[str, object] = {
        "message_id": report.delivery.message_id,
        "lane": report.delivery.lane,
    }
    if job := report.job:
        facts |= {"job_id": job.id, "caller": job.caller, "attempt": job.attempts}
        facts |= job.timing.model_dump(exclude_none=True)
        facts |= {"sources": len(job.sources), **job.usage.model_dump(exclude_none=True)}
    unexpected = None
    if error := report.error:
        facts |= {
            "error": getattr(error, "type", type(error).__name__),
            "upstream_request_id": getattr(error, "request_id", None),
            "cause": _cause(error),
        }
        unexpected = None if isinstance(error, SluiceError) else error
    log = logger.info if report.acknowledge and report.event != "failed" else logger.warning
    log(report.event, extra=facts, exc_info=unexpected)


def _cause(error: BaseException) -> str:
    """The class and code of an error's cause, with its message only if that repeats no content."""
    cause = error.__cause__ or error
    # The timeout errors of botocore have a response that is None.
    response = getattr(cause, "response", None)
    details = response.get("Error", {}) if isinstance(response, dict) else {}
    kind = " ".join(filter(None, [type(cause).__name__, str(details.get("Code", ""))]))
    if logs_content():
        return repr(cause)
    if message := str(details.get("Message", "")) if isinstance(error, _OF_THE_ACCOUNT) else "":
        return f"{kind}: {message[:_LONGEST]}"
    return kind


def _measures(report: Report) -> Iterable[Measure]:
    yield Measure(report.event)
    if report.event == "completed":
        # A zero here makes the average of `failed` the share of failed jobs among ended ones.
        yield Measure("failed", 0)
    if report.event == "failed" and report.job and report.job.error:
        yield Measure("failed", by=("type", report.job.error.type))
    if job := report.job:
        yield from _times(report, job)
        if report.event == "completed":
            yield Measure("input_tokens", job.usage.input_tokens)
            yield Measure("output_tokens", job.usage.output_tokens)


def _times(report: Report, job: Job) -> Iterator[Measure]:
    """How long the job waited: `wait` if that is over, `waiting` if it continues to wait."""
    lane = ("lane", str(report.delivery.lane))
    if job.timing.queued_ms is not None:
        if report.event in (Status.COMPLETED, Status.FAILED):
            yield Measure("wait", job.timing.queued_ms, MetricUnit.Milliseconds, lane)
        elif not report.acknowledge:
            yield Measure("waiting", job.timing.queued_ms, MetricUnit.Milliseconds, lane)
    if report.event == "completed" and job.timing.first_token_ms is not None:
        yield Measure("first_token", job.timing.first_token_ms, MetricUnit.Milliseconds)
