"""The functions' environment on moto."""

from collections.abc import Iterator

import pytest
from moto import mock_aws

from tests.integration.handlers import set_environment


@pytest.fixture
def queue_url(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The URL of the interactive queue, in an account where the functions can run."""
    with mock_aws():
        yield set_environment(monkeypatch)
