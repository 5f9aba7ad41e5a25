"""Kendra and Bedrock, apart from the other adapters because only the worker talks to them."""

from functools import cached_property

from adapters import clients
from adapters.bedrock import BedrockGenerator
from adapters.kendra import KendraQueryRetriever, KendraRetriever
from runtime.settings import Settings


class AwsUpstreams:
    """The retrievers and the generator that the settings name."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @cached_property
    def retrievers(self) -> list[KendraRetriever]:
        """Retrieve, then Query for what it does not find, where that is allowed."""
        settings = self._settings
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

    @cached_property
    def generator(self) -> BedrockGenerator:
        guardrail = (self._settings.guardrail_id, self._settings.guardrail_version)
        return BedrockGenerator(
            client=clients.bedrock(),
            model=self._settings.model_id,
            guardrail=guardrail if self._settings.guardrail_id else None,
        )
