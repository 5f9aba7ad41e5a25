"""Runner: sends bundles and collects answers, until all have ended.

One thread, and one thing at a time: whatever is due next. A run may end at any line of this file,
and the next one goes on: a bundle is in the journal before it is sent, an answer is in the answers
before it is counted. Nothing but a refusal, a full disk or a very long outage ends it early.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from sluice_client.api.errors import Refused, SluiceError
from sluice_client.api.fields import records, text
from sluice_client.api.job import Job
from sluice_client.burst.answers import Answers
from sluice_client.burst.collection import OpenBatch, collect
from sluice_client.burst.failure_budget import Patience
from sluice_client.burst.journal import Journal
from sluice_client.burst.progress import Standing
from sluice_client.burst.reconcile import is_uncertain, whereabouts
from sluice_client.burst.service import Service
from sluice_client.burst.submission import Ask, Bundle
from sluice_client.burst.worklist import Errand
from sluice_client.transport.clock import Clock

#: Batches that are open at a time: enough for a minute of a very fast service.
_MOST_OPEN = 50

#: Seconds between two looks at a batch whose jobs are ending one after the other.
_LIVELY = 5.0

#: Seconds between two signs of life.
_TICK = 1.0


@dataclass(frozen=True)
class _Act:
    due: float
    do: Callable[[], None]


class Runner:
    """One run. `tick` is called about once a second."""

    def __init__(
        self,
        service: Service,
        clock: Clock,
        answers: Answers,
        journal: Journal,
        standing: Standing,
        tick: Callable[[], None],
    ) -> None:
        self._service = service
        self._clock = clock
        self._answers = answers
        self._journal = journal
        self._standing = standing
        self._tick = tick
        self._patience = Patience(clock, known=journal.knows_the_service)
        self._patience_to_send = Patience(clock)
        self._unsent: list[Errand] = []
        self._open: list[OpenBatch] = []
        #: When sending may go on, and when anything may.
        self._next_send = self._next_any = float("-inf")

    def run(self, errands: Iterable[Errand]) -> None:
        """Do all errands.

        Raises Refused; Unreachable or ServiceFailed after a long outage; OSError when a file
        cannot be written.
        """
        for errand in errands:
            if errand.batch_id:
                self._open.append(OpenBatch(errand.bundle, errand.missing, errand.batch_id))
            else:
                self._unsent.append(errand)
        while self._unsent or self._open:
            self._tell()
            act = self._next()
            self._wait_until(max(act.due, self._next_any))
            try:
                act.do()
            except SluiceError as error:
                self._next_any = self._clock.monotonic() + self._patience.pause(error)
                self._standing.waits_for = str(error)
            else:
                self._patience.restored()
                self._standing.waits_for = ""

    def _next(self) -> _Act:
        acts = [_Act(self._due(batch), partial(self._look, batch)) for batch in self._open]
        if self._unsent and len(self._open) < _MOST_OPEN:
            # Now at the earliest: answers that are due come first.
            acts.append(_Act(max(self._next_send, self._clock.monotonic()), self._send))
        return min(acts, key=lambda act: act.due)

    def _due(self, batch: OpenBatch) -> float:
        # Answers are wanted as they come, where some are to be expected.
        if batch.has_begun or batch is self._open[0]:
            return min(batch.due, batch.seen + _LIVELY)
        return batch.due

    def _wait_until(self, due: float) -> None:
        self._tick()
        while (left := due - self._clock.monotonic()) > 0:
            self._clock.sleep(min(left, _TICK))
            self._tick()

    def _tell(self) -> None:
        self._standing.open = sum(len(batch.missing) for batch in self._open)
        # Known only once each was looked at.
        ends = [batch.expected_end for batch in self._open]
        self._standing.expected_end = max(ends) if ends and min(ends) > 0 else 0.0

    def _send(self) -> None:
        errand = self._unsent[0]
        if is_uncertain(errand, self._clock.time()):
            self._find(errand)
            return
        self._journal.will_send(errand.bundle, self._clock.time())
        try:
            batch = self._service.submit_batch(errand.bundle.questions, errand.bundle.key)
        except Refused as error:
            if error.status != 429:
                self._journal.forget(errand.bundle)
                _name_lines(error, errand.bundle)
                raise
            self._next_send = self._clock.monotonic() + self._patience_to_send.pause(error)
            self._standing.is_full = True
            return
        self._journal.accepted(errand.bundle, batch.id)
        self._unsent.pop(0)
        self._patience_to_send.restored()
        self._standing.is_full = False
        opened = OpenBatch(errand.bundle, errand.missing, batch.id, is_new=True)
        opened.saw(batch, self._clock.monotonic())
        self._open.append(opened)

    def _find(self, errand: Errand) -> None:
        """Open the batches of what the service has already; the rest is to be sent."""
        found = whereabouts(errand, self._service, self._clock.time())
        for batch_id in dict.fromkeys(found.values()):
            asks = [errand.missing[name] for name in found if found[name] == batch_id]
            bundle = Bundle(tuple(asks))
            self._journal.will_send(bundle, self._clock.time())
            self._journal.accepted(bundle, batch_id)
            self._open.append(OpenBatch(bundle, _by_name(asks), batch_id))
        rest = [ask for name, ask in errand.missing.items() if name not in found]
        whole = Bundle(tuple(rest)) if found else errand.bundle
        if found and all(batch.bundle.key != errand.bundle.key for batch in self._open):
            self._journal.forget(errand.bundle)  # the others have taken its place
        self._unsent[:1] = [Errand(whole, _by_name(rest))] if rest else []

    def _look(self, batch: OpenBatch) -> None:
        gone = collect(batch, self._service, self._clock, partial(self._record, batch))
        if gone:
            self._ask_again(batch, gone)
        if not batch.missing:
            self._open.remove(batch)

    def _record(self, batch: OpenBatch, ask: Ask, job: Job) -> None:
        outcome = self._answers.add(ask, job)
        del batch.missing[ask.custom_id]
        self._standing.ended(completed=outcome.completed)

    def _ask_again(self, batch: OpenBatch, gone: Sequence[Ask]) -> None:
        """Send what the service has kept no longer, or never had: its days are over."""
        for ask in gone:
            del batch.missing[ask.custom_id]
        if not batch.missing:
            self._journal.forget(batch.bundle)
        self._unsent.append(Errand(Bundle(tuple(gone)), _by_name(gone)))


def _by_name(asks: Iterable[Ask]) -> Mapping[str, Ask]:
    return {ask.custom_id: ask for ask in asks}


def _name_lines(error: Refused, bundle: Bundle) -> None:
    """Say with a refusal which questions of the input are meant."""
    for wrong in records(error.problem.raw, "errors"):
        place = (text(wrong, "field") or "").split(".")
        if place[0] == "questions" and place[1:] and place[1].isdigit():
            number = int(place[1])
            if number < len(bundle.asks):
                field = ".".join(place[2:])
                name = bundle.asks[number].custom_id
                error.add_note(f"{name}: {field} {text(wrong, 'message') or ''}".rstrip())
