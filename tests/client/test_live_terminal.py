"""`sluice ask` and `sluice job --wait` at a terminal, with the answer arriving over a socket."""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx
import pytest
from rich.console import Console
from websockets.sync.server import ServerConnection

from sluice_client.cli import cli
from sluice_client.commands.session import Session
from sluice_client.transport.clock import Clock, SystemClock
from tests.client.fakes import JOB_ID, KEY, URL, FakeClock, FakeService, job_json, queued, reply
from tests.client.live_fakes import LiveService, Message, delta, event, live, send, ticket

TEXT = "The deductible is $500 per year [1]."
CONTROL = re.compile(r"\x1b\[[?\d;]*[A-Za-z]")


@dataclass
class Terminal:
    """One screen for both streams, and the connections a command is offered in turn."""

    service: FakeService
    connections: list[list[Message]] = field(default_factory=list)
    screen: io.StringIO = field(default_factory=io.StringIO)
    code: int = -1

    def converse(self, connection: ServerConnection, number: int) -> None:
        connection.recv(timeout=30)
        send(connection, *self.connections[number])
        if number < len(self.connections) - 1:
            connection.close()

    def run(self, *arguments: str, clock: Clock | None = None) -> str:
        session = Session(
            transport=httpx.MockTransport(self.service),
            clock=clock or FakeClock(),
            out=self.console(),
            err=self.console(),
        )
        with pytest.raises(SystemExit) as ended:
            cli.main(list(arguments), prog_name="sluice", obj=session)
        self.code = int(ended.value.code or 0)
        return CONTROL.sub("", self.screen.getvalue())

    def console(self) -> Console:
        return Console(file=self.screen, force_terminal=True, width=100, highlight=False)


@pytest.fixture
def terminal(service: FakeService, monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    terminal = Terminal(service)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("SLUICE_URL", URL)
    monkeypatch.setenv("SLUICE_API_KEY", KEY)
    with live(LiveService(terminal.converse)) as url:
        monkeypatch.setenv("SLUICE_WEBSOCKET_URL", url)
        yield terminal


def test_the_answer_appears_as_it_is_written_then_its_sources(terminal: Terminal) -> None:
    terminal.service.replies(ticket(), reply(queued(2, 9), 202))
    terminal.connections = [
        [event("in_progress"), delta(0, TEXT[:20]), delta(20, TEXT[20:]), event("completed")]
    ]

    screen = terminal.run("ask", "What?")

    assert terminal.code == 0
    assert "queued, position 2" in screen
    assert screen.count(TEXT) == 1
    assert screen.index(TEXT) < screen.index("Sources") < screen.index("Benefits handbook, p. 23")


def test_a_job_that_is_waited_for_streams_too(terminal: Terminal) -> None:
    terminal.service.replies(ticket())
    terminal.connections = [
        [event("in_progress", TEXT[:9]), delta(9, TEXT[9:]), event("completed")]
    ]

    screen = terminal.run("job", JOB_ID, "--wait")

    assert (terminal.code, screen.count(TEXT)) == (0, 1)


def test_an_interruption_is_shown_and_the_sentence_continues_where_it_stopped(
    terminal: Terminal,
) -> None:
    terminal.service.replies(ticket(), reply(queued(1, 2), 202), ticket())
    terminal.connections = [
        [event("in_progress"), delta(0, "The deductible is ")],
        [event("in_progress", "The deductible is "), delta(18, TEXT[18:]), event("completed")],
    ]

    screen = terminal.run("ask", "What?")

    assert "reconnecting" in screen
    # One line up, to the column after "The deductible is".
    before, _, after = terminal.screen.getvalue().partition("\x1b[1A\x1b[18G")
    assert before.count("The deductible is") == 1
    assert after.startswith(" $500 per year ")
    assert "The deductible is" not in after


def test_a_new_attempt_begins_the_answer_again(terminal: Terminal) -> None:
    terminal.service.replies(ticket(), reply(queued(1, 2), 202))
    terminal.connections = [
        [
            event("in_progress"),
            delta(0, "Something else."),
            delta(0, TEXT, 2),
            event("completed", attempts=2),
        ]
    ]

    screen = terminal.run("ask", "What?")

    assert screen.index("Something else.") < screen.index("The answer starts again.")
    assert screen.index("The answer starts again.") < screen.index(TEXT)


def test_a_failure_after_some_text_is_on_a_line_of_its_own(terminal: Terminal) -> None:
    terminal.service.replies(ticket(), reply(queued(1, 2), 202))
    failed = event("failed", error={"title": "The model is busy"})
    terminal.connections = [[event("in_progress"), delta(0, "The deductible"), failed]]

    screen = terminal.run("ask", "What?")

    assert terminal.code == 1
    assert f"The deductible\nJob {JOB_ID} failed: The model is busy.\n" in screen


def test_a_timeout_exits_5_as_ever(terminal: Terminal) -> None:
    terminal.service.replies(ticket(), reply(queued(1, 2), 202))
    terminal.connections = [[]]

    screen = terminal.run("ask", "What?", "--timeout", "0.3", clock=SystemClock())

    assert terminal.code == 5
    assert f"sluice job {JOB_ID} --wait" in screen


def test_an_unknown_job_is_refused_as_ever(terminal: Terminal) -> None:
    terminal.service.replies(ticket())
    unknown = {"type": "job-not-found", "title": "No such job", "detail": "It is not there."}
    terminal.connections = [[{"type": "error", "problem": unknown, "job_id": JOB_ID}]]

    screen = terminal.run("job", JOB_ID, "--wait")

    assert terminal.code == 4
    assert "It is not there." in screen


def test_ctrl_c_shows_how_to_continue(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*arguments: object) -> None:
        raise KeyboardInterrupt

    terminal.service.replies(ticket(), reply(queued(1, 2), 202))
    terminal.connections = [[event("in_progress")]]
    monkeypatch.setattr("sluice_client.transport.sync_transport._receive", interrupted)

    screen = terminal.run("ask", "What?")

    assert terminal.code == 130
    assert f"sluice job {JOB_ID} --wait" in screen


def test_ctrl_c_while_submitting_shows_where_to_look(terminal: Terminal) -> None:
    terminal.service.replies(ticket(), KeyboardInterrupt())

    assert "sluice jobs" in terminal.run("ask", "What?")
    assert terminal.code == 130


def test_no_stream_polls_and_prints_the_complete_answer(terminal: Terminal) -> None:
    terminal.service.replies(reply(queued(1, 2), 202), reply(job_json()))

    screen = terminal.run("ask", "What?", "--no-stream")

    assert (terminal.code, screen.count(TEXT)) == (0, 1)
    assert not any(path.endswith("/tickets") for path in terminal.service.paths)


def test_without_a_socket_the_answer_is_polled_for(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SLUICE_WEBSOCKET_URL")
    terminal.service.replies(reply(queued(1, 2), 202), reply(job_json()))

    screen = terminal.run("ask", "What?")

    assert (terminal.code, screen.count(TEXT)) == (0, 1)
    assert not any(path.endswith("/tickets") for path in terminal.service.paths)


def test_json_is_not_streamed(terminal: Terminal) -> None:
    terminal.service.replies(reply(job_json(), 202))

    assert '"status": "completed"' in terminal.run("ask", "What?", "--json")
    assert terminal.service.paths == ["/v1/jobs"]
