"""HttpApi: one request to the service, and its reply or error.

The only module that speaks the service's HTTP. It builds requests, retries those worth retrying,
and turns everything that is not a valid reply into one of the errors of `api/errors.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from sluice_client.api.errors import Refused, ServiceFailed, SluiceError, Unreachable
from sluice_client.api.problem import Problem
from sluice_client.transport.clock import Deadline, TimeSource
from sluice_client.transport.operations import HttpRequest, Procedure, Sleep
from sluice_client.transport.retry import RETRIED_STATUSES, Retry, retry_after

#: Seconds to connect, and to send a request.
_CONNECT, _WRITE = 5.0, 10.0

#: Network failures. A proxy's refusal or a malformed request would only fail again.
_RETRIED_ERRORS = (httpx.NetworkError, httpx.TimeoutException, httpx.RemoteProtocolError)


@dataclass(frozen=True)
class Reply:
    """A 2xx or 304 response: its JSON object (empty for a 304) and its headers."""

    status: int
    body: dict[str, Any]
    headers: Mapping[str, str]
    #: Seconds the service asks to wait before the next request; None when it does not say.
    retry_after: float | None


class HttpApi:
    """Requests to the service at `url`, each a procedure.

    `timeout`: seconds to wait for a response, unless a call sets its own.
    """

    def __init__(self, url: str, *, timeout: float, retry: Retry, clock: TimeSource) -> None:
        self.url = url
        self._timeout = timeout
        self._retry = retry
        self._clock = clock

    def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        timeout: float | None = None,
        deadline: Deadline | None = None,
    ) -> Procedure[Reply]:
        """Send one request, with retries until `deadline`, and return the reply.

        Raises Unreachable, Refused or ServiceFailed.
        """
        read = timeout or self._timeout
        limits = httpx.Timeout(read, connect=_CONNECT, write=_WRITE)
        request = HttpRequest(method, path, limits, params=params, headers=headers, json=body)
        result = yield from self._send(request, deadline)
        if isinstance(result, httpx.RequestError):
            raise self._unreachable(result, read) from result
        return self._read(result)

    def not_sluice(self, what: str) -> Unreachable:
        """Return the error for a response that Sluice would not send."""
        return Unreachable(
            f"{self.url} answers, but is not Sluice ({what}): check SLUICE_URL.", url=self.url
        )

    def _send(
        self, request: HttpRequest, deadline: Deadline | None
    ) -> Procedure[httpx.Response | httpx.RequestError]:
        budget = Deadline(self._clock, self._retry.budget)
        attempt = 1
        while True:
            result: httpx.Response | httpx.RequestError = yield request
            if attempt >= self._retry.attempts or not _worth_retrying(result):
                return result
            pause = self._retry.pause(attempt, self._requested_pause(result))
            left = min(budget.remaining(), deadline.remaining() if deadline else budget.remaining())
            if pause > left:
                return result
            yield Sleep(pause)
            attempt += 1

    def _requested_pause(self, result: httpx.Response | httpx.RequestError) -> float | None:
        if isinstance(result, httpx.RequestError):
            return None
        return retry_after(result.headers, self._clock.time())

    def _read(self, response: httpx.Response) -> Reply:
        status, pause = response.status_code, self._requested_pause(response)
        if status >= 400:
            raise _failure(response, pause)
        if status == 304:
            return Reply(status, {}, response.headers, pause)
        if not response.is_success:
            raise self.not_sluice(f"HTTP {status}")
        body = _json_object(response)
        if body is None:
            raise self.not_sluice("the response is not a JSON object")
        return Reply(status, body, response.headers, pause)

    def _unreachable(self, error: httpx.RequestError, read: float) -> Unreachable:
        if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
            message = (
                f"Nothing listens at {self.url} ({_reason(error)}):"
                " start Sluice with `make run` in another terminal, or correct SLUICE_URL."
            )
        elif isinstance(error, httpx.TimeoutException):
            message = f"{self.url} did not answer within {read:g} s: try again, or check its log."
        else:
            message = (
                f"The connection to {self.url} broke ({_reason(error)}):"
                " try again, or check SLUICE_URL."
            )
        return Unreachable(message, url=self.url)


def _worth_retrying(result: httpx.Response | httpx.RequestError) -> bool:
    if isinstance(result, httpx.RequestError):
        return isinstance(result, _RETRIED_ERRORS)
    return result.status_code in RETRIED_STATUSES


def _failure(response: httpx.Response, pause: float | None) -> SluiceError:
    problem = Problem.from_json(_json_object(response) or {"title": response.reason_phrase})
    kind = ServiceFailed if response.status_code >= 500 else Refused
    return kind(problem, status=response.status_code, retry_after=pause)


def _json_object(response: httpx.Response) -> dict[str, Any] | None:
    try:
        body = response.json()
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _reason(error: httpx.RequestError) -> str:
    return " ".join(str(error).split()) or type(error).__name__
