"""What is known of the jobs that something was wrong with: their items' history, the log."""

import json
import re
from collections.abc import Iterable
from pathlib import Path

from bench.chaos.history import History
from bench.chaos.outcome import Outcome

_JOB_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")


def keep(outcome: Outcome, history: History, log: Iterable[str], folder: Path) -> Path:
    """Write one file with all of it; returns where."""
    folder.mkdir(parents=True, exist_ok=True)
    findings = outcome.lost + outcome.changed + outcome.duplicated + outcome.left
    ids = {job_id for finding in findings for job_id in _JOB_ID.findall(finding)}
    lines = list(log)
    told = {
        "findings": findings,
        "jobs": {
            job_id: {
                "history": history.of(job_id),
                "log": [line.strip() for line in lines if job_id in line],
            }
            for job_id in sorted(ids)
        },
    }
    path = folder / f"seed-{outcome.seed}-lease-{outcome.lease_seconds}.json"
    path.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    return path
