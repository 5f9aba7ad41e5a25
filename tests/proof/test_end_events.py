"""A watcher gets exactly one event of its job's end, whichever process ends the job."""

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
    job: Job = world.do(lambda process: process.submission.submit("ann", question))
    subscribe = Subscribe(action="subscribe", job_ids=[job.id])
    world.do(lambda process: process.actions.act("ann", "one", subscribe))
    return job


def work(world: World) -> None:
    for _ in range(SETTINGS.max_attempts):
        for name in world.queue.visible():
            delivery = world.queue.receive(name)
            world.do(lambda process, delivery=delivery: process.deliver(delivery))
        world.clock.now += 61


def has_one_end(world: World) -> bool:
    """Return whether the watcher's last event, and no other kind, is that of an end."""
    types = world.push.types("one")
    return types[-1] in ENDS and len(ENDS.intersection(types)) == 1


@pytest.mark.parametrize("behaviour", sorted(BEHAVIOURS.keys() - {"throttles"}))
def test_its_worker_ends_a_job(behaviour: str) -> None:
    with a_world("in memory") as world:
        watched(world)
        world.upstreams.behaviour = behaviour
        work(world)
        assert has_one_end(world)


def cancel(world: World, job: Job) -> None:
    world.do(lambda process: process.cancellation.cancel("ann", job.id))


def cancel_while_a_worker_has_it(world: World, job: Job) -> None:
    delivery = world.queue.receive(world.queue.visible()[0])
    worker = world.start(lambda process: process.deliver(delivery))
    worker.run("generate")
    cancel(world, job)
    worker.run()
    assert worker.result.acknowledge


def cancel_after_its_worker_died(world: World, job: Job) -> None:
    delivery = world.queue.receive(world.queue.visible()[0])
    worker = world.start(lambda process: process.deliver(delivery))
    worker.run("generate")
    worker.kill()
    world.clock.now += SETTINGS.lease_seconds + 1
    cancel(world, job)


def work_again_after_its_worker_died(world: World, job: Job) -> None:
    delivery = world.queue.receive(world.queue.visible()[0])
    worker = world.start(lambda process: process.deliver(delivery))
    worker.run("finish")
    worker.kill()
    world.clock.now += SETTINGS.lease_seconds + 1
    work(world)


@pytest.mark.parametrize(
    "end",
    [
        cancel,
        cancel_while_a_worker_has_it,
        cancel_after_its_worker_died,
        work_again_after_its_worker_died,
    ],
)
def test_another_process_ends_a_job(end: Callable[[World, Job], None]) -> None:
    with a_world("in memory") as world:
        end(world, watched(world))
        assert has_one_end(world)


def test_reading_a_job_ends_it_after_its_max_wait() -> None:
    with a_world("in memory") as world:
        job = watched(world, max_wait_seconds=5)
        world.clock.now += 6
        world.do(lambda process: process.reader.get("ann", job.id))
        assert has_one_end(world)


def test_a_worker_ends_a_job_at_its_second_try() -> None:
    with a_world("in memory") as world:
        watched(world)
        delivery = world.queue.receive(world.queue.visible()[0])
        worker = world.start(lambda process: process.deliver(delivery))
        worker.run("finish")
        worker.step(Fate.HAPPENS_TWICE)
        worker.run()
        work(world)
        assert has_one_end(world)
