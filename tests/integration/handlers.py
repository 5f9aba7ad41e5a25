"""The functions as they are deployed, or with some adapters replaced, on moto's table and queues."""

import importlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError

from adapters.memory.push import MemoryPush
from runtime.aws import AwsAdapters
from runtime.aws_upstreams import AwsUpstreams
from runtime.http import Api
from runtime.settings import Settings
from runtime.wiring import Wiring
from runtime.work_wiring import make_worker
from sluice.ports import JobStore
from tests.table import TABLE, create_table

EVENTS = Path(__file__).parents[2] / "events"


def an_event(name: str, **changes: Any) -> dict[str, Any]:
    """Return a real event from events/, with some of its top-level fields changed."""
    event: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text())
    return event | changes


def set_environment(monkeypatch: pytest.MonkeyPatch) -> str:
    """Create table and queues, configure the functions, and return the interactive queue's URL."""
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
    """Import the function's module as a new execution environment does."""
    sys.modules.pop(module, None)
    return importlib.import_module(module)


def aws(**replaced: Any) -> tuple[Settings, AwsAdapters]:
    """Return the deployment's settings and its AWS adapters, with some of them replaced."""
    settings = Settings.load()
    adapters = AwsAdapters(settings)
    for name, adapter in replaced.items():
        setattr(adapters, name, adapter)
    return settings, adapters


def submit_api(**replaced: Any) -> Api:
    """Return the submit function with some adapters replaced."""
    api: Api = fresh("submit.app").SubmitApi(Wiring(*aws(**replaced))).api()
    return api


def status_api(**replaced: Any) -> Api:
    """Return the status function with some adapters replaced."""
    api: Api = fresh("status.app").StatusApi(Wiring(*aws(**replaced))).api()
    return api


def live_socket(**replaced: Any) -> Any:
    """Return the WebSocket's functions, a status.live.LiveSocket, with some adapters replaced."""
    return fresh("status.live").LiveSocket(Wiring(*aws(**replaced)))


class Upstreams:
    """The worker's own adapters: the given ones, and the deployment's for the rest."""

    def __init__(self, *, retriever: Any = None, generator: Any = None) -> None:
        deployed = AwsUpstreams(Settings.load())
        self.retrievers: Sequence[Any] = [retriever] if retriever else deployed.retrievers
        self.generator: Any = generator or deployed.generator


def worker_handler(**upstreams: Any) -> Any:
    """Return the worker function, a worker.app.WorkerHandler, with other upstreams."""
    app = fresh("worker.app")
    settings, adapters = aws()
    worker = make_worker(settings, adapters, Upstreams(**upstreams))
    return app.WorkerHandler(worker, adapters.clock, settings.bulk_queue_url)


def unreachable(client: Any) -> Any:
    """Make every further call of the client fail to connect, and return it."""

    def fail(**_: Any) -> None:
        raise EndpointConnectionError(endpoint_url="http://table")

    client.meta.events.register_first("before-call", fail)
    return client


class Live:
    """The WebSocket's functions, which keep in memory what they send."""

    def __init__(self) -> None:
        self.push = MemoryPush()
        self.socket = live_socket(push=self.push)
        self.store: JobStore = aws()[1].store
