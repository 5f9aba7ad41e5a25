"""Tickets in memory."""


class MemoryTicketStore:
    """A TicketStore in a dictionary."""

    def __init__(self) -> None:
        self.tickets: dict[str, tuple[str, float]] = {}

    def keep(self, ticket_hash: str, caller: str, *, until: float) -> None:
        self.tickets[ticket_hash] = (caller, until)

    def redeem(self, ticket_hash: str, now: float) -> str | None:
        caller, until = self.tickets.pop(ticket_hash, (None, 0.0))
        return caller if now < until else None
