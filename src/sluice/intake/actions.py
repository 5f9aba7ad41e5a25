"""The messages that a client may send over its connection: JSON objects with an `action`."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from sluice.job.question import Question

_STRICT = ConfigDict(frozen=True, extra="forbid", strict=True)

#: The largest number of jobs in one message.
_MOST_JOBS = 100

RequestId = Annotated[str, StringConstraints(max_length=128)]
JobIds = Annotated[list[str], Field(min_length=1, max_length=_MOST_JOBS)]


class Ask(Question):
    """Submit a question and watch its job. The first event repeats the `request_id`."""

    action: Literal["ask"]
    request_id: RequestId | None = None


class Subscribe(BaseModel):
    """Watch these jobs. The reply is the current state of each job."""

    model_config = _STRICT

    action: Literal["subscribe"]
    job_ids: JobIds
    request_id: RequestId | None = None


class Unsubscribe(BaseModel):
    """Stop watching these jobs."""

    model_config = _STRICT

    action: Literal["unsubscribe"]
    job_ids: JobIds
    request_id: RequestId | None = None


class Cancel(BaseModel):
    """Cancel this job."""

    model_config = _STRICT

    action: Literal["cancel"]
    job_id: str
    request_id: RequestId | None = None


class Ping(BaseModel):
    """Keep the connection from being closed because it is idle."""

    model_config = _STRICT

    action: Literal["ping"]
    request_id: RequestId | None = None


Action = Ask | Subscribe | Unsubscribe | Cancel | Ping

_ACTIONS: dict[str, type[Action]] = {
    "ask": Ask,
    "subscribe": Subscribe,
    "unsubscribe": Unsubscribe,
    "cancel": Cancel,
    "ping": Ping,
}


class _AnyAction(BaseModel):
    """The name of an action, whatever its other fields are."""

    model_config = ConfigDict(strict=True)

    action: Literal["ask", "subscribe", "unsubscribe", "cancel", "ping"]


def parse_action(message: str) -> Action:
    """The action in a message. Raises pydantic's ValidationError."""
    return _ACTIONS[_AnyAction.model_validate_json(message).action].model_validate_json(message)
