"""What a person sees of a burst."""

import io
from collections import Counter

import pytest
from rich.console import Console

from sluice_client.burst.progress import Standing
from sluice_client.burst.summary import Tally
from sluice_client.views.burst import BurstView, summary
from tests.client.fakes import FakeClock


def console(*, terminal: bool, width: int = 100) -> Console:
    return Console(file=io.StringIO(), force_terminal=terminal, width=width, highlight=False)


def shown(of: Console) -> str:
    assert isinstance(of.file, io.StringIO)
    return of.file.getvalue()


@pytest.fixture
def standing(clock: FakeClock) -> Standing:
    return Standing(clock, total=5_000, done=0, failed=0)


def words(standing: Standing, clock: FakeClock) -> str:
    return BurstView(console(terminal=False), clock, standing).words()


def end(standing: Standing, clock: FakeClock, count: int, seconds: float) -> None:
    """So many jobs end, spread over so many seconds."""
    for _ in range(count):
        clock.sleep(seconds / count)
        standing.ended(completed=True)


def test_at_first_nothing_is_promised(standing: Standing, clock: FakeClock) -> None:
    assert words(standing, clock) == "0 of 5,000"


def test_the_rate_is_that_of_the_last_two_minutes(standing: Standing, clock: FakeClock) -> None:
    end(standing, clock, 1_000, 60)
    end(standing, clock, 600, 120)

    assert words(standing, clock) == "1,600 of 5,000, 300 a minute, 11 min left"


def test_the_services_forecast_tells_the_end_once_all_are_sent(
    standing: Standing, clock: FakeClock
) -> None:
    end(standing, clock, 4_900, 60)
    standing.open, standing.expected_end = 100, clock.now + 150
    clock.sleep(20)

    assert standing.seconds_left == pytest.approx(130)


def test_the_services_forecast_is_stretched_to_what_is_not_sent_yet(
    standing: Standing, clock: FakeClock
) -> None:
    standing.open, standing.expected_end = 500, clock.now + 60

    assert words(standing, clock) == "0 of 5,000, 10 min left, 500 open"


def test_those_without_answer_and_a_full_service_are_told_of(
    standing: Standing, clock: FakeClock
) -> None:
    standing.ended(completed=False)
    standing.open, standing.is_full = 200, True

    assert words(standing, clock) == (
        "1 of 5,000, 1 without answer, 200 open (the service takes no more for now)"
    )


def test_without_a_terminal_there_is_a_line_every_half_minute(
    standing: Standing, clock: FakeClock
) -> None:
    plain = console(terminal=False)
    with BurstView(plain, clock, standing) as view:
        for _ in range(95):
            end(standing, clock, 1, 1)
            view.tick()

    assert shown(plain).splitlines() == [
        "30 of 5,000, 60 a minute, 1 h left",
        "60 of 5,000, 60 a minute, 1 h left",
        "90 of 5,000, 60 a minute, 1 h left",
    ]


def test_what_it_waits_for_is_said_once_and_that_it_is_over(
    standing: Standing, clock: FakeClock
) -> None:
    plain = console(terminal=False)
    with BurstView(plain, clock, standing) as view:
        standing.waits_for = "Nothing listens\x1b[2J there."
        view.tick()
        view.tick()
        standing.waits_for = ""
        view.tick()

    assert shown(plain) == ("Trying again. Nothing listens[2J there.\nThe service answers again.\n")


@pytest.mark.parametrize("width", [30, 100])
def test_a_terminal_gets_one_line_with_a_bar_which_vanishes(
    standing: Standing, clock: FakeClock, width: int
) -> None:
    terminal = console(terminal=True, width=width)
    standing.open, standing.expected_end = 500, clock.now + 60
    with BurstView(terminal, clock, standing) as view:
        view.tick()

    output = shown(terminal)
    assert "0 of 5" in output
    assert ("━" in output) == (width == 100)
    assert output.count("\n") <= 1
    assert output.endswith("\x1b[2K")
    assert output.index("\x1b[?25l") < output.rindex("\x1b[?25h")


def tally(**changes: object) -> Tally:
    told = {
        "completed": 10,
        "ungrounded": 0,
        "failed": Counter(),
        "cancelled": 0,
        "unanswered": (),
        "input_tokens": 12_000,
        "output_tokens": 800,
        "cost_usd": None,
    }
    return Tally(**(told | changes))  # type: ignore[arg-type]


def test_a_summary_of_success_is_short() -> None:
    assert summary(tally(), total=10, ended=10, seconds=60) == [
        "10 of 10 answered.",
        "12,000 tokens in, 800 out.",
        "10 in 0:01:00, 10 a minute.",
    ]


def test_a_summary_tells_everything_that_went_wrong() -> None:
    lines = summary(
        tally(
            ungrounded=2,
            failed=Counter({"a": 1, "b": 3}),
            cancelled=9,
            unanswered=tuple(f"row-{n}" for n in range(13)),
            cost_usd=0.12345,
        ),
        total=23,
        ended=0,
        seconds=0,
    )

    assert lines == [
        "10 of 23 answered, 2 of them without sources.",
        "4 failed: b (3), a (1).",
        "9 cancelled.",
        "Without answer: row-0, row-1, row-2, row-3, row-4, row-5, row-6, row-7, row-8, row-9"
        " and 3 more. Ask them again with --retry-failed.",
        "12,000 tokens in, 800 out, 0.1235 US dollars.",
    ]
