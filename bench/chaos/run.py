"""One seed: the burst, everything that goes wrong, and what became of it."""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from bench.chaos.crowd import Crowd
from bench.chaos.evidence import keep
from bench.chaos.history import History
from bench.chaos.outcome import Outcome
from bench.chaos.plan import Duplicate, Freeze, Kill, Order, Rules, Victim, plan
from bench.chaos.remains import messages, remains
from bench.chaos.seen import FINAL
from bench.chaos.site import Site, site
from bench.chaos.timetable import Timetable
from bench.chaos.verdict import lost, made_twice
from local.stack import SAMPLES

#: Seconds between two words about how it goes.
_SAY_EVERY = 10.0
#: A message whose worker was killed before it could hold it stays away for the queue's 300 s.
_LONGEST_AWAY = 330.0
#: Seconds that a submission takes at most, about, and in which the next one comes.
_SUBMITTING, _SUBMITTED_WITHIN = 0.25, 5.0
#: A worker is stopped for so many leases: until its jobs are another's.
_FROZEN_LEASES = 1.5
#: Seconds between looks for a process to kill.
_LOOK_FOR_VICTIM_EVERY = 0.5
#: Seconds in which a watcher that asks again is told of an end.
_TOLD_WITHIN = 20.0

Say = Callable[[str], None]


def run(seed: int, rules: Rules, say: Say, evidence: Path | None = None) -> Outcome:
    """Run one seed on a stack of its own; it is ended with the context.

    What was found wrong is kept in detail in the folder `evidence`. Raises what starting the
    stack raises, and ServiceAway.
    """
    with ExitStack() as running:
        here = running.enter_context(site(rules, seed))
        chaos = _Chaos(here, seed, rules, running, say)
        outcome, history = chaos.run()
        if not outcome.is_good and evidence:
            keep(outcome, history, here.worker_log(chaos.begun), evidence)
        return outcome


class _Chaos:
    def __init__(self, here: Site, seed: int, rules: Rules, running: ExitStack, say: Say) -> None:
        self._site = here
        self._rules = rules
        self._say = say
        self._said_at = 0.0
        self._plan = plan(seed, rules, _questions())
        self._killed: Counter[str] = Counter()
        self._kills: list[float] = []
        self._freezes: list[float] = []
        ended = threading.Event()
        self._caller = here.caller(ended)
        running.callback(self._caller.close)
        self._warm_up()
        self._timetable = Timetable(ended)
        self._crowd = Crowd(
            self._caller,
            lambda: here.socket_url(self._caller),
            self._timetable,
            rules.longest,
            ended,
        )
        self._crowd.on_look = self._tell
        for watcher in self._crowd.watchers:
            watcher.start()
            running.callback(watcher.join)
        # Whoever still insists on an answer ends first.
        running.callback(ended.set)
        self.begun = time.time()

    def _warm_up(self) -> None:
        """Have every function started once, so that times are those of a service that runs."""
        asked = self._caller.call("POST", "/jobs", {"question": _questions()[0]})
        path = f"/jobs/{asked.raise_for_status().json()['id']}?wait=20"
        while self._caller.call("GET", path).json()["status"] not in FINAL:
            continue

    def run(self) -> tuple[Outcome, History]:
        for order in self._plan.orders:
            self._timetable.at(order.at, partial(self._crowd.submit, order))
        for kill in self._plan.kills:
            self._timetable.at(kill.at, partial(self._kill, kill))
        for freeze in self._plan.freezes:
            self._timetable.at(freeze.at, partial(self._freeze, freeze))
        for duplicate in self._plan.duplicates:
            self._timetable.at(duplicate.at, partial(self._double, duplicate))
        self._timetable.at(1.0, self._crowd.look)
        self._timetable.run()
        untold = self._let_watchers_ask_again()
        for order in self._repeated():
            self._crowd.repeat(order)
        emptied = self._await_empty()
        jobs = self._crowd.all_jobs()
        streams = self._site.client("dynamodbstreams")
        history = History.read(streams, self._site.stream)
        return self._outcome(jobs, history, [*untold, *remains(self._site)], emptied), history

    def _kill(self, kill: Kill) -> None:
        if kill.victim is Victim.SUBMIT:
            self._await_submission(kill.lot)
        at = time.time()
        count = self._site.kill(kill.victim, everything=kill.all, lot=kill.lot)
        if count:
            self._kills += [at] if kill.victim is Victim.WORKER else []
            self._killed[kill.victim.value] += count
        elif self._crowd.quiet_at is None:
            # A busy machine is slow to start what is to be killed.
            self._timetable.after(_LOOK_FOR_VICTIM_EVERY, partial(self._kill, kill))

    def _await_submission(self, lot: float) -> None:
        """Wait until something is being submitted, and then for as long as it may take."""
        end = time.monotonic() + _SUBMITTED_WITHIN
        while not self._crowd.submitting and time.monotonic() < end:
            time.sleep(0.005)
        time.sleep(lot * _SUBMITTING)

    def _freeze(self, freeze: Freeze) -> None:
        if frozen := self._site.freeze(freeze.lot):
            self._freezes.append(time.time())
            seconds = self._rules.lease_seconds * _FROZEN_LEASES
            self._timetable.after(seconds, partial(self._site.thaw, frozen))
        elif self._crowd.quiet_at is None:
            self._timetable.after(_LOOK_FOR_VICTIM_EVERY, partial(self._freeze, freeze))

    def _double(self, duplicate: Duplicate) -> None:
        if known := list(self._crowd.accepted):
            job_id = known[int(duplicate.lot * len(known))]
            self._site.send_again(job_id, bulk=duplicate.bulk)
            self._crowd.counts["doubled messages"] += 1

    def _repeated(self) -> Iterable[Order]:
        return (order for order in self._plan.orders if order.is_repeated)

    def _tell(self, accepted: int, ended: int, is_open: int) -> None:
        now = self._timetable.now
        if now - self._said_at >= _SAY_EVERY:
            self._said_at = now
            killed = ", ".join(f"{count} {name}" for name, count in self._killed.items())
            self._say(
                f"{now:4.0f} s: {accepted} accepted, {ended} ended, {is_open} open;"
                f" killed {killed or 'nobody yet'}"
            )

    def _let_watchers_ask_again(self) -> list[str]:
        """A worker that dies between an end and its telling leaves watchers to ask: they do."""
        for watcher in self._crowd.watchers:
            for job_id in watcher.awaited:
                watcher.watch(job_id)
        end = time.monotonic() + _TOLD_WITHIN
        while (untold := self._untold()) and time.monotonic() < end:
            time.sleep(0.2)
        return [f"the end of {job_id}, of which its watcher was not told" for job_id in untold]

    def _untold(self) -> list[str]:
        return [job_id for watcher in self._crowd.watchers for job_id in watcher.awaited]

    def _await_empty(self) -> float:
        end = time.monotonic() + _LONGEST_AWAY
        while (count := messages(self._site)) and time.monotonic() < end:
            self._tell_rest(count)
            time.sleep(0.5)
        return self._timetable.now

    def _tell_rest(self, count: int) -> None:
        if self._timetable.now - self._said_at >= _SAY_EVERY:
            self._said_at = self._timetable.now
            self._say(f"{self._timetable.now:4.0f} s: all ended; {count} messages are to come back")

    def _outcome(
        self, jobs: list[dict[str, Any]], history: History, left: list[str], emptied: float
    ) -> Outcome:
        crowd = self._crowd
        stats = self._site.stats()
        kendra, bedrock = stats["kendra"], stats["bedrock"]
        recoveries = history.recoveries(self._kills, self._freezes, self._rules.lease_seconds)
        failed = [job for job in jobs if job["status"] == "failed"]
        ids = {job["id"] for job in jobs}
        finished = [each[-1].finished_at for each in history.states.values() if each[-1]]
        taken_over = len(list(history.taken_over()))
        return Outcome(
            seed=self._plan.seed,
            lease_seconds=self._rules.lease_seconds,
            jobs=len(jobs),
            seconds=max(finished, default=0) - self.begun,
            emptied=emptied,
            by_status=dict(Counter(job["status"] for job in jobs)),
            failed_by_type=dict(Counter(job["error"]["type"] for job in failed)),
            lost=lost(crowd.accepted, jobs),
            changed=[*crowd.seen.changed, *history.changed_after_end()],
            duplicated=[*crowd.seen.told_twice, *made_twice(crowd, self._plan, jobs)],
            left=left,
            killed=dict(self._killed),
            frozen=len(self._freezes),
            taken_over=taken_over,
            lapsed_otherwise=taken_over - len(recoveries),
            begun_after=sorted(round(each.begun, 2) for each in recoveries),
            ended_after=sorted(round(each.ended, 2) for each in recoveries),
            attempts=dict(Counter(job["attempts"] for job in jobs)),
            executions=dict(
                Counter(count for job_id, count in history.executions().items() if job_id in ids)
            ),
            model_calls=bedrock["calls"],
            kendra_calls=kendra["retrieve"] + kendra["query"],
            faults=_faults(kendra, bedrock),
            troubles=dict(self._caller.troubles),
            doubled_messages=crowd.counts["doubled messages"],
            doubled_requests=crowd.counts["doubled requests"],
            told=sum(watcher.told for watcher in crowd.watchers),
            refusals=dict(sum((watcher.refusals for watcher in crowd.watchers), Counter())),
            unheard=crowd.counts["asked by socket, not heard"],
            connections=sum(watcher.connections for watcher in crowd.watchers),
            unconfirmed=len(ids - crowd.accepted.keys()),
            retried=crowd.counts["retried"],
        )


def _faults(*upstreams: dict[str, Any]) -> dict[str, int]:
    names = ("throttled_by_fault", "throttled_by_quota", "failed_by_fault", "cut_by_fault")
    return {name: sum(int(upstream[name]) for upstream in upstreams) for name in names}


def _questions() -> list[str]:
    lines = (SAMPLES.parent / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["question"] for line in lines if line.strip()]
