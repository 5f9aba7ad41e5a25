"""The three functions as they are deployed, on a table and queues in memory."""

import importlib
import json
import sys
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.integration.test_job_store import TABLE, create_table

EVENTS = Path(__file__).parents[2] / "events"


def an_event(name: str, **changes: Any) -> dict[str, Any]:
    """A real event from events/, with top-level changes."""
    event: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text())
    return event | changes


def set_environment(monkeypatch: pytest.MonkeyPatch) -> str:
    """Make table and queues, tell the functions of them; the queue's URL."""
    create_table()
    sqs = boto3.client("sqs")
    url = sqs.create_queue(QueueName="jobs")["QueueUrl"]
    monkeypatch.setenv("TABLE_NAME", TABLE)
    monkeypatch.setenv("QUEUE_URL", url)
    monkeypatch.setenv("BULK_QUEUE_URL", sqs.create_queue(QueueName="bulk")["QueueUrl"])
    monkeypatch.setenv("DEAD_LETTER_QUEUE_URL", sqs.create_queue(QueueName="dead")["QueueUrl"])
    monkeypatch.setenv("KENDRA_INDEX_ID", "10ca1000-0000-4000-8000-000000000000")
    monkeypatch.setenv("MODEL_ID", "a.model")
    return url


def fresh(module: str) -> Any:
    """The function's module as a new execution environment would import it."""
    sys.modules.pop(module, None)
    return importlib.import_module(module)
