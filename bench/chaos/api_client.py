"""A client of the API that retries whatever is refused or not answered."""

import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import httpx

#: Seconds until a service that does not answer is given up.
_PATIENCE = 90.0
_PAGE = 100
#: Requests at a time: the local stack starts another process for each parallel request.
_AT_ONCE = 4


class ServiceUnavailable(Exception):
    """The service has refused or not answered a request for too long."""


class RetryingClient:
    """One caller of the API, for many threads."""

    def __init__(self, url: str, key: str, ended: threading.Event) -> None:
        """`ended` is set when no request needs an answer any longer."""
        self._http = httpx.Client(
            base_url=url,
            headers={"x-api-key": key},
            timeout=httpx.Timeout(40, pool=None),
            limits=httpx.Limits(max_connections=_AT_ONCE),
        )
        self._ended = ended
        #: Why requests were retried: the status, or the name of the connection's error.
        self.retries: Counter[str] = Counter()

    def close(self) -> None:
        """Close all connections."""
        self._http.close()

    def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """A complete response other than 429 and 5xx. Raises ServiceUnavailable."""
        begun = time.monotonic()
        while True:
            pause = 0.5
            try:
                response = self._http.request(method, path, json=body, headers=headers)
            except httpx.HTTPError as error:
                self.retries[type(error).__name__] += 1
            else:
                if response.status_code != 429 and response.status_code < 500:
                    return response
                self.retries[f"{response.status_code}"] += 1
                pause = min(float(response.headers.get("retry-after", pause)), 2.0)
            if self._ended.wait(pause) or time.monotonic() - begun > _PATIENCE:
                raise ServiceUnavailable(f"{method} {path} was not answered.")

    def jobs(self) -> Iterator[dict[str, Any]]:
        """All jobs, newest first."""
        cursor = ""
        while True:
            page = self.call("GET", f"/jobs?limit={_PAGE}{cursor}").raise_for_status().json()
            yield from page["jobs"]
            if not page["next_cursor"]:
                return
            cursor = f"&cursor={page['next_cursor']}"
