from adapters.memory.clock import ManualClock
from adapters.memory.tickets import MemoryTicketStore
from sluice.push.tickets import Tickets


def test_a_ticket_is_its_callers_once() -> None:
    office = Tickets(MemoryTicketStore(), ManualClock())
    ticket = office.issue("ann")
    assert office.redeem(ticket.ticket) == "ann"
    assert office.redeem(ticket.ticket) is None


def test_a_ticket_is_good_for_a_minute() -> None:
    clock = ManualClock()
    office = Tickets(MemoryTicketStore(), clock)
    early, late = office.issue("ann"), office.issue("ann")
    clock.now += 59
    assert office.redeem(early.ticket) == "ann"
    clock.now += 1
    assert office.redeem(late.ticket) is None


def test_a_made_up_ticket_is_nobodys() -> None:
    assert Tickets(MemoryTicketStore(), ManualClock()).redeem("made up") is None


def test_the_ticket_itself_is_not_stored() -> None:
    store = MemoryTicketStore()
    ticket = Tickets(store, ManualClock()).issue("ann").ticket
    assert ticket not in str(store.tickets)
