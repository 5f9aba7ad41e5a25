"""How fast an answer appears."""

from asyncio import sleep
from collections.abc import AsyncGenerator, AsyncIterable
from dataclasses import dataclass
from time import monotonic

from local.bedrock.model import Delta, Piece
from local.bedrock.tokens import CHARACTERS_PER_TOKEN, spell


@dataclass(frozen=True)
class Manner:
    """The pace of a model whose answer is there at once; zero means without waiting."""

    first_token_seconds: float = 0.3
    tokens_per_second: float = 80.0

    async def pace(self, pieces: AsyncIterable[Piece]) -> AsyncGenerator[Piece, None]:
        """Let pieces appear delta by delta, as a model would write them."""
        begun = monotonic() + self.first_token_seconds
        written = 0
        async for piece in pieces:
            if not isinstance(piece, Delta):
                yield piece
                continue
            for text in spell(piece.text):
                # Against one clock: what each wait takes too long would add up.
                if (wait := begun + self._seconds(written) - monotonic()) > 0:
                    await sleep(wait)
                yield Delta(text)
                written += len(text)

    def _seconds(self, characters: int) -> float:
        tokens = characters / CHARACTERS_PER_TOKEN
        return tokens / self.tokens_per_second if self.tokens_per_second else 0.0
