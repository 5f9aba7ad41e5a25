"""The WebSocket on the local stack: each answer arrives once and in order, over lost connections."""

import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.e2e.running_stack import RunningStack
from tests.waiting import eventually

FINAL = ("job.completed", "job.failed", "job.cancelled")


def ticket(running: RunningStack) -> str:
    answer = running.call("POST", "/tickets")
    assert answer.status_code == 201
    return str(answer.json()["ticket"])


@contextmanager
def connected(running: RunningStack) -> Iterator[ClientConnection]:
    url = f"{running.stack.deployed.websocket_url}?ticket={ticket(running)}"
    with connect(url, max_size=None) as socket:
        yield socket


def send(socket: ClientConnection, **message: Any) -> None:
    socket.send(json.dumps(message))


def receive(socket: ClientConnection) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(socket.recv(timeout=40))
    return message


def ask(socket: ClientConnection, question: str) -> str:
    send(socket, action="ask", question=question, request_id="r")
    first = receive(socket)
    assert (first["type"], first["request_id"]) == ("job.queued", "r"), first
    return str(first["job_id"])


class Reader:
    """A client that follows one job and checks every offset."""

    def __init__(self) -> None:
        self.text = ""
        self.final: dict[str, Any] | None = None

    def read(self, message: dict[str, Any]) -> None:
        if message["type"] in ("job.queued", "job.in_progress"):
            answer = message["job"]["answer"]
            self.text = answer["text"] if answer else ""
        elif message["type"] == "job.delta":
            assert message["offset"] == len(self.text), "a gap or a repetition"
            self.text += message["text"]
        elif message["type"] in FINAL:
            self.final = message["job"]


def test_an_answer_arrives_as_it_is_written(running: RunningStack) -> None:
    with connected(running) as socket:
        ask(socket, "How long before departure must cars be in the marshalling lanes?")
        messages = [receive(socket)]
        while messages[-1]["type"] not in FINAL:
            messages.append(receive(socket))
    kinds = [message["type"] for message in messages]
    assert kinds[:2] == ["job.in_progress", "job.sources"]
    deltas = [message for message in messages if message["type"] == "job.delta"]
    assert len(deltas) > 3
    job = messages[-1]["job"]
    assert "".join(delta["text"] for delta in deltas) == job["answer"]["text"]
    assert messages[1]["sources"] == job["sources"]


def test_a_ticket_opens_one_connection(running: RunningStack) -> None:
    url = f"{running.stack.deployed.websocket_url}?ticket="
    once = ticket(running)
    with connect(url + once):
        pass
    for bad in (url + once, url + "made-up", url, str(running.stack.deployed.websocket_url)):
        with pytest.raises(InvalidStatus) as refused, connect(bad):
            pass
        assert refused.value.response.status_code in (401, 403)


def test_each_of_two_watchers_gets_the_whole_burst(running: RunningStack) -> None:
    questions = [f"What is the maximum vehicle height on ship {n}?" for n in range(30)]
    with connected(running) as one, connected(running) as two:
        ids = [
            running.call("POST", "/jobs", json={"question": question}).json()["id"]
            for question in questions
        ]
        for socket in (one, two):
            send(socket, action="subscribe", job_ids=ids)
        for socket in (one, two):
            readers = {job_id: Reader() for job_id in ids}
            while any(reader.final is None for reader in readers.values()):
                message = receive(socket)
                readers[message["job_id"]].read(message)
            for job_id, reader in readers.items():
                stored = running.call("GET", f"/jobs/{job_id}").json()
                assert reader.final == stored | {"queue": reader.final["queue"]}  # type: ignore[index]
                assert stored["status"] == "completed"
                if reader.text:  # it subscribed before the end, and so got all of it
                    assert reader.text == stored["answer"]["text"]


def test_a_client_that_loses_connections_at_random_ends_with_the_stored_text(
    running: RunningStack,
) -> None:
    dice = random.Random(7)
    for number in range(12):
        reader = Reader()
        with connected(running) as socket:
            job_id = ask(socket, f"When does the last ship leave Little Vale, day {number}?")
            _read_some(socket, reader, dice)

        def reads_the_end(reader: Reader = reader, job_id: str = job_id) -> bool:
            if reader.final is None:
                with connected(running) as socket:
                    send(socket, action="subscribe", job_ids=[job_id])
                    _read_some(socket, reader, dice)
            return reader.final is not None

        eventually(reads_the_end, seconds=60)
        stored = running.call("GET", f"/jobs/{job_id}").json()
        assert reader.final is not None
        assert reader.final["answer"] == stored["answer"]


def _read_some(socket: ClientConnection, reader: Reader, dice: random.Random) -> None:
    """Read a few messages, at most to the end; the rest are lost with the connection."""
    for _ in range(dice.randint(1, 6)):
        if reader.final is None:
            reader.read(receive(socket))


def test_after_a_killed_worker_the_text_starts_again_and_ends_right(running: RunningStack) -> None:
    with connected(running) as socket:
        job_id = ask(socket, "How much does the company pay for a night ashore?")
        reader = Reader()
        while not reader.text:
            reader.read(receive(socket))
        running.kill_workers()
        attempts = set()
        while reader.final is None:
            message = receive(socket)
            reader.read(message)
            if message["type"] == "job.in_progress":
                attempts.add(message["job"]["attempts"])
        assert attempts == {2}
        assert reader.text == reader.final["answer"]["text"]
    assert running.call("GET", f"/jobs/{job_id}").json()["status"] == "completed"


def test_an_ended_job_keeps_no_watcher_that_left(running: RunningStack) -> None:
    with connected(running) as socket:
        job_id = ask(socket, "Can I take my dog into the restaurant?")

    def ended() -> bool:
        return bool(running.call("GET", f"/jobs/{job_id}").json()["status"] == "completed")

    eventually(ended)
    items = running.client("dynamodb").scan(TableName=running.stack.deployed.outputs["TableName"])
    assert not any(
        "subscribers" in item for item in items["Items"] if item["job_id"]["S"] == job_id
    )


def test_bad_messages_get_errors_and_the_connection_stays(running: RunningStack) -> None:
    with connected(running) as socket:
        for bad in ("{", "[]", '{"action": "dance"}', b"\x00\xff", '"' + "x" * 300_000 + '"'):
            socket.send(bad)
            assert receive(socket)["type"] == "error"
        send(socket, action="subscribe", job_ids=["x"] * 1000)
        assert receive(socket)["problem"]["type"] == "invalid-request"
        send(socket, action="ping", request_id="last")
        assert receive(socket) == {"type": "pong", "request_id": "last"}
