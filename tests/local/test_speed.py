import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.bedrock.model import Delta, End, Piece
from local.bedrock.speed import OutputSpeed
from local.bedrock.tokens import Usage, cut, estimate, spell

END = End("end_turn", Usage(1, 1))


class Clock:
    """A clock that moves only during sleeps, each a little longer than requested."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds + 0.001


async def _pieces(*pieces: Piece) -> AsyncIterator[Piece]:
    for piece in pieces:
        yield piece


def paced(
    how: OutputSpeed, text: str, monkeypatch: pytest.MonkeyPatch
) -> list[tuple[float, Piece]]:
    clock = Clock()
    monkeypatch.setattr("local.bedrock.speed.monotonic", clock.monotonic)
    monkeypatch.setattr("local.bedrock.speed.sleep", clock.sleep)

    async def collect() -> list[tuple[float, Piece]]:
        pieces = how.paced(_pieces(Delta(text), END))
        return [(clock.now - 100.0, piece) async for piece in pieces]

    return asyncio.run(collect())


def test_the_first_token_is_delayed_and_the_rest_come_at_the_speed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = "word " * 160  # 200 tokens
    seen = paced(OutputSpeed(0.5, 100.0), text, monkeypatch)
    assert seen[0][0] == pytest.approx(0.5, abs=0.01)
    # Sleeping too long each time does not add up.
    assert seen[-2][0] == pytest.approx(0.5 + 2.0, abs=0.06)
    assert all(later[0] > earlier[0] for earlier, later in pairwise(seen[:-1]))
    assert "".join(piece.text for _, piece in seen if isinstance(piece, Delta)) == text
    assert seen[-1][1] == END


def test_a_speed_of_zero_does_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    assert {at for at, _ in paced(OutputSpeed(0, 0), "word " * 50, monkeypatch)} == {0.0}


@given(st.text(max_size=300))
def test_joined_deltas_are_the_text_and_none_is_empty_or_long(text: str) -> None:
    deltas = list(spell(text, tokens=2))
    assert "".join(deltas) == text
    assert all(0 < len(delta) <= 8 for delta in deltas)


@given(st.text(max_size=100), st.integers(1, 30))
def test_a_cut_text_has_at_most_the_given_tokens(text: str, tokens: int) -> None:
    assert estimate(cut(text, tokens)) == min(tokens, estimate(text))
    assert text.startswith(cut(text, tokens))
