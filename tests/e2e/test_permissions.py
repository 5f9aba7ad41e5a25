"""Every action of every function's policy is needed: without it, something breaks."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from local.deployment import DeployFailed
from tests.e2e.site import Site, eventually

FUNCTIONS = ("SubmitFunction", "WorkerFunction", "StatusFunction", "LiveFunction", "LiveAuthorizer")
QUESTION = {"question": "How long is lost property kept?"}


@contextmanager
def without(site: Site, function: str, *actions: str, sid: str | None = None) -> Iterator[None]:
    """The function's role, for a while, without these actions; in one statement or in all."""
    iam, role, name, policy = _policy(site, function)
    fewer = json.loads(json.dumps(policy))
    removed = 0
    for statement in fewer["Statement"]:
        if sid not in (None, statement["Sid"]):
            continue
        kept = [action for action in _actions(statement) if action not in actions]
        removed += len(_actions(statement)) - len(kept)
        # A statement needs an action; this one allows nothing that is asked for.
        statement["Action"] = kept or ["sqs:ListQueues"]
    assert removed >= len(actions), f"{function} has no {actions}"
    iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(fewer))
    try:
        yield
    finally:
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(policy))


def _policy(site: Site, function: str) -> tuple[Any, str, str, dict[str, Any]]:
    functions = site.client("lambda").list_functions()["Functions"]
    (role,) = (
        found["Role"].rpartition("/")[2]
        for found in functions
        if f"-{function}" in found["FunctionName"]
    )
    iam = site.client("iam")
    (name,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
    return iam, role, name, iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]


def _actions(statement: dict[str, Any]) -> list[str]:
    actions = statement["Action"]
    return actions if isinstance(actions, list) else [actions]


def submit(site: Site, **fields: Any) -> Any:
    return site.call("POST", "/jobs", json=QUESTION | fields)


def finished(site: Site) -> dict[str, Any]:
    job_id = submit(site).json()["id"]

    def ended() -> dict[str, Any] | None:
        job: dict[str, Any] = site.call("GET", f"/jobs/{job_id}").json()
        return job if job["status"] in ("completed", "failed") else None

    job: dict[str, Any] = eventually(ended)
    return job


def queued_ids(site: Site) -> set[str]:
    return {job["id"] for job in site.call("GET", "/jobs?limit=100").json()["jobs"]}


def log_grows_with(site: Site, text: str, act: Callable[[], object]) -> None:
    before = site.worker_log().count(text)
    act()
    eventually(lambda: site.worker_log().count(text) > before)


@pytest.mark.parametrize("action", ["dynamodb:PutItem", "dynamodb:UpdateItem"])
def test_submit_needs_to_store(site: Site, action: str) -> None:
    with without(site, "SubmitFunction", action):
        assert submit(site).status_code == 503


def test_submit_needs_to_read_the_conversation(site: Site) -> None:
    previous = finished(site)["id"]
    with without(site, "SubmitFunction", "dynamodb:GetItem"):
        assert submit(site, previous_job_id=previous).status_code == 503
    assert submit(site, previous_job_id=previous).status_code == 202


def test_submit_needs_to_send_and_leaves_nothing_when_it_cannot(site: Site) -> None:
    before = queued_ids(site)
    with without(site, "SubmitFunction", "sqs:SendMessage*"):
        assert submit(site).status_code == 503
    assert queued_ids(site) == before


def test_submit_needs_to_take_back_what_it_could_not_send(site: Site) -> None:
    before = queued_ids(site)
    with without(site, "SubmitFunction", "sqs:SendMessage*", "dynamodb:DeleteItem"):
        assert submit(site).status_code == 503
    assert len(queued_ids(site) - before) == 1


def test_submit_needs_to_count_a_callers_open_jobs(site: Site) -> None:
    with without(site, "SubmitFunction", "dynamodb:Query", sid="CountOpenJobs"):
        assert submit(site).status_code == 503


def test_submit_needs_to_find_a_repeated_batchs_jobs(site: Site) -> None:
    batch = {"questions": [{"custom_id": "one", **QUESTION}]}
    key = {"idempotency-key": str(uuid4())}

    def submit_batch() -> int:
        return site.call("POST", "/batches", json=batch, headers=key).status_code

    assert submit_batch() == 202
    with without(site, "SubmitFunction", "dynamodb:Query", sid="StoreJobs"):
        assert submit_batch() == 503
    assert submit_batch() == 202


def test_status_needs_to_cancel_a_job(site: Site) -> None:
    job = submit(site).json()
    with without(site, "StatusFunction", "dynamodb:UpdateItem"):
        assert site.call("POST", f"/jobs/{job['id']}/cancel").status_code == 503


@pytest.mark.parametrize(
    ("action", "sid"),
    [
        ("dynamodb:PutItem", "ReadCancelAndRetryJobs"),
        ("dynamodb:Query", "CountOpenJobs"),
        ("sqs:SendMessage*", "SendMessages"),
    ],
)
def test_status_needs_to_retry_a_job(site: Site, action: str, sid: str) -> None:
    with without(site, "WorkerFunction", "kendra:Retrieve"):
        failed = eventually(lambda: found if (found := finished(site))["error"] else None)
    with without(site, "StatusFunction", action, sid=sid):
        assert site.call("POST", f"/jobs/{failed['id']}/retry").status_code == 503
    assert site.call("POST", f"/jobs/{failed['id']}/retry").status_code == 202


def test_status_needs_to_read_a_job(site: Site) -> None:
    job = submit(site).json()
    with without(site, "StatusFunction", "dynamodb:GetItem"):
        assert site.call("GET", f"/jobs/{job['id']}").status_code == 503


def test_status_needs_to_list_jobs(site: Site) -> None:
    with without(site, "StatusFunction", "dynamodb:Query", sid="ReadCancelAndRetryJobs"):
        assert site.call("GET", "/jobs").status_code == 503


def test_the_worker_needs_to_move_jobs(site: Site) -> None:
    with without(site, "WorkerFunction", "dynamodb:UpdateItem"):
        log_grows_with(site, "AccessDenied", lambda: submit(site))


def test_the_worker_needs_to_hold_messages(site: Site) -> None:
    def has_crashed() -> bool:
        # The second delivery meets the first one's lease, if it comes before the answer, and has
        # to wait for its end.
        job_id = submit(site).json()["id"]
        deliver_again(site, job_id)
        eventually(lambda: site.call("GET", f"/jobs/{job_id}").json()["finished_at"])
        return site.worker_log().count('"message":"crashed"') > before

    before = site.worker_log().count('"message":"crashed"')
    with without(site, "WorkerFunction", "sqs:ChangeMessageVisibility*"):
        eventually(has_crashed)


@pytest.mark.parametrize("action", ["kendra:Retrieve", "bedrock:InvokeModelWithResponseStream"])
def test_the_worker_needs_its_upstreams(site: Site, action: str) -> None:
    with without(site, "WorkerFunction", action):
        # The stand-ins believe IAM for two seconds.
        job = eventually(lambda: found if (found := finished(site))["error"] else None)
        assert job["error"]["type"] == "misconfigured"


def deliver_again(site: Site, job_id: str) -> None:
    """A message for a job that had one already."""
    caller = site.client("dynamodb").scan(
        TableName=site.stack.deployed.outputs["TableName"],
        FilterExpression="job_id = :id",
        ExpressionAttributeValues={":id": {"S": job_id}},
    )["Items"][0]["caller"]["S"]
    site.client("sqs").send_message(
        QueueUrl=site.stack.deployed.outputs["QueueUrl"],
        MessageBody=json.dumps({"caller": caller, "job_id": job_id}),
    )


def test_the_worker_needs_to_look_at_a_duplicates_job(site: Site) -> None:
    job_id = finished(site)["id"]
    with without(site, "WorkerFunction", "dynamodb:GetItem"):
        log_grows_with(site, '"message":"crashed"', lambda: deliver_again(site, job_id))
    log_grows_with(site, '"message":"already-ended"', lambda: deliver_again(site, job_id))


def test_the_worker_needs_to_bury_what_it_cannot_read(site: Site) -> None:
    queues = site.stack.deployed.outputs

    def deliver_gibberish() -> None:
        site.client("sqs").send_message(QueueUrl=queues["QueueUrl"], MessageBody="gibberish")

    with without(site, "WorkerFunction", "sqs:SendMessage"):
        log_grows_with(site, '"message":"crashed"', deliver_gibberish)
    log_grows_with(site, '"message":"unreadable"', deliver_gibberish)
    dead = site.client("sqs").receive_message(QueueUrl=queues["DeadLetterQueueUrl"])["Messages"]
    assert dead[0]["Body"] == "gibberish"


@pytest.mark.parametrize(
    ("function", "action"),
    [
        *((name, f"logs:{verb}") for name in FUNCTIONS for verb in ("CreateLogStream", "PutLogEvents")),
        *((name, "execute-api:ManageConnections") for name in ("WorkerFunction", "StatusFunction", "LiveFunction")),
        *(("WorkerFunction", f"sqs:{verb}") for verb in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")),
    ],
)  # fmt: skip
def test_a_deployment_needs_what_lambda_does_in_the_roles_name(
    site: Site, function: str, action: str
) -> None:
    with without(site, function, action), pytest.raises(DeployFailed, match=action):
        site.stack.deployment.check_service_permissions()
    site.stack.deployment.check_service_permissions()


@contextmanager
def connected(site: Site) -> Iterator[Any]:
    ticket = site.call("POST", "/tickets").json()["ticket"]
    with connect(f"{site.stack.deployed.websocket_url}?ticket={ticket}") as socket:
        yield socket


def told(socket: Any, **message: Any) -> dict[str, Any]:
    """What a connection hears next, after it has said this."""
    socket.send(json.dumps(message))
    heard: dict[str, Any] = json.loads(socket.recv(timeout=10))
    return heard


def test_status_needs_to_issue_tickets(site: Site) -> None:
    with without(site, "StatusFunction", "dynamodb:PutItem"):
        assert site.call("POST", "/tickets").status_code == 503


def test_the_authorizer_needs_to_take_tickets_away(site: Site) -> None:
    with (
        without(site, "LiveAuthorizer", "dynamodb:DeleteItem"),
        pytest.raises(InvalidStatus),
        connected(site),
    ):
        pass


@pytest.mark.parametrize("action", ["dynamodb:PutItem", "dynamodb:UpdateItem"])
def test_live_needs_to_store(site: Site, action: str) -> None:
    with connected(site) as socket, without(site, "LiveFunction", action):
        assert told(socket, action="ask", **QUESTION)["problem"]["type"] == "store-unavailable"


def test_live_needs_to_send_and_to_take_back_what_it_could_not(site: Site) -> None:
    before = queued_ids(site)
    with connected(site) as socket:
        with without(site, "LiveFunction", "sqs:SendMessage*"):
            assert told(socket, action="ask", **QUESTION)["type"] == "job.queued"
            assert json.loads(socket.recv(timeout=10))["problem"]["type"] == "queue-unavailable"
        assert queued_ids(site) == before
        with without(site, "LiveFunction", "sqs:SendMessage*", "dynamodb:DeleteItem"):
            told(socket, action="ask", **QUESTION)
            assert json.loads(socket.recv(timeout=10))["type"] == "error"
    assert len(queued_ids(site) - before) == 1


def test_live_needs_to_read_the_conversation(site: Site) -> None:
    previous = finished(site)["id"]
    with connected(site) as socket:
        with without(site, "LiveFunction", "dynamodb:GetItem"):
            refused = told(socket, action="ask", previous_job_id=previous, **QUESTION)
            assert refused["problem"]["type"] == "store-unavailable"
        asked = told(socket, action="ask", previous_job_id=previous, **QUESTION)
        assert asked["type"] == "job.queued"


def test_live_needs_to_count_a_callers_open_jobs(site: Site) -> None:
    with connected(site) as socket, without(site, "LiveFunction", "dynamodb:Query"):
        assert told(socket, action="ask", **QUESTION)["problem"]["type"] == "store-unavailable"


def test_no_action_is_left_untried(site: Site) -> None:
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
        _, _, _, policy = _policy(site, function)
        allowed = {action for statement in policy["Statement"] for action in _actions(statement)}
        assert allowed == actions | {"logs:CreateLogStream", "logs:PutLogEvents"}
