"""Whereabouts: what of an errand the service has already, when the journal cannot say.

That is so when the journal was lost, and when a run ended while a bundle was being sent and the
next one comes only after the service has forgotten the key. A job does not tell its filter: a lost
journal and a line of which nothing but the filter has changed meanwhile are more than this can
tell apart.
"""

from collections.abc import Iterator
from itertools import takewhile

from sluice_client.api.job import Job
from sluice_client.burst.service import Service
from sluice_client.burst.submission import Ask
from sluice_client.burst.worklist import Errand

#: Seconds for which a key is sure to be known: the service says 24 hours, clocks differ.
_KEY_IS_KNOWN = 23 * 3_600.0

#: Seconds that the clocks here and there may differ by.
_SKEW = 3_600.0

_PAGE = 100


def is_uncertain(errand: Errand, now: float) -> bool:
    """Whether sending might ask a question twice; `now` is in seconds since 1970."""
    return bool(errand.kin) or _is_late(errand, now)


def whereabouts(errand: Errand, service: Service, now: float) -> dict[str, str]:
    """Return the batches of those that the service has, by custom_id."""
    found: dict[str, str] = {}
    for batch_id in sorted(frozenset().union(*errand.kin.values())):
        for job in service.all_jobs(page_size=_PAGE, batch_id=batch_id):
            ask = errand.missing.get(job.custom_id or "")
            if ask and batch_id in errand.kin.get(ask.custom_id, ()) and _is_of(job, ask):
                found[ask.custom_id] = batch_id
    if _is_late(errand, now):
        for job in _since(service, (errand.since or now) - _SKEW):
            ask = errand.missing.get(job.custom_id or "")
            if ask and job.batch_id and _is_of(job, ask):
                found[ask.custom_id] = job.batch_id
    return found


def _is_late(errand: Errand, now: float) -> bool:
    return errand.since is not None and now - errand.since > _KEY_IS_KNOWN


def _since(service: Service, moment: float) -> Iterator[Job]:
    def is_new(job: Job) -> bool:
        return job.created_at is None or job.created_at.timestamp() >= moment

    return takewhile(is_new, service.all_jobs(page_size=_PAGE))


def _is_of(job: Job, ask: Ask) -> bool:
    told = (job.question, job.metadata or {})
    return told == (ask.question["question"].strip(), ask.question.get("metadata", {}))
