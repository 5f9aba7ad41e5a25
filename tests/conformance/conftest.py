"""The jobs' table on moto, for the adapters that live in it."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tests.table import create_table


@pytest.fixture
def dynamodb() -> Iterator[Any]:
    """A client of an account that holds the jobs' table."""
    with mock_aws():
        create_table()
        yield boto3.client("dynamodb")
