"""Jobs, sources and answers as the service sends them."""

from typing import Any

Job = dict[str, Any]


def new_job(number: int, question: str, metadata: dict[str, str] | None = None) -> Job:
    return {
        "id": f"01a2025b-0000-7000-8000-{number:012d}",
        "status": "queued",
        "question": question,
        "answer": None,
        "sources": [],
        "queue": {"lane": "interactive", "position": 3, "estimated_wait_seconds": 8},
        "attempts": 0,
        "error": None,
        "usage": {"input_tokens": 0, "output_tokens": 0, "cost_usd": None},
        "timing": dict.fromkeys(("queued_ms", "retrieval_ms", "first_token_ms", "generation_ms")),
        "model": None,
        "created_at": "2026-01-01T10:00:00Z",
        "started_at": None,
        "finished_at": None,
        "metadata": metadata or {},
        "batch_id": None,
        "custom_id": None,
    }


def source(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "number": number,
        "title": f"Handbook {number}",
        "page": number + 2,
        "excerpt": f"Passage {number}: cars must be in the lanes 45 minutes before departure.",
        "uri": "s3://docs/handbook.pdf",
        "link": f"https://docs.example/handbook.pdf#page={number + 2}",
        "confidence": "HIGH",
    } | fields


def answer_of(text: str) -> dict[str, Any]:
    return {"text": text, "citations": [], "grounded": False, "truncated": False}


def error_of(kind: str, title: str) -> dict[str, Any]:
    return {"type": kind, "title": title, "detail": "", "retryable": True}
