import pytest

from sluice_ops.terminal import in_words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "0 s"),
        (12, "12 s"),
        (300, "5 min"),
        (4_080, "1 h 8 min"),
        (7_199, "2.0 h"),
        (9_000, "2.5 h"),
        (90_000, "1 day 1 h"),
        (172_000, "2.0 days"),
        (216_000, "2.5 days"),
    ],
)
def test_a_duration_has_the_unit_that_fits(seconds: float, words: str) -> None:
    assert in_words(seconds) == words
