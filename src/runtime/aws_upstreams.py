"""The adapters for Kendra and Bedrock. They are apart because only the worker imports them."""

from functools import cached_property

from adapters import clients
from adapters.bedrock import BedrockGenerator
from adapters.kendra import KendraQueryRetriever, KendraRetriever
from runtime.settings import Settings


class AwsUpstreams:
    """The retrievers and the generator, as the settings configure them."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @cached_property
    def retrievers(self) -> list[KendraRetriever]:
        """Kendra Retrieve and, if it is enabled, Kendra Query for when Retrieve finds nothing."""
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
