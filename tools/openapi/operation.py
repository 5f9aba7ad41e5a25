"""What there is to say about one call of the API; `tools.openapi.operations` says it of each."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel
from typing_extensions import TypedDict

from sluice import errors

Schema = Mapping[str, Any]


class Contract(TypedDict):
    """An OpenAPI 3.1 document, as far as it is ours to say."""

    openapi: str
    info: dict[str, str]
    servers: list[dict[str, str]]
    security: list[dict[str, list[str]]]
    paths: dict[str, dict[str, Any]]
    components: dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Parameter:
    """Something beside the body. What is in the path is needed, all else may be left out."""

    name: str
    place: Literal["path", "query", "header"]
    description: str
    schema: Schema


@dataclass(frozen=True)
class Link:
    """What to call next: `parameters` are runtime expressions of OpenAPI."""

    call: str
    parameters: Mapping[str, str]


@dataclass(frozen=True)
class Success:
    """A success, with its JSON if it has any."""

    description: str
    body: type[Any] | None = None
    #: Headers that are always there, and those that may be.
    headers: tuple[str, ...] = ()
    maybe: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()


@dataclass(frozen=True)
class Operation:
    """One call. `name` is its route's function; runtime.http knows the statuses of refusals."""

    name: str
    summary: str
    answers: Mapping[int, Success]
    refusals: tuple[type[errors.SluiceError], ...] = ()
    parameters: tuple[Parameter, ...] = ()
    body: type[BaseModel] | None = None
    #: What its function may answer whatever was asked.
    always: tuple[type[errors.SluiceError], ...] = field(
        default=(
            errors.Unauthorized,
            errors.InvalidRequest,
            errors.StoreUnavailable,
            errors.SluiceError,
        )
    )
