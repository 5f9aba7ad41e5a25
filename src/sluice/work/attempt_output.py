"""What an attempt leaves behind while it runs: saved text, extended leases, told watchers.

Watchers are the job item's `subscribers`; every write and every look at the item returns them.
Whoever subscribed between two saves has the earlier save as its snapshot, so that is where its
deltas begin, and it sees each piece once.
"""

from collections.abc import Callable, Collection

from sluice.answering.citations import AnswerWriter
from sluice.clock import Clock
from sluice.job.answer import Answer
from sluice.job.job import Job
from sluice.ports import JobStore
from sluice.push.events import Delta, Event, job_event, sources_event
from sluice.push.fan_out import FanOut
from sluice.work.lease import HeldJob

#: Seconds between looks at the job item while the model writes.
_LOOK_EVERY = 1.0
#: A worker keeps this many seconds for an answer: a job whose turn comes later is given back.
KEPT_FOR_AN_ANSWER = 60
#: Seconds that slow watchers have to get the last of it.
_LAST_WORDS = 3.0


class AttemptOutput:
    """Follows one attempt at one job. Its methods raise LeaseLost when the job is not ours."""

    def __init__(
        self,
        store: JobStore,
        fan_out: FanOut,
        clock: Clock,
        held: HeldJob,
        lease_end: Callable[[], float],
        advance: Callable[[Job], None],
    ) -> None:
        self._store = store
        self._fan_out = fan_out
        self._clock = clock
        self._held = held
        self._lease_end = lease_end
        #: Called once, when the answer begins or the job ends.
        self._advance = advance
        #: The job as it stands in this attempt.
        self.job = held.job
        self._text = ""
        self._writer: AnswerWriter | None = None
        #: What a snapshot shows: the length of the text that was saved last.
        self._saved = 0
        self._looked_at = clock.time()

    def began(self) -> None:
        """Tell watchers that the text starts, or starts again."""
        for connection in self.job.subscribers:
            self._fan_out.add(connection, [job_event(self.job)])

    def check(self) -> None:
        self._held.check()

    @property
    def until(self) -> float:
        """After this there would be no time left for an answer, or it is not wanted."""
        last = self._held.deadline - KEPT_FOR_AN_ANSWER
        if self.job.begin_by is None or self.job.has_begun:
            return last
        return min(last, self.job.begin_by)

    def wait(self, seconds: float) -> None:
        """Wait for the quota's sake, and notice soon if the job is no longer ours."""
        self._held.check()
        end = self._clock.time() + seconds
        while (left := end - self._clock.time()) > 0:
            self._clock.sleep(min(left, _LOOK_EVERY))
            self._held.check()

    def found(self, job: Job) -> None:
        """Keep the timing, and the sources for snapshots, before tokens are spent."""
        self._held.check()
        self.job = job
        keep = {"timing", "sources"} if self._fan_out else {"timing"}
        stored = self._store.extend(job, until=self._lease_end(), keep=keep)
        self._saw(stored)
        self._fan_out.send(sources_event(job))

    def wrote(self, job: Job, piece: str, writer: AnswerWriter) -> None:
        """Send a piece on, and look at the item when it is time."""
        self._held.check()
        self.job = job
        if piece:
            if not self._text:
                self._advance(job)
            self._fan_out.send(Delta(job.id, job.attempts, len(self._text), piece))
            self._text = writer.text
            self._writer = writer
        if self._clock.time() - self._looked_at >= _LOOK_EVERY:
            self._look(writer)

    @property
    def answer(self) -> Answer | None:
        """The answer as far as it was written."""
        return self._writer.answer() if self._writer else None

    def ended(self, job: Job) -> None:
        """Keep the end, then tell it. Raises LeaseLost if it is not ours to tell."""
        known = self._fan_out.connections
        watchers = self._store.finish(job.model_copy(update={"subscribers": known}))
        if self._writer is None:
            self._advance(job)
        self._meet(watchers, [])
        self._fan_out.send(job_event(job))
        self._fan_out.close(_LAST_WORDS)

    def gave_back(self, *, counted: bool) -> None:
        """Queue the job again, and tell that it waits once more.

        Raises LeaseLost, and CancelRequested with the job still held.
        """
        queued = self._store.give_back(self.job, counted=counted)
        self._fan_out.send(job_event(queued))
        self._fan_out.close(_LAST_WORDS)

    def abandon(self) -> None:
        """Tell nothing more: the job is another's, or nothing can be written."""
        self._fan_out.close(0)

    def _look(self, writer: AnswerWriter) -> None:
        self._looked_at = self._clock.time()
        if not self._fan_out:
            # Nobody watches: a look costs less than a save.
            if stored := self._store.get(self.job.key):
                self._saw(stored)
            return
        so_far = self.job.model_copy(update={"answer": writer.answer()})
        keep = {"answer", "sources"}
        self._saw(self._store.extend(so_far, until=self._lease_end(), keep=keep))
        self._saved = len(self._text)

    def _saw(self, stored: Job) -> None:
        """Take note of what others have written into the job item."""
        self._held.saw(stored)
        self._held.check()
        self._meet(stored.subscribers)

    def _meet(self, watchers: Collection[str], first: list[Event] | None = None) -> None:
        """Begin to serve who is new, from where its snapshot ended; stop serving who has left."""
        self._fan_out.keep_only(watchers)
        events: list[Event] = first if first is not None else self._known_sources()
        if rest := self._text[self._saved :]:
            events = [*events, Delta(self.job.id, self.job.attempts, self._saved, rest)]
        for connection in watchers:
            if connection not in self._fan_out:
                self._fan_out.add(connection, events)

    def _known_sources(self) -> list[Event]:
        return [sources_event(self.job)] if self._text else []
