"""The outcomes of a run, kept in a file as they come."""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bench.burst.case import Case
from bench.burst.outcome import Look, Outcome
from local.quota import Shape


@dataclass
class Outcomes:
    """What was found so far. Each addition replaces the file whole."""

    path: Path
    about: dict[str, Any]
    found: list[Outcome] = field(default_factory=list)

    @classmethod
    def read(cls, path: Path) -> "Outcomes":
        """What a run before this one kept. Raises OSError and ValueError."""
        kept = json.loads(path.read_text(encoding="utf-8"))
        return cls(path, kept["about"], [_read(each) for each in kept["outcomes"]])

    def has(self, case: Case) -> bool:
        return any(each.case == case and not each.note for each in self.found)

    def add(self, outcome: Outcome) -> None:
        """Keep an outcome, in the place of an earlier one of the same case."""
        self.found = [each for each in self.found if each.case != outcome.case] + [outcome]
        kept = {"about": self.about, "outcomes": [asdict(each) for each in self.found]}
        beside = self.path.with_suffix(".tmp")
        beside.write_text(_dump(kept), encoding="utf-8")
        os.replace(beside, self.path)  # noqa: PTH105 - whole or not at all


def _dump(kept: dict[str, Any]) -> str:
    """As JSON that a person can read: a look is three numbers, all looks of a case one line."""
    for outcome in kept["outcomes"]:
        outcome["looks"] = [list(look.values()) for look in outcome["looks"]]
    outcomes = ",\n".join(
        "{\n" + ",\n".join(f" {json.dumps(k)}: {json.dumps(v)}" for k, v in each.items()) + "\n}"
        for each in kept["outcomes"]
    )
    return f'{{"about": {json.dumps(kept["about"])},\n"outcomes": [\n{outcomes}\n]}}\n'


def _read(kept: dict[str, Any]) -> Outcome:
    case = kept.pop("case")
    looks = [Look(*look) for look in kept.pop("looks")]
    return Outcome(Case(**case | {"shape": Shape(case["shape"])}), looks=looks, **kept)
