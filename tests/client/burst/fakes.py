"""A Sluice API with batches that answers in its own time, and a file of questions to ask it."""

import json
import uuid
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from tests.client.fakes import FakeClock, as_documented, job_json, problem, reply

#: What a request meets before the service does: an answer, an exception raised, or None.
Obstacle = Callable[[httpx.Request], httpx.Response | None]

_DAY = 86_400.0
_STATES = ("queued", "in_progress", "completed", "failed", "cancelled")


class Killed(BaseException):
    """The process is gone."""


class BurstService:
    """Answers `rate` questions per second, one after the other, in order.

    A question that begins with "fail" fails, with "cancel" is cancelled, with "nothing" is
    answered without a source.
    """

    def __init__(self, clock: FakeClock, rate: float = 10.0) -> None:
        self.clock = clock
        self.rate = rate
        self.most_open: int | None = None
        self.obstacle: Obstacle = lambda request: None
        self.requests: list[httpx.Request] = []
        #: Jobs by id, in the order of their making.
        self.jobs: dict[str, dict[str, Any]] = {}
        self._keys: dict[str, tuple[float, bytes, str]] = {}
        self._free = 0.0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return as_documented(request, self.obstacle(request) or self._answer(request))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        match request.method, *request.url.path.removeprefix("/v1").strip("/").split("/"):
            case "POST", "batches":
                return self._submit(request)
            case "GET", "batches", batch_id:
                return self._batch(batch_id)
            case "GET", "jobs":
                return self._list(request.url.params)
            case "GET", "jobs", job_id:
                if job_id in self.jobs:
                    return reply(self._reported(self.jobs[job_id]))
        return problem(404, "job-not-found", "There is no such job.")

    @property
    def asked(self) -> Counter[str]:
        """How many jobs were made of each question."""
        return Counter(job["question"] for job in self.jobs.values())

    def sent(self, method: str, path: str) -> list[httpx.Request]:
        return [
            request
            for request in self.requests
            if request.method == method and request.url.path.startswith(f"/v1{path}")
        ]

    def expire(self) -> None:
        """A week passes: keys and jobs are forgotten."""
        self.clock.now += 8 * _DAY
        self.jobs.clear()

    def _submit(self, request: httpx.Request) -> httpx.Response:
        key, now = request.headers["idempotency-key"], self.clock.now
        at, body, batch_id = self._keys.get(key, (-_DAY, b"", ""))
        if now - at < _DAY:
            if body != request.content:
                return problem(422, "idempotency-key-reused", "The key came with another body.")
            return self._batch(batch_id, 202)
        questions = json.loads(request.content)["questions"]
        assert 1 <= len(questions) <= 100
        assert len({question["custom_id"] for question in questions}) == len(questions)
        still_open = sum(job["ends"] > now for job in self.jobs.values())
        if self.most_open is not None and still_open + len(questions) > self.most_open:
            return problem(429, "too-many-open-jobs", "Wait for some.", retry_after="7")
        batch_id = str(uuid.uuid4())
        self._keys[key] = (now, request.content, batch_id)
        for question in questions:
            self._free = max(self._free, now) + 1 / self.rate
            job_id = str(uuid.uuid4())
            self.jobs[job_id] = question | {
                "id": job_id,
                "batch_id": batch_id,
                "created": self.clock.time(),
                "ends": self._free,
            }
        return self._batch(batch_id, 202)

    def _batch(self, batch_id: str, status: int = 200) -> httpx.Response:
        jobs = [job for job in self.jobs.values() if job["batch_id"] == batch_id]
        if not jobs:
            return problem(404, "batch-not-found", "There is no such batch.")
        states = [self._status(job) for job in jobs]
        wait = max(0, round(jobs[-1]["ends"] - self.clock.now))
        body = {
            "id": batch_id,
            "created_at": "2027-01-15T08:16:40Z",
            "request_counts": {"total": len(jobs)} | {name: states.count(name) for name in _STATES},
            "jobs": [
                {"id": job["id"], "custom_id": job["custom_id"], "status": state}
                for job, state in zip(jobs, states, strict=True)
            ],
            "estimated_wait_seconds": wait,
        }
        is_open = jobs[-1]["ends"] > self.clock.now
        headers = {"retry_after": str(min(max(1, round(0.8 * wait)), 120))} if is_open else {}
        return reply(body, status, **headers)

    def _list(self, params: httpx.QueryParams) -> httpx.Response:
        found = [
            job
            for job in reversed(self.jobs.values())
            if params.get("batch_id") in (None, job["batch_id"])
            and params.get("status") in (None, self._status(job))
        ]
        start, limit = int(params.get("cursor", 0)), int(params.get("limit", 20))
        assert 1 <= limit <= 100
        more = str(start + limit) if start + limit < len(found) else None
        page = found[start : start + limit]
        # In ASCII: JSON can escape what UTF-8 cannot encode.
        said = json.dumps({"jobs": [self._reported(job) for job in page], "next_cursor": more})
        return httpx.Response(200, content=said, headers={"content-type": "application/json"})

    def _status(self, job: dict[str, Any]) -> str:
        if job["ends"] > self.clock.now:
            return "queued" if job["ends"] - 2 > self.clock.now else "in_progress"
        words = {"fail": "failed", "cancel": "cancelled"}
        return words.get(job["question"].split()[0], "completed")

    def _reported(self, job: dict[str, Any]) -> dict[str, Any]:
        status = self._status(job)
        error = {"type": "content-filtered", "title": "A content filter stopped the answer"}
        answer = {
            "text": f"Answer to {job['question']}",
            "grounded": not job["question"].startswith("nothing"),
        }
        return job_json(
            status,
            id=job["id"],
            question=job["question"],
            answer=answer if status == "completed" else None,
            error=error if status == "failed" else None,
            metadata=job.get("metadata", {}),
            batch_id=job["batch_id"],
            custom_id=job["custom_id"],
            created_at=_iso(job["created"]),
        )


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def write_questions(path: Path, questions: Iterable[Any]) -> Path:
    """Write JSON Lines."""
    path.write_text("".join(f"{json.dumps(question)}\n" for question in questions), "utf-8")
    return path


def numbered(count: int) -> list[dict[str, str]]:
    return [{"custom_id": f"row-{n}", "question": f"Question {n}?"} for n in range(1, count + 1)]


def read_answers(path: Path) -> list[dict[str, Any]]:
    content = path.read_text("utf-8")
    assert content.endswith("\n") or not content
    return [json.loads(line) for line in content.splitlines()]


def all_are_asked_and_answered_once(
    service: BurstService, answers: Path, journal: Path, count: int = 8
) -> None:
    names = [record["custom_id"] for record in read_answers(answers)]
    assert sorted(names) == sorted(q["custom_id"] for q in numbered(count))
    assert service.asked == {q["question"]: 1 for q in numbered(count)}
    assert not journal.exists()


def interrupt_at(service: BurstService, answers: Path, count: int) -> None:
    def interrupting(request: httpx.Request) -> None:
        if answers.read_bytes().count(b"\n") >= count:
            service.obstacle = lambda request: None
            raise KeyboardInterrupt

    service.obstacle = interrupting


def interrupt_looking(service: BurstService) -> None:
    def interrupting(request: httpx.Request) -> None:
        if request.method == "GET":
            service.obstacle = lambda request: None
            raise KeyboardInterrupt

    service.obstacle = interrupting
