"""The composition root of the worker: it makes the worker from adapters."""

import random

from runtime.adapters import Adapters, Upstreams
from runtime.paces import model_pace, retrieval_pace
from runtime.settings import Settings
from sluice.answering.answerer import Answerer, AnsweringRules
from sluice.answering.paced_generator import PacedGenerator
from sluice.answering.paced_retriever import PacedRetriever
from sluice.pace.booking import Jitter
from sluice.push.posts import Posts, ThreadedPosts
from sluice.work.worker import Worker, WorkRules


def make_worker(
    settings: Settings,
    adapters: Adapters,
    upstreams: Upstreams,
    *,
    posts: Posts | None = None,
    jitter: Jitter = random.uniform,
) -> Worker:
    """A worker with these adapters. Without `posts` it gets its own threads for posting."""
    return Worker(
        store=adapters.store,
        queue=adapters.queue,
        lanes=adapters.lanes,
        answerer=_answerer(settings, adapters, upstreams),
        push=adapters.push,
        posts=posts or ThreadedPosts(),
        clock=adapters.clock,
        rules=WorkRules(
            lease_seconds=settings.lease_seconds,
            max_attempts=settings.max_attempts,
            give_up_seconds=settings.give_up_minutes * 60,
        ),
        jitter=jitter,
    )


def _answerer(settings: Settings, adapters: Adapters, upstreams: Upstreams) -> Answerer:
    burndown = settings.model_output_burndown
    return Answerer(
        PacedRetriever(upstreams.retrievers, retrieval_pace(settings, adapters)),
        PacedGenerator(upstreams.generator, model_pace(settings, adapters), burndown),
        adapters.clock,
        _rules(settings),
    )


def _rules(settings: Settings) -> AnsweringRules:
    return AnsweringRules(
        max_output_tokens=settings.max_output_tokens,
        passage_tokens=settings.passage_tokens,
        least_confidence=settings.min_confidence,
        input_price=settings.model_input_price,
        output_price=settings.model_output_price,
    )
