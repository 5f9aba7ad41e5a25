"""The results of all cases, saved to a file after each case."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bench.burst.case import Case
from bench.burst.result import BurstResult, Sample
from bench.results_file import write_results
from local.quota import Shape


@dataclass
class BurstResults:
    """The results so far. `about` describes the machine and the versions."""

    path: Path
    about: dict[str, Any]
    found: list[BurstResult] = field(default_factory=list)

    @classmethod
    def read(cls, path: Path) -> "BurstResults":
        """Read the results of an earlier run. Raises OSError and ValueError."""
        saved = json.loads(path.read_text(encoding="utf-8"))
        return cls(path, saved["about"], [_read(each) for each in saved["results"]])

    def has(self, case: Case) -> bool:
        """Whether a case was measured, without anything to note."""
        return any(each.case == case and not each.note for each in self.found)

    def add(self, result: BurstResult) -> None:
        """Add a result and save all; it replaces an earlier one of the same case."""
        self.found = [each for each in self.found if each.case != result.case] + [result]
        write_results(self.path, self.about, map(_as_json, self.found))


def _as_json(result: BurstResult) -> dict[str, Any]:
    """The fields of a result; a sample is an array of three numbers."""
    fields = asdict(result)
    fields["samples"] = [list(sample.values()) for sample in fields["samples"]]
    return fields


def _read(saved: dict[str, Any]) -> BurstResult:
    case = saved.pop("case")
    samples = [Sample(*sample) for sample in saved.pop("samples")]
    return BurstResult(Case(**case | {"shape": Shape(case["shape"])}), samples=samples, **saved)
