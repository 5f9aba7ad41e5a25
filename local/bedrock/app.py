"""A stand-in for Amazon Bedrock's runtime: Converse and ConverseStream over the real wire protocol.

`bedrock_app(model, manner)` is an ASGI application for boto3's unchanged `bedrock-runtime` client.
A call goes through four places: `_Bedrock._admit` reads it, local.bedrock.gate lets it in or
refuses it, the model answers, local.bedrock.delivery sends. What went through is counted in
`app.state.stats` and, with the tokens, in `app.state.gate`.

Source of paths and errors: botocore's service model of bedrock-runtime (2023-09-30).
"""

import re
import time

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from local.bedrock.converse import parse
from local.bedrock.delivery import Call, StreamedAnswer, WholeAnswer, error
from local.bedrock.gate import Gate
from local.bedrock.manner import Manner
from local.bedrock.model import Model
from local.bedrock.refusal import Refusal, invalid
from local.bedrock.stats import BedrockStats
from local.conditions import Conditions
from local.quota import Clock

#: Ids, profiles (`us.anthropic...`) and ARNs; longer or other ones the service model refuses.
_MODEL_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9:._/-]{0,2047}")
#: Model ids that start so are unknown, to see what a wrong one does.
_UNKNOWN = "unknown."


def bedrock_app(
    model: Model,
    manner: Manner | None = None,
    conditions: Conditions | None = None,
    clock: Clock = time.monotonic,
) -> Starlette:
    """Build the application; its counters are `app.state.stats`, a BedrockStats.

    `manner` sets the pace of a model whose answer is there at once; without one the conditions do.
    `clock` is the time by which quotas refill and traffic is counted.
    """
    conditions = conditions or Conditions()
    bedrock = _Bedrock(model, manner or conditions.manner, conditions, clock)
    app = Starlette(
        routes=[
            # An ARN has a slash, which arrives decoded: the id is all between the first and last.
            Route("/model/{model_id:path}/converse", bedrock.converse, methods=["POST"]),
            Route(
                "/model/{model_id:path}/converse-stream", bedrock.converse_stream, methods=["POST"]
            ),
        ],
        exception_handlers={
            Refusal: bedrock.refuse,
            404: bedrock.refuse_operation,
            405: bedrock.refuse_operation,
            Exception: bedrock.fail,
        },
    )
    app.state.stats = bedrock.stats
    app.state.gate = bedrock.gate
    return app


class _Bedrock:
    def __init__(self, model: Model, manner: Manner, conditions: Conditions, clock: Clock) -> None:
        self._model = model
        self._manner = manner
        self.stats = BedrockStats()
        self.gate = Gate(conditions, self.stats, clock)

    async def converse(self, request: Request) -> WholeAnswer:
        return WholeAnswer(await self._admit("converse", request))

    async def converse_stream(self, request: Request) -> StreamedAnswer:
        return StreamedAnswer(await self._admit("converse-stream", request))

    async def _admit(self, operation: str, request: Request) -> Call:
        """Read a call and begin its answer; raises Refusal if it is none."""
        started = time.monotonic()
        self.stats.calls[operation] += 1
        model_id = request.path_params["model_id"]
        if not _MODEL_ID.fullmatch(model_id) or model_id.startswith(_UNKNOWN):
            raise invalid("The provided model identifier is invalid.")
        asked = parse(await request.body())
        pieces = self._model.answer(asked)
        if self._model.instant:
            pieces = self._manner.pace(pieces)
        streamed = operation == "converse-stream"
        passing = self.gate.passing(pieces, model_id, asked, streamed=streamed)
        return Call(passing, self.stats, started)

    async def refuse(self, _: Request, refusal: Exception) -> Response:
        if not isinstance(refusal, Refusal):
            raise refusal
        return error(refusal, self.stats)

    async def refuse_operation(self, request: Request, _: Exception) -> Response:
        message = f"There is no operation {request.method} {request.url.path}."
        return error(Refusal("UnknownOperationException", message), self.stats)

    async def fail(self, _request: Request, _error: Exception) -> Response:
        # Starlette raises the error again afterwards, so the server's log has its trace.
        message = "The stand-in failed; its log says why."
        return error(Refusal("InternalServerException", message), self.stats)
