"""Every action in every function's policy is required: without it, something fails."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from local.deployment import DeployFailed
from tests.e2e.running_stack import RunningStack
from tests.waiting import eventually

FUNCTIONS = ("SubmitFunction", "WorkerFunction", "StatusFunction", "LiveFunction", "LiveAuthorizer")
QUESTION = {"question": "How long is lost property kept?"}


@contextmanager
def without(
    running: RunningStack, function: str, *actions: str, sid: str | None = None
) -> Iterator[None]:
    """Take these actions from the function's role inside the block, in one statement or in all."""
    iam, role, name, policy = _policy(running, function)
    fewer = json.loads(json.dumps(policy))
    removed = 0
    for statement in fewer["Statement"]:
        if sid not in (None, statement["Sid"]):
            continue
        kept = [action for action in _actions(statement) if action not in actions]
        removed += len(_actions(statement)) - len(kept)
        # A statement must name an action; no function calls this one.
        statement["Action"] = kept or ["sqs:ListQueues"]
    assert removed >= len(actions), f"{function} has no {actions}"
    iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(fewer))
    try:
        yield
    finally:
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(policy))


def _policy(running: RunningStack, function: str) -> tuple[Any, str, str, dict[str, Any]]:
    functions = running.client("lambda").list_functions()["Functions"]
    (role,) = (
        found["Role"].rpartition("/")[2]
        for found in functions
        if f"-{function}" in found["FunctionName"]
    )
    iam = running.client("iam")
    (name,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
    return iam, role, name, iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]


def _actions(statement: dict[str, Any]) -> list[str]:
    actions = statement["Action"]
    return actions if isinstance(actions, list) else [actions]


def submit(running: RunningStack, **fields: Any) -> Any:
    return running.call("POST", "/jobs", json=QUESTION | fields)


def finished(running: RunningStack) -> dict[str, Any]:
    job_id = submit(running).json()["id"]

    def ended() -> dict[str, Any] | None:
        job: dict[str, Any] = running.call("GET", f"/jobs/{job_id}").json()
        return job if job["status"] in ("completed", "failed") else None

    job: dict[str, Any] = eventually(ended)
    return job


def queued_ids(running: RunningStack) -> set[str]:
    return {job["id"] for job in running.call("GET", "/jobs?limit=100").json()["jobs"]}


def log_grows_with(running: RunningStack, text: str, act: Callable[[], object]) -> None:
    before = running.worker_log().count(text)
    act()
    eventually(lambda: running.worker_log().count(text) > before)


@pytest.mark.parametrize("action", ["dynamodb:PutItem", "dynamodb:UpdateItem"])
def test_submit_needs_to_store(running: RunningStack, action: str) -> None:
    with without(running, "SubmitFunction", action):
        assert submit(running).status_code == 503


def test_submit_needs_to_read_the_conversation(running: RunningStack) -> None:
    previous = finished(running)["id"]
    with without(running, "SubmitFunction", "dynamodb:GetItem"):
        assert submit(running, previous_job_id=previous).status_code == 503
    assert submit(running, previous_job_id=previous).status_code == 202


def test_submit_needs_to_send_and_leaves_nothing_when_it_cannot(running: RunningStack) -> None:
    before = queued_ids(running)
    with without(running, "SubmitFunction", "sqs:SendMessage*"):
        assert submit(running).status_code == 503
    assert queued_ids(running) == before


def test_submit_needs_to_remove_a_job_it_could_not_send(running: RunningStack) -> None:
    before = queued_ids(running)
    with without(running, "SubmitFunction", "sqs:SendMessage*", "dynamodb:DeleteItem"):
        assert submit(running).status_code == 503
    assert len(queued_ids(running) - before) == 1


def test_submit_needs_to_count_a_callers_open_jobs(running: RunningStack) -> None:
    with without(running, "SubmitFunction", "dynamodb:Query", sid="CountOpenJobs"):
        assert submit(running).status_code == 503


def test_submit_needs_to_find_a_repeated_batchs_jobs(running: RunningStack) -> None:
    batch = {"questions": [{"custom_id": "one", **QUESTION}]}
    key = {"idempotency-key": str(uuid4())}

    def submit_batch() -> int:
        return running.call("POST", "/batches", json=batch, headers=key).status_code

    assert submit_batch() == 202
    with without(running, "SubmitFunction", "dynamodb:Query", sid="StoreJobs"):
        assert submit_batch() == 503
    assert submit_batch() == 202


def test_status_needs_to_cancel_a_job(running: RunningStack) -> None:
    job = submit(running).json()
    with without(running, "StatusFunction", "dynamodb:UpdateItem"):
        assert running.call("POST", f"/jobs/{job['id']}/cancel").status_code == 503


@pytest.mark.parametrize(
    ("action", "sid"),
    [
        ("dynamodb:PutItem", "ReadCancelAndRetryJobs"),
        ("dynamodb:Query", "CountOpenJobs"),
        ("sqs:SendMessage*", "SendMessages"),
    ],
)
def test_status_needs_to_retry_a_job(running: RunningStack, action: str, sid: str) -> None:
    with without(running, "WorkerFunction", "kendra:Retrieve"):
        failed = eventually(lambda: found if (found := finished(running))["error"] else None)
    with without(running, "StatusFunction", action, sid=sid):
        assert running.call("POST", f"/jobs/{failed['id']}/retry").status_code == 503
    assert running.call("POST", f"/jobs/{failed['id']}/retry").status_code == 202


def test_status_needs_to_read_a_job(running: RunningStack) -> None:
    job = submit(running).json()
    with without(running, "StatusFunction", "dynamodb:GetItem"):
        assert running.call("GET", f"/jobs/{job['id']}").status_code == 503


def test_status_needs_to_list_jobs(running: RunningStack) -> None:
    with without(running, "StatusFunction", "dynamodb:Query", sid="ReadCancelAndRetryJobs"):
        assert running.call("GET", "/jobs").status_code == 503


def test_the_worker_needs_to_move_jobs(running: RunningStack) -> None:
    with without(running, "WorkerFunction", "dynamodb:UpdateItem"):
        log_grows_with(running, "AccessDenied", lambda: submit(running))


def test_the_worker_needs_to_hold_messages(running: RunningStack) -> None:
    def has_crashed() -> bool:
        # If the second delivery comes before the answer, it meets the first one's lease and must be
        # held until the lease ends.
        job_id = submit(running).json()["id"]
        deliver_again(running, job_id)
        eventually(lambda: running.call("GET", f"/jobs/{job_id}").json()["finished_at"])
        return running.worker_log().count('"message":"crashed"') > before

    before = running.worker_log().count('"message":"crashed"')
    with without(running, "WorkerFunction", "sqs:ChangeMessageVisibility*"):
        eventually(has_crashed)


@pytest.mark.parametrize("action", ["kendra:Retrieve", "bedrock:InvokeModelWithResponseStream"])
def test_the_worker_needs_its_upstreams(running: RunningStack, action: str) -> None:
    with without(running, "WorkerFunction", action):
        # The stand-ins cache what IAM says for two seconds.
        job = eventually(lambda: found if (found := finished(running))["error"] else None)
        assert job["error"]["type"] == "misconfigured"


def deliver_again(running: RunningStack, job_id: str) -> None:
    """Send another message for a job that had one already."""
    caller = running.client("dynamodb").scan(
        TableName=running.stack.deployed.outputs["TableName"],
        FilterExpression="job_id = :id",
        ExpressionAttributeValues={":id": {"S": job_id}},
    )["Items"][0]["caller"]["S"]
    running.client("sqs").send_message(
        QueueUrl=running.stack.deployed.outputs["QueueUrl"],
        MessageBody=json.dumps({"caller": caller, "job_id": job_id}),
    )


def test_the_worker_needs_to_read_the_job_of_a_duplicate(running: RunningStack) -> None:
    job_id = finished(running)["id"]
    with without(running, "WorkerFunction", "dynamodb:GetItem"):
        log_grows_with(running, '"message":"crashed"', lambda: deliver_again(running, job_id))
    log_grows_with(running, '"message":"already-ended"', lambda: deliver_again(running, job_id))


def test_the_worker_needs_to_send_unreadable_messages_to_the_dead_letter_queue(
    running: RunningStack,
) -> None:
    queues = running.stack.deployed.outputs

    def deliver_gibberish() -> None:
        running.client("sqs").send_message(QueueUrl=queues["QueueUrl"], MessageBody="gibberish")

    with without(running, "WorkerFunction", "sqs:SendMessage"):
        log_grows_with(running, '"message":"crashed"', deliver_gibberish)
    log_grows_with(running, '"message":"unreadable"', deliver_gibberish)
    dead = running.client("sqs").receive_message(QueueUrl=queues["DeadLetterQueueUrl"])["Messages"]
    assert dead[0]["Body"] == "gibberish"


@pytest.mark.parametrize(
    ("function", "action"),
    [
        *((name, f"logs:{verb}") for name in FUNCTIONS for verb in ("CreateLogStream", "PutLogEvents")),
        *((name, "execute-api:ManageConnections") for name in ("WorkerFunction", "StatusFunction", "LiveFunction")),
        *(("WorkerFunction", f"sqs:{verb}") for verb in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")),
    ],
)  # fmt: skip
def test_a_deployment_needs_what_lambda_does_as_the_role(
    running: RunningStack, function: str, action: str
) -> None:
    with without(running, function, action), pytest.raises(DeployFailed, match=action):
        running.stack.deployment.check_service_permissions()
    running.stack.deployment.check_service_permissions()


@contextmanager
def connected(running: RunningStack) -> Iterator[Any]:
    ticket = running.call("POST", "/tickets").json()["ticket"]
    with connect(f"{running.stack.deployed.websocket_url}?ticket={ticket}") as socket:
        yield socket


def reply_to(socket: Any, **message: Any) -> dict[str, Any]:
    """Send a message over a connection and return the next one received."""
    socket.send(json.dumps(message))
    received: dict[str, Any] = json.loads(socket.recv(timeout=10))
    return received


def test_status_needs_to_issue_tickets(running: RunningStack) -> None:
    with without(running, "StatusFunction", "dynamodb:PutItem"):
        assert running.call("POST", "/tickets").status_code == 503


def test_the_authorizer_needs_to_redeem_tickets(running: RunningStack) -> None:
    with (
        without(running, "LiveAuthorizer", "dynamodb:DeleteItem"),
        pytest.raises(InvalidStatus),
        connected(running),
    ):
        pass


@pytest.mark.parametrize("action", ["dynamodb:PutItem", "dynamodb:UpdateItem"])
def test_live_needs_to_store(running: RunningStack, action: str) -> None:
    with connected(running) as socket, without(running, "LiveFunction", action):
        assert reply_to(socket, action="ask", **QUESTION)["problem"]["type"] == "store-unavailable"


def test_live_needs_to_send_and_to_remove_a_job_it_could_not_send(running: RunningStack) -> None:
    before = queued_ids(running)
    with connected(running) as socket:
        with without(running, "LiveFunction", "sqs:SendMessage*"):
            assert reply_to(socket, action="ask", **QUESTION)["type"] == "job.queued"
            assert json.loads(socket.recv(timeout=10))["problem"]["type"] == "queue-unavailable"
        assert queued_ids(running) == before
        with without(running, "LiveFunction", "sqs:SendMessage*", "dynamodb:DeleteItem"):
            reply_to(socket, action="ask", **QUESTION)
            assert json.loads(socket.recv(timeout=10))["type"] == "error"
    assert len(queued_ids(running) - before) == 1


def test_live_needs_to_read_the_conversation(running: RunningStack) -> None:
    previous = finished(running)["id"]
    with connected(running) as socket:
        with without(running, "LiveFunction", "dynamodb:GetItem"):
            refused = reply_to(socket, action="ask", previous_job_id=previous, **QUESTION)
            assert refused["problem"]["type"] == "store-unavailable"
        asked = reply_to(socket, action="ask", previous_job_id=previous, **QUESTION)
        assert asked["type"] == "job.queued"


def test_live_needs_to_count_a_callers_open_jobs(running: RunningStack) -> None:
    with connected(running) as socket, without(running, "LiveFunction", "dynamodb:Query"):
        assert reply_to(socket, action="ask", **QUESTION)["problem"]["type"] == "store-unavailable"


def test_every_action_of_every_policy_is_tried(running: RunningStack) -> None:
    tried = {
        "SubmitFunction": {"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:GetItem", "dynamodb:DeleteItem", "dynamodb:Query", "sqs:SendMessage*"},
        "StatusFunction": {"dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:UpdateItem", "sqs:SendMessage*",
                           "execute-api:ManageConnections"},
        "LiveFunction": {"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:GetItem", "dynamodb:DeleteItem", "dynamodb:Query", "sqs:SendMessage*",
                         "execute-api:ManageConnections"},
        "LiveAuthorizer": {"dynamodb:DeleteItem"},
        "WorkerFunction": {"sqs:ChangeMessageVisibility*", "dynamodb:UpdateItem", "dynamodb:GetItem", "kendra:Retrieve",
                   "bedrock:InvokeModelWithResponseStream", "sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage",
                   "sqs:GetQueueAttributes", "execute-api:ManageConnections"},
    }  # fmt: skip
    for function, actions in tried.items():
        _, _, _, policy = _policy(running, function)
        allowed = {action for statement in policy["Statement"] for action in _actions(statement)}
        assert allowed == actions | {"logs:CreateLogStream", "logs:PutLogEvents"}
