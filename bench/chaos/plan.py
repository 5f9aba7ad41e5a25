"""What happens to a service, and when: all of it drawn from a seed, before anything is started.

Every kind of decision has dice of its own, so that another number of kills leaves the questions
as they were. What processes then make of it is theirs.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random

#: Shares of the calls of the model, and of Kendra, that go wrong. Of time-outs there are Kendra's
#: alone, on which its client gives up after 15 s: the model's takes 120 s.
FAULTS = (
    "throttle=0.04 unavailable=0.07 error=0.05 cut=0.06 stream-error=0.03 stream-throttle=0.02"
    " slow=lognormal:0.5:4.0 speed=150"
    " kendra.throttle=0.04 kendra.unavailable=0.04 kendra.error=0.03 kendra.timeout=0.005"
    " kendra.slow=uniform:0.02:0.4"
)
#: Connections that watch.
WATCHERS = 4
_LARGEST_BATCH = 60
_BATCHED, _WATCHED, _CANCELLED, _IMPATIENT, _RETRIED = 0.6, 0.3, 0.06, 0.05, 0.5
_TWICE, _AGAIN, _BY_SOCKET, _ASIDE = 0.25, 0.1, 0.15, 0.1
#: The share of the time in which workers are frozen; then they are killed, so that it is known
#: what became of whose jobs.
_FROZEN_UNTIL = 0.3
#: The share of the time in which everything is submitted.
_SUBMITTED = 0.8
#: Of the kills so many hit all processes of a function.
_ALL = 0.15


@dataclass(frozen=True)
class Rules:
    """How much of everything."""

    jobs: int = 500
    lease_seconds: int = 30
    #: Seconds in which all is submitted, and processes are killed.
    span: float = 45.0
    worker_kills: int = 12
    submit_kills: int = 4
    #: Workers that are stopped, and go on when their leases have lapsed.
    freezes: int = 2
    #: Share of single questions without an idempotency key.
    keyless: float = 0.2
    #: Messages that are sent a second time, as a share of the jobs.
    duplicates: float = 0.2
    faults: str = FAULTS
    #: Worker executions at a time, in each lane.
    concurrency: int = 4
    #: Workers are killed while they start as well: what they were given and could not hold comes
    #: back after the queue's 300 s.
    kill_starting: bool = False
    #: Seconds after which what has not ended is called lost.
    longest: float = 480.0


class Way(StrEnum):
    """How questions are submitted."""

    SINGLE = "single"
    BATCH = "batch"
    SOCKET = "socket"


@dataclass(frozen=True)
class Ask:
    """One question, and what its caller does about it later."""

    name: str
    question: str
    lane: str | None
    max_wait: float | None
    #: The connection that watches it.
    watcher: int | None
    #: Seconds after which it is cancelled.
    cancel_after: float | None
    #: Once it has failed it is asked again.
    is_retried: bool


@dataclass(frozen=True)
class Order:
    """Questions that are submitted together, `at` seconds from the start."""

    at: float
    way: Way
    asks: tuple[Ask, ...]
    #: The idempotency key.
    key: str | None
    #: So many times at the same instant.
    times: int
    #: And once more when all is over.
    is_repeated: bool


class Victim(StrEnum):
    """Whose processes are killed."""

    WORKER = "worker"
    SUBMIT = "submit"


@dataclass(frozen=True)
class Kill:
    """A kill -9. `lot`, from 0 to 1, says which of the processes there are then."""

    at: float
    victim: Victim
    all: bool
    lot: float


@dataclass(frozen=True)
class Freeze:
    """A worker that stops, and comes back to find its jobs another's. `lot` says which worker."""

    at: float
    lot: float


@dataclass(frozen=True)
class Duplicate:
    """One more message for a job that was accepted by then; `lot` says which."""

    at: float
    lot: float
    bulk: bool


@dataclass(frozen=True)
class Plan:
    """Everything that is done to the service."""

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
    dice = _dice(seed, "orders")
    asks = [_ask(_dice(seed, f"ask {place}"), place, questions) for place in range(rules.jobs)]
    batched = round(len(asks) * _BATCHED)
    while asks:
        way = Way.SINGLE
        count = 1
        if batched > 0:
            way, count = Way.BATCH, min(batched, dice.randint(2, _LARGEST_BATCH))
            batched -= count
        elif dice.random() < _BY_SOCKET:
            way = Way.SOCKET
        chosen, asks = asks[:count], asks[count:]
        # A connection's questions have no key; those of a batch always do.
        keyed = way is Way.BATCH or (way is Way.SINGLE and dice.random() >= rules.keyless)
        yield Order(
            at=dice.uniform(0, rules.span * _SUBMITTED),
            way=way,
            asks=tuple(chosen),
            key=f"chaos-{seed}-{chosen[0].name}" if keyed else None,
            times=2 if keyed and dice.random() < _TWICE else 1,
            is_repeated=keyed and dice.random() < _AGAIN,
        )


def _ask(dice: Random, place: int, questions: Sequence[str]) -> Ask:
    name = f"q{place}"
    chances = [dice.random() for _ in range(5)]
    return Ask(
        name=name,
        question=f"{questions[place % len(questions)]} ({name})",
        lane="bulk" if chances[0] < _ASIDE else None,
        max_wait=dice.uniform(0.5, 20) if chances[1] < _IMPATIENT else None,
        watcher=dice.randrange(WATCHERS) if chances[2] < _WATCHED else None,
        cancel_after=dice.uniform(0, 15) if chances[3] < _CANCELLED else None,
        is_retried=chances[4] < _RETRIED,
    )


def _kills(seed: int, rules: Rules) -> Iterator[Kill]:
    for victim, count in (
        (Victim.WORKER, rules.worker_kills),
        (Victim.SUBMIT, rules.submit_kills),
    ):
        dice = _dice(seed, f"kills {victim}")
        for _ in range(count):
            latest = 1.0 if victim is Victim.WORKER else _SUBMITTED
            at = dice.uniform(_FROZEN_UNTIL, latest) * rules.span
            # Of those that take questions in nobody knows which one is at it.
            everything = dice.random() < _ALL or victim is Victim.SUBMIT
            yield Kill(at, victim, everything, dice.random())


def _freezes(seed: int, rules: Rules) -> Iterator[Freeze]:
    dice = _dice(seed, "freezes")
    for _ in range(rules.freezes):
        yield Freeze(dice.uniform(0.05, _FROZEN_UNTIL) * rules.span, dice.random())


def _duplicates(seed: int, rules: Rules) -> Iterator[Duplicate]:
    dice = _dice(seed, "duplicates")
    for _ in range(round(rules.jobs * rules.duplicates)):
        yield Duplicate(dice.uniform(1, rules.span * 1.2), dice.random(), dice.random() < 0.5)


def _dice(seed: int, what: str) -> Random:
    return Random(f"{seed} {what}")
