"""One attempt to answer a question: find passages, ask the model, read what it writes."""

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

#: Output tokens for rewriting a follow-up: the result is one sentence.
_STANDALONE_TOKENS = 200


@dataclass(frozen=True)
class AnsweringRules:
    """The operator's settings for answering."""

    max_output_tokens: int
    #: The largest number of tokens of passages in a prompt.
    passage_tokens: int
    least_confidence: Confidence
    #: Prices in US dollars per million tokens. If either is None, answers have no cost.
    input_price: Decimal | None = None
    output_price: Decimal | None = None

    def cost_of(self, input_tokens: int, output_tokens: int) -> float | None:
        if self.input_price is None or self.output_price is None:
            return None
        millionths = input_tokens * self.input_price + output_tokens * self.output_price
        return float(millionths / 1_000_000)


class Listener(Waiter, Protocol):
    """Follows an attempt. Each method may stop it by raising an error."""

    def check(self) -> None:
        """Raise an error if the attempt should stop."""

    def found(self, job: Job) -> None:
        """Called after retrieval, before tokens are spent. `job` has its sources."""

    def wrote(self, job: Job, piece: str, writer: AnswerWriter) -> None:
        """Called after `piece` was added to the writer's text. `piece` may be empty."""


class Answerer:
    """Answers leased jobs. It keeps no state between them."""

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
        """Return `job`, completed. Raises Transient, Fatal, and whatever the listener raises."""
        question, asked = self._standalone(job, listener)
        job = self._find(question, job, listener)
        listener.found(job)
        if not job.sources:
            return self._complete(job, Answer(text=NOTHING_FOUND), asked)
        answer, written, job = self._write(answer_prompt(question, job.sources), job, listener)
        return self._complete(job, answer, [*asked, written])

    def _standalone(self, job: Job, listener: Listener) -> tuple[str, list[StreamEnd]]:
        """The question, rewritten so that it needs no conversation, and the model calls for that.

        Only a follow-up needs a call.
        """
        if not job.turns:
            return job.question, []
        text = ""
        end = None
        prompt = standalone_prompt(job.question, job.turns)
        generation = self._generator.generate(
            prompt, max_tokens=_STANDALONE_TOKENS, lane=job.lane, waiter=listener
        )
        # If the listener raises, the call is closed at once, so that it spends no more tokens.
        with closing(generation):
            for event in generation:
                listener.check()
                match event:
                    case Piece():
                        text += event.text
                    case StreamEnd():
                        end = event
        return " ".join(text.split()) or job.question, [end] if end else []

    def _find(self, question: str, job: Job, listener: Listener) -> Job:
        """The job with its sources: the chosen passages, numbered."""
        started = self._clock.time()
        query = shorten(question)
        found = self._retriever.retrieve(query, job.filter, job.lane, listener)
        chosen = choose(
            found,
            at_least=self._rules.least_confidence,
            token_budget=self._rules.passage_tokens,
        )
        sources = [Source.of(number, passage) for number, passage in enumerate(chosen, start=1)]
        found_job = job.model_copy(update={"sources": sources})
        return self._timed(found_job, retrieval_ms=self._since(started))

    def _write(self, prompt: Prompt, job: Job, listener: Listener) -> tuple[Answer, StreamEnd, Job]:
        generation = self._generator.generate(
            prompt, max_tokens=self._rules.max_output_tokens, lane=job.lane, waiter=listener
        )
        started = self._clock.time()
        writer = AnswerWriter(len(job.sources))
        end = None
        with closing(generation):
            for event in generation:
                match event:
                    case Piece():
                        if job.timing.first_token_ms is None:
                            job = self._timed(job, first_token_ms=self._since(started))
                        listener.wrote(job, writer.write(event.text), writer)
                    case StreamEnd():
                        end = event
        if end is None:
            raise Unavailable("The model's stream was cut before the answer was complete.")
        listener.wrote(job, writer.close(), writer)
        job = self._timed(job, generation_ms=self._since(started))
        return _accept(writer, end), end, job

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

    def _since(self, started: float) -> int:
        return round(max(0, self._clock.time() - started) * 1000)


def _accept(writer: AnswerWriter, end: StreamEnd) -> Answer:
    """The complete answer. Raises ContentFiltered, PromptTooLong or EmptyAnswer if it is unusable.

    The reason is ConverseStream's stopReason. An unknown reason counts as a normal end.
    """
    match end.reason:
        case "guardrail_intervened" | "content_filtered":
            raise ContentFiltered(
                "A content filter stopped the answer. Rephrase the question.",
                request_id=end.request_id,
            )
        case "model_context_window_exceeded":
            raise PromptTooLong(
                "The question and its passages are longer than the model can read.",
                request_id=end.request_id,
            )
    answer = writer.answer(truncated=end.reason == "max_tokens")
    if not answer.text:
        raise EmptyAnswer("The model returned no text.", request_id=end.request_id)
    return answer
