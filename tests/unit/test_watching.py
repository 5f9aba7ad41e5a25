import pytest
from pydantic import ValidationError

from sluice.action import read_action
from sluice.errors import ConnectionGone, QueueRefused, UnsupportedFilter
from sluice.ids import new_job_id
from sluice.job import Job, Status
from sluice.watching import Watching
from tests.builders import NOW, a_job
from tests.house import House


class Room(House):
    """A Watching with everything around it in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.watching = Watching(
            self.store,
            self.push,
            self.submission,
            self.forecaster,
            self.cancellation,
            self.rescuer,
        )

    def say(self, message: str, caller: str = "ann") -> list[dict[str, object]]:
        """What the connection is told after it said this."""
        self.push.sent.clear()
        self.watching.act(caller, "one", read_action(message))
        return self.push.sent.get("one", [])

    def add(self, **fields: object) -> Job:
        job = a_job(**fields)
        self.store.create([job])
        return job


def test_who_asks_watches_the_job_and_hears_of_it_before_anything_happens() -> None:
    room = Room()
    sent_when_told: list[int] = []
    room.push.before = lambda _: sent_when_told.append(len(room.queue.sent))
    (told,) = room.say('{"action": "ask", "question": "How long?", "request_id": "r1"}')
    assert (told["type"], told["request_id"]) == ("job.queued", "r1")
    assert sent_when_told == [0]
    (key,) = room.queue.sent
    job = room.store.get(key)
    assert job is not None
    assert job.subscribers == {"one"}


def test_subscribing_answers_with_the_present_state_of_each_job() -> None:
    room = Room()
    waiting, done = room.add(), room.add(status=Status.COMPLETED)
    told = room.say(f'{{"action": "subscribe", "job_ids": ["{waiting.id}", "{done.id}"]}}')
    assert [message["type"] for message in told] == ["job.queued", "job.completed"]
    stored = room.store.get(waiting.key)
    assert stored is not None
    assert stored.subscribers == {"one"}


def test_subscribing_twice_is_once() -> None:
    room = Room()
    job = room.add()
    told = room.say(f'{{"action": "subscribe", "job_ids": ["{job.id}", "{job.id}"]}}')
    assert len(told) == 1


@pytest.mark.parametrize("job_id", ["x", "01a2025b-8bf0-7921-b360-49bf83a90e9e"])
def test_a_job_that_is_not_there_is_an_error_of_its_own(job_id: str) -> None:
    room = Room()
    job = room.add()
    told = room.say(f'{{"action": "subscribe", "job_ids": ["{job_id}", "{job.id}"]}}')
    assert [message["type"] for message in told] == ["error", "job.queued"]
    assert told[0]["job_id"] == job_id


def test_another_callers_job_is_as_if_it_did_not_exist() -> None:
    room = Room()
    job = room.add()
    (other,) = room.say(f'{{"action": "subscribe", "job_ids": ["{job.id}"]}}', caller="bob")
    missing = new_job_id(NOW)
    (none,) = room.say(f'{{"action": "subscribe", "job_ids": ["{missing}"]}}', caller="bob")
    assert other["problem"] == none["problem"]
    room.say(f'{{"action": "unsubscribe", "job_ids": ["{job.id}"]}}', caller="bob")
    assert room.store.get(job.key) == job


def test_unsubscribing_ends_the_watch_and_says_so() -> None:
    room = Room()
    job = room.add(subscribers=frozenset(["one", "two"]))
    (told,) = room.say(f'{{"action": "unsubscribe", "job_ids": ["{job.id}"]}}')
    assert told == {"type": "unsubscribed", "job_ids": [job.id]}
    stored = room.store.get(job.key)
    assert stored is not None
    assert stored.subscribers == {"two"}


def test_a_ping_is_answered() -> None:
    assert Room().say('{"action": "ping", "request_id": "p"}') == [
        {"type": "pong", "request_id": "p"}
    ]


def test_a_refused_question_leaves_nothing_behind() -> None:
    room = Room()
    room.queue.refuses = True
    with pytest.raises(QueueRefused):
        room.say('{"action": "ask", "question": "How long?"}')
    assert room.store.list("ann", status=None, limit=9, after=None).jobs == []
    with pytest.raises(UnsupportedFilter):
        room.say('{"action": "ask", "question": "How long?", "filter": {"colour": "red"}}')


def test_a_connection_that_is_gone_before_the_reply_asks_nothing() -> None:
    room = Room()
    room.push.failures["one"] = [ConnectionGone()]
    with pytest.raises(ConnectionGone):
        room.say('{"action": "ask", "question": "How long?"}')
    assert room.queue.sent == []
    assert room.store.list("ann", status=None, limit=9, after=None).jobs == []


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
        read_action(message)


def test_subscribing_sends_a_job_again_whose_message_never_left() -> None:
    room = Room()
    job = room.submit()
    room.queue.sent.clear()  # as if the submission had died before it sent
    room.clock.now += 61
    room.say(f'{{"action": "subscribe", "job_ids": ["{job.id}"]}}')
    assert room.queue.sent == [job.key]
