"""Complete objects for tests that set only the fields they are about."""

from typing import Any

from sluice.clock import to_utc
from sluice.ids import new_job_id
from sluice.job.job import Job, JobKey, Lane
from sluice.job.passage import Confidence, Passage
from sluice.ports import Delivery, StreamEnd

NOW = 1_800_000_000.0


def a_job(**fields: Any) -> Job:
    """A queued job of the caller "ann"."""
    created = fields.pop("created", NOW)
    given: dict[str, Any] = {
        "caller": "ann",
        "id": new_job_id(created),
        "question": "How long is lost property kept?",
        "queue_number": 1,
        "created_at": to_utc(created),
        "expires_at": int(created) + 86_400,
    }
    return Job(**given | fields)


def a_passage(text: str = "Lost property is kept for ninety days.", **fields: Any) -> Passage:
    given: dict[str, Any] = {
        "document_id": "handbook",
        "title": "Handbook",
        "text": text,
        "page": 8,
        "uri": "https://docs.example/handbook.pdf",
        "confidence": Confidence.HIGH,
    }
    return Passage(**given | fields)


def a_delivery(key: JobKey | None = None, *, body: str = "", receives: int = 1) -> Delivery:
    body = key.model_dump_json() if key else body
    return Delivery(
        message_id=f"m-{body}",
        receipt=f"r-{body}",
        body=body,
        lane=Lane.INTERACTIVE,
        receives=receives,
    )


def a_stream_end(reason: str = "end_turn") -> StreamEnd:
    return StreamEnd(reason=reason, input_tokens=100, output_tokens=20, request_id="req-1")
