"""The settings: environment variables, which template.yaml sets. Only this module reads them."""

import os
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator

from sluice.job.filters import FilterFields
from sluice.job.passage import Confidence


class Settings(BaseModel):
    """The settings of one deployment. A field's environment variable has its name in capitals."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    table_name: str
    queue_url: str
    bulk_queue_url: str
    dead_letter_queue_url: str
    #: The @connections address of the WebSocket API, or empty without one.
    push_url: str = ""
    kendra_index_id: str
    #: Whether to use Kendra Query if Retrieve finds nothing.
    query_fallback: bool = False
    #: The number of passages to ask Kendra for.
    max_passages: Annotated[int, Field(ge=1, le=100)] = 10
    #: The largest number of tokens of passages in the prompt.
    passage_tokens: Annotated[int, Field(ge=100)] = 4_000
    min_confidence: Confidence = Confidence.LOW
    #: Further attributes of the index, such as `department,year:number,tags:list`.
    filter_attributes: FilterFields = FilterFields()
    model_id: str
    max_output_tokens: Annotated[int, Field(ge=1)] = 1_000
    #: The quotas of the account. With 0 there is no pace for that quota.
    kendra_queries_per_second: Annotated[float, Field(ge=0)] = 0
    model_tokens_per_minute: Annotated[float, Field(ge=0)] = 0
    model_requests_per_minute: Annotated[float, Field(ge=0)] = 0
    model_tokens_per_day: Annotated[float, Field(ge=0)] = 0
    #: How many tokens of quota one output token costs.
    model_output_burndown: Annotated[float, Field(ge=1)] = 1
    guardrail_id: str = ""
    guardrail_version: str = "DRAFT"
    #: Prices in US dollars per million tokens. If they are not set, answers have no cost.
    model_input_price: Decimal | None = None
    model_output_price: Decimal | None = None
    max_concurrency: Annotated[int, Field(ge=1)] = 10
    batch_size: Annotated[int, Field(ge=1)] = 10
    #: Jobs that one caller may have open. 0 means no limit.
    max_open_jobs_per_caller: Annotated[int, Field(ge=0)] = 10_000
    lease_seconds: Annotated[int, Field(ge=3)] = 30
    max_attempts: Annotated[int, Field(ge=1)] = 3
    give_up_minutes: Annotated[int, Field(ge=1)] = 360
    retention_days: Annotated[int, Field(ge=1)] = 7

    @field_validator("filter_attributes", mode="before")
    @classmethod
    def _parse_filters(cls, value: object) -> object:
        return FilterFields.parse(value) if isinstance(value, str) else value

    @classmethod
    def load(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read the environment. Raises pydantic's ValidationError, which names each variable."""
        names = {field: field.upper() for field in cls.model_fields}
        return cls.model_validate(
            {field: environment[name] for field, name in names.items() if environment.get(name)}
        )
