"""Runner: sends batches and collects answers until all have ended.

One thread performs one action at a time: the one that is due next. A run may end at any line of
this file, and the next one continues: a batch is in the journal before it is sent, an answer is in
the answers before it is counted. Only a refusal, a full disk or a very long outage ends it early.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from sluice_client.api.errors import Refused, SluiceError
from sluice_client.api.fields import json_objects, string
from sluice_client.api.job import Job
from sluice_client.burst.answers import Answers
from sluice_client.burst.collection import OpenBatch, collect
from sluice_client.burst.failure_budget import FailureBudget
from sluice_client.burst.journal import Journal
from sluice_client.burst.progress import BurstProgress
from sluice_client.burst.reconcile import find_existing, may_exist
from sluice_client.burst.service import Service
from sluice_client.burst.submission import Submission, SubmissionBatch
from sluice_client.burst.worklist import Task
from sluice_client.transport.clock import Clock

#: Batches that are open at a time: enough for a minute of a very fast service.
_MOST_OPEN = 50

#: Seconds between two polls of a batch whose jobs are ending one after the other.
_LIVELY = 5.0

#: Seconds between two calls of `tick`.
_TICK = 1.0


@dataclass(frozen=True)
class _Action:
    due: float
    do: Callable[[], None]


class Runner:
    """One run. `tick` is called about once a second."""

    def __init__(
        self,
        service: Service,
        clock: Clock,
        answers: Answers,
        journal: Journal,
        progress: BurstProgress,
        tick: Callable[[], None],
    ) -> None:
        self._service = service
        self._clock = clock
        self._answers = answers
        self._journal = journal
        self._progress = progress
        self._tick = tick
        self._budget = FailureBudget(clock, is_known=journal.knows_the_service)
        self._send_budget = FailureBudget(clock)
        self._unsent: list[Task] = []
        self._open: list[OpenBatch] = []
        #: On the monotonic clock: when sending may go on, and when any action may.
        self._next_send = self._next_any = float("-inf")

    def run(self, tasks: Iterable[Task]) -> None:
        """Complete all tasks.

        Raises Refused; Unreachable or ServiceFailed after a long outage; OSError when a file
        cannot be written.
        """
        for task in tasks:
            if task.batch_id:
                self._open.append(OpenBatch(task.batch, task.missing, task.batch_id))
            else:
                self._unsent.append(task)
        while self._unsent or self._open:
            self._update_progress()
            action = self._next()
            self._wait_until(max(action.due, self._next_any))
            try:
                action.do()
            except SluiceError as error:
                self._next_any = self._clock.monotonic() + self._budget.pause(error)
                self._progress.waits_for = str(error)
            else:
                self._budget.succeeded()
                self._progress.waits_for = ""

    def _next(self) -> _Action:
        actions = [_Action(self._due(batch), partial(self._poll, batch)) for batch in self._open]
        if self._unsent and len(self._open) < _MOST_OPEN:
            # Now at the earliest, so that polls that are overdue come first.
            actions.append(_Action(max(self._next_send, self._clock.monotonic()), self._send))
        return min(actions, key=lambda action: action.due)

    def _due(self, batch: OpenBatch) -> float:
        # Poll often where answers are expected, to have them as they come.
        if batch.has_started or batch is self._open[0]:
            return min(batch.due, batch.seen + _LIVELY)
        return batch.due

    def _wait_until(self, due: float) -> None:
        self._tick()
        while (left := due - self._clock.monotonic()) > 0:
            self._clock.sleep(min(left, _TICK))
            self._tick()

    def _update_progress(self) -> None:
        self._progress.open = sum(len(batch.missing) for batch in self._open)
        # Known only once each batch was polled.
        ends = [batch.expected_end for batch in self._open]
        self._progress.expected_end = max(ends) if ends and min(ends) > 0 else 0.0

    def _send(self) -> None:
        task = self._unsent[0]
        if may_exist(task, self._clock.time()):
            self._find(task)
            return
        self._journal.will_send(task.batch, self._clock.time())
        try:
            batch = self._service.submit_batch(task.batch.questions, task.batch.key)
        except Refused as error:
            if error.status != 429:
                self._journal.forget(task.batch)
                _name_lines(error, task.batch)
                raise
            self._next_send = self._clock.monotonic() + self._send_budget.pause(error)
            self._progress.is_full = True
            return
        self._journal.accepted(task.batch, batch.id)
        self._unsent.pop(0)
        self._send_budget.succeeded()
        self._progress.is_full = False
        opened = OpenBatch(task.batch, task.missing, batch.id, is_new=True)
        opened.polled(batch, self._clock.monotonic())
        self._open.append(opened)

    def _find(self, task: Task) -> None:
        """Open the batches that the service already has; the rest remains to be sent."""
        found = find_existing(task, self._service, self._clock.time())
        for batch_id in dict.fromkeys(found.values()):
            there = [task.missing[name] for name in found if found[name] == batch_id]
            batch = SubmissionBatch(tuple(there))
            self._journal.will_send(batch, self._clock.time())
            self._journal.accepted(batch, batch_id)
            self._open.append(OpenBatch(batch, _by_name(there), batch_id))
        rest = [one for name, one in task.missing.items() if name not in found]
        whole = SubmissionBatch(tuple(rest)) if found else task.batch
        if found and all(one.submitted.key != task.batch.key for one in self._open):
            self._journal.forget(task.batch)  # the batches that were found replace it
        self._unsent[:1] = [Task(whole, _by_name(rest))] if rest else []

    def _poll(self, batch: OpenBatch) -> None:
        gone = collect(batch, self._service, self._clock, partial(self._record, batch))
        if gone:
            self._send_again(batch, gone)
        if not batch.missing:
            self._open.remove(batch)

    def _record(self, batch: OpenBatch, submission: Submission, job: Job) -> None:
        result = self._answers.add(submission, job)
        del batch.missing[submission.custom_id]
        self._progress.ended(completed=result.completed)

    def _send_again(self, batch: OpenBatch, gone: Sequence[Submission]) -> None:
        """Send what the service no longer has, or never had."""
        for submission in gone:
            del batch.missing[submission.custom_id]
        if not batch.missing:
            self._journal.forget(batch.submitted)
        self._unsent.append(Task(SubmissionBatch(tuple(gone)), _by_name(gone)))


def _by_name(submissions: Iterable[Submission]) -> Mapping[str, Submission]:
    return {one.custom_id: one for one in submissions}


def _name_lines(error: Refused, batch: SubmissionBatch) -> None:
    """Add to a refusal the names of the questions it is about."""
    for wrong in json_objects(error.problem.raw, "errors"):
        place = (string(wrong, "field") or "").split(".")
        if place[0] == "questions" and place[1:] and place[1].isdigit():
            number = int(place[1])
            if number < len(batch.submissions):
                field = ".".join(place[2:])
                name = batch.submissions[number].custom_id
                error.add_note(f"{name}: {field} {string(wrong, 'message') or ''}".rstrip())
