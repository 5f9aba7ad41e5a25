"""Every way a call can fail, and the error it becomes."""

import httpx
import pytest

import sluice_client
from sluice_client import (
    Refused,
    ServiceFailed,
    Sluice,
    SluiceError,
    Unreachable,
)
from sluice_client.api import errors
from sluice_client.commands.exit_codes import exit_code_of_error
from tests.client.fakes import JOB_ID, URL, FakeService, problem, reply


def descendants(kind: type[Exception]) -> list[type[Exception]]:
    found = [kind]
    for child in kind.__subclasses__():
        found += descendants(child)
    return found


@pytest.mark.parametrize("kind", descendants(httpx.RequestError), ids=lambda kind: kind.__name__)
def test_every_error_of_the_transport_becomes_unreachable(
    sluice: Sluice, service: FakeService, kind: type[httpx.RequestError]
) -> None:
    service.replies(*[kind("boom")] * 4)

    with pytest.raises(Unreachable) as caught:
        sluice.job(JOB_ID)

    assert caught.value.url == URL
    assert URL in str(caught.value)


def test_a_refused_connection_names_the_url_and_make_run(
    sluice: Sluice, service: FakeService
) -> None:
    service.replies(*[httpx.ConnectError("[Errno 111] Connection refused")] * 4)

    with pytest.raises(Unreachable, match=rf"Nothing listens at {URL} .*`make run`"):
        sluice.job(JOB_ID)


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, html="<h1>It works!</h1>"),
        httpx.Response(200, json=[]),
        httpx.Response(200, json={"hello": "world"}),
        httpx.Response(200, json={"id": "$(reboot)"}),
        httpx.Response(200, content=b"\xff\xfe"),
        httpx.Response(302, headers={"location": "http://elsewhere"}),
    ],
    ids=["html", "list", "not-a-job", "not-an-id", "bytes", "redirect"],
)
def test_a_response_that_is_not_from_sluice_says_check_the_url(
    sluice: Sluice, service: FakeService, answer: httpx.Response
) -> None:
    service.unchecked(answer)

    with pytest.raises(Unreachable, match="check SLUICE_URL"):
        sluice.job(JOB_ID)


def test_a_refusal_has_the_problem_and_shows_it_in_one_line(
    sluice: Sluice, service: FakeService
) -> None:
    service.replies(problem(404, "job-not-found", "There is no such job.\nCheck the id."))

    with pytest.raises(Refused) as caught:
        sluice.job(JOB_ID)

    assert caught.value.status == 404
    assert caught.value.problem.name == "job-not-found"
    assert str(caught.value) == (
        "The service refused (404 job-not-found): Job not found: There is no such job. Check the id."
    )


def test_a_wrong_key_says_what_to_check(sluice: Sluice, service: FakeService) -> None:
    service.replies(problem(403, "rejected", "Forbidden"))
    service.unchecked(reply({"message": "Forbidden"}, 403))  # as API Gateway's own words are

    for _ in range(2):
        with pytest.raises(Refused, match=r"Forbidden\. Check SLUICE_API_KEY") as caught:
            sluice.job(JOB_ID)

        assert caught.value.problem.detail == "Forbidden"


def test_a_refusal_that_is_not_json_is_still_a_refusal(
    sluice: Sluice, service: FakeService
) -> None:
    service.unchecked(httpx.Response(413, text="too large"))

    with pytest.raises(Refused, match="413"):
        sluice.submit("x")


def test_an_internal_error_is_not_retried(sluice: Sluice, service: FakeService) -> None:
    service.replies(problem(500, "internal-error", "Something went wrong on our side."))

    with pytest.raises(ServiceFailed, match=r"500 internal-error.*Try again later"):
        sluice.job(JOB_ID)

    assert len(service.requests) == 1


def test_a_failing_service_says_when_to_try_again(sluice: Sluice, service: FakeService) -> None:
    service.replies(problem(503, "store-unavailable", "Busy.", retry_after="90"))

    with pytest.raises(ServiceFailed, match=r"Try again in 90 s\.") as caught:
        sluice.job(JOB_ID)

    assert caught.value.retry_after == 90


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    drawn = {line.split()[1] for line in (errors.__doc__ or "").splitlines() if "──" in line}

    assert drawn == {kind.__name__ for kind in SluiceError.__subclasses__()}
    assert drawn < set(sluice_client.__all__)


def test_every_error_has_its_exit_code() -> None:
    for kind in SluiceError.__subclasses__():
        assert exit_code_of_error(kind.__new__(kind))


@pytest.mark.parametrize("job_id", ["", "..", "a/b", "x?y", "é"])
def test_what_cannot_be_an_id_is_never_sent(
    sluice: Sluice, service: FakeService, job_id: str
) -> None:
    with pytest.raises(ValueError, match="not a job id"):
        sluice.job(job_id)

    assert not service.requests
