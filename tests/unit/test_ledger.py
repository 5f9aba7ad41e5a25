from sluice.job import Lane
from sluice.ledger import Ledger, Quotas, Units

NOW = 1_800_000_000.0
MODEL = Quotas(tokens_per_minute=10_000, requests_per_minute=5)
FAR = NOW + 1000


def again(ledger: Ledger, quotas: Quotas, now: float) -> Ledger:
    return Ledger(quotas, ledger.dump(), now)


def test_the_quota_that_binds_decides() -> None:
    ledger = Ledger(MODEL, {}, NOW)
    for _ in range(4):
        assert ledger.book(Units(100), Lane.INTERACTIVE, FAR) == (True, NOW)
    booked, at = ledger.book(Units(100), Lane.INTERACTIVE, FAR)
    assert (booked, at) == (True, NOW + 61)


def test_nothing_is_booked_later_than_it_is_of_use() -> None:
    ledger = Ledger(MODEL, {}, NOW)
    ledger.book(Units(9_000), Lane.INTERACTIVE, FAR)
    booked, at = ledger.book(Units(9_000), Lane.INTERACTIVE, NOW + 30)
    assert (booked, at) == (False, NOW + 61)
    assert again(ledger, MODEL, NOW + 61).book(Units(9_000), Lane.INTERACTIVE, FAR)[0]


def test_bulk_books_only_what_is_almost_due() -> None:
    ledger = Ledger(MODEL, {}, NOW)
    ledger.book(Units(9_000), Lane.INTERACTIVE, FAR)
    assert ledger.book(Units(3_000), Lane.BULK, FAR)[0] is False
    assert ledger.book(Units(3_000), Lane.INTERACTIVE, FAR)[0] is True


def test_bulk_leaves_room_for_a_question() -> None:
    ledger = Ledger(Quotas(tokens_per_minute=10_000), {}, NOW)
    booked = 0
    while ledger.book(Units(1_000), Lane.BULK, FAR)[0]:
        booked += 1
    assert booked == 8
    assert ledger.book(Units(1_000), Lane.INTERACTIVE, FAR) == (True, NOW)


def test_the_more_ask_interactively_the_more_bulk_leaves_free_but_never_all() -> None:
    quotas = Quotas(tokens_per_minute=100_000)
    ledger = Ledger(quotas, {}, NOW)
    for _ in range(90):
        ledger.book(Units(1_000), Lane.INTERACTIVE, FAR)
    later = again(ledger, quotas, NOW + 62)
    booked = 0
    while later.book(Units(1_000), Lane.BULK, FAR)[0]:
        booked += 1
    assert 49 <= booked < 90


def test_what_can_never_fit_is_told_apart() -> None:
    ledger = Ledger(MODEL, {}, NOW)
    assert ledger.fits(Units(9_000))
    assert not ledger.fits(Units(10_001))


def test_a_daily_quota_closes_for_long() -> None:
    quotas = Quotas(tokens_per_day=10_000)
    ledger = Ledger(quotas, {}, NOW)
    ledger.book(Units(9_000), Lane.INTERACTIVE, FAR)
    booked, at = ledger.book(Units(9_000), Lane.INTERACTIVE, FAR)
    assert not booked
    assert at > NOW + 80_000


def test_a_ledger_deleted_by_hand_starts_anew() -> None:
    assert Ledger(MODEL, {}, NOW).book(Units(9_000), Lane.BULK, FAR) == (True, NOW)
