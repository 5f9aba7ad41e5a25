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
    """A SocketActions with everything around it in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.watching = SocketActions(
            self.store,
            self.push,
            self.submission,
            self.forecaster,
            self.cancellation,
            self.resender,
        )

    def say(self, message: str, caller: str = "ann") -> list[dict[str, object]]:
        """What the connection is told after it said this."""
        self.push.sent.clear()
        self.watching.act(caller, "one", parse_action(message))
        return self.push.sent.get("one", [])

    def add(self, **fields: object) -> Job:
        job = a_job(**fields)
        self.store.create([job])
        return job


def test_who_asks_watches_the_job_and_hears_of_it_before_anything_happens() -> None:
    service = ConnectedService()
    sent_when_told: list[int] = []
    service.push.before = lambda _: sent_when_told.append(len(service.queue.sent))
    (told,) = service.say('{"action": "ask", "question": "How long?", "request_id": "r1"}')
    assert (told["type"], told["request_id"]) == ("job.queued", "r1")
    assert sent_when_told == [0]
    (key,) = service.queue.sent
    job = service.store.get(key)
    assert job is not None
    assert job.subscribers == {"one"}


def test_subscribing_answers_with_the_present_state_of_each_job() -> None:
    service = ConnectedService()
    waiting, done = service.add(), service.add(status=Status.COMPLETED)
    told = service.say(f'{{"action": "subscribe", "job_ids": ["{waiting.id}", "{done.id}"]}}')
    assert [message["type"] for message in told] == ["job.queued", "job.completed"]
    stored = service.store.get(waiting.key)
    assert stored is not None
    assert stored.subscribers == {"one"}


def test_subscribing_twice_is_once() -> None:
    service = ConnectedService()
    job = service.add()
    told = service.say(f'{{"action": "subscribe", "job_ids": ["{job.id}", "{job.id}"]}}')
    assert len(told) == 1


@pytest.mark.parametrize("job_id", ["x", "01a2025b-8bf0-7921-b360-49bf83a90e9e"])
def test_a_job_that_is_not_there_is_an_error_of_its_own(job_id: str) -> None:
    service = ConnectedService()
    job = service.add()
    told = service.say(f'{{"action": "subscribe", "job_ids": ["{job_id}", "{job.id}"]}}')
    assert [message["type"] for message in told] == ["error", "job.queued"]
    assert told[0]["job_id"] == job_id


def test_another_callers_job_is_as_if_it_did_not_exist() -> None:
    service = ConnectedService()
    job = service.add()
    (other,) = service.say(f'{{"action": "subscribe", "job_ids": ["{job.id}"]}}', caller="bob")
    missing = new_job_id(NOW)
    (none,) = service.say(f'{{"action": "subscribe", "job_ids": ["{missing}"]}}', caller="bob")
    assert other["problem"] == none["problem"]
    service.say(f'{{"action": "unsubscribe", "job_ids": ["{job.id}"]}}', caller="bob")
    assert service.store.get(job.key) == job


def test_unsubscribing_ends_the_watch_and_says_so() -> None:
    service = ConnectedService()
    job = service.add(subscribers=frozenset(["one", "two"]))
    (told,) = service.say(f'{{"action": "unsubscribe", "job_ids": ["{job.id}"]}}')
    assert told == {"type": "unsubscribed", "job_ids": [job.id]}
    stored = service.store.get(job.key)
    assert stored is not None
    assert stored.subscribers == {"two"}


def test_a_ping_is_answered() -> None:
    assert ConnectedService().say('{"action": "ping", "request_id": "p"}') == [
        {"type": "pong", "request_id": "p"}
    ]


def test_a_refused_question_leaves_nothing_behind() -> None:
    service = ConnectedService()
    service.queue.refuses = True
    with pytest.raises(QueueRefused):
        service.say('{"action": "ask", "question": "How long?"}')
    assert service.store.list("ann", status=None, limit=9, after=None).jobs == []
    with pytest.raises(UnsupportedFilter):
        service.say('{"action": "ask", "question": "How long?", "filter": {"colour": "red"}}')


def test_a_connection_that_is_gone_before_the_reply_asks_nothing() -> None:
    service = ConnectedService()
    service.push.failures["one"] = [ConnectionGone()]
    with pytest.raises(ConnectionGone):
        service.say('{"action": "ask", "question": "How long?"}')
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
def test_a_message_of_the_wrong_form_is_refused(message: str) -> None:
    with pytest.raises(ValidationError):
        parse_action(message)


def test_subscribing_sends_a_job_again_whose_message_never_left() -> None:
    service = ConnectedService()
    job = service.submit()
    service.queue.sent.clear()  # as if the submission had died before it sent
    service.clock.now += 61
    service.say(f'{{"action": "subscribe", "job_ids": ["{job.id}"]}}')
    assert service.queue.sent == [job.key]
