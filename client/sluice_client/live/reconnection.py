"""Reconnection: opens one WebSocket after another, each with a new ticket.

It counts failures, pauses between attempts, and decides when to stop trying.
"""

from urllib.parse import quote

from sluice_client.api import fields
from sluice_client.api.errors import Refused, ServiceFailed, Unreachable
from sluice_client.api.events import Interrupted, Resumed
from sluice_client.transport.backoff import Backoff
from sluice_client.transport.clock import Deadline, TimeSource
from sluice_client.transport.http import HttpApi
from sluice_client.transport.operations import (
    CloseSocket,
    Emit,
    OpenSocket,
    Procedure,
    Sleep,
    SocketLost,
)
from sluice_client.transport.retry import RETRIED_STATUSES

#: Seconds to get a ticket, and seconds to open a connection.
_TICKET, _OPEN = 10.0, 10.0

_BACKOFF = Backoff(first=0.5, longest=15.0)

#: Connections in a row that failed; after that the jobs are polled.
_FAILURES = 3

#: Seconds without any response after which a failure is final: most networks return sooner.
_OFFLINE = 60.0


class Reconnection:
    """Connections to the service's WebSocket. With `websocket_url` None there is none."""

    def __init__(self, api: HttpApi, clock: TimeSource, websocket_url: str | None) -> None:
        self._api = api
        self._clock = clock
        self._websocket_url = websocket_url
        self._failures = 0
        #: Whether events arrive now, and whether they did and then stopped.
        self._is_live = self._is_interrupted = False
        #: When the service last responded; None: never.
        self._last_response: float | None = None
        self.is_open = False

    @property
    def exists(self) -> bool:
        """Whether the service has a WebSocket, as far as is known."""
        return self._websocket_url is not None

    @property
    def is_worth_trying(self) -> bool:
        """Whether to connect now, rather than to poll."""
        return self.exists and self._failures < _FAILURES

    def connect(self, deadline: Deadline) -> Procedure[None]:
        """Open a connection and set `is_open`, unless no ticket is issued. Raises SocketLost."""
        ticket = yield from self._ticket(deadline)
        if ticket and self._websocket_url:
            url = f"{self._websocket_url}?ticket={quote(ticket, safe='')}"
            yield OpenSocket(url, max(0.1, min(_OPEN, deadline.remaining())))
            self.is_open = True

    def lost(self, reason: str, deadline: Deadline) -> Procedure[None]:
        """Close the socket, emit Interrupted if events had been arriving, and pause."""
        yield CloseSocket()
        self.is_open = False
        self._failures += 1
        if self._is_live:
            self._is_live, self._is_interrupted = False, True
            yield Emit(Interrupted(reason))
        yield Sleep(min(_BACKOFF.pause(self._failures), deadline.remaining()))

    def arrived(self, *, polling: bool) -> Procedure[None]:
        """Record that news arrived, and emit Resumed after an interruption."""
        self.responded()
        self._is_live = True
        if self._is_interrupted:
            self._is_interrupted = False
            yield Emit(Resumed(polling=polling))

    def responded(self) -> None:
        """Record that the service responded."""
        self._last_response = self._clock.monotonic()

    def made_progress(self) -> None:
        """Reset the count of failures: only failures in a row count."""
        self._failures = 0

    def allow_one_more_try(self) -> None:
        """Make the WebSocket worth trying again. One more failure ends that."""
        self._failures = min(self._failures, _FAILURES - 1)

    def is_final(self, error: ServiceFailed | Unreachable) -> bool:
        """Return whether to give up: the service never responded, or not for a minute."""
        if isinstance(error, ServiceFailed) and error.status not in RETRIED_STATUSES:
            return True
        last = self._last_response
        return last is None or self._clock.monotonic() - last > _OFFLINE

    def _ticket(self, deadline: Deadline) -> Procedure[str | None]:
        try:
            reply = yield from self._api.call(
                "POST", "/tickets", timeout=_TICKET, deadline=deadline
            )
        except Refused as refused:
            if refused.status in RETRIED_STATUSES:
                raise SocketLost(str(refused)) from refused
            self._websocket_url = None  # a service without a WebSocket, or not for this key
            return None
        except (ServiceFailed, Unreachable) as error:
            raise SocketLost(str(error)) from error
        ticket = fields.string(reply.body, "ticket")
        if not ticket:
            self._websocket_url = None
        return ticket
