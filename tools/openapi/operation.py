"""Types that describe one call of the API. `tools.openapi.operations` has the descriptions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel
from typing_extensions import TypedDict

from sluice import errors

Schema = Mapping[str, Any]


class Contract(TypedDict):
    """An OpenAPI 3.1 document."""

    openapi: str
    info: dict[str, str]
    servers: list[dict[str, str]]
    security: list[dict[str, list[str]]]
    paths: dict[str, dict[str, Any]]
    components: dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Parameter:
    """A parameter. Those in the path are required, all others are optional."""

    name: str
    place: Literal["path", "query", "header"]
    description: str
    schema: Schema


@dataclass(frozen=True)
class Link:
    """A call that may follow. `parameters` are OpenAPI runtime expressions."""

    call: str
    parameters: Mapping[str, str]


@dataclass(frozen=True)
class Success:
    """A successful response. `body` is the type of its JSON."""

    description: str
    body: type[Any] | None = None
    #: Headers that every such response has.
    headers: tuple[str, ...] = ()
    #: Headers that it may have.
    optional_headers: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()


@dataclass(frozen=True)
class Operation:
    """One call. `name` is its route's function; `runtime.http` knows the statuses of refusals."""

    name: str
    summary: str
    #: By status.
    successes: Mapping[int, Success]
    refusals: tuple[type[errors.SluiceError], ...] = ()
    parameters: tuple[Parameter, ...] = ()
    body: type[BaseModel] | None = None
    #: Errors that every call of the function can answer with.
    always: tuple[type[errors.SluiceError], ...] = field(
        default=(
            errors.Unauthorized,
            errors.InvalidRequest,
            errors.StoreUnavailable,
            errors.SluiceError,
        )
    )
