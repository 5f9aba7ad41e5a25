"""A model that stamps its tokens: `python -m bench.live.stamping_model` serves it as Bedrock.

Each token is `t=<monotonic nanoseconds>; `, written at the moment it is handed to the server, so
whoever reads it on this machine knows how long it was on its way. A prompt asks for a length with
`(120 tokens)`. The first line of standard output is the port; it serves until it is ended.
"""

import asyncio
import re
import time
from collections.abc import AsyncGenerator, Iterator

from bench.live.server_process import serve
from local.bedrock.app import bedrock_app
from local.bedrock.converse import ConverseRequest
from local.bedrock.model import Delta, End, Piece
from local.bedrock.tokens import Usage

#: Seconds until the first token, and tokens per second: about what a small model does.
FIRST_TOKEN_SECONDS = 0.3
TOKENS_PER_SECOND = 50

_STAMP = re.compile(r"t=(\d+);")
_LENGTH = re.compile(r"\((\d+) tokens\)")


class TickingModel:
    """Writes as many stamps as the prompt asks for, at a fixed rate."""

    #: It takes its own time.
    instant = False

    async def answer(self, request: ConverseRequest) -> AsyncGenerator[Piece, None]:
        """Write stamps; a prompt that asks for no length gets one."""
        begun = time.monotonic() + FIRST_TOKEN_SECONDS
        asked = _LENGTH.findall(request.messages[-1].text)
        tokens = int(asked[-1]) if asked else 1
        for number in range(tokens):
            # Against one clock: what each wait takes too long would add up.
            wait = begun + number / TOKENS_PER_SECOND - time.monotonic()
            await asyncio.sleep(max(0.0, wait))
            yield Delta(f"t={time.monotonic_ns()}; ")
        yield End("end_turn", Usage(request.input_tokens, tokens))


def stamps(text: str) -> Iterator[int]:
    """When each token of this text left the model, in monotonic nanoseconds."""
    return map(int, _STAMP.findall(text))


if __name__ == "__main__":
    serve(bedrock_app(TickingModel()))
