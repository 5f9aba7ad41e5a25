"""The pacer as events: the rules of sluice.booking on a ledger that many workers write."""

from collections import Counter as Tally
from collections.abc import Callable
from random import Random

from bench.simulation.scenario import NETWORK, READ, WRITE
from bench.simulation.timeline import BEGIN, Timeline
from sluice.job.job import Lane
from sluice.pace.booking import TRIES, Booking, BookingRules, Entry, Next, apply
from sluice.pace.ledger import Ledger, Quotas, Units


class LedgerItem:
    """A ledger's item in the table, and how often it is written.

    The ledger itself stays in memory: serialising it would change nothing.
    A worker that reads while another's write is under way has a conflict.
    One that would find nothing to book is counted too, so the conflicts are an upper bound.
    """

    def __init__(self, quotas: Quotas) -> None:
        self.ledger = Ledger(quotas, {}, BEGIN)
        self.written_at = 0.0
        self.bookings = self.conflicts = self.abandoned = 0
        #: Writes in each second.
        self.writes: Tally[int] = Tally()


class SimulatedBooking(Booking):
    """A booking with callbacks: `go` makes the call, `give_back` returns the job to its queue."""

    def __init__(
        self,
        units: Units,
        lane: Lane,
        until: float,
        since: float,
        go: Callable[["SimulatedBooking"], None],
        give_back: Callable[[float], None],
    ) -> None:
        super().__init__(units, lane, until, since)
        self.go = go
        self.give_back = give_back


class SimulatedPacer:
    """One worker's access to one ledger: its jobs' entries are read and written together."""

    def __init__(self, timeline: Timeline, item: LedgerItem, random: Random) -> None:
        self._timeline = timeline
        self._item = item
        self._random = random
        self._desk = BookingRules(random.uniform)
        self._is_writing = False
        self._arrived: list[Entry] = []
        self._group: list[Entry] = []
        self._tries = 0
        #: Bookings that look again, by the time at which they do.
        self._later: dict[float, list[SimulatedBooking]] = {}

    def step(self, booking: SimulatedBooking) -> None:
        """Do the next thing for a booking: look at the ledger, call, or give the job back."""
        now = self._timeline.now
        step, at = self._desk.next(booking, now)
        if step is Next.LOOK and at <= now:
            self.enter(booking)
        elif step is Next.LOOK:
            if at not in self._later:
                self._later[at] = []
                self._timeline.put(at, self._look, at)
            self._later[at].append(booking)
        elif step is Next.GO:
            travel = self._random.random() * NETWORK
            self._timeline.put(max(at, now) + travel, booking.go, booking)
        else:
            assert step is Next.GIVE_BACK, "no question is larger than its quota"
            booking.give_back(at - now)

    def enter(self, entry: Entry) -> None:
        """Add a booking or a settlement to the next write."""
        self._arrived.append(entry)
        if not self._is_writing:
            self._begin()

    def _look(self, at: float) -> None:
        self._arrived += self._later.pop(at)
        if not self._is_writing:
            self._begin()

    def _begin(self) -> None:
        self._is_writing = True
        self._tries = 0
        self._timeline.put(self._timeline.now + self._desk.pause() + READ, self._read)

    def _read(self, _: None) -> None:
        now, item = self._timeline.now, self._item
        self._group += self._arrived
        self._arrived.clear()
        if now < item.written_at:
            self._lost_conflict()
            return
        item.ledger.turn(now)
        if apply(self._group, item.ledger):
            item.written_at = now + WRITE
            item.writes[int(now)] += 1
            self._timeline.put(item.written_at, self._written)
        else:
            self._written(None)

    def _lost_conflict(self) -> None:
        self._item.conflicts += 1
        self._desk.was_overtaken()
        self._tries += 1
        if self._tries < TRIES:
            delay = WRITE + self._desk.pause() + READ
            self._timeline.put(self._timeline.now + delay, self._read)
            return
        self._item.abandoned += 1
        group, self._group = self._group, []
        self._is_writing = False
        for entry in group:
            if isinstance(entry, SimulatedBooking):
                entry.give_back(self._random.uniform(5, 10))

    def _written(self, _: None) -> None:
        self._desk.has_written()
        group, self._group = self._group, []
        self._is_writing = False
        for entry in group:
            if isinstance(entry, SimulatedBooking):
                self._item.bookings += entry.is_booked
                self.step(entry)
        if self._arrived and not self._is_writing:
            self._begin()
