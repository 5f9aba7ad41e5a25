"""The plan of a run: what happens to the service, and when. All of it is drawn from a seed.

Each kind of event has its own random generator, so another number of kills changes no question.
The timing of the processes themselves is not under control.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random

#: Faults as shares of the calls to the model and to Kendra. Only Kendra has timeouts, because its
#: client gives up after 15 s; the model's would after 120 s.
FAULTS = (
    "throttle=0.04 unavailable=0.07 error=0.05 cut=0.06 stream-error=0.03 stream-throttle=0.02"
    " slow=lognormal:0.5:4.0 speed=150"
    " kendra.throttle=0.04 kendra.unavailable=0.04 kendra.error=0.03 kendra.timeout=0.005"
    " kendra.slow=uniform:0.02:0.4"
)
#: WebSocket connections.
WATCHERS = 4
_LARGEST_BATCH = 60
#: Shares of the questions that are asked in batches, watched, cancelled, given a longest wait, and
#: retried once they have failed.
_BATCHED, _WATCHED, _CANCELLED, _IMPATIENT, _RETRIED = 0.6, 0.3, 0.06, 0.05, 0.5
#: Shares of the requests that are sent twice, repeated at the end, sent over a connection, and sent
#: to the bulk lane.
_TWICE, _REPEATED, _BY_SOCKET, _BULK = 0.25, 0.1, 0.15, 0.1
#: The share of the span in which workers are frozen. They are killed after it, so that a lapsed
#: lease has one cause.
_FROZEN_UNTIL = 0.3
#: The share of the span in which everything is submitted.
_SUBMITTED = 0.8
#: The share of the kills that hit all processes of a function.
_ALL = 0.15


@dataclass(frozen=True)
class Rules:
    """The size of a run: how many questions, kills, freezes and faults."""

    jobs: int = 500
    lease_seconds: int = 30
    #: Seconds in which everything is submitted and processes are killed.
    span: float = 45.0
    worker_kills: int = 12
    submit_kills: int = 4
    #: Workers that are stopped, and continue when their leases have lapsed.
    freezes: int = 2
    #: Share of single questions without an idempotency key.
    keyless: float = 0.2
    #: Messages that are sent a second time, as a share of the jobs.
    duplicates: float = 0.2
    faults: str = FAULTS
    #: Worker executions at a time, in each lane.
    concurrency: int = 4
    #: Also kill workers while they start. Messages that they have received but not yet extended
    #: come back only after the queue's 300 s.
    kill_starting: bool = False
    #: Seconds after which a job that has not ended is lost.
    longest: float = 480.0


class Way(StrEnum):
    """The way in which questions are submitted."""

    SINGLE = "single"
    BATCH = "batch"
    SOCKET = "socket"


@dataclass(frozen=True)
class Ask:
    """One question, and what its caller does later."""

    name: str
    question: str
    lane: str | None
    max_wait: float | None
    #: The number of the connection that watches it.
    watcher: int | None
    #: Seconds after which it is cancelled.
    cancel_after: float | None
    #: Retried once it has failed.
    is_retried: bool


@dataclass(frozen=True)
class Order:
    """Questions that are submitted together, `at` seconds from the start."""

    at: float
    way: Way
    asks: tuple[Ask, ...]
    #: The idempotency key.
    key: str | None
    #: How many times it is sent at the same instant.
    times: int
    #: Sent again after all jobs have ended.
    is_repeated: bool


class Victim(StrEnum):
    """The function whose processes are killed."""

    WORKER = "worker"
    SUBMIT = "submit"


@dataclass(frozen=True)
class Kill:
    """A SIGKILL. `pick`, from 0 to 1, selects one of the processes that run at that time."""

    at: float
    victim: Victim
    all: bool
    pick: float


@dataclass(frozen=True)
class Freeze:
    """A worker that is stopped until its jobs are taken over. `pick` selects the worker."""

    at: float
    pick: float


@dataclass(frozen=True)
class Duplicate:
    """A second message for an accepted job. `pick` selects the job."""

    at: float
    pick: float
    bulk: bool


@dataclass(frozen=True)
class Plan:
    """Everything that is done to the service. Times are in seconds from the start."""

    seed: int
    orders: tuple[Order, ...]
    kills: tuple[Kill, ...]
    freezes: tuple[Freeze, ...]
    duplicates: tuple[Duplicate, ...]


def plan(seed: int, rules: Rules, questions: Sequence[str]) -> Plan:
    """Draw a plan; the same seed gives the same one. `questions` are asked in turn."""
    return Plan(
        seed,
        tuple(_orders(seed, rules, questions)),
        tuple(_kills(seed, rules)),
        tuple(_freezes(seed, rules)),
        tuple(_duplicates(seed, rules)),
    )


def _orders(seed: int, rules: Rules, questions: Sequence[str]) -> Iterator[Order]:
    rng = _rng(seed, "orders")
    asks = [_ask(_rng(seed, f"ask {place}"), place, questions) for place in range(rules.jobs)]
    batched = round(len(asks) * _BATCHED)
    while asks:
        way = Way.SINGLE
        count = 1
        if batched > 0:
            way, count = Way.BATCH, min(batched, rng.randint(2, _LARGEST_BATCH))
            batched -= count
        elif rng.random() < _BY_SOCKET:
            way = Way.SOCKET
        chosen, asks = asks[:count], asks[count:]
        # Questions over a connection have no key; batches always have one.
        keyed = way is Way.BATCH or (way is Way.SINGLE and rng.random() >= rules.keyless)
        yield Order(
            at=rng.uniform(0, rules.span * _SUBMITTED),
            way=way,
            asks=tuple(chosen),
            key=f"chaos-{seed}-{chosen[0].name}" if keyed else None,
            times=2 if keyed and rng.random() < _TWICE else 1,
            is_repeated=keyed and rng.random() < _REPEATED,
        )


def _ask(rng: Random, place: int, questions: Sequence[str]) -> Ask:
    name = f"q{place}"
    chances = [rng.random() for _ in range(5)]
    return Ask(
        name=name,
        question=f"{questions[place % len(questions)]} ({name})",
        lane="bulk" if chances[0] < _BULK else None,
        max_wait=rng.uniform(0.5, 20) if chances[1] < _IMPATIENT else None,
        watcher=rng.randrange(WATCHERS) if chances[2] < _WATCHED else None,
        cancel_after=rng.uniform(0, 15) if chances[3] < _CANCELLED else None,
        is_retried=chances[4] < _RETRIED,
    )


def _kills(seed: int, rules: Rules) -> Iterator[Kill]:
    for victim, count in (
        (Victim.WORKER, rules.worker_kills),
        (Victim.SUBMIT, rules.submit_kills),
    ):
        rng = _rng(seed, f"kills {victim}")
        for _ in range(count):
            latest = 1.0 if victim is Victim.WORKER else _SUBMITTED
            at = rng.uniform(_FROZEN_UNTIL, latest) * rules.span
            # It is not known which submit process is busy, so all of them are killed.
            everything = rng.random() < _ALL or victim is Victim.SUBMIT
            yield Kill(at, victim, everything, rng.random())


def _freezes(seed: int, rules: Rules) -> Iterator[Freeze]:
    rng = _rng(seed, "freezes")
    for _ in range(rules.freezes):
        yield Freeze(rng.uniform(0.05, _FROZEN_UNTIL) * rules.span, rng.random())


def _duplicates(seed: int, rules: Rules) -> Iterator[Duplicate]:
    rng = _rng(seed, "duplicates")
    for _ in range(round(rules.jobs * rules.duplicates)):
        yield Duplicate(rng.uniform(1, rules.span * 1.2), rng.random(), rng.random() < 0.5)


def _rng(seed: int, what: str) -> Random:
    return Random(f"{seed} {what}")
