"""Reconcile: find what the service already has of a task, when the journal cannot say.

That is the case when the journal was lost, and when a run ended while it sent a batch and the next
run comes after the service has forgotten the idempotency key. A job does not show its filter. So
with a lost journal, a line of which only the filter has changed is taken for unchanged.
"""

from collections.abc import Iterator
from itertools import takewhile

from sluice_client.api.job import Job
from sluice_client.burst.service import Service
from sluice_client.burst.submission import Submission
from sluice_client.burst.worklist import Task

#: Seconds for which the service is sure to know a key: it says 24 hours, and clocks differ.
_KEY_IS_KNOWN = 23 * 3_600.0

#: Seconds by which the clocks here and there may differ.
_CLOCK_SKEW = 3_600.0

_PAGE = 100


def may_exist(task: Task, now: float) -> bool:
    """Return whether sending might ask a question twice. `now`: seconds since 1970."""
    return bool(task.possible_batches) or _is_key_forgotten(task, now)


def find_existing(task: Task, service: Service, now: float) -> dict[str, str]:
    """Return the batch of each submission that the service has, by custom_id."""
    found: dict[str, str] = {}
    for batch_id in sorted(frozenset().union(*task.possible_batches.values())):
        for job in service.all_jobs(page_size=_PAGE, batch_id=batch_id):
            one = task.missing.get(job.custom_id or "")
            if (
                one
                and batch_id in task.possible_batches.get(one.custom_id, ())
                and _is_of(job, one)
            ):
                found[one.custom_id] = batch_id
    if _is_key_forgotten(task, now):
        for job in _created_since(service, (task.first_sent or now) - _CLOCK_SKEW):
            one = task.missing.get(job.custom_id or "")
            if one and job.batch_id and _is_of(job, one):
                found[one.custom_id] = job.batch_id
    return found


def _is_key_forgotten(task: Task, now: float) -> bool:
    return task.first_sent is not None and now - task.first_sent > _KEY_IS_KNOWN


def _created_since(service: Service, moment: float) -> Iterator[Job]:
    def is_new(job: Job) -> bool:
        return job.created_at is None or job.created_at.timestamp() >= moment

    return takewhile(is_new, service.all_jobs(page_size=_PAGE))


def _is_of(job: Job, submission: Submission) -> bool:
    question = submission.question
    expected = (question["question"].strip(), question.get("metadata", {}))
    return (job.question, job.metadata or {}) == expected
