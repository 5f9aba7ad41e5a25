"""Reconnection: one socket after the other, each with a ticket of its own.

Counts what fails, pauses between attempts, and says when to stop hoping.
"""

import random
from urllib.parse import quote

from sluice_client.api import fields
from sluice_client.api.errors import Refused, ServiceFailed, Unreachable
from sluice_client.api.events import Interrupted, Resumed
from sluice_client.transport.clock import Deadline, Timepiece
from sluice_client.transport.http import Connection
from sluice_client.transport.operations import Dial, HangUp, Lost, Pause, Steps, Tell
from sluice_client.transport.retry import RETRIED_STATUSES

#: Seconds for a ticket, and seconds for a connection.
_TICKET, _DIAL = 10.0, 10.0

#: Seconds: the pause before the first reconnection is at most this long, each further one at
#: most twice the last, up to the longest.
_BASE, _LONGEST = 0.5, 15.0

#: Connections in a row that came to nothing; then the jobs are polled for.
_FAILURES = 3

#: Seconds without any answer after which a failure is final: networks come back, mostly soon.
_OFFLINE = 60.0


class Reconnection:
    """The way to the service's WebSocket; `websocket_url` None: there is none."""

    def __init__(self, connection: Connection, clock: Timepiece, websocket_url: str | None) -> None:
        self._connection = connection
        self._clock = clock
        self._websocket_url = websocket_url
        self._failures = 0
        #: Whether news flow, and whether they once did and ceased.
        self._flows = self._interrupted = False
        #: When the service last answered; None: never.
        self._heard: float | None = None
        self.is_open = False

    @property
    def exists(self) -> bool:
        """Whether there is a WebSocket at all, as far as is known."""
        return self._websocket_url is not None

    @property
    def is_promising(self) -> bool:
        """Whether to try it now, rather than to poll."""
        return self.exists and self._failures < _FAILURES

    def connect(self, deadline: Deadline) -> Steps[None]:
        """Open a connection, or let `is_open` be False after a failure. Raises Lost."""
        ticket = yield from self._ticket(deadline)
        if ticket and self._websocket_url:
            url = f"{self._websocket_url}?ticket={quote(ticket, safe='')}"
            yield Dial(url, max(0.1, min(_DIAL, deadline.remaining())))
            self.is_open = True

    def lost(self, reason: str, deadline: Deadline) -> Steps[None]:
        """Hang up, say so if news had been flowing, and pause before the next attempt."""
        yield HangUp()
        self.is_open = False
        self._failures += 1
        if self._flows:
            self._flows, self._interrupted = False, True
            yield Tell(Interrupted(reason))
        longest = min(_BASE * 2 ** (self._failures - 1), _LONGEST)
        # Jittered, lest all who were cut off at once come back at once.
        pause = random.uniform(0, longest)  # noqa: S311 - no secret hangs on it
        yield Pause(min(pause, deadline.remaining()))

    def reached(self, *, polling: bool) -> Steps[None]:
        """Take note that news flow."""
        self.answered()
        self._flows = True
        if self._interrupted:
            self._interrupted = False
            yield Tell(Resumed(polling=polling))

    def answered(self) -> None:
        """Take note that the service is there."""
        self._heard = self._clock.monotonic()

    def worked(self) -> None:
        """Take note that something came of it; only failures in a row count."""
        self._failures = 0

    def try_once_more(self) -> None:
        """Give it one more chance after a while; one further failure ends that."""
        self._failures = min(self._failures, _FAILURES - 1)

    def has_ended(self, error: ServiceFailed | Unreachable) -> bool:
        """Whether this failure is final: nothing was ever heard, or not for a minute."""
        if isinstance(error, ServiceFailed) and error.status not in RETRIED_STATUSES:
            return True
        return self._heard is None or self._clock.monotonic() - self._heard > _OFFLINE

    def _ticket(self, deadline: Deadline) -> Steps[str | None]:
        try:
            reply = yield from self._connection.call(
                "POST", "/tickets", timeout=_TICKET, deadline=deadline
            )
        except Refused as refused:
            if refused.status in RETRIED_STATUSES:
                raise Lost(str(refused)) from refused
            self._websocket_url = None  # a service without a WebSocket, or not for this key
            return None
        except (ServiceFailed, Unreachable) as error:
            raise Lost(str(error)) from error
        ticket = fields.text(reply.body, "ticket")
        if not ticket:
            self._websocket_url = None
        return ticket
