"""One attempt at one job: find passages, ask the model, read what it writes."""

from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from sluice.answering.citations import AnswerWriter
from sluice.answering.paced_generator import PacedGenerator
from sluice.answering.paced_retriever import PacedRetriever
from sluice.answering.prompt import answer_prompt, standalone_prompt
from sluice.answering.query import shorten
from sluice.answering.selection import choose
from sluice.clock import Clock, to_utc
from sluice.errors import ContentFiltered, EmptyAnswer, PromptTooLong, Unavailable
from sluice.job.answer import NOTHING_FOUND, Answer
from sluice.job.job import Job, Status, Usage
from sluice.job.passage import Confidence
from sluice.job.source import Source
from sluice.pace.pacer import Waiter
from sluice.ports import Piece, Prompt, StreamEnd

#: A question made standalone is one sentence.
_STANDALONE_TOKENS = 200


@dataclass(frozen=True)
class AnsweringRules:
    """What an operator may set about answering."""

    max_output_tokens: int
    #: Tokens of passages that the prompt may hold.
    passage_tokens: int
    least_confidence: Confidence
    #: US dollars per million tokens; None leaves the cost of an answer unsaid.
    input_price: Decimal | None = None
    output_price: Decimal | None = None

    def cost_of(self, input_tokens: int, output_tokens: int) -> float | None:
        if self.input_price is None or self.output_price is None:
            return None
        millionths = input_tokens * self.input_price + output_tokens * self.output_price
        return float(millionths / 1_000_000)


class Listener(Waiter, Protocol):
    """Follows an attempt. Each method may stop it by raising: the job is no longer ours."""

    def check(self) -> None:
        """Something is about to be done or has been heard."""

    def found(self, job: Job) -> None:
        """Retrieval is over and `job` has its sources; tokens are about to be spent."""

    def wrote(self, job: Job, piece: str, writer: AnswerWriter) -> None:
        """`piece` has been added to the writer's text; it may be empty."""


class Answerer:
    """Answers leased jobs. Holds no state between them."""

    def __init__(
        self,
        retriever: PacedRetriever,
        generator: PacedGenerator,
        clock: Clock,
        rules: AnsweringRules,
    ) -> None:
        self._retriever = retriever
        self._generator = generator
        self._clock = clock
        self._rules = rules

    def answer(self, job: Job, listener: Listener) -> Job:
        """Return `job` completed. Raises Transient or Fatal, and whatever the listener raises."""
        question, asked = self._standalone(job, listener)
        job = self._find(question, job, listener)
        listener.found(job)
        if not job.sources:
            return self._complete(job, Answer(text=NOTHING_FOUND), asked)
        answer, written, job = self._write(answer_prompt(question, job.sources), job, listener)
        return self._complete(job, answer, [*asked, written])

    def _standalone(self, job: Job, listener: Listener) -> tuple[str, list[StreamEnd]]:
        """The question without its conversation. One model call, for a follow-up only."""
        if not job.turns:
            return job.question, []
        text = ""
        ending = None
        prompt = standalone_prompt(job.question, job.turns)
        generation = self._generator.generate(
            prompt, max_tokens=_STANDALONE_TOKENS, lane=job.lane, waiter=listener
        )
        # Closed at once when the listener raises, so that an unwanted call costs no more.
        with closing(generation):
            for event in generation:
                listener.check()
                match event:
                    case Piece():
                        text += event.text
                    case StreamEnd():
                        ending = event
        return " ".join(text.split()) or job.question, [ending] if ending else []

    def _find(self, question: str, job: Job, listener: Listener) -> Job:
        """The job with its sources: passages worth reading, numbered."""
        begun = self._clock.time()
        query = shorten(question)
        found = self._retriever.retrieve(query, job.filter, job.lane, listener)
        chosen = choose(
            found,
            at_least=self._rules.least_confidence,
            token_budget=self._rules.passage_tokens,
        )
        sources = [Source.of(number, passage) for number, passage in enumerate(chosen, start=1)]
        found_job = job.model_copy(update={"sources": sources})
        return self._timed(found_job, retrieval_ms=self._since(begun))

    def _write(self, prompt: Prompt, job: Job, listener: Listener) -> tuple[Answer, StreamEnd, Job]:
        generation = self._generator.generate(
            prompt, max_tokens=self._rules.max_output_tokens, lane=job.lane, waiter=listener
        )
        begun = self._clock.time()
        writer = AnswerWriter(len(job.sources))
        ending = None
        with closing(generation):
            for event in generation:
                match event:
                    case Piece():
                        if job.timing.first_token_ms is None:
                            job = self._timed(job, first_token_ms=self._since(begun))
                        listener.wrote(job, writer.write(event.text), writer)
                    case StreamEnd():
                        ending = event
        if ending is None:
            raise Unavailable("The model's stream was cut before its end.")
        listener.wrote(job, writer.close(), writer)
        job = self._timed(job, generation_ms=self._since(begun))
        return _accept(writer, ending), ending, job

    def _complete(self, job: Job, answer: Answer, calls: list[StreamEnd]) -> Job:
        input_tokens = sum(call.input_tokens for call in calls)
        output_tokens = sum(call.output_tokens for call in calls)
        return job.model_copy(
            update={
                "status": Status.COMPLETED,
                "answer": answer,
                "error": None,
                "usage": Usage(
                    input_tokens=input_tokens,
                    output_tokens=output_tokens,
                    cost_usd=self._rules.cost_of(input_tokens, output_tokens),
                ),
                "model": self._generator.model if calls else None,
                "finished_at": to_utc(self._clock.time()),
            }
        )

    def _timed(self, job: Job, **milliseconds: int) -> Job:
        return job.model_copy(update={"timing": job.timing.model_copy(update=milliseconds)})

    def _since(self, begun: float) -> int:
        return round(max(0, self._clock.time() - begun) * 1000)


def _accept(writer: AnswerWriter, ending: StreamEnd) -> Answer:
    """The answer, unless the way it ended says that it is none.

    The reasons are ConverseStream's stopReason. One that is not known here is taken as an end.
    """
    match ending.reason:
        case "guardrail_intervened" | "content_filtered":
            raise ContentFiltered(
                "A content filter stopped the answer; ask in other words.",
                request_id=ending.request_id,
            )
        case "model_context_window_exceeded":
            raise PromptTooLong(
                "The passages found for this question are longer than the model can read.",
                request_id=ending.request_id,
            )
    answer = writer.answer(truncated=ending.reason == "max_tokens")
    if not answer.text:
        raise EmptyAnswer("The model ended without a word.", request_id=ending.request_id)
    return answer
