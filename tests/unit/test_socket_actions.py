import pytest
from pydantic import ValidationError

from sluice.errors import ConnectionGone, QueueRefused, UnsupportedFilter
from sluice.ids import new_job_id
from sluice.intake.actions import parse_action
from sluice.intake.socket_actions import SocketActions
from sluice.job.job import Job, Status
from tests.builders import NOW, a_job
from tests.service import Service


class ConnectedService(Service):
    """The service in memory, with the actions of one connection."""

    def __init__(self) -> None:
        super().__init__()
        self.actions = SocketActions(
            self.store,
            self.push,
            self.submission,
            self.forecaster,
            self.cancellation,
            self.resender,
        )

    def receive(self, message: str, caller: str = "ann") -> list[dict[str, object]]:
        """Act on a message of the connection, and return what the connection gets."""
        self.push.sent.clear()
        self.actions.act(caller, "one", parse_action(message))
        return self.push.sent.get("one", [])

    def add(self, **fields: object) -> Job:
        job = a_job(**fields)
        self.store.create([job])
        return job


def test_asking_subscribes_and_replies_before_the_message_is_sent() -> None:
    service = ConnectedService()
    sent_before: list[int] = []
    service.push.before = lambda _: sent_before.append(len(service.queue.sent))
    (reply,) = service.receive('{"action": "ask", "question": "How long?", "request_id": "r1"}')
    assert (reply["type"], reply["request_id"]) == ("job.queued", "r1")
    assert sent_before == [0]
    (key,) = service.queue.sent
    job = service.store.get(key)
    assert job is not None
    assert job.subscribers == {"one"}


def test_subscribing_returns_the_current_event_of_each_job() -> None:
    service = ConnectedService()
    waiting, done = service.add(), service.add(status=Status.COMPLETED)
    replies = service.receive(
        f'{{"action": "subscribe", "job_ids": ["{waiting.id}", "{done.id}"]}}'
    )
    assert [message["type"] for message in replies] == ["job.queued", "job.completed"]
    stored = service.store.get(waiting.key)
    assert stored is not None
    assert stored.subscribers == {"one"}


def test_subscribing_to_a_job_twice_gets_one_event() -> None:
    service = ConnectedService()
    job = service.add()
    replies = service.receive(f'{{"action": "subscribe", "job_ids": ["{job.id}", "{job.id}"]}}')
    assert len(replies) == 1


@pytest.mark.parametrize("job_id", ["x", "01a2025b-8bf0-7921-b360-49bf83a90e9e"])
def test_an_unknown_job_does_not_affect_the_others(job_id: str) -> None:
    service = ConnectedService()
    job = service.add()
    replies = service.receive(f'{{"action": "subscribe", "job_ids": ["{job_id}", "{job.id}"]}}')
    assert [message["type"] for message in replies] == ["error", "job.queued"]
    assert replies[0]["job_id"] == job_id


def test_another_callers_job_looks_unknown() -> None:
    service = ConnectedService()
    job = service.add()
    (other,) = service.receive(f'{{"action": "subscribe", "job_ids": ["{job.id}"]}}', caller="bob")
    missing = new_job_id(NOW)
    (none,) = service.receive(f'{{"action": "subscribe", "job_ids": ["{missing}"]}}', caller="bob")
    assert other["problem"] == none["problem"]
    service.receive(f'{{"action": "unsubscribe", "job_ids": ["{job.id}"]}}', caller="bob")
    assert service.store.get(job.key) == job


def test_unsubscribing_removes_the_connection_and_confirms() -> None:
    service = ConnectedService()
    job = service.add(subscribers=frozenset(["one", "two"]))
    (reply,) = service.receive(f'{{"action": "unsubscribe", "job_ids": ["{job.id}"]}}')
    assert reply == {"type": "unsubscribed", "job_ids": [job.id]}
    stored = service.store.get(job.key)
    assert stored is not None
    assert stored.subscribers == {"two"}


def test_a_ping_is_answered() -> None:
    assert ConnectedService().receive('{"action": "ping", "request_id": "p"}') == [
        {"type": "pong", "request_id": "p"}
    ]


def test_a_refused_question_leaves_no_job() -> None:
    service = ConnectedService()
    service.queue.refuses = True
    with pytest.raises(QueueRefused):
        service.receive('{"action": "ask", "question": "How long?"}')
    assert service.store.list("ann", status=None, limit=9, after=None).jobs == []
    with pytest.raises(UnsupportedFilter):
        service.receive('{"action": "ask", "question": "How long?", "filter": {"colour": "red"}}')


def test_a_question_whose_connection_is_gone_is_not_asked() -> None:
    service = ConnectedService()
    service.push.failures["one"] = [ConnectionGone()]
    with pytest.raises(ConnectionGone):
        service.receive('{"action": "ask", "question": "How long?"}')
    assert service.queue.sent == []
    assert service.store.list("ann", status=None, limit=9, after=None).jobs == []


@pytest.mark.parametrize(
    "message",
    [
        "", "{", "[]", "1", '"x"', "null", "{}", '{"action": 1}', '{"action": "dance"}',
        '{"action": "ping", "x": 1}', '{"action": "subscribe"}',
        '{"action": "subscribe", "job_ids": []}', '{"action": "subscribe", "job_ids": "x"}',
        '{"action": "subscribe", "job_ids": [1]}', '{"action": "ask"}',
        '{"action": "ask", "question": ""}', '{"action": "ask", "question": "Why?", "x": 1}',
        '{"action": "subscribe", "job_ids": [' + ",".join(['"x"'] * 101) + "]}",
        '{"action": "ping", "request_id": "' + "x" * 129 + '"}',
        '{"action": ' + "[" * 100_000,
    ],
)  # fmt: skip
def test_a_malformed_message_is_refused(message: str) -> None:
    with pytest.raises(ValidationError):
        parse_action(message)


def test_subscribing_sends_a_lost_message_again() -> None:
    service = ConnectedService()
    job = service.submit()
    service.queue.sent.clear()  # as if the function had died before it sent the message
    service.clock.now += 61
    service.receive(f'{{"action": "subscribe", "job_ids": ["{job.id}"]}}')
    assert service.queue.sent == [job.key]
