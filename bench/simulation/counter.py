"""The pacer's work in events: the rules of sluice.booking at a ledger that many workers write."""

from collections import Counter as Tally
from collections.abc import Callable
from random import Random

from bench.simulation.scenario import NETWORK, READ, WRITE
from bench.simulation.timeline import BEGIN, Timeline
from sluice.job.job import Lane
from sluice.pace.booking import TRIES, Booking, BookingRules, Entry, Next, apply
from sluice.pace.ledger import Ledger, Quotas, Units


class Item:
    """A ledger's item in the table, and who came to it how often.

    The ledger itself stays in memory: writing and reading it again would change nothing. Whoever
    reads while another's write is under way would be overtaken by it. A look that finds nothing
    to book would not write, and is counted as overtaken too: the conflicts are an upper bound.
    """

    def __init__(self, quotas: Quotas) -> None:
        self.ledger = Ledger(quotas, {}, BEGIN)
        self.written_at = 0.0
        self.bookings = self.looks = self.overtaken = self.crowded = 0
        #: Writes by second.
        self.writes: Tally[int] = Tally()


class Wish(Booking):
    """A booking, and what happens upstream when its turn has come, or when it has to go back."""

    def __init__(
        self,
        units: Units,
        lane: Lane,
        until: float,
        since: float,
        go: Callable[["Wish"], None],
        give_back: Callable[[float], None],
    ) -> None:
        super().__init__(units, lane, until, since)
        self.go = go
        self.give_back = give_back


class Counter:
    """One worker's dealings with one ledger: its jobs' entries, read and written together."""

    def __init__(self, timeline: Timeline, item: Item, random: Random) -> None:
        self._timeline = timeline
        self._item = item
        self._random = random
        self._desk = BookingRules(random.uniform)
        self._is_writing = False
        self._arrived: list[Entry] = []
        self._group: list[Entry] = []
        self._tries = 0
        #: Wishes that look again at one time.
        self._later: dict[float, list[Wish]] = {}

    def step(self, wish: Wish) -> None:
        """Do what is next for a wish."""
        now = self._timeline.now
        step, at = self._desk.next(wish, now)
        if step is Next.LOOK and at <= now:
            self.enter(wish)
        elif step is Next.LOOK:
            if at not in self._later:
                self._later[at] = []
                self._timeline.put(at, self._look, at)
            self._later[at].append(wish)
        elif step is Next.GO:
            travel = self._random.random() * NETWORK
            self._timeline.put(max(at, now) + travel, wish.go, wish)
        else:
            assert step is Next.GIVE_BACK, "no question is larger than its quota"
            wish.give_back(at - now)

    def enter(self, entry: Entry) -> None:
        """Enter a booking or a settlement with what else there is."""
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
            self._was_overtaken()
            return
        item.ledger.turn(now)
        if apply(self._group, item.ledger):
            item.written_at = now + WRITE
            item.writes[int(now)] += 1
            self._timeline.put(item.written_at, self._written)
        else:
            item.looks += 1
            self._written(None)

    def _was_overtaken(self) -> None:
        self._item.overtaken += 1
        self._desk.was_overtaken()
        self._tries += 1
        if self._tries < TRIES:
            delay = WRITE + self._desk.pause() + READ
            self._timeline.put(self._timeline.now + delay, self._read)
            return
        self._item.crowded += 1
        group, self._group = self._group, []
        self._is_writing = False
        for entry in group:
            if isinstance(entry, Wish):
                entry.give_back(self._random.uniform(5, 10))

    def _written(self, _: None) -> None:
        self._desk.has_written()
        group, self._group = self._group, []
        self._is_writing = False
        for entry in group:
            if isinstance(entry, Wish):
                self._item.bookings += entry.is_booked
                self.step(entry)
        if self._arrived and not self._is_writing:
            self._begin()
