"""A file with all that is known of the jobs in the findings: their history and their log."""

import json
import re
from collections.abc import Iterable
from pathlib import Path

from bench.chaos.history import History
from bench.chaos.result import SeedResult

_JOB_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")


def keep(result: SeedResult, history: History, log: Iterable[str], folder: Path) -> Path:
    """Write the file, and return its path. `log` has the lines that workers logged."""
    folder.mkdir(parents=True, exist_ok=True)
    findings = result.lost + result.changed + result.duplicated + result.left
    ids = {job_id for finding in findings for job_id in _JOB_ID.findall(finding)}
    lines = list(log)
    evidence = {
        "findings": findings,
        "jobs": {
            job_id: {
                "history": history.of(job_id),
                "log": [line.strip() for line in lines if job_id in line],
            }
            for job_id in sorted(ids)
        },
    }
    path = folder / f"seed-{result.seed}-lease-{result.lease_seconds}.json"
    path.write_text(json.dumps(evidence, indent=1) + "\n", encoding="utf-8")
    return path
