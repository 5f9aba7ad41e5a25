"""What can go wrong, by whose turn it is to act. Each message is one line with what to do.

SluiceError
├── NotConfigured    nobody said where Sluice is: set it up
├── Unreachable      nothing there answers, or what answers is not Sluice: start it, or mend the URL
├── Refused          the service understood and said no (4xx): change the request
├── ServiceFailed    the service could not (5xx, after retries): try again later
└── WaitTimeout      the job goes on, but the caller's patience ended: wait again

A job that failed is not an error here: it is a Job with status "failed" and its `error`.
"""

from typing import TYPE_CHECKING

from sluice_client.api.problem import Problem

if TYPE_CHECKING:
    from sluice_client.api.job import Job


class SluiceError(Exception):
    """Whatever this client raises on purpose."""


class NotConfigured(SluiceError):
    """No URL and API key in the arguments, the environment or .sluice/endpoints.json."""


class Unreachable(SluiceError):
    """No Sluice answers at the URL."""

    def __init__(self, message: str, *, url: str) -> None:
        super().__init__(message)
        self.url = url


class Refused(SluiceError):
    """The service refused the request; `problem` says why."""

    def __init__(self, problem: Problem, *, status: int, retry_after: float | None = None) -> None:
        super().__init__(
            _line("The service refused", status, problem, _remedy(status, retry_after))
        )
        self.problem = problem
        self.status = status
        #: Seconds after which the service may accept it; None when it did not say.
        self.retry_after = retry_after


class ServiceFailed(SluiceError):
    """The service failed, and still did after the retries; `problem` says what it told."""

    def __init__(self, problem: Problem, *, status: int, retry_after: float | None = None) -> None:
        super().__init__(_line("The service failed", status, problem, _again(retry_after)))
        self.problem = problem
        self.status = status
        #: Seconds after which it may be back; None when it did not say.
        self.retry_after = retry_after


class WaitTimeout(SluiceError):
    """The job was not finished in the time the caller gave it. The job itself goes on."""

    def __init__(self, job_id: str, *, timeout: float, job: "Job | None" = None) -> None:
        super().__init__(
            f"Job {job_id} was not finished after {timeout:.3g} s and goes on;"
            f" wait again with: sluice job {job_id} --wait"
        )
        self.job_id = job_id
        #: Seconds the caller was willing to wait.
        self.timeout = timeout
        #: The job as last seen.
        self.job = job


def _line(what: str, status: int, problem: Problem, remedy: str) -> str:
    kind = f"{status} {problem.name}" if problem.name else f"HTTP {status}"
    reason = f": {problem}" if str(problem) else ""
    return f"{what} ({kind}){reason}".rstrip(".") + "." + (f" {remedy}" if remedy else "")


def _remedy(status: int, retry_after: float | None) -> str:
    if status in (401, 403):
        # API Gateway says 403 to a wrong key and to a wrong path alike.
        return "Check SLUICE_API_KEY, and that SLUICE_URL is the API's address with its stage."
    if status == 429:
        return _again(retry_after)
    return ""  # the problem's own sentence says what to change


def _again(retry_after: float | None) -> str:
    return "Try again later." if retry_after is None else f"Try again in {retry_after:.0f} s."
