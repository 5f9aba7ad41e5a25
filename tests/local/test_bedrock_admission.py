"""The model's quotas and faults, seen by boto3's client."""

import json
from contextlib import closing
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from botocore.exceptions import ClientError, EventStreamError
from starlette.applications import Starlette
from urllib3.exceptions import ProtocolError

from local.bedrock.account import TOO_MANY_TOKENS
from local.bedrock.errors import ServiceError
from tests.local.clock import ManualClock
from tests.local.reciting import QUESTION, WORDS, Reciting, upstream
from tests.local.serving import post_and_disconnect

if TYPE_CHECKING:
    from mypy_boto3_bedrock_runtime import BedrockRuntimeClient


def ask(max_tokens: int = 90, model_id: str = "some.model") -> Any:
    return {
        "modelId": model_id,
        "messages": [{"role": "user", "content": [{"text": QUESTION}]}],
        "inferenceConfig": {"maxTokens": max_tokens},
    }


def stream(client: "BedrockRuntimeClient", **request: Any) -> list[Any]:
    return list(client.converse_stream(**ask(**request))["stream"])


def spent(app: Starlette, model_id: str = "some.model") -> tuple[int, int, int]:
    tokens = app.state.admission.as_dict()["models"][model_id]
    return tokens["tokens_reserved"], tokens["tokens_charged"], tokens["tokens_given_back"]


def test_beyond_the_quota_a_call_is_throttled_with_bedrocks_message() -> None:
    with upstream("tokens=150") as (app, client, _):
        stream(client)
        for call in (client.converse, client.converse_stream):
            with pytest.raises(ClientError, match=TOO_MANY_TOKENS) as refused:
                call(**ask(max_tokens=140))
            assert refused.value.response["Error"]["Code"] == "ThrottlingException"
            assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 429
    assert app.state.admission.traffic.counts.throttled_by_quota == 2
    assert app.state.stats.errors == {"ThrottlingException": 2}


def test_unused_tokens_are_free_for_the_next_call() -> None:
    with upstream("tokens=140 shape=rolling") as (app, client, _):
        stream(client)
        client.converse(**ask(max_tokens=90))  # 34 are charged, not the 100 that were reserved
    assert spent(app) == (200, 68, 132)


def test_the_next_minute_has_a_quota_of_its_own() -> None:
    clock = ManualClock(now=59.9)
    with upstream("tokens=100 shape=fixed", clock=clock) as (_, client, _):
        stream(client)
        with pytest.raises(ClientError, match=TOO_MANY_TOKENS):
            stream(client)
        clock.advance(0.1)
        stream(client)


def test_burndown_multiplies_the_charge_for_output() -> None:
    with upstream("burndown=5") as (app, client, _):
        stream(client)
    assert spent(app) == (100, 10 + 5 * 24, 0)


def test_each_model_has_its_own_quota_and_an_arn_is_the_model_it_names() -> None:
    arn = "arn:aws:bedrock:us-east-1::foundation-model/some.model"
    with upstream("requests=1") as (_, client, _):
        stream(client)
        stream(client, model_id="other.model")
        with pytest.raises(ClientError, match="Too many requests"):
            stream(client, model_id=arn)


def test_a_client_that_disconnects_is_charged_for_what_was_generated() -> None:
    model = Reciting(stuck_at=3)
    with upstream(model=model) as (app, _, url):
        path = f"{url}/model/some.model/converse-stream"
        body = json.dumps({key: value for key, value in ask().items() if key != "modelId"})
        with (
            httpx.Client(trust_env=False) as client,
            client.stream("POST", path, content=body) as response,
        ):
            received = b""
            for part in response.iter_raw():
                received += part
                if received.count(b'"text":"abcdefg') == 3:
                    break
        assert model.stopped.wait(timeout=30)
    assert spent(app) == (100, 10 + 6, 84)
    assert app.state.admission.as_dict()["concurrent"] == 0


def test_a_call_that_the_model_rejects_costs_nothing() -> None:
    model = Reciting(refusal=ServiceError("ServiceUnavailableException", "Not now."))
    with upstream(model=model) as (app, client, _), pytest.raises(ClientError, match="Not now"):
        stream(client)
    assert spent(app) == (100, 0, 100)


@pytest.mark.parametrize(
    ("fault", "kind", "status"),
    [
        ("throttle", "ThrottlingException", 429),
        ("unavailable", "ServiceUnavailableException", 503),
        ("error", "InternalServerException", 500),
    ],
)
def test_a_call_that_a_fault_rejects_takes_nothing_from_the_quota(
    fault: str, kind: str, status: int
) -> None:
    with upstream("tokens=100", f"{fault}=1") as (app, client, _):
        for call in (client.converse, client.converse_stream):
            with pytest.raises(ClientError) as refused:
                call(**ask())
            assert refused.value.response["Error"]["Code"] == kind
            assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    counters = app.state.admission.as_dict()
    assert counters["throttled_by_fault"] + counters["failed_by_fault"] == 2
    assert (counters["throttled_by_fault"] == 2) == (fault == "throttle")
    assert counters["models"] == {}


def test_a_cut_stream_ends_without_its_last_chunk_and_what_was_sent_is_charged() -> None:
    with upstream(faults="cut=1,seed=7") as (app, client, _):
        received: list[Any] = []
        with (
            closing(client.converse_stream(**ask())["stream"]) as events,
            pytest.raises(ProtocolError, match="ended prematurely"),
        ):
            received.extend(event for event in events if "contentBlockDelta" in event)
        assert 1 <= len(received) <= 8
        assert spent(app) == (100, 10 + 2 * len(received), 90 - 2 * len(received))
        counters = app.state.admission.as_dict()
    assert (counters["cut_by_fault"], counters["answers"], counters["concurrent"]) == (1, 0, 0)
    assert counters["output_tokens"] == 2 * len(received)


@pytest.mark.parametrize(
    ("fault", "event", "counter"),
    [
        ("stream-error", "modelStreamErrorException", "failed_by_fault"),
        ("stream-throttle", "throttlingException", "throttled_by_fault"),
    ],
)
def test_a_stream_can_end_in_an_exception(fault: str, event: str, counter: str) -> None:
    with upstream(faults=f"{fault}=1") as (app, client, _):
        with (
            closing(client.converse_stream(**ask())["stream"]) as events,
            pytest.raises(EventStreamError) as failed,
        ):
            list(events)
        assert failed.value.response["Error"]["Code"] == event
    assert app.state.admission.as_dict()[counter] == 1


def test_faults_of_streams_do_not_affect_converse() -> None:
    with upstream(faults="cut=0.5,stream-error=0.5") as (_, client, _):
        answer = client.converse(**ask())
    assert answer["output"]["message"]["content"] == [{"text": "".join(WORDS)}]


def test_an_unanswered_call_keeps_its_reservation_until_the_client_disconnects() -> None:
    with upstream(faults="timeout=1") as (app, _, url):
        path = f"{url}/model/some.model/converse-stream"
        body = {key: value for key, value in ask().items() if key != "modelId"}
        post_and_disconnect(
            path, body, once=lambda: app.state.admission.as_dict()["concurrent"] == 1
        )
    # Serving has ended, so the call has.
    counters = app.state.admission.as_dict()
    assert (counters["failed_by_fault"], counters["concurrent"], counters["concurrent_max"]) == (
        1,
        0,
        1,
    )
    assert spent(app) == (100, 10, 90)


def test_a_latency_delays_the_answer() -> None:
    with upstream(faults="slow=0.3") as (_, client, _):
        answer = client.converse(**ask())
    assert answer["metrics"]["latencyMs"] >= 300


def test_a_reset_restores_the_quotas_the_counters_and_the_random_faults() -> None:
    with upstream("tokens=100 shape=fixed", "error=0.5 seed=3") as (app, client, _):

        def outcomes() -> list[str]:
            codes = []
            for _ in range(8):
                try:
                    stream(client)
                    codes.append("answered")
                except ClientError as error:
                    codes.append(error.response["Error"]["Code"])
            return codes

        first = outcomes()
        assert set(first) == {"answered", "ThrottlingException", "InternalServerException"}
        app.state.admission.reset()
        assert app.state.admission.as_dict()["calls"] == 0
        assert outcomes() == first
        counters = app.state.admission.as_dict()
    assert (counters["calls"], sum(counters["answers_per_second"])) == (8, counters["answers"])
