"""The conditions under which the stand-ins serve: their quotas, their faults and a random seed.

`make run` reads them from two texts, QUOTAS and FAULTS.
"""

import re
from collections.abc import Mapping
from typing import Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from local.bedrock.speed import OutputSpeed
from local.faults import KendraFaults, ModelFaults
from local.quota import Shape

_Part = TypeVar("_Part", bound=BaseModel)


class UnreadableConditions(Exception):
    """A value of QUOTAS or FAULTS is not valid; the message is one line that names it."""


class Quotas(BaseModel):
    """The quotas of the stand-ins; 0 means no quota."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    #: Tokens per minute and model id. A call reserves input + maxTokens when it starts and is
    #: charged input + output x burndown when it has ended.
    tokens: int = Field(default=0, ge=0)
    #: Calls per minute and model id.
    requests: int = Field(default=0, ge=0)
    #: Tokens per day and model id, counted like those per minute.
    day: int = Field(default=0, ge=0)
    #: How many tokens an output token is charged as.
    burndown: int = Field(default=1, ge=1)
    shape: Shape = Shape.BUCKET
    #: Kendra's Retrieve and Query calls per second and index. This quota is always a bucket.
    queries: float = Field(default=0, ge=0)
    #: Queries that may come at once after a pause. None: those of one second, at least one.
    burst: float | None = Field(default=None, ge=1)


class Conditions(BaseModel):
    """Quotas, faults and the seed; by default no quota and no fault.

    Between processes they travel as their JSON: `model_dump_json`, `model_validate_json`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    quotas: Quotas = Quotas()
    model_faults: ModelFaults = ModelFaults()
    kendra_faults: KendraFaults = KendraFaults()
    #: Decides which calls the faults hit.
    seed: int = 0

    @classmethod
    def read(cls, quotas: str, faults: str) -> Self:
        """Read two texts such as "tokens=300000 shape=rolling" and "cut=0.01,kendra.slow=2,seed=7".

        A fault is the model's unless its name begins with "kendra.". Raises UnreadableConditions.
        """
        given = _pairs("FAULTS", faults)
        seed = given.pop("seed", "0")
        if not re.fullmatch(r"-?[0-9]{1,18}", seed):
            raise UnreadableConditions(f'FAULTS: seed="{seed}" is not an integer.')
        kendra = {name[7:]: value for name, value in given.items() if name.startswith("kendra.")}
        model = {name: value for name, value in given.items() if not name.startswith("kendra.")}
        return cls(
            quotas=_checked(Quotas, "QUOTAS: ", _pairs("QUOTAS", quotas)),
            model_faults=_checked(ModelFaults, "FAULTS: ", model),
            kendra_faults=_checked(KendraFaults, "FAULTS: kendra.", kendra),
            seed=int(seed),
        )

    @property
    def output_speed(self) -> OutputSpeed:
        """The speed at which the quoting model's answer appears."""
        usual, faults = OutputSpeed(), self.model_faults
        return OutputSpeed(
            # With `slow`, that latency comes before the answer; it takes the place of this one.
            0.0 if faults.slow else usual.first_token_seconds,
            usual.tokens_per_second if faults.speed is None else faults.speed,
        )


def _pairs(variable: str, text: str) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for word in text.replace(",", " ").split():
        name, equals, value = word.partition("=")
        if not (name and equals and value):
            raise UnreadableConditions(f'{variable}: "{word}" is not name=value.')
        if name in pairs:
            raise UnreadableConditions(f"{variable}: {name} is given twice.")
        pairs[name] = value
    return pairs


def _checked(kind: type[_Part], where: str, given: Mapping[str, str]) -> _Part:
    try:
        return kind.model_validate(given)
    except ValidationError as wrong:
        first = wrong.errors(include_url=False)[0]
    name = ".".join(map(str, first["loc"]))
    known = ", ".join(one.alias or word for word, one in kind.model_fields.items())
    if first["type"] == "extra_forbidden":
        raise UnreadableConditions(f"{where}{name} is not one of {known}.")
    reason = first["msg"].removeprefix("Value error, ")
    message = f"{where}{name}={first['input']}: {reason}." if name else f"{where}{reason}."
    raise UnreadableConditions(message)
