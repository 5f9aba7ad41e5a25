"""No history of callers, workers, clocks and crashes loses, repeats or discloses a job.

A history is a list of moves.
A move starts a process (a request or a delivery), lets a running one make some calls, kills it, or
lets time pass.
So workers overtake each other at every line, wake up after their successors have begun, and die
between any two calls.
After each move the invariants are checked.
At the end every message is delivered, and every accepted question must have ended.
"""

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from sluice.errors import (
    NotFound,
    Transient,
)
from sluice.intake.actions import Ask, Subscribe
from sluice.job.batch import BatchRequest
from sluice.job.job import Job
from sluice.job.question import Question
from tests.proof.actor import Fate
from tests.proof.fuzzing import bounded
from tests.proof.history import History
from tests.proof.world import BEHAVIOURS, SETTINGS, Process

#: With more jobs, each move is less likely to meet another of the same job.
MOST_JOBS = 4
callers = st.sampled_from(["ann", "ann", "bob"])
which = st.integers(0, 30)


def before(calls: str) -> st.SearchStrategy[str | None]:
    """Draw the call before which a process stops; None lets it run to its end."""
    return st.one_of(st.none(), st.sampled_from(calls.split()))


submitting = before("claim create send remove post")
working = before("lease retrieve extend generate post finish give_back acknowledge get")
requesting = before("get cancel post note_sending send create subscribe")
continuing = before("create send remove post lease extend finish give_back acknowledge cancel")
#: How the next call of a process goes; None kills the process.
fates = st.sampled_from([*[Fate.SUCCEEDS] * 4, *Fate, None])


class Histories(History):
    """Everything that can happen to questions."""

    # What callers do

    @precondition(lambda self: len(self.jobs) < MOST_JOBS)
    @rule(
        caller=callers, key=st.sampled_from([None, "k", "l"]), wait=st.booleans(), stop=submitting
    )
    def submit(self, caller: str, key: str | None, wait: bool, stop: str | None) -> None:
        text = self._question() if key is None else f"Question {caller} {key}?"
        limit = 45.0 if wait else None
        question = Question(question=text, max_wait_seconds=limit if key is None else None)

        def done(job: Job | None, error: BaseException | None) -> None:
            self._check_refusal(error)
            if job is not None:
                assert job.caller == caller
                self.checks.note_accepted(job, key)

        self._start(
            lambda process: process.submission.submit(caller, question, key=key), done, stop
        )

    @precondition(lambda self: len(self.jobs) < MOST_JOBS)
    @rule(
        caller=callers, count=st.integers(1, 3), key=st.sampled_from([None, "b"]), stop=submitting
    )
    def submit_batch(self, caller: str, count: int, key: str | None, stop: str | None) -> None:
        count = count if key is None else 2
        texts = [self._question() if key is None else f"Row {caller} {n}?" for n in range(count)]
        entries = [{"custom_id": f"{n}", "question": text} for n, text in enumerate(texts)]
        batch = BatchRequest.model_validate({"questions": entries})

        def done(made: tuple[str, list[Job]] | None, error: BaseException | None) -> None:
            self._check_refusal(error)
            if made is not None:
                assert [job.question for job in made[1]] == texts
                for place, job in enumerate(made[1]):
                    self.checks.note_accepted(job, f"{key} {place}" if key else None)

        self._start(
            lambda process: process.submission.submit_batch(caller, batch, key=key), done, stop
        )

    @precondition(lambda self: len(self.jobs) < MOST_JOBS)
    @rule(caller=callers, stop=submitting)
    def ask(self, caller: str, stop: str | None) -> None:
        action = Ask(action="ask", question=self._question())
        self._start(
            lambda process: process.actions.act(caller, caller, action),
            self._check_refusal_or_result,
            stop,
        )

    @precondition(lambda self: self.jobs)
    @rule(number=which, caller=callers, stop=requesting)
    def subscribe(self, number: int, caller: str, stop: str | None) -> None:
        job_id = self._pick(number).id
        action = Subscribe(action="subscribe", job_ids=[job_id])
        self._start(
            lambda process: process.actions.act(caller, caller, action),
            self._check_refusal_or_result,
            stop,
        )

    @precondition(lambda self: self.jobs)
    @rule(
        number=which,
        caller=callers,
        stop=requesting,
        how=st.sampled_from(["get", "cancel", "retry", "get"]),
    )
    def request(self, number: int, caller: str, stop: str | None, how: str) -> None:
        key = self._pick(number).key

        def work(process: Process) -> Job:
            if how == "get":
                return process.reader.get(caller, key.job_id)
            if how == "cancel":
                return process.cancellation.cancel(caller, key.job_id)
            return process.submission.retry(caller, key.job_id)

        def done(job: Job | None, error: BaseException | None) -> None:
            self._check_refusal(error)
            if isinstance(error, Transient):
                return
            # A caller's own job may be missing too: one that was refused and removed.
            assert key.caller == caller or isinstance(error, NotFound), "another caller's job"
            assert (
                not isinstance(error, NotFound)
                or key not in self.checks.accepted
                or (key.caller != caller)
            ), "a job was not found"
            if job is not None and how == "retry":
                self.checks.note_accepted(job, f"retry {key.job_id}")
            elif job is not None:
                assert job.key == key
                self.checks.note_shown(job)

        self._start(work, done, stop)

    @precondition(lambda self: self.jobs)
    @rule(number=which, stop=requesting)
    def cancel_batch(self, number: int, stop: str | None) -> None:
        job = self._pick(number)
        if job.batch_id is None:
            return
        caller, batch_id = job.caller, job.batch_id

        def done(jobs: list[Job] | None, error: BaseException | None) -> None:
            self._check_refusal(error)
            for each in jobs or []:
                self.checks.note_shown(each)

        self._start(
            lambda process: process.cancellation.cancel_all(process.reader.batch(caller, batch_id)),
            done,
            stop,
        )

    # What the queue, the clock and the upstreams do

    @precondition(lambda self: self.world.queue.visible())
    @rule(number=which, stop=working)
    def deliver(self, number: int, stop: str | None) -> None:
        visible = self.world.queue.visible()
        self._deliver(visible[number % len(visible)], stop)

    @precondition(lambda self: self.world.queue.messages)
    @rule(number=which, stop=working)
    def deliver_again(self, number: int, stop: str | None) -> None:
        names = list(self.world.queue.messages)
        self._deliver(names[number % len(names)], stop)

    @precondition(lambda self: self.world.queue.visible())
    @rule(number=which, stop=working, successor_stop=working, cancels=st.booleans())
    def overtake(
        self, number: int, stop: str | None, successor_stop: str | None, cancels: bool
    ) -> None:
        """A worker freezes and its lease lapses; then another takes the job, or it is cancelled."""
        visible = self.world.queue.visible()
        name = visible[number % len(visible)]
        self._deliver(name, stop)
        self.world.clock.now += SETTINGS.lease_seconds + 1
        if name in self.world.queue.messages:
            key = self.world.queue.messages[name].key
            if cancels:
                self._start(
                    lambda process: process.cancellation.cancel(key.caller, key.job_id),
                    self._check_refusal_or_result,
                    None,
                )
            else:
                self._deliver(name, successor_stop)

    @precondition(lambda self: self.world.queue.visible())
    @rule(rounds=st.integers(1, 4))
    def work_undisturbed(self, rounds: int) -> None:
        for _ in range(rounds):
            for name in self.world.queue.visible():
                self._deliver(name, None)
            self.world.clock.now += 61

    @rule(seconds=st.sampled_from([0.5, 2, 10, 31, 61, 400]))
    def pass_time(self, seconds: float) -> None:
        self.world.clock.now += seconds

    @rule(behaviour=st.sampled_from(sorted(BEHAVIOURS)), finds=st.sampled_from([True, True, False]))
    def change_upstreams(self, behaviour: str, finds: bool) -> None:
        self.world.upstreams.behaviour = behaviour
        self.world.upstreams.finds = finds

    # What happens to running processes

    @precondition(lambda self: self.running)
    @rule(number=which, stop=continuing, fate=fates)
    def go_on(self, number: int, stop: str | None, fate: Fate | None) -> None:
        process = self.running[number % len(self.running)]
        if fate is None:
            self.running.remove(process)
            process.actor.kill()
            return
        process.actor.step(fate)
        process.actor.run(stop)
        self._collect()

    @precondition(lambda self: self.running)
    @rule(number=which)
    def finish(self, number: int) -> None:
        self.running[number % len(self.running)].actor.run()
        self._collect()


class HistoriesOnDynamoDb(Histories):
    """The same, on the conditional writes of DynamoDB."""

    backend = "on DynamoDB"


# hypothesis shortens a failing history before it reports it, which takes minutes.
pytestmark = pytest.mark.timeout(900)
Histories.TestCase.settings = bounded(150, steps=50)
HistoriesOnDynamoDb.TestCase.settings = bounded(6, steps=30)
TestHistories = Histories.TestCase
TestHistoriesOnDynamoDb = HistoriesOnDynamoDb.TestCase
