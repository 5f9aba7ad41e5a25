"""The paces of one deployment, shared by all workers through the ledgers."""

from runtime.adapters import Adapters
from runtime.settings import Settings
from sluice.pace.ledger import Quotas
from sluice.pace.pacer import NoPace, Pace, Pacer


def retrieval_pace(settings: Settings, adapters: Adapters) -> Pace:
    """The pace of Kendra queries."""
    quotas = Quotas(queries_per_second=settings.kendra_queries_per_second)
    return _pace("kendra", quotas, adapters)


def model_pace(settings: Settings, adapters: Adapters) -> Pace:
    """The pace of the model's tokens and requests."""
    quotas = Quotas(
        tokens_per_minute=settings.model_tokens_per_minute,
        requests_per_minute=settings.model_requests_per_minute,
        tokens_per_day=settings.model_tokens_per_day,
    )
    return _pace(f"model {settings.model_id}", quotas, adapters)


def _pace(resource: str, quotas: Quotas, adapters: Adapters) -> Pace:
    if not quotas:
        return NoPace()
    return Pacer(resource, quotas, adapters.ledgers, adapters.clock)
