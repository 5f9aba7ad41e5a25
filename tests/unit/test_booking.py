from sluice.job.job import Lane
from sluice.pace.booking import (
    NOTHING,
    Booking,
    BookingRules,
    Next,
    Reservation,
    Settlement,
    apply,
    is_late,
)
from sluice.pace.ledger import Ledger, Quotas, Units

NOW = 1_800_000_000.0
QUOTAS = Quotas(tokens_per_minute=10_000)
FAR = NOW + 10_000


def some_rules() -> BookingRules:
    return BookingRules(jitter=lambda low, high: high)


def a_booking(
    tokens: float, lane: Lane = Lane.BULK, since: float = NOW, until: float = FAR
) -> Booking:
    return Booking(Units(tokens), lane, until, since)


def test_a_new_booking_reads_the_ledger_and_then_goes() -> None:
    rules, ledger, booking = some_rules(), Ledger(QUOTAS, {}, NOW), a_booking(1_000)
    assert rules.next(booking, NOW) == (Next.LOOK, NOW)
    assert apply([booking], ledger)
    assert rules.next(booking, NOW) == (Next.GO, NOW)


def test_after_one_found_no_room_its_whole_lane_reads_again_at_the_same_time() -> None:
    rules, ledger = some_rules(), Ledger(QUOTAS, {}, NOW)
    apply([a_booking(9_000, Lane.INTERACTIVE)], ledger)
    first, second = a_booking(2_000), a_booking(500)
    assert not apply([first], ledger)
    assert rules.next(first, NOW) == (Next.LOOK, NOW + 5.5)
    assert rules.next(second, NOW + 1) == (Next.LOOK, NOW + 5.5)
    assert rules.next(a_booking(500, Lane.INTERACTIVE), NOW + 1) == (Next.LOOK, NOW + 1)


def test_a_booking_that_cannot_wait_is_given_back_until_its_turn() -> None:
    rules, ledger = some_rules(), Ledger(QUOTAS, {}, NOW)
    apply([a_booking(9_000, Lane.INTERACTIVE)], ledger)
    booking = a_booking(2_000, until=NOW + 30)
    apply([booking], ledger)
    assert rules.next(booking, NOW) == (Next.GIVE_BACK, NOW + 61)


def test_more_than_the_quota_is_refused() -> None:
    rules, booking = some_rules(), a_booking(20_000)
    assert not apply([booking], Ledger(QUOTAS, {}, NOW))
    assert rules.next(booking, NOW)[0] is Next.REFUSE


def test_a_booking_that_never_fits_does_not_delay_those_behind_it() -> None:
    too_large, behind = a_booking(20_000), a_booking(1_000, since=NOW + 1)
    assert apply([too_large, behind], Ledger(QUOTAS, {}, NOW))
    assert behind.is_booked


def test_bookings_are_served_in_order_and_none_overtakes_a_larger_one() -> None:
    ledger = Ledger(QUOTAS, {}, NOW)
    large, small = a_booking(4_000, since=NOW - 2), a_booking(100, since=NOW - 1)
    interactive = a_booking(5_000, Lane.INTERACTIVE, since=NOW - 3)
    apply([small, large, interactive], ledger)
    assert [interactive.is_booked, large.is_booked, small.is_booked] == [True, False, False]
    assert small.at == large.at


def test_a_refund_makes_room_in_the_same_write() -> None:
    ledger = Ledger(QUOTAS, {}, NOW)
    first, second = a_booking(9_000, Lane.INTERACTIVE), a_booking(9_000, Lane.INTERACTIVE)
    apply([first], ledger)
    apply([second, Settlement(Reservation(first.booked, first.at), NOTHING)], ledger)
    assert (second.is_booked, second.at) == (True, NOW)


def test_the_charge_is_booked_where_it_exceeds_the_reservation() -> None:
    ledger = Ledger(QUOTAS, {}, NOW)
    first = Booking(Units(1_000, at_most=4_000), Lane.BULK, FAR, NOW)
    apply([first], ledger)
    assert first.booked.tokens == 4_000
    apply([Settlement(Reservation(first.booked, first.at), Units(2_500))], ledger)
    second = Booking(Units(1_000, at_most=4_000), Lane.BULK, FAR, NOW)
    apply([second], ledger)
    assert second.booked.tokens == 2_500


def test_a_possible_charge_beyond_the_quota_does_not_refuse_a_call() -> None:
    booking = Booking(Units(3_000, at_most=50_000), Lane.INTERACTIVE, FAR, NOW)
    assert apply([booking], Ledger(QUOTAS, {}, NOW))
    assert booking.booked.tokens == 9_850


def test_pauses_grow_with_each_lost_write_and_shrink_with_each_success() -> None:
    rules = some_rules()
    assert rules.pause() == 0
    pauses = []
    for _ in range(8):
        rules.was_overtaken()
        pauses.append(rules.pause())
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (0.02, 1.0)
    for _ in range(12):
        rules.has_written()
    assert rules.pause() == 0


def test_a_booking_is_valid_for_its_second_only() -> None:
    assert not is_late(NOW, NOW + 0.7)
    assert is_late(NOW, NOW + 0.9)
