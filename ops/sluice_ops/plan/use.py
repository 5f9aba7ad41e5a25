"""Use: what one question of a burst uses of each AWS service that charges for it.

The numbers follow from the code of the service; comments name the files. They hold for questions
that are sent in full batches, answered at the first attempt and not watched over the WebSocket.
Logs, reads of small items and dead letters are left out: for a thousand questions, each costs less
than a hundredth of a cent.
"""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass

from sluice.ids import MOST_QUESTIONS as _BATCH
from sluice.pace.booking import LOOK_AGAIN_WITHIN, NOTHING
from sluice.pace.forecaster import LONGEST_RETRY
from sluice.pace.ledger import Ledger, Quotas, Units
from sluice_ops.aws.client import SQS_ENTRIES
from sluice_ops.plan.limits import KENDRA_QUERIES, TOKENS_PER_DAY, Limit
from sluice_ops.plan.load import Load
from sluice_ops.plan.places import Places
from sluice_ops.plan.template import GIGABYTES, LEASE_SECONDS, MAX_OPEN_JOBS_PER_CALLER

#: Polls of a batch as its end comes nearer, each after most of the wait that is left.
_LAST_POLLS = 4
#: Seconds between extensions of a lease (src/sluice/work/lease.py).
_BEAT_EVERY = LEASE_SECONDS / 3
#: Seconds to take in a batch, and to answer a poll.
_SUBMIT_SECONDS, _POLL_SECONDS = 1.0, 0.2
#: Bytes of a token in English; of a job's item without its sources and answer.
_TOKEN_BYTES, _ITEM_BYTES = 4, 1_000


@dataclass(frozen=True)
class Use:
    """The amount that one question uses, in the units of a price."""

    service: str
    price: str
    amount: float


@dataclass(frozen=True)
class Burst:
    """A load, and how it is worked off."""

    load: Load
    limits: list[Limit]
    #: The parameter that jobs wait for.
    binding: str
    places: Places
    #: Questions per second, and seconds until the last answer.
    pace: float
    drain: float

    @property
    def busy_seconds(self) -> float:
        """Seconds of executions per question, including those that wait for a quota.

        While jobs are queued, Lambda keeps all executions running. Jobs do not wait in an execution
        for a daily quota: they go back to their queue.
        """
        if self.binding == TOKENS_PER_DAY:
            return self.load.slowest_seconds / self.places.batch_size
        return self.places.executions(self.load.questions) * self.drain / self.load.questions

    @property
    def beats(self) -> float:
        """Extensions of a job's lease while its execution runs."""
        return self.busy_seconds * self.places.batch_size / _BEAT_EVERY

    @property
    def batches(self) -> float:
        """Batches per question."""
        return math.ceil(self.load.questions / _BATCH) / self.load.questions

    @property
    def polls(self) -> float:
        """Polls of a batch, which on average is open for half of the burst."""
        open_seconds = min(self.drain / 2, MAX_OPEN_JOBS_PER_CALLER / self.pace)
        return _LAST_POLLS + open_seconds / LONGEST_RETRY

    @property
    def final_bytes(self) -> float:
        """Bytes of a finished job's item: passages of the prompt as its sources, and the answer."""
        return _ITEM_BYTES + (self.load.input_tokens + self.load.output_tokens) * _TOKEN_BYTES


def uses(burst: Burst) -> list[Use]:
    """Return what one question uses."""
    load = burst.load
    return [
        Use("Bedrock", "model_input_tokens", load.input_tokens),
        Use("Bedrock", "model_output_tokens", load.output_tokens),
        *_lambda(burst),
        Use("DynamoDB", "dynamodb_writes", sum(_writes(burst))),
        Use("DynamoDB", "dynamodb_reads", sum(_reads(burst))),
        Use("SQS", "sqs_requests", sum(_messages(burst))),
        # POST /batches, GET /batches/{id}, and GET /jobs?batch_id= as answers come.
        Use("API Gateway", "api_requests", burst.batches * (1 + burst.polls + 2)),
    ]


def _lambda(burst: Burst) -> Iterator[Use]:
    api_seconds = burst.batches * (_SUBMIT_SECONDS + (burst.polls + 2) * _POLL_SECONDS)
    seconds = burst.busy_seconds + api_seconds
    requests = 1 / burst.places.batch_size + burst.batches * (1 + burst.polls + 2)
    yield Use("Lambda", "lambda_gb_seconds", seconds * GIGABYTES)
    yield Use("Lambda", "lambda_requests", requests)


def _messages(burst: Burst) -> Iterator[float]:
    yield 1 / SQS_ENTRIES  # src/adapters/sqs.py, send
    # Lambda receives and deletes; the worker shortens the visibility, then extends it.
    yield (3 + burst.beats) / burst.places.batch_size


def _writes(burst: Burst) -> Iterator[float]:
    yield 2 * math.ceil(_ITEM_BYTES / 1_024)  # create: a transaction costs twice (job_store.py)
    yield 2  # the index of open jobs: in and out (job_item.py)
    yield 2 * burst.batches  # the idempotency key, the queue numbers (submission.py)
    yield 1  # lease (worker.py, _take)
    yield 1  # the lane's head (worker.py, _advance_lane)
    yield 1  # retrieval is over (attempt_output.py, found)
    yield burst.beats  # the lease extended (lease.py)
    yield math.ceil(burst.final_bytes / 1_024)  # finish (attempt_output.py, ended)
    if _paces_kendra(burst):
        yield 1  # the booking (pacer.py); a query needs no correction
    if kilobytes := _ledger_kilobytes(burst):
        yield 2 * kilobytes  # booked and settled (pacer.py)


def _reads(burst: Burst) -> Iterator[float]:
    # Is it cancelled? Once a second while the model writes (attempt_output.py, _look).
    yield burst.load.latency
    average = (_ITEM_BYTES + burst.final_bytes) / 2
    yield burst.batches * burst.polls * _BATCH * average / 4_096  # a poll reads the batch's jobs
    yield 2 * burst.final_bytes / 4_096  # the answers collected, in two pages of the list
    yield (1 if _paces_kendra(burst) else 0) + (2 if _ledger_kilobytes(burst) else 0)
    yield _looks(burst)


def _looks(burst: Burst) -> float:
    """Return the reads of a ledger per job: one by the job, and its share of its execution's.

    Kendra's queries are evenly spaced, so an execution reads the ledger about once between two.
    """
    soon = 0.5 + 0.5 / burst.pace if burst.binding == KENDRA_QUERIES else LOOK_AGAIN_WITHIN
    return 1 + burst.places.max_concurrency / min(LOOK_AGAIN_WITHIN, soon) / burst.pace


def _paces_kendra(burst: Burst) -> bool:
    return any(limit.parameter == KENDRA_QUERIES for limit in burst.limits)


def _ledger_kilobytes(burst: Burst) -> int:
    """Return the size of the model's ledger; 0 if it has none."""
    quotas = Quotas(
        **{limit.name: limit.quota for limit in burst.limits if limit.parameter != KENDRA_QUERIES}
    )
    if not quotas:
        return 0
    ledger = Ledger(quotas, {}, 0)
    # The ledger is largest when every step of a day and of a minute has bookings.
    for second in (*range(0, 86_400, 900), *range(86_400, 86_460)):
        ledger.turn(second)
        ledger.settle(NOTHING, Units(12_345.5), second)
    return math.ceil(len(json.dumps(ledger.dump(), separators=(",", ":"))) / 1_024)
