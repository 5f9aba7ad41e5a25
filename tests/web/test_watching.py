"""The page while answers are written, over a good network and a bad one."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.web.asking import CITATIONS, TEXT, answered, asked, card, prose
from tests.web.browser import Visit
from tests.web.jobs import answer_of, source
from tests.web.service import FakeService


def test_an_answer_grows_before_it_is_complete(visit: Visit, service: FakeService) -> None:
    job = asked(visit, service)
    service.begin(job)
    expect(card(visit)).to_contain_text("Searching the documents")
    service.find(job, [source(1), source(2)])
    expect(card(visit)).to_contain_text("Reading 2 passages")
    service.write(job, TEXT[:20])
    expect(prose(visit)).to_have_text(TEXT[:20])
    expect(card(visit)).to_contain_text("Writing the answer")
    service.write(job, TEXT[20:45])
    expect(prose(visit)).to_have_text(TEXT[:45])
    service.write(job, TEXT[45:])
    service.complete(job, CITATIONS)
    expect(card(visit)).to_contain_text("Answered in 4 s")
    expect(prose(visit)).to_have_text(TEXT)
    assert visit.complaints == []


def test_two_questions_are_answered_side_by_side(visit: Visit, service: FakeService) -> None:
    first, second = (asked(visit, service, each) for each in ("The first one?", "The second one?"))
    for job, text in ((first, "One"), (second, "Two")):
        service.begin(job)
        service.write(job, text)
    service.write(first, ", first.")
    service.complete(first)
    expect(prose(visit, "The first one?")).to_have_text("One, first.")
    expect(prose(visit, "The second one?")).to_have_text("Two")
    expect(card(visit, "The second one?")).to_contain_text("Writing")
    service.complete(second)
    expect(card(visit, "The second one?")).to_contain_text("Answered")


def test_a_dropped_connection_is_reported_and_loses_nothing(
    visit: Visit, service: FakeService
) -> None:
    job = asked(visit, service)
    service.begin(job)
    service.write(job, TEXT[:10])
    expect(prose(visit)).to_have_text(TEXT[:10])
    connection = visit.page.locator("#connection")
    visit.page.evaluate(
        """() => { window.seen = []; new MutationObserver(() =>
            seen.push(document.getElementById("connection").textContent)
        ).observe(document.getElementById("connection"), {childList: true}) }"""
    )
    service.drop()
    service.write(job, TEXT[10:30])
    expect(connection).to_have_text("Connected again.")
    assert visit.page.evaluate("seen[0]") == "Connection lost. Reconnecting …"
    service.write(job, TEXT[30:])
    service.complete(job, CITATIONS)
    expect(prose(visit)).to_have_text(TEXT)
    assert service.connections == 2


def test_a_lost_delta_is_requested_again(visit: Visit, service: FakeService) -> None:
    job = asked(visit, service)
    service.begin(job)
    service.write(job, TEXT[:10])
    expect(prose(visit)).to_have_text(TEXT[:10])
    service.write(job, TEXT[10:30], is_lost=True)
    service.write(job, TEXT[30:40])
    expect(prose(visit)).to_have_text(TEXT[:40])


def test_a_job_given_back_starts_its_text_again(visit: Visit, service: FakeService) -> None:
    job = asked(visit, service)
    service.begin(job)
    service.write(job, "Wrong")
    expect(prose(visit)).to_have_text("Wrong")
    service.give_back(job)
    expect(prose(visit)).to_have_text("")
    expect(card(visit)).to_contain_text("The answer starts again")
    service.begin(job)
    service.write(job, "Right")
    expect(prose(visit)).to_have_text("Right")


def test_an_event_too_large_for_the_socket_is_fetched(visit: Visit, service: FakeService) -> None:
    job = asked(visit, service)
    service.begin(job)
    service.change(job, status="completed", answer=answer_of("Large."))
    service.push(job, {"type": "job.completed", "url": f"/jobs/{job['id']}"})
    expect(prose(visit)).to_have_text("Large.")


def test_without_a_websocket_the_answer_still_grows(
    open_page: Callable[..., Visit], service: FakeService
) -> None:
    service.has_live = False
    visit = open_page()
    job = asked(visit, service)
    expect(visit.page.locator("#connection")).to_contain_text("every few seconds")
    service.begin(job)
    service.write(job, TEXT[:20])
    expect(prose(visit)).to_have_text(TEXT[:20])
    service.write(job, TEXT[20:])
    service.complete(job, CITATIONS)
    expect(prose(visit)).to_have_text(TEXT)


def test_after_a_reload_the_jobs_go_on(visit: Visit, service: FakeService) -> None:
    first, second = (asked(visit, service, each) for each in ("The first one?", "The second one?"))
    answered(service, first)
    service.begin(second)
    service.write(second, "Two")
    expect(prose(visit, "The second one?")).to_have_text("Two")
    visit.page.reload()
    expect(prose(visit, "The first one?")).to_have_text(TEXT)
    expect(visit.page.get_by_role("article").first).to_contain_text("The second one?")
    service.write(second, " three.")
    expect(prose(visit, "The second one?")).to_have_text("Two three.")


def test_a_job_can_be_stopped_and_keeps_what_was_written(
    visit: Visit, service: FakeService
) -> None:
    job = asked(visit, service)
    service.begin(job)
    service.write(job, "Ninety")
    card(visit).get_by_role("button", name="Stop").click()
    expect(card(visit)).to_contain_text("Stopping")
    service.change(job, status="cancelled", answer=answer_of("Ninety"))
    service.push_status(job)
    expect(card(visit)).to_contain_text("Stopped")
    expect(prose(visit)).to_have_text("Ninety")
    expect(card(visit).get_by_role("button", name="Stop")).to_have_count(0)
    assert service.cancelled == [job["id"]]


def test_a_job_that_ended_before_it_was_stopped_shows_its_answer(
    visit: Visit, service: FakeService
) -> None:
    job = asked(visit, service)
    service.begin(job)
    service.has_ended = True
    card(visit).get_by_role("button", name="Stop").click()
    answered(service, job)
    expect(prose(visit)).to_have_text(TEXT)
