"""Whatever Kendra and Bedrock answer, the job ends, and with an error of ours if with any."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.bedrock import BedrockGenerator
from adapters.job_item import from_item, to_item
from adapters.kendra import KendraQueryRetriever, KendraRetriever
from local.bedrock import eventstream
from sluice.answering.citations import AnswerWriter
from sluice.errors import Fatal, SluiceError, Transient
from sluice.job.filters import FilterFields
from sluice.job.forecast import NO_WAIT
from sluice.job.job import Job, Status
from sluice.job.turn import Turn
from sluice.job.views import JobView
from sluice.ports import Piece, Prompt, StreamEnd
from sluice.push.events import LARGEST_MESSAGE, job_event
from tests.proof.fuzzing import bounded
from tests.proof.malformed import HOSTILE, mutated, strings, values
from tests.proof.raw_service import RawService
from tests.service import Service

KENDRA, BEDROCK = RawService("kendra"), RawService("bedrock-runtime")
INDEX = "10ca1000-0000-4000-8000-000000000000"
ARGUMENTS: dict[str, Any] = {
    "client": KENDRA.client, "index_id": INDEX, "filters": FilterFields(), "page_size": 10
}  # fmt: skip
RETRIEVERS = [KendraRetriever(**ARGUMENTS), KendraQueryRetriever(**ARGUMENTS)]
GENERATOR = BedrockGenerator(BEDROCK.client, "a.model")
PROMPT = Prompt(system="Be brief.", user="Hello?")

RETRIEVED: dict[str, Any] = {
    "QueryId": "q",
    "ResultItems": [
        {
            "Id": f"q-{number}",
            "Type": "DOCUMENT",
            "DocumentId": f"s3://docs/guide-{number}.pdf",
            "DocumentTitle": title,
            "Content": f"Trams run every {number} minutes; bicycles travel free after seven.",
            "DocumentExcerpt": {"Text": f"Line {number} is closed.", "Highlights": []},
            "DocumentURI": f"https://docs.example/guide-{number}.pdf",
            "AdditionalAttributes": [
                {"Key": "AnswerText", "ValueType": "TEXT_WITH_HIGHLIGHTS_VALUE",
                 "Value": {"TextWithHighlightsValue": {"Text": "After seven.", "Highlights": []}}}
            ],
            "DocumentAttributes": [
                {"Key": "_excerpt_page_number", "Value": {"LongValue": number}},
                {"Key": "_source_uri", "Value": {"StringValue": "https://docs.example/x"}},
            ],
            "ScoreAttributes": {"ScoreConfidence": "HIGH"},
        }
        for number, title in [(4, "Guide"), (9, {"Text": "Guide", "Highlights": []})]
    ],
}  # fmt: skip

STREAMED = [
    ["messageStart", {"role": "assistant", "p": "abc"}],
    ["contentBlockStart", {"contentBlockIndex": 0, "start": {}}],
    ["contentBlockDelta", {"delta": {"reasoningContent": {"text": "hm"}}, "contentBlockIndex": 0}],
    ["contentBlockDelta", {"delta": {"text": "After seven "}, "contentBlockIndex": 1}],
    ["contentBlockDelta", {"delta": {"text": "[1]."}, "contentBlockIndex": 1}],
    ["contentBlockStop", {"contentBlockIndex": 1}],
    ["messageStop", {"stopReason": "end_turn"}],
    ["metadata", {"usage": {"inputTokens": 12, "outputTokens": 5, "totalTokens": 17},
                  "metrics": {"latencyMs": 7}}],
]  # fmt: skip


def json_bytes(value: Any) -> bytes:
    """Return JSON in ASCII, so that lone surrogates are escaped."""
    return json.dumps(value).encode()


search_answers = st.one_of(
    mutated(RETRIEVED).map(json_bytes), values.map(json_bytes), st.binary(max_size=60)
)


def _frame(event: Any) -> bytes:
    kind, payload = event if isinstance(event, list) and len(event) == 2 else ("x", event)
    headers = {":message-type": "event", ":content-type": "application/json"}
    kind = kind if isinstance(kind, str) else "messageStop"
    # A frame's header is UTF-8.
    headers[":event-type"] = kind.encode("utf-8", "replace").decode()[:200]
    return eventstream.encode(headers, json_bytes(payload))


@st.composite
def streams(draw: st.DrawFn) -> list[bytes]:
    """Draw a stream's bytes as they arrive: whole, cut, damaged, or ended by an exception."""
    events = draw(mutated(STREAMED))
    raw = b"".join(_frame(event) for event in events)
    match draw(st.sampled_from(["whole", "whole", "exception", "cut", "damaged", "random"])):
        case "exception":
            kind = draw(st.sampled_from(["throttlingException", "modelStreamErrorException", "x"]))
            raw += eventstream.exception(kind, "Too bad.")
        case "cut":
            raw = raw[: draw(st.integers(0, len(raw)))]
        case "damaged" if raw:
            place = draw(st.integers(0, len(raw) - 1))
            raw = raw[:place] + draw(st.binary(min_size=1, max_size=3)) + raw[place + 1 :]
        case "random":
            raw = draw(st.binary(max_size=60))
    size = draw(st.integers(1, 400))
    return [raw[start : start + size] for start in range(0, len(raw), size)]


@pytest.mark.parametrize("retriever", RETRIEVERS, ids=["Retrieve", "Query"])
def test_any_response_of_kendra_becomes_passages_or_our_error(
    retriever: KendraRetriever,
) -> None:
    @bounded(150)
    @given(answer=search_answers, status=st.sampled_from([200, 200, 200, 400, 429, 500]))
    def holds(answer: bytes, status: int) -> None:
        KENDRA.status, KENDRA.pieces = status, [answer]
        try:
            passages = retriever.retrieve("When?", {})
        except (Transient, Fatal):
            return
        for passage in passages:
            assert passage.text
            assert passage.title
            assert passage.page is None or passage.page > 0
            passage.model_dump_json()

    holds()


@bounded(300)
@given(pieces=streams(), status=st.sampled_from([200, 200, 200, 400, 503]))
def test_any_stream_of_bedrock_becomes_text_or_our_error(pieces: list[bytes], status: int) -> None:
    BEDROCK.status, BEDROCK.pieces = status, pieces
    try:
        for event in GENERATOR.generate(PROMPT, max_tokens=9):
            match event:
                case Piece():
                    assert isinstance(event.text, str)
                case StreamEnd():
                    assert 0 <= event.input_tokens < 2**53
                    assert 0 <= event.output_tokens < 2**53
    except (Transient, Fatal):
        return


@bounded(120)
@given(
    answers=st.lists(search_answers, min_size=1, max_size=3),
    pieces=st.lists(streams(), min_size=1, max_size=4),
    turns=st.lists(strings, max_size=1),
)
def test_a_job_ends_whatever_the_upstreams_answer(
    answers: list[bytes], pieces: list[list[bytes]], turns: list[str]
) -> None:
    service = Service(retriever=RETRIEVERS[0], generator=GENERATOR)
    job = service.add(turns=[Turn(question="Q?", answer=turn) for turn in storable(turns)])
    service.store.subscribe(job.key, "one")
    for number in range(service.settings.max_attempts + 20):
        KENDRA.status = BEDROCK.status = 200
        KENDRA.pieces = [answers[number % len(answers)]]
        BEDROCK.pieces = pieces[number % len(pieces)]
        report = service.deliver(job, receives=number + 1)
        assert report.event != "crashed", report.error
        if report.acknowledge:
            break
    now = service.now(job)
    if now.status.is_final:
        check_end(now)
    else:
        assert report.event == "throttled", "it has not ended, and was not throttled"


def storable(turns: list[str]) -> list[str]:
    """Return the strings without lone surrogates, which no store holds."""
    return [turn.encode("utf-8", "ignore").decode() for turn in turns]


def check_end(job: Job) -> None:
    """The ended job can be stored, read, shown and pushed, and its error is no internal one."""
    if job.error is not None:
        assert job.error.type != "internal-error"
    item = to_item(job)
    json.dumps(item, ensure_ascii=False).encode()
    assert from_item(item) == job
    view = JobView.of(job, NO_WAIT)
    assert view.model_dump_json()
    assert len(job_event(job).encode()) <= LARGEST_MESSAGE
    if job.status is Status.COMPLETED:
        assert job.answer is not None
        check_citations(job)


def check_citations(job: Job) -> None:
    assert job.answer is not None
    numbers = {source.number for source in job.sources}
    for citation in job.answer.citations:
        assert citation.source in numbers
        assert job.answer.text[citation.start : citation.end] == f"[{citation.source}]"
    assert job.answer.grounded == bool(job.answer.citations)


@bounded(200)
@given(pieces=st.lists(strings, max_size=8), sources=st.integers(0, 3))
def test_whatever_a_model_writes_its_pieces_are_the_text_and_citations_have_sources(
    pieces: list[str], sources: int
) -> None:
    writer = AnswerWriter(sources)
    shown = "".join([*map(writer.write, pieces), writer.close()])
    answer = writer.answer()
    assert shown == answer.text
    answer.text.encode()
    for citation in answer.citations:
        assert 1 <= citation.source <= sources
        assert answer.text[citation.start : citation.end] == f"[{citation.source}]"


def test_a_passage_may_hold_any_hostile_string() -> None:
    for text in HOSTILE:
        items = [dict(RETRIEVED["ResultItems"][0], Content=f"a {text}", DocumentTitle=text)]
        KENDRA.status, KENDRA.pieces = 200, [json_bytes({"ResultItems": items})]
        (passage,) = RETRIEVERS[0].retrieve("When?", {})
        assert passage.title
        passage.model_dump_json().encode()


def test_a_response_of_the_wrong_form_is_our_error() -> None:
    KENDRA.status, KENDRA.pieces = 200, [b'{"ResultItems": {"a": 1}}']
    with pytest.raises(SluiceError):
        RETRIEVERS[0].retrieve("When?", {})
