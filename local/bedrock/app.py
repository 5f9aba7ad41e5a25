"""A stand-in for Amazon Bedrock's runtime: Converse and ConverseStream over the real wire protocol.

`bedrock_app(model, speed)` is an ASGI application that boto3's `bedrock-runtime` client can call.
A call takes four steps: `_Bedrock._begin` parses it, local.bedrock.admission admits or rejects it,
the model answers, local.bedrock.responses sends the answer.
`app.state.stats` counts calls and errors, `app.state.admission` the tokens as well.

Paths and errors are those of botocore's service model of bedrock-runtime (2023-09-30).
"""

import re
import time

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from local.bedrock.admission import Admission
from local.bedrock.converse import parse
from local.bedrock.errors import ServiceError, invalid
from local.bedrock.model import Model
from local.bedrock.responses import Call, ConverseResponse, ConverseStreamResponse, error_response
from local.bedrock.speed import OutputSpeed
from local.bedrock.stats import BedrockStats
from local.conditions import Conditions
from local.quota import Clock

#: Ids, profiles (`us.anthropic...`) and ARNs, as far as the service model allows them.
_MODEL_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9:._/-]{0,2047}")
#: Model ids with this prefix are rejected as unknown, so that a wrong id can be tried out.
_UNKNOWN = "unknown."


def bedrock_app(
    model: Model,
    speed: OutputSpeed | None = None,
    conditions: Conditions | None = None,
    clock: Clock = time.monotonic,
) -> Starlette:
    """Build the application.

    `speed` applies to a model whose answer is ready at once; by default the conditions set it.
    `clock` drives the quotas and the counters.
    """
    conditions = conditions or Conditions()
    bedrock = _Bedrock(model, speed or conditions.output_speed, conditions, clock)
    app = Starlette(
        routes=[
            # An ARN contains a slash, which arrives decoded.
            Route("/model/{model_id:path}/converse", bedrock.converse, methods=["POST"]),
            Route(
                "/model/{model_id:path}/converse-stream", bedrock.converse_stream, methods=["POST"]
            ),
        ],
        exception_handlers={
            ServiceError: bedrock.refuse,
            404: bedrock.refuse_operation,
            405: bedrock.refuse_operation,
            Exception: bedrock.fail,
        },
    )
    app.state.stats = bedrock.stats
    app.state.admission = bedrock.admission
    return app


class _Bedrock:
    def __init__(
        self, model: Model, speed: OutputSpeed, conditions: Conditions, clock: Clock
    ) -> None:
        self._model = model
        self._speed = speed
        self.stats = BedrockStats()
        self.admission = Admission(conditions, self.stats, clock)

    async def converse(self, request: Request) -> ConverseResponse:
        return ConverseResponse(await self._begin("converse", request))

    async def converse_stream(self, request: Request) -> ConverseStreamResponse:
        return ConverseStreamResponse(await self._begin("converse-stream", request))

    async def _begin(self, operation: str, request: Request) -> Call:
        """Parse a call and begin its answer. Raises ServiceError if the call is not valid."""
        started = time.monotonic()
        self.stats.calls[operation] += 1
        model_id = request.path_params["model_id"]
        if not _MODEL_ID.fullmatch(model_id) or model_id.startswith(_UNKNOWN):
            raise invalid("The provided model identifier is invalid.")
        asked = parse(await request.body())
        pieces = self._model.answer(asked)
        if self._model.instant:
            pieces = self._speed.paced(pieces)
        streamed = operation == "converse-stream"
        admitted = self.admission.admit(pieces, model_id, asked, streamed=streamed)
        return Call(admitted, self.stats, started)

    async def refuse(self, _: Request, error: Exception) -> Response:
        if not isinstance(error, ServiceError):
            raise error
        return error_response(error, self.stats)

    async def refuse_operation(self, request: Request, _: Exception) -> Response:
        message = f"There is no operation {request.method} {request.url.path}."
        return error_response(ServiceError("UnknownOperationException", message), self.stats)

    async def fail(self, _request: Request, _error: Exception) -> Response:
        # Starlette raises the error again afterwards, so its traceback is in the server's log.
        message = "The stand-in failed; its log says why."
        return error_response(ServiceError("InternalServerException", message), self.stats)
