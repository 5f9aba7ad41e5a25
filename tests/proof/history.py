"""A history of callers and workers: which processes run, what their results mean, what must hold."""

from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from hypothesis.stateful import RuleBasedStateMachine, invariant

from sluice.errors import QueueRefused, Rejected, StoreUnavailable, Transient
from sluice.job.job import Job
from sluice.work.worker import Report
from tests.proof.actor import Actor
from tests.proof.invariants import Invariants
from tests.proof.world import Process, a_world

#: Checks the result of a process, or the error it raised.
Check = Callable[[Any, BaseException | None], None]


@dataclass
class Running:
    """A process that has not ended, and the check of its result."""

    actor: Actor
    check: Check


class History(RuleBasedStateMachine):
    """What the moves of a history are made of. Subclasses define the moves."""

    backend = "in memory"

    def __init__(self) -> None:
        super().__init__()
        self.context = ExitStack()
        self.world = self.context.enter_context(a_world(self.backend))
        self.checks = Invariants(self.world)
        self.running: list[Running] = []
        #: All jobs, as they were after the last move.
        self.jobs: list[Job] = []
        self.uncounted: dict[str, int] = {}
        self.questions = 0

    # What must hold

    @invariant()
    def jobs_are_consistent(self) -> None:
        self.jobs = self.checks.check()
        asked = Counter(job.question for job in self.jobs)
        for job in self.jobs:
            if asked[job.question] == 1:  # a retry asks the same again
                self.checks.check_attempts(job, self._uncounted(job))

    def teardown(self) -> None:
        try:
            for each in self.running:
                each.actor.kill()
            self.running.clear()
            self.world.upstreams.behaviour = "answers"
            self.checks.check_that_all_end()
        finally:
            self.context.close()

    # Means

    def _question(self) -> str:
        self.questions += 1
        return f"Question {self.questions}?"

    def _pick(self, number: int) -> Job:
        return self.jobs[number % len(self.jobs)]

    def _start(self, work: Callable[[Process], Any], check: Check, stop: str | None) -> None:
        actor = self.world.start(work)
        actor.run(stop)
        self.running.append(Running(actor, check))
        self._collect()

    def _deliver(self, name: str, stop: str | None) -> None:
        delivery = self.world.queue.receive(name)
        self._start(lambda process: process.deliver(delivery), self._check_report, stop)

    def _collect(self) -> None:
        for each in [each for each in self.running if each.actor.has_ended]:
            self.running.remove(each)
            each.check(each.actor.result, each.actor.error)

    def _check_report(self, report: Report | None, error: BaseException | None) -> None:
        if error is not None:
            assert isinstance(error, QueueRefused), error
            return
        assert report is not None
        if report.event == "crashed":
            assert isinstance(report.error, QueueRefused | StoreUnavailable), report.error
        if report.acknowledge:
            assert report.job is None or report.job.status.is_final
        if report.job is not None and report.acknowledge:
            self.checks.note_shown(report.job)
        if report.job is not None and report.event in ("throttled", "not-yet"):
            question = report.job.question
            self.uncounted[question] = self.uncounted.get(question, 0) + 1

    def _uncounted(self, job: Job) -> int:
        # A running process may have given its job back and not reported it yet.
        return self.uncounted.get(job.question, 0) + len(self.running)

    def _check_refusal_or_result(self, _: object, error: BaseException | None) -> None:
        self._check_refusal(error)

    def _check_refusal(self, error: BaseException | None) -> None:
        """Only an error that a caller can act on may end a request."""
        assert error is None or isinstance(error, Rejected | Transient), repr(error)
