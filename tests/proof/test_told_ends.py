"""Who watches a job is told its end, whoever brings it about."""

from collections.abc import Callable

import pytest

from sluice.intake.actions import Subscribe
from sluice.job.job import Job
from sluice.job.question import Question
from tests.proof.actor import Fate
from tests.proof.world import BEHAVIOURS, SETTINGS, World, a_world

ENDS = {"job.completed", "job.failed", "job.cancelled"}


def watched(world: World, **fields: object) -> Job:
    question = Question.model_validate({"question": "How long is lost property kept?"} | fields)
    job: Job = world.do(lambda of: of.submission.submit("ann", question))
    subscribe = Subscribe(action="subscribe", job_ids=[job.id])
    world.do(lambda of: of.actions.act("ann", "one", subscribe))
    return job


def work(world: World) -> None:
    for _ in range(SETTINGS.max_attempts):
        for name in world.queue.visible():
            delivery = world.queue.receive(name)
            world.do(lambda of, delivery=delivery: of.deliver(delivery))
        world.clock.now += 61


def is_told(world: World) -> bool:
    told = world.push.types("one")
    return told[-1] in ENDS and len(ENDS.intersection(told)) == 1


@pytest.mark.parametrize("behaviour", sorted(BEHAVIOURS.keys() - {"throttles"}))
def test_by_its_worker(behaviour: str) -> None:
    with a_world("in memory") as world:
        watched(world)
        world.upstreams.behaviour = behaviour
        work(world)
        assert is_told(world)


def end_by_cancelling(world: World, job: Job) -> None:
    world.do(lambda of: of.cancellation.cancel("ann", job.id))


def end_by_cancelling_what_is_worked_on(world: World, job: Job) -> None:
    delivery = world.queue.receive(world.queue.visible()[0])
    worker = world.start(lambda of: of.deliver(delivery))
    worker.run("generate")
    end_by_cancelling(world, job)
    worker.run()
    assert worker.result.acknowledge


def end_by_cancelling_after_its_worker_died(world: World, job: Job) -> None:
    delivery = world.queue.receive(world.queue.visible()[0])
    worker = world.start(lambda of: of.deliver(delivery))
    worker.run("generate")
    worker.kill()
    world.clock.now += SETTINGS.lease_seconds + 1
    end_by_cancelling(world, job)


def end_after_its_worker_died(world: World, job: Job) -> None:
    delivery = world.queue.receive(world.queue.visible()[0])
    worker = world.start(lambda of: of.deliver(delivery))
    worker.run("finish")
    worker.kill()
    world.clock.now += SETTINGS.lease_seconds + 1
    work(world)


@pytest.mark.parametrize(
    "end",
    [
        end_by_cancelling,
        end_by_cancelling_what_is_worked_on,
        end_by_cancelling_after_its_worker_died,
        end_after_its_worker_died,
    ],
)
def test_by_whoever_comes(end: Callable[[World, Job], None]) -> None:
    with a_world("in memory") as world:
        end(world, watched(world))
        assert is_told(world)


def test_by_who_looks_at_a_job_that_was_to_begin_earlier() -> None:
    with a_world("in memory") as world:
        job = watched(world, max_wait_seconds=5)
        world.clock.now += 6
        world.do(lambda of: of.reader.get("ann", job.id))
        assert is_told(world)


def test_by_a_worker_whose_store_answers_at_the_second_try() -> None:
    with a_world("in memory") as world:
        watched(world)
        delivery = world.queue.receive(world.queue.visible()[0])
        worker = world.start(lambda of: of.deliver(delivery))
        worker.run("finish")
        worker.step(Fate.HAPPENS_TWICE)
        worker.run()
        work(world)
        assert is_told(world)
