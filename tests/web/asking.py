"""One question and its answer, and the elements of the page that show them."""

from playwright.sync_api import Locator, expect

from tests.web.browser import Visit
from tests.web.jobs import Job, source
from tests.web.service import FakeService

QUESTION = "When must cars be in the lanes?"
TEXT = "Forty-five minutes before departure [1]. 🚢 Late cars wait [2]."
CITATIONS = [{"start": 36, "end": 39, "source": 1}, {"start": 58, "end": 61, "source": 2}]


def card(visit: Visit, question: str = QUESTION) -> Locator:
    return visit.page.get_by_role("article", name=question, exact=True)


def prose(visit: Visit, question: str = QUESTION) -> Locator:
    return card(visit, question).locator(".prose")


def asked(visit: Visit, service: FakeService, question: str = QUESTION) -> Job:
    """Ask, and wait until the service has accepted the question."""
    visit.ask(question)
    expect(card(visit, question)).to_contain_text("2 ahead of you, about 8 s")
    return service.job(question)


def answered(service: FakeService, job: Job) -> None:
    """Take the job through its whole life."""
    service.begin(job)
    service.find(job, [source(1), source(2), source(3)])
    service.write(job, TEXT)
    service.complete(job, CITATIONS)
