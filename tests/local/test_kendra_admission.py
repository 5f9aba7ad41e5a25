"""Kendra's quota and faults, seen by boto3's client."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from starlette.applications import Starlette

from local.conditions import Conditions
from local.kendra.admission import Admission
from local.kendra.app import kendra_app
from local.kendra.errors import ServiceError
from local.kendra.library import Library
from tests.local.clock import ManualClock
from tests.local.serving import post_and_disconnect, serving

INDEX = "10ca1000-0000-4000-8000-000000000000"
OTHER = "10ca1000-0000-4000-8000-000000000001"


@contextmanager
def upstream(folder: Path, quotas: str = "", faults: str = "") -> Iterator[tuple[Starlette, Any]]:
    (folder / "seals.md").write_text("# Seals\n\nA walrus weighs a ton.\n")
    library = Library(folder)
    library.load()
    app = kendra_app(library, Conditions.read(quotas, faults), ManualClock())
    with serving(app) as url:
        client = boto3.client(
            "kendra",
            endpoint_url=url,
            region_name="us-east-1",
            config=Config(retries={"total_max_attempts": 1}),
        )
        yield app, client
        client.close()


def code(refused: pytest.ExceptionInfo[ClientError]) -> tuple[str, int]:
    response = refused.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


def test_retrieve_and_query_share_one_quota_and_are_throttled_beyond_it(tmp_path: Path) -> None:
    with upstream(tmp_path, "queries=0.001 burst=2") as (app, client):
        client.retrieve(IndexId=INDEX, QueryText="walrus")
        client.query(IndexId=INDEX, QueryText="walrus")
        for call in (client.retrieve, client.query):
            with pytest.raises(client.exceptions.ThrottlingException) as refused:
                call(IndexId=INDEX, QueryText="walrus")
            assert code(refused) == ("ThrottlingException", 400)
        client.retrieve(IndexId=OTHER, QueryText="walrus")  # another index, another quota
    assert app.state.stats.as_dict() == {"retrieve": 3, "query": 2, "errors": 2}
    counters = app.state.admission.traffic.as_dict()
    assert (counters["throttled_by_quota"], counters["answers"], counters["concurrent"]) == (
        2,
        3,
        0,
    )


@pytest.mark.parametrize(
    ("fault", "kind", "status"),
    [
        ("throttle", "ThrottlingException", 400),
        ("unavailable", "ServiceUnavailableException", 503),
        ("error", "InternalServerException", 500),
    ],
)
def test_a_fault_is_one_of_kendras_errors(
    tmp_path: Path, fault: str, kind: str, status: int
) -> None:
    with upstream(tmp_path, faults=f"kendra.{fault}=1") as (app, client):
        with pytest.raises(ClientError) as refused:
            client.retrieve(IndexId=INDEX, QueryText="walrus")
        assert code(refused) == (kind, status)
    counts = app.state.admission.traffic.counts
    assert counts.throttled_by_fault + counts.failed_by_fault == 1


def test_the_models_faults_are_not_kendras(tmp_path: Path) -> None:
    with upstream(tmp_path, faults="error=1") as (_, client):
        assert client.retrieve(IndexId=INDEX, QueryText="walrus")["ResultItems"]


def test_an_unanswered_call_ends_when_its_client_disconnects(tmp_path: Path) -> None:
    with upstream(tmp_path, faults="kendra.timeout=1") as (app, client):
        post_and_disconnect(
            client.meta.endpoint_url,
            {"IndexId": INDEX, "QueryText": "walrus"},
            {"x-amz-target": "AWSKendraFrontendService.Retrieve"},
            once=lambda: app.state.admission.traffic.as_dict()["concurrent"] == 1,
        )
    # Serving has ended, so the call has.
    counters = app.state.admission.traffic.as_dict()
    assert (counters["failed_by_fault"], counters["concurrent"], counters["concurrent_max"]) == (
        1,
        0,
        1,
    )


def passes(admission: Admission) -> bool:
    async def receive() -> Any:
        raise AssertionError

    async def passing() -> bool:
        try:
            async with admission.admit(INDEX, receive):
                return True
        except ServiceError:
            return False

    return asyncio.run(passing())


@pytest.mark.parametrize(
    ("quotas", "at_once"), [("queries=0.5", 1), ("queries=3", 3), ("queries=0.5 burst=4", 4)]
)
def test_a_burst_is_one_seconds_queries_unless_configured(quotas: str, at_once: int) -> None:
    clock = ManualClock()
    admission = Admission(Conditions.read(quotas, ""), clock)
    assert [passes(admission) for _ in range(at_once + 1)] == [True] * at_once + [False]
    clock.advance(2)
    assert passes(admission)
