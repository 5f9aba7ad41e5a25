"""The page on the whole stack: our template, our functions, a real browser.

Tests that need a service which fails on command are in tests/web.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, WebSocketRoute, expect

from tests.e2e.running_stack import RunningStack
from tests.web.browser import Visit, chromium

CARS = "How long before departure must cars be in the marshalling lanes?"
DOGS = "Can I take my dog into the restaurant?"
NOTHING = "Xyzzy plugh frobnicate?"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture
def visit(browser: Browser, running: RunningStack) -> Iterator[Visit]:
    visit = Visit(browser)
    visit.page.goto(running.stack.page_url)
    try:
        yield visit
    finally:
        visit.context.close()


def card(visit: Visit, question: str) -> Locator:
    return visit.page.get_by_role("article", name=question).first


def answered(visit: Visit, question: str) -> Locator:
    found = card(visit, question)
    expect(found).to_contain_text("Answered in", timeout=30_000)
    return found


def test_text_grows_before_the_answer_is_complete(visit: Visit) -> None:
    # The first question of a new stack finds every function cold, and may miss the deltas.
    visit.ask(NOTHING)
    answered(visit, NOTHING)
    lengths = visit.page.evaluate_handle(
        """() => {
            const seen = {};
            new MutationObserver(() => {
                for (const prose of document.querySelectorAll(".prose[aria-busy=true]")) {
                    const of = (seen[prose.closest("article").innerText.slice(0, 40)] ??= [0]);
                    if (of.at(-1) !== prose.textContent.length) of.push(prose.textContent.length);
                }
            }).observe(document.getElementById("cards"),
                {subtree: true, childList: true, characterData: true, attributes: true});
            return seen;
        }"""
    )
    for question in (CARS, DOGS):
        visit.ask(question)
    expect(answered(visit, CARS).locator(".prose")).to_contain_text("45 minutes")
    answered(visit, DOGS)
    seen = lengths.json_value().values()
    assert all(each == sorted(each) for each in seen)
    assert any(len(each) > 2 for each in seen)
    assert visit.complaints == []


def test_a_citation_leads_to_its_source_and_page(visit: Visit, running: RunningStack) -> None:
    visit.ask(CARS)
    found = answered(visit, CARS)
    found.locator(".prose").get_by_role("link").first.click()
    item = found.locator("li.lit")
    expect(item).to_be_focused()
    expect(item).to_contain_text("Passenger Handbook")
    expect(item.locator("mark").first).to_be_visible()
    link = item.get_by_role("link").get_attribute("href") or ""
    assert link.endswith("passenger-handbook.pdf#page=3")
    assert visit.context.request.get(link).ok


def test_a_reload_and_the_list_both_find_the_jobs(visit: Visit) -> None:
    visit.ask(CARS)
    visit.ask(DOGS)
    text = answered(visit, CARS).locator(".prose").inner_text()
    answered(visit, DOGS)
    visit.page.reload()
    expect(card(visit, CARS).locator(".prose")).to_have_text(text)
    expect(card(visit, DOGS)).to_be_visible()
    earlier = visit.page.get_by_role("complementary").get_by_role("button", name=DOGS).first
    card(visit, DOGS).get_by_role("button", name="Close").click()
    expect(visit.page.get_by_role("article")).to_have_count(1)
    earlier.click()
    answered(visit, DOGS)


def test_a_lost_network_is_reported_and_trying_again_brings_the_answer(visit: Visit) -> None:
    # A page that has no network yet would ask the person for the service's address.
    expect(visit.page.get_by_label("Your question")).to_be_visible()
    visit.context.set_offline(True)
    visit.ask(CARS)
    expect(card(visit, CARS)).to_contain_text("The service does not answer.")
    visit.context.set_offline(False)
    card(visit, CARS).get_by_role("button", name="Try again").click()
    expect(answered(visit, CARS).locator(".prose")).to_contain_text("45 minutes")


def test_a_connection_cut_in_mid_answer_is_reported_and_nothing_is_lost(
    visit: Visit, running: RunningStack
) -> None:
    cut: list[str] = []

    def cut_at_the_first_delta(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()

        def pass_on(message: str | bytes) -> None:
            if '"job.delta"' in str(message) and not cut:
                cut.append(str(message))
                socket.close(code=1001)
                server.close()
            else:
                socket.send(message)

        server.on_message(pass_on)

    visit.page.route_web_socket("**/*", cut_at_the_first_delta)
    visit.page.reload()
    visit.page.evaluate(
        """() => { window.lines = []; const line = document.getElementById("connection");
            new MutationObserver(() => lines.push(line.textContent)).observe(line,
                {childList: true}) }"""
    )
    visit.ask(CARS)
    shown = answered(visit, CARS).locator(".prose")
    assert cut
    stored = running.call("GET", f"/jobs/{visit.page.url.rpartition('#')[2]}").json()
    assert shown.text_content() == stored["answer"]["text"]
    lines = visit.page.evaluate("lines")
    assert lines[0] == "Connection lost. Reconnecting …"


def test_an_answer_without_passages_says_so(visit: Visit) -> None:
    visit.page.get_by_text("Filter documents").click()
    visit.page.get_by_label("Category").fill("no-such")
    visit.ask(NOTHING)
    found = answered(visit, NOTHING)
    expect(found.locator(".prose")).to_contain_text("I found nothing about this")
    expect(found.get_by_role("listitem")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_is_accessible_on_a_phone(
    browser: Browser, running: RunningStack, scheme: str
) -> None:
    visit = Visit(browser, color_scheme=scheme, viewport={"width": 390, "height": 844})
    try:
        visit.page.goto(running.stack.page_url)
        visit.ask(CARS)
        answered(visit, CARS)
        assert visit.serious_faults() == []
        assert visit.overflow() <= 0
        assert visit.complaints == []
    finally:
        visit.context.close()
