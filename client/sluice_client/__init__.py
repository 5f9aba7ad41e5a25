"""Python client of Sluice: questions in, answers with page-exact sources out.

    with Sluice() as sluice:
        job = sluice.ask("What is the deductible for out-of-network care?")
        print(job.answer.text, [source.page for source in job.sources])

    for event in sluice.stream("Is dental care covered?"):
        if isinstance(event, TextDelta):
            print(event.text, end="", flush=True)

`AsyncSluice` is the same for an event loop.

Start reading at `client/sync_client.py`; `api/errors.py` draws the tree of what can go wrong.
"""

from sluice_client.api.answer import Answer, Citation
from sluice_client.api.batch import Batch, Counts
from sluice_client.api.errors import (
    NotConfigured,
    Refused,
    ServiceFailed,
    SluiceError,
    Unreachable,
    WaitTimeout,
)
from sluice_client.api.events import (
    Event,
    Interrupted,
    JobCancelled,
    JobCompleted,
    JobFailed,
    JobInProgress,
    JobQueued,
    Resumed,
    SourcesFound,
    TextDelta,
    TextRestarted,
)
from sluice_client.api.job import Job, Queue, Timing, Usage
from sluice_client.api.page import JobPage
from sluice_client.api.problem import Problem
from sluice_client.api.question import BatchQuestion
from sluice_client.api.source import Source
from sluice_client.client.async_client import AsyncSluice
from sluice_client.client.sync_client import Sluice
from sluice_client.transport.retry import Retry

__all__ = [
    "Answer",
    "AsyncSluice",
    "Batch",
    "BatchQuestion",
    "Citation",
    "Counts",
    "Event",
    "Interrupted",
    "Job",
    "JobCancelled",
    "JobCompleted",
    "JobFailed",
    "JobInProgress",
    "JobPage",
    "JobQueued",
    "NotConfigured",
    "Problem",
    "Queue",
    "Refused",
    "Resumed",
    "Retry",
    "ServiceFailed",
    "Sluice",
    "SluiceError",
    "Source",
    "SourcesFound",
    "TextDelta",
    "TextRestarted",
    "Timing",
    "Unreachable",
    "Usage",
    "WaitTimeout",
]
