"""The files of results: where they are, and how they are written."""

import json
import os
import platform
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

#: The folder of the results that are committed.
RESULTS = Path(__file__).parent / "results"


def about_this_machine() -> dict[str, str]:
    """The date, the machine and the Python version of a run."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def write_results(
    path: Path, about: Mapping[str, Any], results: Iterable[Mapping[str, Any]]
) -> None:
    """Replace the file as a whole with JSON that people can read: one line for each field."""
    written = ",\n".join(
        "{\n" + ",\n".join(f" {json.dumps(k)}: {json.dumps(v)}" for k, v in each.items()) + "\n}"
        for each in results
    )
    text = f'{{"about": {json.dumps(about)},\n"results": [\n{written}\n]}}\n'
    temporary = path.with_suffix(".tmp")
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, path)  # noqa: PTH105 - atomic


def write_report(path: Path, report: str, facts: Mapping[str, Any]) -> None:
    """Write a report in Markdown, and the measurements beside it as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(report, encoding="utf-8")
    path.with_suffix(".json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
