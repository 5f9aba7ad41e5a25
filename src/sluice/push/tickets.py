"""Tickets: a caller's right to open one WebSocket connection, soon.

Browsers cannot send a header with a WebSocket, so something has to travel in the URL. A ticket
works once and for a minute; the API key never leaves the headers.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from sluice.clock import Clock, to_utc
from sluice.ports import TicketStore

#: Seconds a ticket is valid.
_VALID = 60


class Ticket(BaseModel):
    """A ticket as its caller gets it."""

    model_config = ConfigDict(frozen=True)

    ticket: str
    expires_at: datetime


@dataclass(frozen=True)
class Tickets:
    """Hands tickets out and takes them in."""

    store: TicketStore
    clock: Clock

    def issue(self, caller: str) -> Ticket:
        """A new ticket for `caller`."""
        ticket = secrets.token_urlsafe(32)
        until = self.clock.time() + _VALID
        self.store.keep(_hash(ticket), caller, until=until)
        return Ticket(ticket=ticket, expires_at=to_utc(until))

    def redeem(self, ticket: str) -> str | None:
        """The ticket's caller, once; None for one that is used, expired or made up."""
        return self.store.redeem(_hash(ticket), self.clock.time())


def _hash(ticket: str) -> str:
    return hashlib.sha256(ticket.encode()).hexdigest()
