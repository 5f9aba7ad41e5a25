"""The WebSocket on the local stack: every answer, once, in order, whatever the network does."""

import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.e2e.site import Site, eventually

FINAL = ("job.completed", "job.failed", "job.cancelled")


def ticket(site: Site) -> str:
    answer = site.call("POST", "/tickets")
    assert answer.status_code == 201
    return str(answer.json()["ticket"])


@contextmanager
def connected(site: Site) -> Iterator[ClientConnection]:
    url = f"{site.stack.deployed.websocket_url}?ticket={ticket(site)}"
    with connect(url, max_size=None) as socket:
        yield socket


def say(socket: ClientConnection, **message: Any) -> None:
    socket.send(json.dumps(message))


def heard(socket: ClientConnection) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(socket.recv(timeout=40))
    return message


def ask(socket: ClientConnection, question: str) -> str:
    say(socket, action="ask", question=question, request_id="r")
    first = heard(socket)
    assert (first["type"], first["request_id"]) == ("job.queued", "r"), first
    return str(first["job_id"])


class Reader:
    """A client of one job that believes nothing but offsets."""

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


def test_an_answer_is_seen_as_it_is_written(site: Site) -> None:
    with connected(site) as socket:
        ask(socket, "How long before departure must cars be in the marshalling lanes?")
        messages = [heard(socket)]
        while messages[-1]["type"] not in FINAL:
            messages.append(heard(socket))
    kinds = [message["type"] for message in messages]
    assert kinds[:2] == ["job.in_progress", "job.sources"]
    deltas = [message for message in messages if message["type"] == "job.delta"]
    assert len(deltas) > 3
    job = messages[-1]["job"]
    assert "".join(delta["text"] for delta in deltas) == job["answer"]["text"]
    assert messages[1]["sources"] == job["sources"]


def test_a_ticket_opens_one_connection(site: Site) -> None:
    url = f"{site.stack.deployed.websocket_url}?ticket="
    once = ticket(site)
    with connect(url + once):
        pass
    for bad in (url + once, url + "made-up", url, str(site.stack.deployed.websocket_url)):
        with pytest.raises(InvalidStatus) as refused, connect(bad):
            pass
        assert refused.value.response.status_code in (401, 403)


def test_a_burst_is_seen_whole_by_each_of_two_watchers(site: Site) -> None:
    questions = [f"What is the maximum vehicle height on ship {n}?" for n in range(30)]
    with connected(site) as one, connected(site) as two:
        ids = [
            site.call("POST", "/jobs", json={"question": question}).json()["id"]
            for question in questions
        ]
        for socket in (one, two):
            say(socket, action="subscribe", job_ids=ids)
        for socket in (one, two):
            readers = {job_id: Reader() for job_id in ids}
            while any(reader.final is None for reader in readers.values()):
                message = heard(socket)
                readers[message["job_id"]].read(message)
            for job_id, reader in readers.items():
                stored = site.call("GET", f"/jobs/{job_id}").json()
                assert reader.final == stored | {"queue": reader.final["queue"]}  # type: ignore[index]
                assert stored["status"] == "completed"
                if reader.text:  # who subscribed before the end saw all of it
                    assert reader.text == stored["answer"]["text"]


def test_a_client_that_drops_its_socket_at_random_ends_with_the_stored_text(site: Site) -> None:
    dice = random.Random(7)
    for number in range(12):
        reader = Reader()
        with connected(site) as socket:
            job_id = ask(socket, f"When does the last ship leave Little Vale, day {number}?")
            _read_some(socket, reader, dice)
        while reader.final is None:
            with connected(site) as socket:
                say(socket, action="subscribe", job_ids=[job_id])
                _read_some(socket, reader, dice)
        stored = site.call("GET", f"/jobs/{job_id}").json()
        assert reader.final["answer"] == stored["answer"]


def _read_some(socket: ClientConnection, reader: Reader, dice: random.Random) -> None:
    """Read a few messages, or to the end; the next ones are lost with the connection."""
    for _ in range(dice.randint(1, 6)):
        if reader.final is None:
            reader.read(heard(socket))


def test_a_killed_worker_leads_to_a_restart_and_the_right_answer(site: Site) -> None:
    with connected(site) as socket:
        job_id = ask(socket, "How much does the company pay for a night ashore?")
        reader = Reader()
        while not reader.text:
            reader.read(heard(socket))
        site.kill_workers()
        attempts = set()
        while reader.final is None:
            message = heard(socket)
            reader.read(message)
            if message["type"] == "job.in_progress":
                attempts.add(message["job"]["attempts"])
        assert attempts == {2}
        assert reader.text == reader.final["answer"]["text"]
    assert site.call("GET", f"/jobs/{job_id}").json()["status"] == "completed"


def test_a_watcher_that_left_is_forgotten_and_slows_nothing(site: Site) -> None:
    with connected(site) as socket:
        job_id = ask(socket, "Can I take my dog into the restaurant?")

    def ended() -> bool:
        return bool(site.call("GET", f"/jobs/{job_id}").json()["status"] == "completed")

    eventually(ended)
    items = site.client("dynamodb").scan(TableName=site.stack.deployed.outputs["TableName"])
    assert not any(
        "subscribers" in item for item in items["Items"] if item["job_id"]["S"] == job_id
    )


def test_bad_messages_are_told_and_the_connection_stays(site: Site) -> None:
    with connected(site) as socket:
        for bad in ("{", "[]", '{"action": "dance"}', b"\x00\xff", '"' + "x" * 300_000 + '"'):
            socket.send(bad)
            assert heard(socket)["type"] == "error"
        say(socket, action="subscribe", job_ids=["x"] * 1000)
        assert heard(socket)["problem"]["type"] == "invalid-request"
        say(socket, action="ping", request_id="last")
        assert heard(socket) == {"type": "pong", "request_id": "last"}
