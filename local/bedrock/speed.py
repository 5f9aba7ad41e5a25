"""How fast an answer appears, as if a language model wrote it."""

from asyncio import sleep
from collections.abc import AsyncGenerator, AsyncIterable
from dataclasses import dataclass
from time import monotonic

from local.bedrock.model import Delta, Piece
from local.bedrock.tokens import CHARACTERS_PER_TOKEN, spell


@dataclass(frozen=True)
class OutputSpeed:
    """The speed given to an answer that is ready at once; zero means no waiting."""

    first_token_seconds: float = 0.3
    tokens_per_second: float = 80.0

    async def paced(self, pieces: AsyncIterable[Piece]) -> AsyncGenerator[Piece, None]:
        """Yield the pieces delta by delta, at this speed."""
        begun = monotonic() + self.first_token_seconds
        written = 0
        async for piece in pieces:
            if not isinstance(piece, Delta):
                yield piece
                continue
            for text in spell(piece.text):
                # Each wait is measured from the start, so that late wake-ups do not add up.
                if (wait := begun + self._seconds(written) - monotonic()) > 0:
                    await sleep(wait)
                yield Delta(text)
                written += len(text)

    def _seconds(self, characters: int) -> float:
        tokens = characters / CHARACTERS_PER_TOKEN
        return tokens / self.tokens_per_second if self.tokens_per_second else 0.0
