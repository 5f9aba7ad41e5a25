"""When `make bench-chaos` injects its failures on a slow machine."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from bench.chaos.failures import FailureInjector
from bench.chaos.plan import Duplicate, Plan


class FakeEnvironment:
    """Records the messages that are sent again."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, bool]] = []

    def send_again(self, job_id: str, *, bulk: bool) -> None:
        self.sent.append((job_id, bulk))


class FakeLoad:
    """A load generator without any job at first."""

    def __init__(self) -> None:
        self.accepted: dict[str, object] = {}
        self.counts: Counter[str] = Counter()
        self.idle_at: float | None = None


class FakeSchedule:
    """Holds tasks until `run` runs the ones that are there."""

    def __init__(self) -> None:
        self.tasks: list[Callable[[], object]] = []

    def at(self, _seconds: float, task: Callable[[], object]) -> None:
        self.tasks.append(task)

    after = at

    def run(self) -> None:
        tasks, self.tasks = self.tasks, []
        for task in tasks:
            task()


def test_a_second_message_waits_until_a_job_is_accepted() -> None:
    environment, load, schedule = FakeEnvironment(), FakeLoad(), FakeSchedule()
    arguments: list[Any] = [environment, load, schedule, 5.0]
    failures = FailureInjector(*arguments)
    failures.schedule(Plan(1, (), (), (), (Duplicate(at=1.0, pick=0.5, bulk=True),)))
    schedule.run()
    assert environment.sent == []
    load.accepted["job"] = object()
    schedule.run()
    assert environment.sent == [("job", True)]
    assert schedule.tasks == []


def test_a_second_message_is_not_awaited_once_the_load_is_idle() -> None:
    environment, load, schedule = FakeEnvironment(), FakeLoad(), FakeSchedule()
    arguments: list[Any] = [environment, load, schedule, 5.0]
    failures = FailureInjector(*arguments)
    failures.schedule(Plan(1, (), (), (), (Duplicate(at=1.0, pick=0.5, bulk=False),)))
    load.idle_at = 9.0
    schedule.run()
    assert schedule.tasks == []
