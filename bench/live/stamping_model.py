"""A model that writes the time into its tokens: `python -m bench.live.stamping_model` serves it.

It has Bedrock's API. Each token is `t=<monotonic nanoseconds>; `, the time at which it is handed
to the server, so any reader on this machine can say how long it took to arrive.
A prompt sets the length of the answer with `(120 tokens)`.
The first line of standard output is the port.
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


class StampingModel:
    """Writes as many stamps as the prompt asks for, at a fixed rate."""

    #: This model keeps its own rate.
    instant = False

    async def answer(self, request: ConverseRequest) -> AsyncGenerator[Piece, None]:
        """Write the stamps; a prompt that sets no length gets one."""
        begun = time.monotonic() + FIRST_TOKEN_SECONDS
        lengths = _LENGTH.findall(request.messages[-1].text)
        tokens = int(lengths[-1]) if lengths else 1
        for number in range(tokens):
            # Computed from the start, so that late wake-ups do not add up.
            wait = begun + number / TOKENS_PER_SECOND - time.monotonic()
            await asyncio.sleep(max(0.0, wait))
            yield Delta(f"t={time.monotonic_ns()}; ")
        yield End("end_turn", Usage(request.input_tokens, tokens))


def stamps(text: str) -> Iterator[int]:
    """When each token in a text left the model, in monotonic nanoseconds."""
    return map(int, _STAMP.findall(text))


if __name__ == "__main__":
    serve(bedrock_app(StampingModel()))
