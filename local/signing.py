"""Forwards calls from the local stack to the real Kendra and Bedrock.

The functions sign with the session of a local role, which AWS does not know.
Their calls are signed again here, with the credentials of the person who runs the stack.
"""

from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import httpx
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.session import get_session
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

#: The caller's headers that the service reads.
_PASSED = ("accept", "content-type", "x-amz-target")
#: The service's headers that the caller reads.
_RETURNED = ("content-type", "x-amzn-requestid", "x-amzn-errortype")


def is_aws(url: str) -> bool:
    """Return whether `url` is an endpoint of AWS."""
    return (urlsplit(url).hostname or "").endswith(".amazonaws.com")


class SigningForwarder:
    """Forwards calls to `url`, signed for the service `name`."""

    def __init__(self, url: str, name: str) -> None:
        self._url = url.rstrip("/")
        self._name = name
        # https://kendra.eu-west-1.amazonaws.com
        self._region = (urlsplit(url).hostname or "").split(".")[1]
        self._session = get_session()

    async def forward(self, request: Request) -> Response:
        credentials = self._session.get_credentials()
        if credentials is None:
            return _unavailable("There are no AWS credentials: set AWS_PROFILE before make run.")
        url, content = f"{self._url}/{request.path_params['path']}", await request.body()
        signed = AWSRequest(
            method="POST",
            url=url,
            data=content,
            headers={name: request.headers[name] for name in _PASSED if name in request.headers},
        )
        SigV4Auth(credentials, self._name, self._region).add_auth(signed)
        client = httpx.AsyncClient(timeout=httpx.Timeout(120, connect=5))
        outgoing = client.build_request("POST", url, content=content, headers=dict(signed.headers))
        try:
            answer = await client.send(outgoing, stream=True)
        except httpx.HTTPError as error:
            await client.aclose()
            return _unavailable(f"{self._url} cannot be reached: {error}")

        async def body() -> AsyncIterator[bytes]:
            try:
                async for chunk in answer.aiter_raw():
                    yield chunk
            finally:
                await answer.aclose()
                await client.aclose()

        headers = {name: answer.headers[name] for name in _RETURNED if name in answer.headers}
        return StreamingResponse(body(), answer.status_code, headers)


def _unavailable(message: str) -> Response:
    return JSONResponse(
        {"message": message},
        status_code=503,
        headers={"x-amzn-ErrorType": "ServiceUnavailableException"},
    )
