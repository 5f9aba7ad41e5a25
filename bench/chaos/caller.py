"""A caller that insists: what is refused or not answered is asked again."""

import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import httpx

#: Seconds until a service that does not answer is given up.
_PATIENCE = 90.0
_PAGE = 100
#: Requests at a time: the local stack starts a process for each that is one more than before.
_AT_ONCE = 4


class ServiceAway(Exception):
    """Nothing but refusals and silence for too long."""


class Caller:
    """One caller of the API, for many threads."""

    def __init__(self, url: str, key: str, ended: threading.Event) -> None:
        """`ended` is set when nobody wants answers any more."""
        self._http = httpx.Client(
            base_url=url,
            headers={"x-api-key": key},
            timeout=httpx.Timeout(40, pool=None),
            limits=httpx.Limits(max_connections=_AT_ONCE),
        )
        self._ended = ended
        #: Answers that made us ask again, by status, or by what the connection failed with.
        self.troubles: Counter[str] = Counter()

    def close(self) -> None:
        self._http.close()

    def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """A whole answer that is no 429 and no 5xx. Raises ServiceAway."""
        begun = time.monotonic()
        while True:
            pause = 0.5
            try:
                answer = self._http.request(method, path, json=body, headers=headers)
            except httpx.HTTPError as error:
                self.troubles[type(error).__name__] += 1
            else:
                if answer.status_code != 429 and answer.status_code < 500:
                    return answer
                self.troubles[f"{answer.status_code}"] += 1
                pause = min(float(answer.headers.get("retry-after", pause)), 2.0)
            if self._ended.wait(pause) or time.monotonic() - begun > _PATIENCE:
                raise ServiceAway(f"{method} {path} was not answered.")

    def jobs(self) -> Iterator[dict[str, Any]]:
        """All jobs there are, newest first."""
        cursor = ""
        while True:
            page = self.call("GET", f"/jobs?limit={_PAGE}{cursor}").raise_for_status().json()
            yield from page["jobs"]
            if not page["next_cursor"]:
                return
            cursor = f"&cursor={page['next_cursor']}"
