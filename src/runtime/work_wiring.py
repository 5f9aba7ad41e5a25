"""The worker's part of the wiring, apart because only it talks to Kendra and Bedrock."""

from adapters import clients
from adapters.bedrock import BedrockGenerator
from adapters.kendra import KendraQueryRetriever, KendraRetriever
from runtime.settings import Settings
from runtime.wiring import Wiring
from sluice.answering.answerer import Answerer, AnsweringRules
from sluice.answering.paced_generator import PacedGenerator
from sluice.answering.paced_retriever import PacedRetriever
from sluice.work.worker import Worker, WorkRules


def worker(settings: Settings) -> Worker:
    """A worker on the real services."""
    wiring = Wiring(settings)
    return Worker(
        store=wiring.store,
        queue=wiring.queue,
        lanes=wiring.lanes,
        answering=_answering(settings, wiring),
        push=wiring.push,
        clock=wiring.clock,
        rules=WorkRules(
            lease_seconds=settings.lease_seconds,
            max_attempts=settings.max_attempts,
            give_up_seconds=settings.give_up_minutes * 60,
        ),
    )


def _answering(settings: Settings, wiring: Wiring) -> Answerer:
    return Answerer(
        PacedRetriever(_retrievers(settings), wiring.kendra_pace()),
        PacedGenerator(
            _generator(settings),
            wiring.model_pace(),
            settings.model_output_burndown,
        ),
        wiring.clock,
        _rules(settings),
    )


def _retrievers(settings: Settings) -> list[KendraRetriever]:
    """Retrieve, and Query for what it does not find where that is allowed."""
    kinds = [KendraRetriever, *([KendraQueryRetriever] if settings.query_fallback else [])]
    client = clients.kendra()
    return [
        kind(
            client=client,
            index_id=settings.kendra_index_id,
            filters=settings.filter_attributes,
            page_size=settings.max_passages,
        )
        for kind in kinds
    ]


def _generator(settings: Settings) -> BedrockGenerator:
    guardrail = (settings.guardrail_id, settings.guardrail_version)
    return BedrockGenerator(
        client=clients.bedrock(),
        model=settings.model_id,
        guardrail=guardrail if settings.guardrail_id else None,
    )


def _rules(settings: Settings) -> AnsweringRules:
    return AnsweringRules(
        max_output_tokens=settings.max_output_tokens,
        passage_tokens=settings.passage_tokens,
        least_confidence=settings.min_confidence,
        input_price=settings.model_input_price,
        output_price=settings.model_output_price,
    )
