from adapters.memory.clock import ManualClock
from adapters.memory.tickets import MemoryTicketStore
from sluice.push.tickets import Tickets


def test_a_ticket_returns_its_caller_once() -> None:
    tickets = Tickets(MemoryTicketStore(), ManualClock())
    ticket = tickets.issue("ann")
    assert tickets.redeem(ticket.ticket) == "ann"
    assert tickets.redeem(ticket.ticket) is None


def test_a_ticket_is_valid_for_a_minute() -> None:
    clock = ManualClock()
    tickets = Tickets(MemoryTicketStore(), clock)
    early, late = tickets.issue("ann"), tickets.issue("ann")
    clock.now += 59
    assert tickets.redeem(early.ticket) == "ann"
    clock.now += 1
    assert tickets.redeem(late.ticket) is None


def test_a_made_up_ticket_is_refused() -> None:
    assert Tickets(MemoryTicketStore(), ManualClock()).redeem("made up") is None


def test_the_ticket_itself_is_not_stored() -> None:
    store = MemoryTicketStore()
    ticket = Tickets(store, ManualClock()).issue("ann").ticket
    assert ticket not in str(store.tickets)
