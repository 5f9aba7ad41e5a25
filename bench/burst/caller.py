"""A client of the running service."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

#: Questions of one batch, and jobs of one page.
_BATCH = _PAGE = 100
#: Seconds that a POST may wait for its answer.
_WAIT = 20
#: Seconds for which a service that is away is asked again.
_PATIENCE = 60.0


def moment(text: str) -> datetime:
    """A time as the API tells it."""
    return datetime.fromisoformat(text)


@dataclass(frozen=True)
class Caller:
    """Somebody with an API key. `wait` waits so many seconds, or raises if that is of no use."""

    url: str
    key: str
    wait: Callable[[float], None]

    def call(self, method: str, path: str, body: object = None, **headers: str) -> Any:
        """Call the API, again after Retry-After when it says so; returns the body.

        Raises httpx.HTTPStatusError for any other refusal, and when a service stays away.
        """
        begun = time.monotonic()
        while True:
            answer = httpx.request(
                method,
                f"{self.url}{path}",
                json=body,
                headers={"x-api-key": self.key, **headers},
                timeout=60,
            )
            is_away = answer.status_code == 503 and time.monotonic() - begun < _PATIENCE
            if answer.status_code != 429 and not is_away:
                return answer.raise_for_status().json()
            self.wait(float(answer.headers.get("retry-after", 1)))

    def submit(self, questions: Sequence[str]) -> None:
        """Submit a burst in batches."""
        for first in range(0, len(questions), _BATCH):
            asked = enumerate(questions[first : first + _BATCH])
            batch = [{"custom_id": f"{place}", "question": one} for place, one in asked]
            self.call("POST", "/batches", {"questions": batch})

    def ask(self, question: str) -> float:
        """Ask one question and wait; seconds that it took by the job's own times.

        A client sees it some tenths of a second later, depending on when it looks.
        """
        job = self.call("POST", "/jobs", {"question": question}, Prefer=f"wait={_WAIT}")
        while job["finished_at"] is None:
            self.wait(0.1)
            job = self.call("GET", f"/jobs/{job['id']}")
        return (moment(job["finished_at"]) - moment(job["created_at"])).total_seconds()

    def jobs(self) -> Iterator[dict[str, Any]]:
        """All jobs of this caller, newest first."""
        cursor = ""
        while True:
            page = self.call("GET", f"/jobs?limit={_PAGE}{cursor}")
            yield from page["jobs"]
            if not page.get("next_cursor"):
                return
            cursor = f"&cursor={page['next_cursor']}"
