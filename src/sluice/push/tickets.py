"""Tickets: the right of a caller to open one WebSocket connection within a minute.

Browsers cannot send a header with a WebSocket handshake, so the URL has to contain a credential.
A ticket works once and expires soon, so the API key never has to be in a URL.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from sluice.clock import Clock, to_utc
from sluice.ports import TicketStore

#: How long a ticket is valid, in seconds.
_VALID = 60


class Ticket(BaseModel):
    """A ticket, and when it expires."""

    model_config = ConfigDict(frozen=True)

    ticket: str
    expires_at: datetime


@dataclass(frozen=True)
class Tickets:
    """Issues and redeems tickets. Every method raises StoreUnavailable."""

    store: TicketStore
    clock: Clock

    def issue(self, caller: str) -> Ticket:
        """A new ticket for `caller`."""
        ticket = secrets.token_urlsafe(32)
        until = self.clock.time() + _VALID
        self.store.keep(_hash(ticket), caller, until=until)
        return Ticket(ticket=ticket, expires_at=to_utc(until))

    def redeem(self, ticket: str) -> str | None:
        """Use up the ticket and return its caller. None if it is used, expired or unknown."""
        return self.store.redeem(_hash(ticket), self.clock.time())


def _hash(ticket: str) -> str:
    return hashlib.sha256(ticket.encode()).hexdigest()
