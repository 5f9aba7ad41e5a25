"""Connection: one request to the service and what became of it.

The only module that talks HTTP. It sends the key, retries what is worth retrying, and turns
everything that is not an answer into one of the errors of `errors.py`.
"""

import platform
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from typing import Any

import httpx

from sluice_client.clock import Clock, Deadline
from sluice_client.endpoint import Endpoint
from sluice_client.errors import NotConfigured, Refused, ServiceFailed, SluiceError, Unreachable
from sluice_client.problem import Problem
from sluice_client.retry import RETRIED_STATUSES, Retry, retry_after

#: Seconds to reach the service and to hand it a request.
_CONNECT, _WRITE = 5.0, 10.0

#: Failures of the way there and back; a proxy's refusal or a malformed request would only repeat.
_RETRIED_ERRORS = (httpx.NetworkError, httpx.TimeoutException, httpx.RemoteProtocolError)


@dataclass(frozen=True)
class Reply:
    """A 2xx or 304 answer: its JSON object (empty for a 304) and its headers."""

    status: int
    body: dict[str, Any]
    headers: Mapping[str, str]
    #: Seconds the service asks to stay away; None when it does not say.
    retry_after: float | None


class Connection:
    """Keeps connections to one endpoint open until it is closed.

    `timeout`: seconds to wait for an answer, unless a call says otherwise.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        timeout: float,
        retry: Retry,
        clock: Clock,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.url = endpoint.url
        self._timeout = timeout
        self._retry = retry
        self._clock = clock
        self._http = _open(endpoint, transport)

    def close(self) -> None:
        """Close the connections; the object is of no use afterwards."""
        self._http.close()

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
    ) -> Reply:
        """Send one request, again where that may help, until `deadline` at most.

        Raises Unreachable, Refused or ServiceFailed.
        """
        read = timeout or self._timeout
        request = self._http.build_request(
            method,
            path,
            params=params,
            headers=headers,
            json=body,
            timeout=httpx.Timeout(read, connect=_CONNECT, write=_WRITE),
        )
        outcome = self._send(request, deadline)
        if isinstance(outcome, httpx.RequestError):
            raise self._unreachable(outcome, read) from outcome
        return self._read(outcome)

    def not_sluice(self, what: str) -> Unreachable:
        """Make the error for an answer that no Sluice would give."""
        return Unreachable(
            f"{self.url} answers, but not as Sluice does ({what}): check SLUICE_URL.", url=self.url
        )

    def _send(
        self, request: httpx.Request, deadline: Deadline | None
    ) -> httpx.Response | httpx.RequestError:
        budget = Deadline(self._clock, self._retry.budget)
        attempt = 1
        while True:
            outcome = self._send_once(request)
            if attempt >= self._retry.attempts or not _worth_retrying(outcome):
                return outcome
            pause = self._retry.pause(attempt, self._asked_pause(outcome))
            left = min(budget.remaining(), deadline.remaining() if deadline else budget.remaining())
            if pause > left:
                return outcome
            self._clock.sleep(pause)
            attempt += 1

    def _send_once(self, request: httpx.Request) -> httpx.Response | httpx.RequestError:
        try:
            return self._http.send(request)
        except httpx.RequestError as error:
            return error

    def _asked_pause(self, outcome: httpx.Response | httpx.RequestError) -> float | None:
        if isinstance(outcome, httpx.RequestError):
            return None
        return retry_after(outcome.headers, self._clock.time())

    def _read(self, response: httpx.Response) -> Reply:
        status, pause = response.status_code, self._asked_pause(response)
        if status >= 400:
            raise _failure(response, pause)
        if status == 304:
            return Reply(status, {}, response.headers, pause)
        if not response.is_success:
            raise self.not_sluice(f"HTTP {status}")
        body = _json_object(response)
        if body is None:
            raise self.not_sluice("its answer is not a JSON object")
        return Reply(status, body, response.headers, pause)

    def _unreachable(self, error: httpx.RequestError, read: float) -> Unreachable:
        if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
            message = (
                f"Nothing listens at {self.url} ({_reason(error)}):"
                " start Sluice with `make run` in another terminal, or correct SLUICE_URL."
            )
        elif isinstance(error, httpx.TimeoutException):
            message = f"{self.url} did not answer within {read:g} s: try again, or look at its log."
        else:
            message = (
                f"The connection to {self.url} broke ({_reason(error)}):"
                " try again, or check SLUICE_URL."
            )
        return Unreachable(message, url=self.url)


def _open(endpoint: Endpoint, transport: httpx.BaseTransport | None) -> httpx.Client:
    try:
        return httpx.Client(
            base_url=endpoint.url,
            headers={"x-api-key": endpoint.api_key, "user-agent": _user_agent()},
            transport=transport,
            trust_env=not endpoint.is_local,  # no proxy between a machine and itself
        )
    except (ImportError, OSError, ValueError) as error:  # how httpx rejects what it finds there
        raise NotConfigured(
            f"The environment's proxy or certificate settings cannot be used ({error}):"
            " correct HTTP_PROXY, HTTPS_PROXY, ALL_PROXY or SSL_CERT_FILE."
        ) from error


def _worth_retrying(outcome: httpx.Response | httpx.RequestError) -> bool:
    if isinstance(outcome, httpx.RequestError):
        return isinstance(outcome, _RETRIED_ERRORS)
    return outcome.status_code in RETRIED_STATUSES


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


def _user_agent() -> str:
    return f"sluice-client/{metadata.version('sluice-client')} python/{platform.python_version()}"
