"""A job as a DynamoDB item: plain attributes for use in conditions, JSON for nested values."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sluice.job.job import Job, JobKey, Lane

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

#: Fields with nested values, which no condition uses. Each is one attribute, a string of JSON,
#: which keeps floats as they are.
_DOCUMENTS = frozenset(
    ["filter", "metadata", "turns", "answer", "sources", "error", "usage", "timing"]
)
#: Fields whose attribute has another name. `job_id` is the sort key.
#: Versions up to 0.1 call the queue number `ticket`, and during a deployment workers of two
#: versions share the table.
_NAMES = {"id": "job_id", "queue_number": "ticket"}
_FIELDS = {attribute: field for field, attribute in _NAMES.items()}


def key_of(key: JobKey) -> "dict[str, AttributeValueTypeDef]":
    """The item's primary key."""
    return {"caller": {"S": key.caller}, "job_id": {"S": key.job_id}}


def open_jobs_of(caller: str, lane: Lane) -> str:
    """The key of a caller's jobs of a lane in the index of open jobs.

    In the bulk lane it is only the caller, as versions up to 0.1 wrote it for both lanes.
    """
    return caller if lane is Lane.BULK else f"{caller} {lane}"


def to_item(job: Job) -> "dict[str, AttributeValueTypeDef]":
    """The whole item of a job. Fields that are None are left out."""
    values = job.model_dump(mode="json", exclude={"subscribers"})
    item = {
        _NAMES.get(field, field): to_attribute(field, value)
        for field, value in values.items()
        # False is left out too: conditions test whether the attribute exists.
        if value is not None and value is not False
    }
    if not job.status.is_final:
        # The key in the index of open jobs. Every write that ends the job removes it.
        item["open_of"] = {"S": open_jobs_of(job.caller, job.lane)}
    # DynamoDB has no empty sets.
    return item | ({"subscribers": {"SS": sorted(job.subscribers)}} if job.subscribers else {})


def to_attribute(field: str, value: Any) -> "AttributeValueTypeDef":
    """The value of one field, which JSON can express, as an attribute."""
    if field in _DOCUMENTS:
        return {"S": json.dumps(value, ensure_ascii=False, separators=(",", ":"))}
    if isinstance(value, bool):
        return {"BOOL": value}
    return {"N": repr(value)} if isinstance(value, int | float) else {"S": value}


def from_item(item: "Mapping[str, AttributeValueTypeDef]") -> Job:
    """The job in an item. Unknown attributes are ignored: another version may have written them."""
    values: dict[str, Any] = {}
    for attribute, typed in item.items():
        field = _FIELDS.get(attribute, attribute)
        if field in Job.model_fields:
            values[field] = _value(field, typed)
    return Job.model_validate(values)


def _value(field: str, typed: "AttributeValueTypeDef") -> Any:
    if "N" in typed:
        return float(typed["N"])
    if "BOOL" in typed:
        return typed["BOOL"]
    if "SS" in typed:
        return frozenset(typed["SS"])
    text = typed["S"]
    return json.loads(text) if field in _DOCUMENTS else text
