from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.local.serving import serving
from tests.web.browser import Visit, chromium
from tests.web.service import FakeService


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture
def service() -> Iterator[FakeService]:
    fake = FakeService()
    yield fake
    assert fake.breaches == []


@pytest.fixture
def open_page(browser: Browser, service: FakeService) -> Iterator[Callable[..., Visit]]:
    """Open the page, with the options of a browser context."""
    visits = []
    with serving(service.app) as url:

        def open_it(fragment: str = "", **context: Any) -> Visit:
            visit = Visit(browser, **context)
            visits.append(visit)
            visit.page.goto(f"{url}/{fragment}")
            return visit

        try:
            yield open_it
        finally:
            for visit in visits:
                visit.context.close()


@pytest.fixture
def visit(open_page: Callable[..., Visit]) -> Visit:
    return open_page()
