"""The page when something fails: it says what failed and what to do."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.web.asking import QUESTION, TEXT, answered, asked, card, prose
from tests.web.browser import Visit
from tests.web.jobs import error_of
from tests.web.service import KEY, FakeService


def test_a_failed_job_says_why_and_what_to_do(visit: Visit, service: FakeService) -> None:
    job = asked(visit, service)
    service.fail(job, error_of("throttled", "The account's quota was exceeded"))
    expect(card(visit)).to_contain_text(
        "The account's quota was exceeded. The service has used up its quota for now."
    )
    card(visit).get_by_role("button", name="Ask again").click()
    expect(visit.page.get_by_label("Your question")).to_have_value(QUESTION)
    expect(visit.page.get_by_label("Your question")).to_be_focused()


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ("", "Type a question first."),
        (" ?! ", "at least one letter or digit"),
        ("a" + "🚢" * 1000, "1001 characters: 1 too many."),
    ],
)
def test_a_question_that_cannot_be_asked_is_not_sent(
    visit: Visit, service: FakeService, question: str, message: str
) -> None:
    visit.ask(question)
    expect(visit.page.get_by_text(message)).to_be_visible()
    expect(visit.page.get_by_label("Your question")).to_have_value(question)
    assert service.asked == []


def test_the_longest_question_is_counted_in_characters_and_sent(
    visit: Visit, service: FakeService
) -> None:
    question = "🚢" * 999 + "a"
    visit.page.get_by_label("Your question").fill(question)
    expect(visit.page.get_by_text("0 characters left.")).to_be_visible()
    visit.page.keyboard.press("Enter")
    expect(card(visit, question)).to_contain_text("2 ahead of you")


def test_a_service_that_does_not_answer_is_reported_and_can_be_tried_again(
    visit: Visit, service: FakeService
) -> None:
    visit.page.route("**/api/jobs", lambda route: route.abort())
    visit.ask(QUESTION)
    expect(card(visit)).to_contain_text("The service does not answer.")
    visit.page.unroute("**/api/jobs")
    card(visit).get_by_role("button", name="Try again").click()
    expect(card(visit)).to_contain_text("2 ahead of you")
    answered(service, service.job(QUESTION))
    expect(prose(visit)).to_have_text(TEXT)


def test_an_expired_job_is_reported(open_page: Callable[..., Visit]) -> None:
    visit = open_page("#01a2025b-0000-7000-8000-000000000099")
    expect(visit.page.get_by_role("alert")).to_contain_text("it has expired")


def test_the_page_asks_for_the_key_once_and_can_forget_it(
    open_page: Callable[..., Visit], service: FakeService
) -> None:
    service.config = {"api_url": None}
    visit = open_page()
    page = visit.page
    api = page.evaluate("location.origin") + "/api"
    page.get_by_label("Service address").fill("http://elsewhere.example")
    page.get_by_role("button", name="Connect").click()
    expect(page.get_by_role("alert")).to_contain_text("The address must start with https://")
    page.get_by_label("Service address").fill(api + "/")
    page.get_by_label("API key").fill("wrong")
    page.get_by_role("button", name="Connect").click()
    expect(page.get_by_role("alert")).to_contain_text("The key is not accepted")
    assert visit.serious_faults() == []
    page.get_by_label("API key").fill(KEY)
    page.get_by_role("button", name="Connect").click()
    asked(visit, service)
    page.reload()
    expect(card(visit)).to_be_visible()
    page.get_by_role("button", name="Forget key").click()
    expect(page.get_by_label("API key")).to_be_visible()
    assert page.evaluate("localStorage.length") == 0


def test_a_key_is_sent_only_to_the_address_it_was_entered_for(
    open_page: Callable[..., Visit], service: FakeService
) -> None:
    service.config = {"api_url": "https://other.example"}
    visit = open_page()
    visit.page.evaluate(
        """localStorage.setItem("sluice.endpoint", JSON.stringify(
            {api_url: location.origin + "/api", api_key: "a-key"}))"""
    )
    visit.page.reload()
    expect(visit.page.get_by_label("API key")).to_be_visible()


def test_a_key_that_is_no_longer_accepted_is_asked_for_again(
    open_page: Callable[..., Visit], service: FakeService
) -> None:
    service.config = {"api_url": None}
    visit = open_page()
    # Until the form is there, the page may still read what the test is about to store.
    expect(visit.page.get_by_label("API key")).to_be_visible()
    visit.page.evaluate(
        """localStorage.setItem("sluice.endpoint", JSON.stringify(
            {api_url: location.origin + "/api", api_key: "old"}))"""
    )
    visit.page.reload()
    expect(visit.page.get_by_role("alert")).to_contain_text("The key is not accepted")
    expect(visit.page.get_by_label("API key")).to_be_visible()


def test_only_the_websockets_address_holds_a_ticket_and_none_a_key(
    visit: Visit, service: FakeService
) -> None:
    urls: list[str] = []
    visit.page.on("request", lambda request: urls.append(request.url))
    visit.page.reload()
    answered(service, asked(visit, service))
    expect(prose(visit)).to_have_text(TEXT)
    seen = [*urls, visit.page.url]
    assert not [url for url in seen if KEY in url or "ticket=" in url]
