"""The page as one reads it: sources, follow-ups, history, keyboard, screens of every size."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.web.asking import CITATIONS, QUESTION, TEXT, answered, asked, card, prose
from tests.web.browser import Visit
from tests.web.jobs import answer_of, error_of, new_job, source
from tests.web.service import FakeService

HOSTILE = '<img src=x onerror="document.title=1"><script>document.title=1</script>[1]'


def test_a_citation_leads_to_its_source_and_back(visit: Visit, service: FakeService) -> None:
    answered(service, asked(visit, service))
    cite = prose(visit).get_by_role("link", name="Source 2: Handbook 2, page 4")
    cite.focus()
    visit.page.keyboard.press("Enter")
    item = card(visit).get_by_role("listitem").filter(has_text="Handbook 2")
    expect(item).to_be_focused()
    expect(item).to_have_class("lit")
    expect(item).to_be_in_viewport()
    item.get_by_role("button", name="Back to the answer").click()
    expect(cite).to_be_focused()
    expect(item).not_to_have_class("lit")


def test_a_source_shows_page_excerpt_and_link(visit: Visit, service: FakeService) -> None:
    answered(service, asked(visit, service))
    item = card(visit).get_by_role("listitem").filter(has_text="Handbook 1")
    expect(item).to_contain_text("page 3 · good match")
    expect(item.locator("mark")).to_have_text(["cars", "lanes"])
    link = item.get_by_role("link", name="Open at page 3")
    expect(link).to_have_attribute("href", "https://docs.example/handbook.pdf#page=3")
    expect(link).to_have_attribute("target", "_blank")
    expect(link).to_have_attribute("rel", "noopener noreferrer")


def test_sources_that_are_not_cited_are_one_click_away(visit: Visit, service: FakeService) -> None:
    answered(service, asked(visit, service))
    other = card(visit).get_by_text("Handbook 3")
    expect(other).to_be_hidden()
    card(visit).get_by_text("1 more passage found, not cited").click()
    expect(other).to_be_visible()


def test_a_long_passage_starts_near_the_words_of_the_question_and_unfolds(
    visit: Visit, service: FakeService
) -> None:
    passage = "Something else entirely. " * 20 + "Cars wait here. " + "And so on. " * 30
    job = asked(visit, service)
    service.begin(job)
    service.find(job, [source(1, excerpt=passage)])
    service.write(job, TEXT)
    service.complete(job, CITATIONS[:1])
    quote = card(visit).locator("blockquote")
    expect(quote.locator("mark").first).to_be_in_viewport()
    expect(quote).not_to_have_text(passage.strip())
    card(visit).get_by_role("button", name="Show whole passage").click()
    expect(quote).to_have_text(passage.strip())
    card(visit).get_by_role("button", name="Show less").click()
    expect(quote).not_to_have_text(passage.strip())


@pytest.mark.parametrize("link", ["javascript:document.title=1", "data:text/html,x", "", None])
def test_only_web_addresses_become_links(
    visit: Visit, service: FakeService, link: str | None
) -> None:
    job = asked(visit, service)
    service.change(job, sources=[source(1, link=link)], attempts=1, answer=answer_of(TEXT))
    service.complete(job, CITATIONS[:1])
    expect(card(visit)).to_contain_text("Handbook 1")
    expect(card(visit).get_by_role("listitem").get_by_role("link")).to_have_count(0)


def test_markup_in_questions_and_documents_stays_text(visit: Visit, service: FakeService) -> None:
    job = asked(visit, service, HOSTILE)
    service.begin(job)
    service.find(job, [source(1, title=HOSTILE, excerpt=HOSTILE)])
    service.write(job, HOSTILE)
    start = len(HOSTILE) - 3
    service.complete(job, [{"start": start, "end": start + 3, "source": 1}])
    expect(card(visit, HOSTILE)).to_contain_text("Answered")
    expect(prose(visit, HOSTILE)).to_have_text(HOSTILE)
    expect(card(visit, HOSTILE).locator("blockquote")).to_have_text(HOSTILE)
    expect(card(visit, HOSTILE).locator("strong")).to_have_text(HOSTILE)
    expect(visit.page.locator("img, article script")).to_have_count(0)
    expect(visit.page).to_have_title("Sluice: ask your documents")
    assert visit.complaints == []


def test_right_to_left_text_does_not_turn_the_rest_around(
    visit: Visit, service: FakeService
) -> None:
    job = asked(visit, service, "متى تغادر السفينة؟")
    service.begin(job)
    service.find(job, [source(1, title="\u202eGuide")])
    service.write(job, "تغادر السفينة في 19:40.")
    service.complete(job)
    own = prose(visit, job["question"])
    expect(own).to_have_css("direction", "rtl")
    expect(card(visit, job["question"]).locator(".phase")).to_have_css("direction", "ltr")


def test_a_follow_up_names_the_previous_job(visit: Visit, service: FakeService) -> None:
    first = asked(visit, service)
    answered(service, first)
    card(visit).get_by_role("button", name="Ask a follow-up").click()
    visit.page.get_by_label("Your follow-up").fill("And vans?")
    visit.page.keyboard.press("Enter")
    expect(card(visit, "And vans?")).to_contain_text("2 ahead of you")
    assert service.asked[-1]["previous_job_id"] == first["id"]
    expect(visit.page.get_by_role("article").first).to_contain_text(QUESTION)
    visit.page.reload()
    expect(card(visit, "And vans?")).to_contain_text(f"Following up: {QUESTION}")


def test_a_filter_is_sent_with_the_question(visit: Visit, service: FakeService) -> None:
    visit.page.get_by_text("Filter documents").click()
    visit.page.get_by_label("Category").fill(" fares ")
    asked(visit, service)
    assert service.asked == [{"question": QUESTION, "filter": {"category": "fares"}}]


def test_an_earlier_job_is_found_and_opened(
    open_page: Callable[..., Visit], service: FakeService
) -> None:
    for number in range(1, 31):
        job = new_job(number, f"Question {number}?") | {"status": "completed", "attempts": 1}
        job |= {"answer": answer_of(f"Answer {number}.")}
        service.jobs[job["id"]] = job
    visit = open_page()
    items = visit.page.get_by_role("complementary").get_by_role("listitem")
    expect(items).to_have_count(20)
    expect(items.first).to_contain_text("Question 30?")
    visit.page.get_by_role("button", name="Load more").click()
    expect(items).to_have_count(30)
    items.last.get_by_role("button").click()
    expect(prose(visit, "Question 1?")).to_have_text("Answer 1.")
    expect(card(visit, "Question 1?").get_by_role("heading", name="Question 1?")).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390, 320])
def test_every_screen_is_accessible(
    open_page: Callable[..., Visit], service: FakeService, scheme: str, width: int
) -> None:
    visit = open_page(
        color_scheme=scheme,
        viewport={"width": width, "height": 800},
        # In the middle of a transition, colours have too little contrast.
        reduced_motion="reduce",
    )
    answered(service, asked(visit, service))
    failed = asked(visit, service, "W" * 200)
    service.fail(failed, error_of("throttled", "The quota was exceeded"))
    service.begin(asked(visit, service, "One that is being answered?"))
    visit.page.get_by_text("Filter documents").click()
    prose(visit).get_by_role("link").first.click()
    expect(card(visit, "One that is being answered?")).to_contain_text("Searching")
    expect(card(visit, "W" * 200)).to_contain_text("Ask again in a few minutes")
    assert visit.serious_faults() == []
    assert visit.overflow() <= 0


def test_the_keyboard_is_enough(visit: Visit, service: FakeService) -> None:
    expect(visit.page.get_by_label("Your question")).to_be_focused()
    visit.page.keyboard.type(QUESTION)
    visit.page.keyboard.press("Shift+Enter")
    expect(visit.page.get_by_role("article")).to_have_count(0)
    visit.page.keyboard.press("Enter")
    expect(card(visit)).to_contain_text("2 ahead of you")
    answered(service, service.job(QUESTION))
    expect(visit.page.locator("#announcer")).to_have_text(f"Answer ready: {QUESTION}")
    card(visit).get_by_role("button", name="Close").focus()
    visit.page.keyboard.press("Enter")
    expect(visit.page.get_by_role("article")).to_have_count(0)
