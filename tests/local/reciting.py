"""A stand-in for Bedrock whose model recites fixed words."""

import asyncio
import threading
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from starlette.applications import Starlette

from local.bedrock.app import bedrock_app
from local.bedrock.converse import ConverseRequest
from local.bedrock.errors import ServiceError
from local.bedrock.model import Delta, End, Model, Piece
from local.bedrock.tokens import Usage
from local.conditions import Conditions
from tests.local.clock import ManualClock
from tests.local.serving import bedrock_client, serving

if TYPE_CHECKING:
    from mypy_boto3_bedrock_runtime import BedrockRuntimeClient

#: 10 tokens by the stand-in's count.
QUESTION = "What is covered if I am treated abroad? "
#: 12 deltas of 2 tokens each.
WORDS = ["abcdefg "] * 12


class Reciting:
    """A model that yields its words, hangs at one of them, or fails before the first."""

    instant = False

    def __init__(self, *, stuck_at: int | None = None, refusal: ServiceError | None = None) -> None:
        self.stuck_at = stuck_at
        self.refusal = refusal
        self.stopped = threading.Event()

    async def answer(self, request: ConverseRequest) -> AsyncGenerator[Piece, None]:
        try:
            if self.refusal:
                raise self.refusal
            for place, word in enumerate(WORDS):
                if place == self.stuck_at:
                    await asyncio.Event().wait()
                yield Delta(word)
            yield End("end_turn", Usage(request.input_tokens, 24))
        finally:
            self.stopped.set()


@contextmanager
def upstream(
    quotas: str = "",
    faults: str = "",
    model: Model | None = None,
    clock: ManualClock | None = None,
) -> Iterator[tuple[Starlette, "BedrockRuntimeClient", str]]:
    """Yield a stand-in whose clock only the test advances."""
    conditions = Conditions.read(quotas, faults)
    app = bedrock_app(model or Reciting(), conditions=conditions, clock=clock or ManualClock())
    with serving(app) as url, bedrock_client(url) as client:
        yield app, client, url
