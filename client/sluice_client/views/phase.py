"""Phase: what is happening to a job now, in a few words."""

from sluice_client.api.job import IN_PROGRESS, QUEUED, Job
from sluice_client.views.duration import in_words


def phase(job: Job) -> str:
    """Return "queued, position 3, expected wait 20 s", "retrieving", "answering" or the status."""
    if job.status == QUEUED:
        return ", ".join(["queued", *_place(job)])
    if job.status == IN_PROGRESS:
        retrieved = job.timing is not None and job.timing.retrieval_ms is not None
        return "answering" if retrieved else "retrieving"
    return job.status or "in an unknown state"


def _place(job: Job) -> list[str]:
    if job.queue is None:
        return []
    words = []
    if job.queue.position:  # 1: next; 0: no longer waiting
        words.append(f"position {job.queue.position}")
    if job.queue.estimated_wait_seconds:
        words.append(f"expected wait {in_words(job.queue.estimated_wait_seconds)}")
    return words
