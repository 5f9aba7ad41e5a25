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


def a_desk() -> BookingRules:
    return BookingRules(jitter=lambda low, high: high)


def a_booking(
    tokens: float, lane: Lane = Lane.BULK, since: float = NOW, until: float = FAR
) -> Booking:
    return Booking(Units(tokens), lane, until, since)


def test_a_new_booking_is_looked_at_and_then_gone_with() -> None:
    desk, ledger, booking = a_desk(), Ledger(QUOTAS, {}, NOW), a_booking(1_000)
    assert desk.next(booking, NOW) == (Next.LOOK, NOW)
    assert apply([booking], ledger)
    assert desk.next(booking, NOW) == (Next.GO, NOW)


def test_where_one_found_no_room_all_of_the_lane_look_again_at_one_time() -> None:
    desk, ledger = a_desk(), Ledger(QUOTAS, {}, NOW)
    apply([a_booking(9_000, Lane.INTERACTIVE)], ledger)
    first, second = a_booking(2_000), a_booking(500)
    assert not apply([first], ledger)
    assert desk.next(first, NOW) == (Next.LOOK, NOW + 5.5)
    assert desk.next(second, NOW + 1) == (Next.LOOK, NOW + 5.5)
    assert desk.next(a_booking(500, Lane.INTERACTIVE), NOW + 1) == (Next.LOOK, NOW + 1)


def test_who_can_wait_no_longer_is_given_back_until_its_turn() -> None:
    desk, ledger = a_desk(), Ledger(QUOTAS, {}, NOW)
    apply([a_booking(9_000, Lane.INTERACTIVE)], ledger)
    booking = a_booking(2_000, until=NOW + 30)
    apply([booking], ledger)
    assert desk.next(booking, NOW) == (Next.GIVE_BACK, NOW + 61)


def test_more_than_the_quota_is_refused() -> None:
    desk, booking = a_desk(), a_booking(20_000)
    assert not apply([booking], Ledger(QUOTAS, {}, NOW))
    assert desk.next(booking, NOW)[0] is Next.REFUSE


def test_what_cannot_ever_fit_holds_up_nobody_behind_it() -> None:
    too_large, behind = a_booking(20_000), a_booking(1_000, since=NOW + 1)
    assert apply([too_large, behind], Ledger(QUOTAS, {}, NOW))
    assert behind.is_booked


def test_who_came_first_is_booked_first_and_nobody_passes_a_larger_question() -> None:
    ledger = Ledger(QUOTAS, {}, NOW)
    large, small = a_booking(4_000, since=NOW - 2), a_booking(100, since=NOW - 1)
    interactive = a_booking(5_000, Lane.INTERACTIVE, since=NOW - 3)
    apply([small, large, interactive], ledger)
    assert [interactive.is_booked, large.is_booked, small.is_booked] == [True, False, False]
    assert small.at == large.at


def test_what_is_given_back_makes_room_in_the_same_writing() -> None:
    ledger = Ledger(QUOTAS, {}, NOW)
    first, second = a_booking(9_000, Lane.INTERACTIVE), a_booking(9_000, Lane.INTERACTIVE)
    apply([first], ledger)
    apply([second, Settlement(Reservation(first.booked, first.at), NOTHING)], ledger)
    assert (second.is_booked, second.at) == (True, NOW)


def test_what_calls_are_charged_is_booked_where_it_is_more_than_they_reserve() -> None:
    ledger = Ledger(QUOTAS, {}, NOW)
    first = Booking(Units(1_000, at_most=4_000), Lane.BULK, FAR, NOW)
    apply([first], ledger)
    assert first.booked.tokens == 4_000
    apply([Settlement(Reservation(first.booked, first.at), Units(2_500))], ledger)
    second = Booking(Units(1_000, at_most=4_000), Lane.BULK, FAR, NOW)
    apply([second], ledger)
    assert second.booked.tokens == 2_500


def test_what_a_call_may_be_charged_beyond_the_quota_does_not_refuse_it() -> None:
    booking = Booking(Units(3_000, at_most=50_000), Lane.INTERACTIVE, FAR, NOW)
    assert apply([booking], Ledger(QUOTAS, {}, NOW))
    assert booking.booked.tokens == 9_850


def test_the_more_others_are_first_the_longer_it_gathers_and_then_less_again() -> None:
    desk = a_desk()
    assert desk.pause() == 0
    pauses = []
    for _ in range(8):
        desk.was_overtaken()
        pauses.append(desk.pause())
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (0.02, 1.0)
    for _ in range(12):
        desk.has_written()
    assert desk.pause() == 0


def test_a_booking_is_good_for_its_second_only() -> None:
    assert not is_late(NOW, NOW + 0.7)
    assert is_late(NOW, NOW + 0.9)
