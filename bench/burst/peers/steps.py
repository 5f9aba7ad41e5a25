"""The steps that all peers share: passages from Kendra, a prompt, an answer from a model."""

from typing import Any

import boto3
from botocore.config import Config

from bench.burst.peers.protocol import Assignment, CallCounter
from sluice.answering.prompt import answer_prompt
from sluice.answering.selection import choose
from sluice.job.passage import Confidence, Passage
from sluice.job.source import Source
from sluice.ports import Prompt

_PASSAGE_TOKENS = 4_000


def client(service: str, url: str, config: Config, **credentials: str) -> Any:
    """A boto3 client of the service at `url`."""
    make: Any = boto3.client  # its overloads require a literal name of the service
    return make(service, endpoint_url=url, config=config, **credentials)


class AnswerSteps:
    """The steps with a Kendra and a Bedrock client of one configuration."""

    def __init__(self, assignment: Assignment, counter: CallCounter, config: Config) -> None:
        self._assignment = assignment
        self._kendra = client("kendra", assignment.kendra, config)
        self.bedrock = counter.attach(client("bedrock-runtime", assignment.bedrock, config))

    def prompt(self, question: str) -> Prompt:
        """The prompt that Sluice would send."""
        found = self._kendra.retrieve(
            IndexId=self._assignment.index, QueryText=question, PageSize=10
        )
        passages = [_passage(item) for item in found["ResultItems"]]
        chosen = choose(passages, at_least=Confidence.LOW, token_budget=_PASSAGE_TOKENS)
        return answer_prompt(question, [Source.of(n, each) for n, each in enumerate(chosen, 1)])

    def converse(self, prompt: Prompt) -> dict[str, Any]:
        """The model's response."""
        response: dict[str, Any] = self.bedrock.converse(
            modelId=self._assignment.model,
            system=[{"text": prompt.system}],
            messages=[{"role": "user", "content": [{"text": prompt.user}]}],
            inferenceConfig={"maxTokens": self._assignment.max_tokens},
        )
        return response

    def answer(self, question: str) -> None:
        """Run all steps for a question."""
        self.converse(self.prompt(question))


def _passage(item: dict[str, Any]) -> Passage:
    return Passage(
        document_id=item["DocumentId"],
        title=item.get("DocumentTitle", ""),
        text=item["Content"],
        confidence=item.get("ScoreAttributes", {}).get("ScoreConfidence", "NOT_AVAILABLE"),
    )
