"""A history of callers and workers: who is under way, what their results mean, what must hold."""

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
from tests.proof.witness import Witness
from tests.proof.world import Process, a_world


@dataclass
class Going:
    """A process under way, and what its result means."""

    actor: Actor
    then: Callable[[Any, BaseException | None], None]


class History(RuleBasedStateMachine):
    """What the moves of a history are made of. Subclasses say which there are."""

    backend = "in memory"

    def __init__(self) -> None:
        super().__init__()
        self.context = ExitStack()
        self.world = self.context.enter_context(a_world(self.backend))
        self.witness = Witness(self.world)
        self.going: list[Going] = []
        #: All there are, as they were after the last move.
        self.jobs: list[Job] = []
        self.uncounted: dict[str, int] = {}
        self.questions = 0

    # What must hold

    @invariant()
    def all_is_well(self) -> None:
        self.jobs = self.witness.looks()
        asked = Counter(job.question for job in self.jobs)
        for job in self.jobs:
            if asked[job.question] == 1:  # a retry asks the same again
                self.witness.counts_attempts(job, self._uncounted(job))

    def teardown(self) -> None:
        try:
            for going in self.going:
                going.actor.kill()
            self.going.clear()
            self.world.upstreams.behaviour = "answers"
            self.witness.sees_to_the_end()
        finally:
            self.context.close()

    # Means

    def _question(self) -> str:
        self.questions += 1
        return f"Question {self.questions}?"

    def _pick(self, number: int) -> Job:
        return self.jobs[number % len(self.jobs)]

    def _start(
        self,
        work: Callable[[Process], Any],
        then: Callable[[Any, BaseException | None], None],
        stop: str | None,
    ) -> None:
        actor = self.world.start(work)
        actor.run(stop)
        self.going.append(Going(actor, then))
        self._collect()

    def _deliver(self, name: str, stop: str | None) -> None:
        delivery = self.world.queue.receive(name)
        self._start(lambda of: of.deliver(delivery), self._is_report, stop)

    def _collect(self) -> None:
        for going in [each for each in self.going if each.actor.has_ended]:
            self.going.remove(going)
            going.then(going.actor.result, going.actor.error)

    def _is_report(self, report: Report | None, error: BaseException | None) -> None:
        if error is not None:
            assert isinstance(error, QueueRefused), error
            return
        assert report is not None
        if report.event == "crashed":
            assert isinstance(report.error, QueueRefused | StoreUnavailable), report.error
        if report.acknowledge:
            assert report.job is None or report.job.status.is_final
        if report.job is not None and report.acknowledge:
            self.witness.sees(report.job)
        if report.job is not None and report.event in ("throttled", "not-yet"):
            question = report.job.question
            self.uncounted[question] = self.uncounted.get(question, 0) + 1

    def _uncounted(self, job: Job) -> int:
        # Those under way may have been given back and not have said so.
        return self.uncounted.get(job.question, 0) + len(self.going)

    def _is_refusal_or_none_of(self, _: object, error: BaseException | None) -> None:
        self._is_refusal_or_none(error)

    def _is_refusal_or_none(self, error: BaseException | None) -> None:
        assert error is None or isinstance(error, Rejected | Transient), repr(error)
