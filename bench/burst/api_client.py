"""A client of the running service."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

#: Questions in a batch, and jobs on a page.
_BATCH = _PAGE = 100
#: Seconds that POST /jobs waits for the answer.
_WAIT = 20
#: Seconds for which a service that answers 503 is asked again.
_PATIENCE = 60.0


def parse_time(text: str) -> datetime:
    """A time as the API writes it."""
    return datetime.fromisoformat(text)


@dataclass(frozen=True)
class ApiClient:
    """A caller with its API key. `wait` sleeps for some seconds, or raises to end the run."""

    url: str
    key: str
    wait: Callable[[float], None]

    def call(self, method: str, path: str, body: object = None, **headers: str) -> Any:
        """Call the API and return the body; 429 and 503 are retried after Retry-After.

        Raises httpx.HTTPStatusError for any other error, and when 503 lasts too long.
        """
        begun = time.monotonic()
        while True:
            response = httpx.request(
                method,
                f"{self.url}{path}",
                json=body,
                headers={"x-api-key": self.key, **headers},
                timeout=60,
            )
            is_away = response.status_code == 503 and time.monotonic() - begun < _PATIENCE
            if response.status_code != 429 and not is_away:
                return response.raise_for_status().json()
            self.wait(float(response.headers.get("retry-after", 1)))

    def submit(self, questions: Sequence[str]) -> None:
        """Submit questions in batches."""
        for first in range(0, len(questions), _BATCH):
            numbered = enumerate(questions[first : first + _BATCH])
            batch = [{"custom_id": f"{number}", "question": text} for number, text in numbered]
            self.call("POST", "/batches", {"questions": batch})

    def ask(self, question: str) -> float:
        """Ask one question and wait for its answer; return the seconds between the job's own times.

        A client sees the answer some tenths of a second later, depending on when it polls.
        """
        job = self.call("POST", "/jobs", {"question": question}, Prefer=f"wait={_WAIT}")
        while job["finished_at"] is None:
            self.wait(0.1)
            job = self.call("GET", f"/jobs/{job['id']}")
        return (parse_time(job["finished_at"]) - parse_time(job["created_at"])).total_seconds()

    def jobs(self) -> Iterator[dict[str, Any]]:
        """All jobs of this caller, newest first."""
        cursor = ""
        while True:
            page = self.call("GET", f"/jobs?limit={_PAGE}{cursor}")
            yield from page["jobs"]
            if not page.get("next_cursor"):
                return
            cursor = f"&cursor={page['next_cursor']}"
