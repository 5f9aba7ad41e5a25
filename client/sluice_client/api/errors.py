"""Every error of this client, by who has to act. Each message is one line and says what to do.

SluiceError
├── NotConfigured    no URL and API key are configured: set them
├── Unreachable      nothing answers, or what answers is not Sluice: start it, or correct the URL
├── Refused          the service refused the request (4xx): change the request
├── ServiceFailed    the service failed (5xx, after retries): try again later
└── WaitTimeout      the caller's timeout ended, the job goes on: wait again

A job that failed is not an error here: it is a Job with status "failed" and its `error`.
"""

from typing import TYPE_CHECKING

from sluice_client.api.problem import Problem

if TYPE_CHECKING:
    from sluice_client.api.job import Job


class SluiceError(Exception):
    """Base of every error that this client raises on purpose."""


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
    """The service failed, also after retries; `problem` has its explanation."""

    def __init__(self, problem: Problem, *, status: int, retry_after: float | None = None) -> None:
        super().__init__(_line("The service failed", status, problem, _again(retry_after)))
        self.problem = problem
        self.status = status
        #: Seconds after which it may work again; None when it did not say.
        self.retry_after = retry_after


class WaitTimeout(SluiceError):
    """The job was not finished within the timeout. The job itself goes on."""

    def __init__(self, job_id: str, *, timeout: float, job: "Job | None" = None) -> None:
        super().__init__(
            f"Job {job_id} was not finished after {timeout:.3g} s and goes on;"
            f" wait again with: sluice job {job_id} --wait"
        )
        self.job_id = job_id
        #: The timeout, in seconds.
        self.timeout = timeout
        #: The job as last seen.
        self.job = job


def _line(what: str, status: int, problem: Problem, remedy: str) -> str:
    kind = f"{status} {problem.name}" if problem.name else f"HTTP {status}"
    reason = f": {problem}" if str(problem) else ""
    return f"{what} ({kind}){reason}".rstrip(".") + "." + (f" {remedy}" if remedy else "")


def _remedy(status: int, retry_after: float | None) -> str:
    if status in (401, 403):
        # API Gateway answers 403 both to a wrong key and to a wrong path.
        return "Check SLUICE_API_KEY, and that SLUICE_URL is the API's address with its stage."
    if status == 429:
        return _again(retry_after)
    return ""  # the problem's own sentence says what to change


def _again(retry_after: float | None) -> str:
    return "Try again later." if retry_after is None else f"Try again in {retry_after:.0f} s."
