"""A model that forwards to a server with OpenAI's chat completions API, streamed.

Such servers are Ollama, llama.cpp and vLLM.
The server counts its own tokens; if it does not report them, they are estimated.
"""

from collections.abc import AsyncGenerator
from typing import Any

import httpx
from pydantic import BaseModel, ValidationError

from local.bedrock.chat import BrokenChatError, Chat
from local.bedrock.converse import ConverseRequest
from local.bedrock.errors import ServiceError
from local.bedrock.model import Delta, End, Piece
from local.bedrock.tokens import Usage, estimate

#: Seconds. A server may load its model at the first request, which takes minutes.
_TIMEOUT = httpx.Timeout(10.0, read=300.0)
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
#: Characters of a server's error message that are passed on, at most.
_EXCERPT = 300


class _Listed(BaseModel):
    id: str


class _Models(BaseModel):
    data: list[_Listed]


class OpenAIModel:
    """Forwards to an OpenAI-compatible server at `url`, such as `http://127.0.0.1:11434/v1`.

    `name` is the model; the default is the first one that the server lists.
    `api_key` is sent as a bearer token. Raises ValueError if `url` is not an http or https URL.
    """

    instant = False

    def __init__(self, url: str, name: str | None = None, api_key: str | None = None) -> None:
        self._url = url.rstrip("/")
        self._name = name or None
        self._headers = {"authorization": f"Bearer {api_key}"} if api_key else {}
        # A server on this machine is called without the environment's proxy.
        self._trust_env = _host(self._url) not in _LOOPBACK
        # Created once: reading the certificates takes longer than a call.
        self._ssl = httpx.create_ssl_context()

    async def answer(self, request: ConverseRequest) -> AsyncGenerator[Piece, None]:
        """Yield the server's deltas as they arrive."""
        chat = Chat()
        try:
            # One client per call, so that it belongs to the call's event loop.
            async with self._client() as client:
                body = {**_body(request), "model": await self._model_name(client)}
                endpoint = f"{self._url}/chat/completions"
                async with client.stream("POST", endpoint, json=body) as response:
                    await self._check(response)
                    async for delta in chat.deltas(response.aiter_bytes()):
                        yield Delta(delta)
        except (httpx.HTTPError, BrokenChatError) as failure:
            raise self._failure(failure, begun=bool(chat.text)) from failure
        yield End(chat.stop_reason, _usage(request, chat))

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            headers=self._headers, timeout=_TIMEOUT, verify=self._ssl, trust_env=self._trust_env
        )

    async def _model_name(self, client: httpx.AsyncClient) -> str:
        if self._name is None:
            response = await client.get(f"{self._url}/models")
            await self._check(response)
            try:
                self._name = _Models.model_validate_json(response.content).data[0].id
            except (ValidationError, IndexError):
                raise ServiceError(
                    "ServiceUnavailableException",
                    f"The model server at {self._url} lists no model. Set SLUICE_LOCAL_MODEL.",
                ) from None
        return self._name

    async def _check(self, response: httpx.Response) -> None:
        """Raise the ServiceError that corresponds to an unsuccessful response."""
        if response.is_success:
            return
        await response.aread()
        status = response.status_code
        kind = "ServiceUnavailableException"
        if status == httpx.codes.TOO_MANY_REQUESTS:
            kind = "ThrottlingException"
        elif response.is_client_error:
            kind = "ValidationException"
        detail = " ".join(response.text.split())[:_EXCERPT] or response.reason_phrase
        raise ServiceError(kind, f"The model server at {self._url} answered {status}: {detail}")

    def _failure(self, failure: Exception, *, begun: bool) -> ServiceError:
        server = f"The model server at {self._url}"
        if isinstance(failure, BrokenChatError):
            message = f"{server} {str(failure)[:_EXCERPT]}."
        else:
            doing = "broke off its answer" if begun else "does not answer"
            message = f"{server} {doing} ({str(failure) or type(failure).__name__})."
        kind = "ModelStreamErrorException" if begun else "ServiceUnavailableException"
        return ServiceError(kind, message)


def _body(request: ConverseRequest) -> dict[str, Any]:
    inference = request.inference_config
    system = "\n\n".join(request.system_texts)
    body: dict[str, Any] = {
        "messages": [
            *([{"role": "system", "content": system}] if system else []),
            *({"role": turn.role, "content": turn.text} for turn in request.messages),
        ],
        "max_tokens": inference.max_tokens,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    chosen = {
        "temperature": inference.temperature,
        "top_p": inference.top_p,
        "stop": inference.stop_sequences or None,
    }
    return body | {name: value for name, value in chosen.items() if value is not None}


def _usage(request: ConverseRequest, chat: Chat) -> Usage:
    if chat.counts:
        return Usage(chat.counts.prompt_tokens, chat.counts.completion_tokens)
    return Usage(request.input_tokens, estimate(chat.text))


def _host(url: str) -> str:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        parsed = httpx.URL("")
    if parsed.scheme not in {"http", "https"} or not parsed.host:
        raise ValueError(
            f"{url!r} is not the URL of a model server; "
            "one looks like http://127.0.0.1:11434/v1 (with the /v1)"
        )
    return parsed.host
