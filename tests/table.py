"""The jobs' table on moto, with the schema that template.yaml deploys."""

from functools import cache
from typing import Any

import boto3

from local.package import read_template
from local.stack import PROJECT

TABLE = "jobs"
#: The properties of the resource that CreateTable takes too.
_SCHEMA = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")


def create_table() -> None:
    """Create the table in moto's account."""
    boto3.client("dynamodb").create_table(TableName=TABLE, **_schema())


@cache
def _schema() -> dict[str, Any]:
    properties = read_template(PROJECT / "template.yaml")["Resources"]["Table"]["Properties"]
    return {name: properties[name] for name in _SCHEMA}
