"""Every action, disturbed at each of its calls in turn: refused, unanswered, repeated, or killed.

Afterwards happens what happens in production: messages are delivered again, leases lapse, callers
repeat their requests or read their jobs.
Then every question must have ended once, and no caller has an open job left.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sluice.errors import Rejected, Transient
from sluice.intake.actions import Ask, Subscribe
from sluice.job.batch import BatchRequest
from sluice.job.job import Job, Lane, Status
from sluice.job.question import Question
from sluice.work.worker import Report
from tests.proof.actor import Actor, Fate
from tests.proof.invariants import Invariants
from tests.proof.world import Process, World, a_world

#: How a call may go wrong; None kills its process.
FATES = [Fate.FAILS, Fate.ANSWER_IS_LOST, Fate.HAPPENS_TWICE, None]

Work = Callable[[Process], Any]
Scenario = Callable[[World], Work]

QUESTION = Question(question="How long is lost property kept?")
BATCH = BatchRequest.model_validate(
    {"questions": [{"custom_id": f"{n}", "question": f"Why {n}?"} for n in range(3)]}
)


def submitted(world: World, question: Question = QUESTION) -> Job:
    return world.do(lambda process: process.submission.submit("ann", question))  # type: ignore[no-any-return]


def delivered(world: World) -> Report:
    """Work on the oldest visible message without a disturbance."""
    delivery = world.queue.receive(world.queue.visible()[0])
    return world.do(lambda process: process.deliver(delivery))  # type: ignore[no-any-return]


def ended(world: World, behaviour: str) -> Job:
    """Submit a job and let a worker end it."""
    world.upstreams.behaviour = behaviour
    job = submitted(world)
    delivered(world)
    world.upstreams.behaviour = "answers"
    return job


def submitting(world: World) -> Work:
    return lambda process: process.submission.submit("ann", QUESTION)


def submitting_with_a_key(world: World) -> Work:
    return lambda process: process.submission.submit("ann", QUESTION, key="k")


def submitting_a_batch(world: World) -> Work:
    return lambda process: process.submission.submit_batch("ann", BATCH)


def submitting_a_batch_with_a_key(world: World) -> Work:
    return lambda process: process.submission.submit_batch("ann", BATCH, key="k")


def asking_on_a_connection(world: World) -> Work:
    ask = Ask(action="ask", question=QUESTION.question, request_id="r")
    return lambda process: process.actions.act("ann", "one", ask)


def retrying(world: World) -> Work:
    failed = ended(world, "refuses")
    return lambda process: process.submission.retry("ann", failed.id)


def cancelling_a_queued_job(world: World) -> Work:
    job = submitted(world)
    return lambda process: process.cancellation.cancel("ann", job.id)


def cancelling_a_job_in_progress(world: World) -> Work:
    job = submitted(world)
    delivery = world.queue.receive(world.queue.visible()[0])
    world.start(lambda process: process.deliver(delivery)).run("generate")
    return lambda process: process.cancellation.cancel("ann", job.id)


def cancelling_a_batch(world: World) -> Work:
    batch_id, _ = world.do(lambda process: process.submission.submit_batch("ann", BATCH))
    delivered(world)
    return lambda process: process.cancellation.cancel_all(process.reader.batch("ann", batch_id))


def reading_a_job_whose_message_was_lost(world: World) -> Work:
    job = submitted(world)
    world.queue.messages.clear()
    world.clock.now += 100
    return lambda process: process.reader.get("ann", job.id)


def reading_a_job_past_its_max_wait(world: World) -> Work:
    job = submitted(world, QUESTION.model_copy(update={"max_wait_seconds": 5.0}))
    world.clock.now += 100
    return lambda process: process.reader.get("ann", job.id)


def subscribing(world: World) -> Work:
    job = submitted(world)
    return lambda process: process.actions.act(
        "ann", "one", Subscribe(action="subscribe", job_ids=[job.id])
    )


def working(behaviour: str, *, watched: bool = False, finds: bool = True) -> Scenario:
    """Let a worker have a job while the upstreams behave like this."""

    def scenario(world: World) -> Work:
        job = submitted(world)
        if watched:
            world.store.subscribe(job.key, "one")
        world.upstreams.behaviour, world.upstreams.finds = behaviour, finds
        delivery = world.queue.receive(world.queue.visible()[0])
        return lambda process: process.deliver(delivery)

    scenario.__name__ = f"working while the model {behaviour}"
    return scenario


def working_on_a_follow_up(world: World) -> Work:
    first = ended(world, "answers")
    submitted(world, Question(question="And pets?", previous_job_id=first.id))
    delivery = world.queue.receive(world.queue.visible()[0])
    return lambda process: process.deliver(delivery)


def working_on_a_cancelled_job(world: World) -> Work:
    work = working("answers", watched=True)(world)
    (job,) = world.store.list("ann", limit=1).jobs
    leased = world.store.lease(job.key, attempt_id="dead", now=world.clock.now, until=0)
    world.store.extend(leased, until=world.clock.now + 10)
    world.store.cancel(job.key, world.clock.now)
    world.clock.now += 11
    return work


REQUESTS = [
    submitting,
    submitting_with_a_key,
    submitting_a_batch,
    submitting_a_batch_with_a_key,
    asking_on_a_connection,
    retrying,
    cancelling_a_queued_job,
    cancelling_a_job_in_progress,
    cancelling_a_batch,
    reading_a_job_whose_message_was_lost,
    reading_a_job_past_its_max_wait,
    subscribing,
]
WORKS = {
    "plain": working("answers"),
    "watched": working("answers", watched=True),
    "nothing found": working("answers", finds=False),
    "throttled": working("throttles", watched=True),
    "broken off": working("breaks off", watched=True),
    "refused": working("refuses", watched=True),
    "defect": working("has a defect"),
    "follow-up": working_on_a_follow_up,
    "cancelled": working_on_a_cancelled_job,
}


def disturbances(scenario: Scenario, backend: str) -> Iterator[tuple[World, Actor, str]]:
    """Run the scenario in a new world for each call and fate, and yield it with what was disturbed."""
    for fate in FATES:
        for number in range(60):
            with a_world(backend) as world:
                actor = world.start(scenario(world))
                for _ in range(number):
                    actor.step()
                if actor.has_ended:
                    break
                call = f"{actor.at} (call {number}) {fate.value if fate else 'dies'}"
                actor.step(fate) if fate else actor.kill()
                actor.run()
                yield world, actor, call
        else:
            raise AssertionError("the scenario makes more than 60 calls")


@pytest.mark.parametrize("scenario", REQUESTS, ids=lambda each: each.__name__)
def test_a_disturbed_request_is_done_or_refused_and_can_be_repeated(scenario: Scenario) -> None:
    for world, actor, call in disturbances(scenario, "in memory"):
        error = actor.error
        assert error is None or isinstance(error, Transient | Rejected), (call, error)
        Invariants(world).check_that_all_end()
        assert not any(world.store.count_open("ann", lane, 9) for lane in Lane), call


@pytest.mark.parametrize("work", WORKS.values(), ids=WORKS.keys())
def test_a_disturbed_attempt_leaves_a_job_that_ends_once(work: Scenario) -> None:
    for world, actor, call in disturbances(work, "in memory"):
        assert actor.error is None, (call, actor.error)
        report = actor.result
        if report and report.event == "crashed":
            assert isinstance(report.error, Transient), (call, report.error)
        world.upstreams.behaviour = "answers"
        Invariants(world).check_that_all_end()
        for job in world.store.list("ann", limit=9).jobs:
            assert job.attempts <= (3 if work is working_on_a_cancelled_job else 2), call


@pytest.mark.parametrize("scenario", [submitting, submitting_a_batch, asking_on_a_connection])
def test_a_refused_request_leaves_no_job(scenario: Scenario) -> None:
    for world, actor, call in disturbances(scenario, "in memory"):
        if actor.error and not call.startswith("remove"):
            assert world.store.list("ann", limit=9).jobs == [], call


def failed_ones(world: World) -> list[Job]:
    return [job for job in world.store.list("ann", limit=9).jobs if job.error]


def retrying_again(world: World) -> Work:
    (failed,) = failed_ones(world)
    return lambda process: process.submission.retry("ann", failed.id)


@pytest.mark.parametrize(
    ("scenario", "again", "count"),
    [
        (submitting_with_a_key, submitting_with_a_key, 1),
        (submitting_a_batch_with_a_key, submitting_a_batch_with_a_key, 3),
        (retrying, retrying_again, 1),
    ],
)
def test_a_repeated_request_creates_no_job_twice(
    scenario: Scenario, again: Scenario, count: int
) -> None:
    for world, actor, call in disturbances(scenario, "in memory"):
        before = len(failed_ones(world))
        made = world.do(again(world))
        Invariants(world).check_that_all_end()
        jobs = [job for job in world.store.list("ann", limit=9).jobs if not job.error]
        assert len(jobs) == count, call
        assert {job.status for job in jobs} == {Status.COMPLETED}, call
        assert ids_of(made) == {job.id for job in jobs}, call
        assert actor.result is None or ids_of(actor.result) == ids_of(made), call
        assert len(world.upstreams.asked) == count + before, call


def ids_of(made: Job | tuple[str, list[Job]]) -> set[str]:
    return {made.id} if isinstance(made, Job) else {job.id for job in made[1]}
