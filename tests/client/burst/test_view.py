"""What a person sees of a burst."""

import io
from collections import Counter

import pytest
from rich.console import Console

from sluice_client.burst.progress import BurstProgress
from sluice_client.burst.summary import Summary
from sluice_client.views.burst import BurstView, summary_lines
from tests.client.fakes import FakeClock


def console(*, terminal: bool, width: int = 100) -> Console:
    return Console(file=io.StringIO(), force_terminal=terminal, width=width, highlight=False)


def shown(of: Console) -> str:
    assert isinstance(of.file, io.StringIO)
    return of.file.getvalue()


@pytest.fixture
def progress(clock: FakeClock) -> BurstProgress:
    return BurstProgress(clock, total=5_000, done=0, failed=0)


def words(progress: BurstProgress, clock: FakeClock) -> str:
    return BurstView(console(terminal=False), clock, progress).words()


def end(progress: BurstProgress, clock: FakeClock, count: int, seconds: float) -> None:
    """`count` jobs end, spread over `seconds`."""
    for _ in range(count):
        clock.sleep(seconds / count)
        progress.ended(completed=True)


def test_at_first_neither_rate_nor_end_is_shown(progress: BurstProgress, clock: FakeClock) -> None:
    assert words(progress, clock) == "0 of 5,000"


def test_the_rate_is_that_of_the_last_two_minutes(
    progress: BurstProgress, clock: FakeClock
) -> None:
    end(progress, clock, 1_000, 60)
    end(progress, clock, 600, 120)

    assert words(progress, clock) == "1,600 of 5,000, 300 a minute, 11 min left"


def test_the_services_forecast_is_the_end_once_all_are_sent(
    progress: BurstProgress, clock: FakeClock
) -> None:
    end(progress, clock, 4_900, 60)
    progress.open, progress.expected_end = 100, clock.now + 150
    clock.sleep(20)

    assert progress.seconds_left == pytest.approx(130)


def test_the_services_forecast_is_stretched_to_what_is_not_sent_yet(
    progress: BurstProgress, clock: FakeClock
) -> None:
    progress.open, progress.expected_end = 500, clock.now + 60

    assert words(progress, clock) == "0 of 5,000, 10 min left, 500 open"


def test_the_line_of_progress_reads_as_its_documentation_says(
    progress: BurstProgress, clock: FakeClock
) -> None:
    progress.ended(completed=False)
    progress.ended(completed=False)
    progress.ended(completed=False)
    end(progress, clock, 577, 119)
    end(progress, clock, 624, 120)
    progress.open = 2_000

    assert f'Return "{words(progress, clock)}".' in (BurstView.words.__doc__ or "")


def test_questions_without_answer_and_a_full_service_are_shown(
    progress: BurstProgress, clock: FakeClock
) -> None:
    progress.ended(completed=False)
    progress.open, progress.is_full = 200, True

    assert words(progress, clock) == (
        "1 of 5,000, 1 without answer, 200 open (the service accepts no more for now)"
    )


def test_without_a_terminal_there_is_a_line_every_30_seconds(
    progress: BurstProgress, clock: FakeClock
) -> None:
    plain = console(terminal=False)
    with BurstView(plain, clock, progress) as view:
        for _ in range(95):
            end(progress, clock, 1, 1)
            view.tick()

    assert shown(plain).splitlines() == [
        "30 of 5,000, 60 a minute, 1 h left",
        "60 of 5,000, 60 a minute, 1 h left",
        "90 of 5,000, 60 a minute, 1 h left",
    ]


def test_an_outage_is_reported_once_and_so_is_its_end(
    progress: BurstProgress, clock: FakeClock
) -> None:
    plain = console(terminal=False)
    with BurstView(plain, clock, progress) as view:
        progress.waits_for = "Nothing listens\x1b[2J there."
        view.tick()
        view.tick()
        progress.waits_for = ""
        view.tick()

    assert shown(plain) == ("Trying again. Nothing listens[2J there.\nThe service answers again.\n")


@pytest.mark.parametrize("width", [30, 100])
def test_a_terminal_gets_one_line_with_a_bar_which_disappears(
    progress: BurstProgress, clock: FakeClock, width: int
) -> None:
    terminal = console(terminal=True, width=width)
    progress.open, progress.expected_end = 500, clock.now + 60
    with BurstView(terminal, clock, progress) as view:
        view.tick()

    output = shown(terminal)
    assert "0 of 5" in output
    assert ("━" in output) == (width == 100)
    assert output.count("\n") <= 1
    assert output.endswith("\x1b[2K")
    assert output.index("\x1b[?25l") < output.rindex("\x1b[?25h")


def summary_with(**changes: object) -> Summary:
    values = {
        "completed": 10,
        "ungrounded": 0,
        "failed": Counter(),
        "cancelled": 0,
        "unanswered": (),
        "input_tokens": 12_000,
        "output_tokens": 800,
        "cost_usd": None,
    }
    return Summary(**(values | changes))  # type: ignore[arg-type]


def test_a_summary_of_success_is_short() -> None:
    assert summary_lines(summary_with(), total=10, ended=10, seconds=60) == [
        "10 of 10 answered.",
        "12,000 tokens in, 800 out.",
        "10 in 0:01:00, 10 a minute.",
    ]


def test_a_summary_lists_everything_that_went_wrong() -> None:
    lines = summary_lines(
        summary_with(
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
