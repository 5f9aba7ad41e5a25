"""The failures of a plan: kills, freezes and second messages."""

import time
from collections import Counter
from functools import partial

from bench.chaos.environment import ChaosEnvironment
from bench.chaos.load_generator import LoadGenerator
from bench.chaos.plan import Duplicate, Freeze, Kill, Plan, Victim
from bench.chaos.schedule import Schedule

#: About the longest time of a submission in seconds, and how long to wait for the next one.
_SUBMITTING, _SUBMITTED_WITHIN = 0.25, 5.0
#: The length of a freeze in leases: until the worker's jobs are taken over.
_FROZEN_LEASES = 1.5
#: Seconds between searches for a process to kill, or for an accepted job.
_SEARCH_EVERY = 0.5


class FailureInjector:
    """Executes the failures of a plan, and records when they happened."""

    def __init__(
        self,
        environment: ChaosEnvironment,
        load: LoadGenerator,
        schedule: Schedule,
        lease_seconds: float,
    ) -> None:
        self._environment = environment
        self._load = load
        self._schedule = schedule
        self._lease_seconds = lease_seconds
        #: Killed processes by function.
        self.killed: Counter[str] = Counter()
        #: When workers were killed and frozen, in seconds since 1970.
        self.kills: list[float] = []
        self.freezes: list[float] = []

    def schedule(self, plan: Plan) -> None:
        """Put all failures of the plan on the schedule."""
        for kill in plan.kills:
            self._schedule.at(kill.at, partial(self._kill, kill))
        for freeze in plan.freezes:
            self._schedule.at(freeze.at, partial(self._freeze, freeze))
        for duplicate in plan.duplicates:
            self._schedule.at(duplicate.at, partial(self._send_again, duplicate))

    def _kill(self, kill: Kill) -> None:
        if kill.victim is Victim.SUBMIT:
            self._await_submission(kill.pick)
        at = time.time()
        count = self._environment.kill(kill.victim, everything=kill.all, pick=kill.pick)
        if count:
            self.kills += [at] if kill.victim is Victim.WORKER else []
            self.killed[kill.victim.value] += count
        elif self._load.idle_at is None:
            # On a busy machine the process to kill may not have started yet.
            self._schedule.after(_SEARCH_EVERY, partial(self._kill, kill))

    def _await_submission(self, pick: float) -> None:
        """Wait until a submission runs, and then for a part of its time."""
        end = time.monotonic() + _SUBMITTED_WITHIN
        while not self._load.submitting and time.monotonic() < end:
            time.sleep(0.005)
        time.sleep(pick * _SUBMITTING)

    def _freeze(self, freeze: Freeze) -> None:
        if frozen := self._environment.freeze(freeze.pick):
            self.freezes.append(time.time())
            seconds = self._lease_seconds * _FROZEN_LEASES
            self._schedule.after(seconds, partial(self._environment.thaw, frozen))
        elif self._load.idle_at is None:
            self._schedule.after(_SEARCH_EVERY, partial(self._freeze, freeze))

    def _send_again(self, duplicate: Duplicate) -> None:
        if accepted := list(self._load.accepted):
            job_id = accepted[int(duplicate.pick * len(accepted))]
            self._environment.send_again(job_id, bulk=duplicate.bulk)
            self._load.counts["doubled messages"] += 1
        elif self._load.idle_at is None:
            # On a busy machine the first job may not have been accepted yet.
            self._schedule.after(_SEARCH_EVERY, partial(self._send_again, duplicate))
