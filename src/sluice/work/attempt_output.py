"""The output of an attempt while it runs: saved text, an extended lease, and events for watchers.

The watchers are the `subscribers` of the stored job. Every write and read of it returns them.
A client that subscribes between two saves gets the earlier save as its snapshot.
Its deltas start where that snapshot ends, so it gets each piece exactly once.
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

#: Seconds between reads of the stored job while the model writes.
_READ_EVERY = 1.0
#: Seconds reserved for the answer at the end of the function's time: a job whose turn comes later
#: is given back.
KEPT_FOR_AN_ANSWER = 60
#: Seconds that slow watchers have to get the last events.
_LAST_EVENTS = 3.0


class AttemptOutput:
    """Follows one attempt at one job.

    Its methods raise LeaseLost if the job is no longer ours.
    They raise CancelRequested if its caller has cancelled it, and OutOfTime at the deadline.
    """

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
        #: Called once, when the answer starts or the job ends without one.
        self._advance = advance
        #: The job as this attempt has changed it so far.
        self.job = held.job
        self._text = ""
        self._writer: AnswerWriter | None = None
        #: The length of the text that was saved last, which is the text of a snapshot.
        self._saved = 0
        self._read_at = clock.time()

    def began(self) -> None:
        """Send the watchers an event that the text starts, or starts again."""
        for connection in self.job.subscribers:
            self._fan_out.add(connection, [job_event(self.job)])

    def check(self) -> None:
        self._held.check()

    @property
    def until(self) -> float:
        """The latest time at which it is still useful to start, in seconds since 1970.

        Later there would be no time left for an answer, or the caller does not want it any more.
        """
        last = self._held.deadline - KEPT_FOR_AN_ANSWER
        if self.job.begin_by is None or self.job.has_begun:
            return last
        return min(last, self.job.begin_by)

    def wait(self, seconds: float) -> None:
        """Wait for a booking, and check every second whether to stop."""
        self._held.check()
        end = self._clock.time() + seconds
        while (left := end - self._clock.time()) > 0:
            self._clock.sleep(min(left, _READ_EVERY))
            self._held.check()

    def found(self, job: Job) -> None:
        """Store the timing and, for snapshots, the sources. Send the sources to the watchers."""
        self._held.check()
        self.job = job
        keep = {"timing", "sources"} if self._fan_out else {"timing"}
        stored = self._store.extend(job, until=self._lease_end(), keep=keep)
        self._saw(stored)
        self._fan_out.send(sources_event(job))

    def wrote(self, job: Job, piece: str, writer: AnswerWriter) -> None:
        """Send a piece to the watchers. Save the text or read the job when it is time."""
        self._held.check()
        self.job = job
        if piece:
            if not self._text:
                self._advance(job)
            self._fan_out.send(Delta(job.id, job.attempts, len(self._text), piece))
            self._text = writer.text
            self._writer = writer
        if self._clock.time() - self._read_at >= _READ_EVERY:
            self._save_or_read(writer)

    @property
    def answer(self) -> Answer | None:
        """The answer written so far, or None."""
        return self._writer.answer() if self._writer else None

    def ended(self, job: Job) -> None:
        """Store the job, which has ended, and send the event of its end to the watchers."""
        known = self._fan_out.connections
        watchers = self._store.finish(job.model_copy(update={"subscribers": known}))
        if self._writer is None:
            self._advance(job)
        self._meet(watchers, [])
        self._fan_out.send(job_event(job))
        self._fan_out.close(_LAST_EVENTS)

    def gave_back(self, *, counted: bool) -> None:
        """Queue the job again, and send its watchers the event that it waits.

        Raises LeaseLost. Raises CancelRequested if the caller cancelled: the job is still held.
        """
        queued = self._store.give_back(self.job, counted=counted)
        self._fan_out.send(job_event(queued))
        self._fan_out.close(_LAST_EVENTS)

    def abandon(self) -> None:
        """Send nothing more: the job is another worker's, or nothing can be written."""
        self._fan_out.close(0)

    def _save_or_read(self, writer: AnswerWriter) -> None:
        self._read_at = self._clock.time()
        if not self._fan_out:
            # Nobody watches, and a read costs less than a save.
            if stored := self._store.get(self.job.key):
                self._saw(stored)
            return
        so_far = self.job.model_copy(update={"answer": writer.answer()})
        keep = {"answer", "sources"}
        self._saw(self._store.extend(so_far, until=self._lease_end(), keep=keep))
        self._saved = len(self._text)

    def _saw(self, stored: Job) -> None:
        """React to what others have written to the stored job."""
        self._held.saw(stored)
        self._held.check()
        self._meet(stored.subscribers)

    def _meet(self, watchers: Collection[str], first: list[Event] | None = None) -> None:
        """Add new watchers, starting where their snapshots end. Drop those that have left."""
        self._fan_out.keep_only(watchers)
        events: list[Event] = first if first is not None else self._known_sources()
        if rest := self._text[self._saved :]:
            events = [*events, Delta(self.job.id, self.job.attempts, self._saved, rest)]
        for connection in watchers:
            if connection not in self._fan_out:
                self._fan_out.add(connection, events)

    def _known_sources(self) -> list[Event]:
        return [sources_event(self.job)] if self._text else []
