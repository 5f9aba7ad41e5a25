"""The conditions under which the stand-ins serve: their quotas, their faults and a random seed.

`make run` reads them from two texts, QUOTAS and FAULTS.
"""

import re
from collections.abc import Mapping
from typing import Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from local.bedrock.manner import Manner
from local.faults import KendraFaults, ModelFaults
from local.quota import Shape

_Part = TypeVar("_Part", bound=BaseModel)


class UnreadableConditions(Exception):
    """A value of QUOTAS or FAULTS cannot be read; the message is one line that says which."""


class Quotas(BaseModel):
    """What the stand-ins let through; 0 is no such quota."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    #: The model's tokens per minute, per model id as the next two: input + maxTokens when a call
    #: starts, input + output x burndown when it has ended.
    tokens: int = Field(default=0, ge=0)
    #: Model calls per minute.
    requests: int = Field(default=0, ge=0)
    #: The model's tokens per day, counted like those per minute.
    day: int = Field(default=0, ge=0)
    #: Tokens that an output token is charged as.
    burndown: int = Field(default=1, ge=1)
    shape: Shape = Shape.BUCKET
    #: Kendra's Retrieve and Query together, per second and index: always a bucket.
    queries: float = Field(default=0, ge=0)
    #: Queries that may come at once after a rest; None: one second's, at least one.
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
    def manner(self) -> Manner:
        """How the quoting model's answer appears once it begins."""
        usual, faults = Manner(), self.model_faults
        return Manner(
            # The latency is waited for before the answer begins.
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
    said = f"{where}{name}={first['input']}: {reason}." if name else f"{where}{reason}."
    raise UnreadableConditions(said)
