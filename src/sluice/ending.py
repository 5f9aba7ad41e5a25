"""Ending a job before its time, for whichever reason, and telling who watched it."""

from contextlib import suppress

from sluice.errors import SluiceError
from sluice.job import Job, JobKey
from sluice.letter import job_event
from sluice.seams import JobStore, Push


def cancel(store: JobStore, push: Push, key: JobKey, now: float) -> Job | None:
    """The job, cancelled, or about to be by the worker that holds it; None if there is none.

    Raises StoreUnavailable.
    """
    found = store.cancel(key, now)
    if found is None:
        return None
    job, watchers = found
    for connection in watchers:
        # Who misses it sees it when it looks.
        with suppress(SluiceError):
            push.post(connection, job_event(job).encode())
    return job
