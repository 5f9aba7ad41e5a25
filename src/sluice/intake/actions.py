"""What a client may say over its connection: one JSON object with an `action`."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from sluice.job.question import Question

_STRICT = ConfigDict(frozen=True, extra="forbid", strict=True)

#: Jobs that one message may name.
_MOST_JOBS = 100

RequestId = Annotated[str, StringConstraints(max_length=128)]
JobIds = Annotated[list[str], Field(min_length=1, max_length=_MOST_JOBS)]


class Ask(Question):
    """Submit a question and watch its job. `request_id` comes back with the first event."""

    action: Literal["ask"]
    request_id: RequestId | None = None


class Subscribe(BaseModel):
    """Watch these jobs; each answers with its present state."""

    model_config = _STRICT

    action: Literal["subscribe"]
    job_ids: JobIds
    request_id: RequestId | None = None


class Unsubscribe(BaseModel):
    """Watch these jobs no longer."""

    model_config = _STRICT

    action: Literal["unsubscribe"]
    job_ids: JobIds
    request_id: RequestId | None = None


class Cancel(BaseModel):
    """Want this job no more."""

    model_config = _STRICT

    action: Literal["cancel"]
    job_id: str
    request_id: RequestId | None = None


class Ping(BaseModel):
    """Keep the connection from being idle."""

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


class _Named(BaseModel):
    """Any of them, as far as its name."""

    model_config = ConfigDict(strict=True)

    action: Literal["ask", "subscribe", "unsubscribe", "cancel", "ping"]


def parse_action(message: str) -> Action:
    """The action that a message holds. Raises pydantic's ValidationError."""
    return _ACTIONS[_Named.model_validate_json(message).action].model_validate_json(message)
