"""The steps that all peers have in common: passages from Kendra, a prompt, a model's answer."""

from typing import Any

import boto3
from botocore.config import Config

from bench.burst.peers.order import Order, Tally
from sluice.answering.prompt import answer_prompt
from sluice.answering.selection import choose
from sluice.job.passage import Confidence, Passage
from sluice.job.source import Source
from sluice.ports import Prompt

_PASSAGE_TOKENS = 4_000


def client(service: str, url: str, config: Config, **credentials: str) -> Any:
    """A boto3 client of the service at `url`."""
    make: Any = boto3.client  # its overloads want the service's name in the source
    return make(service, endpoint_url=url, config=config, **credentials)


class Asking:
    """The steps with two clients of one configuration."""

    def __init__(self, order: Order, tally: Tally, config: Config) -> None:
        self._order = order
        self._kendra = client("kendra", order.kendra, config)
        self.bedrock = tally.count(client("bedrock-runtime", order.bedrock, config))

    def prompt(self, question: str) -> Prompt:
        """The prompt that Sluice would send."""
        found = self._kendra.retrieve(IndexId=self._order.index, QueryText=question, PageSize=10)
        passages = [_passage(item) for item in found["ResultItems"]]
        chosen = choose(passages, at_least=Confidence.LOW, token_budget=_PASSAGE_TOKENS)
        return answer_prompt(question, [Source.of(n, each) for n, each in enumerate(chosen, 1)])

    def converse(self, prompt: Prompt) -> dict[str, Any]:
        """The model's answer."""
        answer: dict[str, Any] = self.bedrock.converse(
            modelId=self._order.model,
            system=[{"text": prompt.system}],
            messages=[{"role": "user", "content": [{"text": prompt.user}]}],
            inferenceConfig={"maxTokens": self._order.max_tokens},
        )
        return answer

    def answer(self, question: str) -> None:
        self.converse(self.prompt(question))


def _passage(item: dict[str, Any]) -> Passage:
    return Passage(
        document_id=item["DocumentId"],
        title=item.get("DocumentTitle", ""),
        text=item["Content"],
        confidence=item.get("ScoreAttributes", {}).get("ScoreConfidence", "NOT_AVAILABLE"),
    )
