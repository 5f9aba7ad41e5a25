from decimal import Decimal

import pytest

from adapters.memory.clock import ManualClock
from adapters.memory.generator import ScriptedGenerator
from adapters.memory.retriever import MemoryRetriever
from sluice.answering.answerer import Answerer, AnsweringRules
from sluice.answering.citations import AnswerWriter
from sluice.answering.paced_generator import PacedGenerator
from sluice.answering.paced_retriever import PacedRetriever
from sluice.errors import ContentFiltered, EmptyAnswer, LeaseLost, PromptTooLong, Unavailable
from sluice.job.answer import NOTHING_FOUND
from sluice.job.job import Job, Status
from sluice.job.passage import Confidence
from sluice.job.turn import Turn
from sluice.pace.pacer import NoPace
from sluice.ports import Piece
from tests.builders import a_job, a_passage, a_stream_end

RULES = AnsweringRules(max_output_tokens=500, passage_tokens=1000, least_confidence=Confidence.LOW)


class IgnoringListener:
    """A listener that ignores everything."""

    until = float("inf")

    def wait(self, seconds: float) -> None: ...

    def check(self) -> None: ...

    def found(self, job: Job) -> None: ...

    def wrote(self, job: Job, piece: str, writer: AnswerWriter) -> None: ...


class LosingListener(IgnoringListener):
    """A listener that loses the job's lease when passages are found."""

    def found(self, job: Job) -> None:
        raise LeaseLost


def unpaced(
    retriever: MemoryRetriever, generator: ScriptedGenerator, clock: ManualClock
) -> Answerer:
    """Return an Answerer without quotas."""
    return Answerer(
        PacedRetriever([retriever], NoPace()), PacedGenerator(generator, NoPace(), 1), clock, RULES
    )


def answered(
    generator: ScriptedGenerator, retriever: MemoryRetriever | None = None, **fields: object
) -> Job:
    retriever = retriever or MemoryRetriever([a_passage()])
    return unpaced(retriever, generator, ManualClock()).answer(a_job(**fields), IgnoringListener())


def test_an_answer_cites_only_retrieved_passages() -> None:
    job = answered(ScriptedGenerator([Piece("Ninety days [1]. Or so [2]."), a_stream_end()]))
    assert job.status is Status.COMPLETED
    assert job.answer is not None
    assert job.answer.text == "Ninety days [1]. Or so."
    assert [citation.source for citation in job.answer.citations] == [1]
    assert [(source.number, source.page) for source in job.sources] == [(1, 8)]
    assert (job.usage.input_tokens, job.usage.output_tokens) == (100, 20)
    assert job.model == "scripted.model"


def test_without_passages_no_model_is_called_and_the_answer_says_so() -> None:
    generator = ScriptedGenerator([a_stream_end()])
    job = answered(generator, MemoryRetriever([]))
    assert generator.prompts == []
    assert job.status is Status.COMPLETED
    assert job.answer is not None
    assert job.answer.text == NOTHING_FOUND
    assert not job.answer.grounded
    assert job.sources == []


def test_the_search_query_is_short_and_carries_the_filter() -> None:
    retriever = MemoryRetriever([a_passage()])
    answered(
        ScriptedGenerator([Piece("Yes [1]."), a_stream_end()]),
        retriever,
        question=" ".join(f"word{number}" for number in range(60)),
        filter={"category": "benefits"},
    )
    ((query, filters),) = retriever.asked
    assert len(query.split()) == 30
    assert filters == {"category": "benefits"}


def test_max_tokens_is_always_set() -> None:
    generator = ScriptedGenerator([Piece("Yes."), a_stream_end()])
    answered(generator)
    assert generator.max_tokens == [500]


def test_a_follow_up_is_searched_as_a_standalone_question() -> None:
    generator = ScriptedGenerator(
        [Piece("How long is lost "), Piece("luggage kept?\n"), a_stream_end()],
        [Piece("Ninety days [1]."), a_stream_end()],
    )
    retriever = MemoryRetriever([a_passage()])
    job = answered(
        generator,
        retriever,
        question="And luggage?",
        turns=[Turn(question="How long are keys kept?", answer="A week.")],
    )
    assert retriever.asked[0][0] == "How long is lost luggage kept?"
    assert "How long are keys kept?" in generator.prompts[0].user
    assert "<question>How long is lost luggage kept?</question>" in generator.prompts[1].user
    assert job.question == "And luggage?"
    assert job.usage.input_tokens == 200


def test_an_answer_that_ran_out_of_tokens_is_kept_and_marked() -> None:
    job = answered(ScriptedGenerator([Piece("Ninety [1] da"), a_stream_end("max_tokens")]))
    assert job.answer is not None
    assert job.answer.truncated
    assert job.answer.text == "Ninety [1] da"


@pytest.mark.parametrize(
    ("reason", "error"),
    [
        ("guardrail_intervened", ContentFiltered),
        ("content_filtered", ContentFiltered),
        ("model_context_window_exceeded", PromptTooLong),
    ],
)
def test_some_stop_reasons_are_errors(reason: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        answered(ScriptedGenerator([Piece("Sorry"), a_stream_end(reason)]))


def test_an_empty_answer_is_an_error() -> None:
    with pytest.raises(EmptyAnswer):
        answered(ScriptedGenerator([Piece(" \n"), a_stream_end()]))


def test_a_stream_without_an_end_is_an_error() -> None:
    with pytest.raises(Unavailable, match="cut"):
        answered(ScriptedGenerator([Piece("Ninety days [1].")]))


def test_an_unknown_stop_reason_is_taken_as_an_end() -> None:
    job = answered(ScriptedGenerator([Piece("Yes [1]."), a_stream_end("some_new_reason")]))
    assert job.status is Status.COMPLETED


def test_a_job_whose_lease_is_lost_spends_no_tokens() -> None:
    generator = ScriptedGenerator([Piece("Yes."), a_stream_end()])
    answering = unpaced(MemoryRetriever([a_passage()]), generator, ManualClock())
    with pytest.raises(LeaseLost):
        answering.answer(a_job(), LosingListener())
    assert generator.prompts == []


def test_each_stage_is_timed() -> None:
    clock = ManualClock()

    def second() -> None:
        clock.now += 1

    generator = ScriptedGenerator([second, Piece("Yes [1]."), second, second, a_stream_end()])
    job = unpaced(MemoryRetriever([a_passage()]), generator, clock).answer(
        a_job(), IgnoringListener()
    )
    timing = job.timing
    assert (timing.retrieval_ms, timing.first_token_ms, timing.generation_ms) == (0, 1000, 3000)


def test_the_cost_is_reported_when_prices_are_configured() -> None:
    rules = AnsweringRules(500, 1000, Confidence.LOW, Decimal(3), Decimal(15))
    generator = ScriptedGenerator([Piece("Yes [1]."), a_stream_end()])
    answering = unpaced(MemoryRetriever([a_passage()]), generator, ManualClock())
    answering._rules = rules
    assert answering.answer(a_job(), IgnoringListener()).usage.cost_usd == pytest.approx(0.0006)
    assert answered(ScriptedGenerator([Piece("Yes [1]."), a_stream_end()])).usage.cost_usd is None
