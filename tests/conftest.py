"""What tests share: no real AWS, whatever the shell has set, and the jobs' table on moto."""

import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import settings


@pytest.fixture(autouse=True)
def no_real_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
def dynamodb() -> Iterator[Any]:
    """A DynamoDB client, in an account of moto's that holds the jobs' table."""
    # Imported late: most tests need neither.
    import boto3
    from moto import mock_aws

    from tests.table import create_table

    with mock_aws():
        create_table()
        yield boto3.client("dynamodb")


# Read when Powertools' logger is made; template.yaml sets it to the stack's name.
os.environ.setdefault("POWERTOOLS_SERVICE_NAME", "sluice")

# How long an example takes says nothing on a busy machine.
settings.register_profile("sluice", deadline=None)
settings.load_profile("sluice")

# A shell starts background jobs with SIGINT ignored, and processes hand that on to those they
# start: the tests of Ctrl-C would wait for nothing.
signal.signal(signal.SIGINT, signal.default_int_handler)
