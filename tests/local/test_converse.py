import json
from typing import Any

import pytest

from local.bedrock.converse import DEFAULT_MAX_TOKENS, parse
from local.bedrock.errors import ServiceError

USER = {"role": "user", "content": [{"text": "Hello?"}]}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "not valid JSON"),
        (b"{", "not valid JSON"),
        (b"\xff\xfe", "not valid JSON"),
        (b'{"messages": "\\ud800"}', "not valid JSON"),
        (b"[" * 100_000, "not valid JSON"),
        (b"[]", "failed to satisfy constraint"),
        ({"messages": "Hello?"}, "'messages'"),
        ({"messages": [USER], "system": "Be brief."}, "'system'"),
        ({"messages": [{**USER, "role": "system"}]}, "'messages.0.role'"),
        ({"messages": [{**USER, "content": "Hello?"}]}, "'messages.0.content'"),
        ({}, "must start with a user message"),
        ({"messages": []}, "must start with a user message"),
        ({"messages": [{**USER, "role": "assistant"}, USER]}, "must start with a user message"),
        ({"messages": [{**USER, "content": []}]}, "messages.0 is empty"),
        ({"messages": [USER, {**USER, "content": [{"text": " \n"}]}]}, "messages.1.content.0"),
        ({"messages": [USER], "inferenceConfig": {"maxTokens": 0}}, "inferenceConfig.maxTokens"),
        ({"messages": [USER], "inferenceConfig": {"maxTokens": "9"}}, "inferenceConfig.maxTokens"),
        (
            {"messages": [USER], "inferenceConfig": {"temperature": 2}},
            "inferenceConfig.temperature",
        ),
        (b'{"messages": [], "inferenceConfig": {"topP": NaN}}', "inferenceConfig.topP"),
        ({"messages": [USER], "inferenceConfig": {"stopSequences": [""]}}, "stopSequences.0"),
    ],
)
def test_an_invalid_body_is_rejected_with_the_reason(
    body: bytes | dict[str, Any], message: str
) -> None:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    with pytest.raises(ServiceError) as refused:
        parse(raw)
    assert refused.value.kind == "ValidationException"
    assert message in refused.value.message


def test_a_request_that_sets_no_limit_gets_the_models_maximum() -> None:
    request = parse(json.dumps({"messages": [USER], "inferenceConfig": {}}).encode())
    assert request.inference_config.max_tokens == DEFAULT_MAX_TOKENS
