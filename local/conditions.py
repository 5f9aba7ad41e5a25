"""The conditions under which the stand-ins serve: their quotas, their faults, and the dice's seed.

Told twice: to `make run` as two texts (QUOTAS, FAULTS), to `python -m local.upstreams` as options.
"""

import re
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from local.bedrock.manner import Manner
from local.faults import KendraFaults, ModelFaults
from local.quota import Shape

_Told = TypeVar("_Told", bound=BaseModel)


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


#: The server's options, by the words of QUOTAS.
_OPTIONS = {
    "tokens": "--model-tokens-per-minute",
    "requests": "--model-requests-per-minute",
    "day": "--model-tokens-per-day",
    "burndown": "--model-burndown",
    "shape": "--quota-shape",
    "queries": "--kendra-queries-per-second",
    "burst": "--kendra-burst",
}


@dataclass(frozen=True)
class Conditions:
    """Everything that can be told; by default no quota and no fault."""

    quotas: Quotas = field(default_factory=Quotas)
    model_faults: ModelFaults = field(default_factory=ModelFaults)
    kendra_faults: KendraFaults = field(default_factory=KendraFaults)
    seed: int = 0

    @classmethod
    def read(cls, quotas: str, faults: str) -> Self:
        """Read two texts such as "tokens=300000 shape=rolling" and "cut=0.01,kendra.slow=2,seed=7".

        A fault is the model's, or Kendra's if it says so. Raises UnreadableConditions.
        """
        given = _pairs("FAULTS", faults)
        seed = given.pop("seed", "0")
        if not re.fullmatch(r"-?[0-9]{1,18}", seed):
            raise UnreadableConditions(f'FAULTS: seed="{seed}" is not a whole number.')
        kendra = {name[7:]: value for name, value in given.items() if name.startswith("kendra.")}
        model = {name: value for name, value in given.items() if not name.startswith("kendra.")}
        return cls(
            _checked(Quotas, "QUOTAS: ", _pairs("QUOTAS", quotas)),
            _checked(ModelFaults, "FAULTS: ", model),
            _checked(KendraFaults, "FAULTS: kendra.", kendra),
            int(seed),
        )

    @classmethod
    def from_options(cls, chosen: Namespace) -> Self:
        """Take what `add_options` made argparse read. Raises UnreadableConditions."""
        given = vars(chosen)
        quotas = " ".join(f"{word}={given[word]}" for word in _OPTIONS if given[word] is not None)
        seed = "" if chosen.seed is None else f" seed={chosen.seed}"
        return cls.read(quotas, chosen.faults + seed)

    def options(self) -> list[str]:
        """Return the options of the server that say the same."""
        quotas = self.quotas.model_dump(mode="json", exclude_unset=True)
        faults = [*_named("", self.model_faults), *_named("kendra.", self.kendra_faults)]
        return [
            *(f"{_OPTIONS[word]}={value}" for word, value in quotas.items()),
            f"--faults={','.join(faults)}",
            f"--seed={self.seed}",
        ]

    @property
    def manner(self) -> Manner:
        """How the quoting model's answer appears once it begins."""
        usual, faults = Manner(), self.model_faults
        return Manner(
            # The latency is waited for before the answer begins.
            0.0 if faults.slow else usual.first_token_seconds,
            usual.tokens_per_second if faults.speed is None else faults.speed,
        )


def add_options(parser: ArgumentParser) -> None:
    """Add the server's options for all of this; `Conditions.from_options` reads them."""
    for word, option in _OPTIONS.items():
        parser.add_argument(option, dest=word, help=f"{word} in QUOTAS of `make run`")
    parser.add_argument(
        "--faults", default="", help="such as throttle=0.01,cut=0.01,slow=lognormal:1.0:3.0"
    )
    parser.add_argument("--seed", help="a whole number that decides which calls the faults hit")


def _named(prefix: str, faults: KendraFaults) -> Iterator[str]:
    for name, one in type(faults).model_fields.items():
        if name in faults.model_fields_set:
            yield f"{prefix}{one.alias}={getattr(faults, name)}"


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


def _checked(kind: type[_Told], where: str, given: Mapping[str, str]) -> _Told:
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
