"""Connection: one request to the service and what became of it.

The only module that speaks the service's HTTP. It says what to send, retries what is worth
retrying, and turns everything that is not an answer into one of the errors of `errors.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from sluice_client.api.errors import Refused, ServiceFailed, SluiceError, Unreachable
from sluice_client.api.problem import Problem
from sluice_client.transport.clock import Deadline, Timepiece
from sluice_client.transport.operations import Pause, Send, Steps
from sluice_client.transport.retry import RETRIED_STATUSES, Retry, retry_after

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
    """Requests to the service at `url`, each a walk through steps.

    `timeout`: seconds to wait for an answer, unless a call says otherwise.
    """

    def __init__(self, url: str, *, timeout: float, retry: Retry, clock: Timepiece) -> None:
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
    ) -> Steps[Reply]:
        """Send one request, again where that may help, until `deadline` at most.

        Raises Unreachable, Refused or ServiceFailed.
        """
        read = timeout or self._timeout
        limits = httpx.Timeout(read, connect=_CONNECT, write=_WRITE)
        request = Send(method, path, limits, params=params, headers=headers, json=body)
        outcome = yield from self._send(request, deadline)
        if isinstance(outcome, httpx.RequestError):
            raise self._unreachable(outcome, read) from outcome
        return self._read(outcome)

    def not_sluice(self, what: str) -> Unreachable:
        """Make the error for an answer that no Sluice would give."""
        return Unreachable(
            f"{self.url} answers, but not as Sluice does ({what}): check SLUICE_URL.", url=self.url
        )

    def _send(
        self, request: Send, deadline: Deadline | None
    ) -> Steps[httpx.Response | httpx.RequestError]:
        budget = Deadline(self._clock, self._retry.budget)
        attempt = 1
        while True:
            outcome: httpx.Response | httpx.RequestError = yield request
            if attempt >= self._retry.attempts or not _worth_retrying(outcome):
                return outcome
            pause = self._retry.pause(attempt, self._asked_pause(outcome))
            left = min(budget.remaining(), deadline.remaining() if deadline else budget.remaining())
            if pause > left:
                return outcome
            yield Pause(pause)
            attempt += 1

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
