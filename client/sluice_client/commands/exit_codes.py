"""ExitCode: the codes the `sluice` command ends with. Scripts rely on them."""

from enum import IntEnum

from sluice_client.api.errors import (
    NotConfigured,
    Refused,
    ServiceFailed,
    SluiceError,
    Unreachable,
    WaitTimeout,
)
from sluice_client.api.job import CANCELLED, COMPLETED, FAILED, Job


class ExitCode(IntEnum):
    """One code and its meaning."""

    meaning: str

    def __new__(cls, code: int, meaning: str) -> "ExitCode":
        member = int.__new__(cls, code)
        member._value_ = code
        member.meaning = meaning
        return member

    ANSWERED = 0, "answered, also if the answer is that nothing was found"
    NO_ANSWER = 1, "the job failed or was cancelled; in a burst, at least one"
    USAGE = 2, "wrong usage"
    UNREACHABLE = 3, "no service: not configured, or nothing listens"
    REFUSED = 4, "the service refused the request"
    UNFINISHED = 5, "not finished yet: --timeout ended, `sluice job` without --wait, or a full disk"
    SERVICE_FAILED = 6, "the service failed (5xx)"
    INTERRUPTED = 130, "interrupted with Ctrl-C; what was submitted goes on"


_BY_ERROR: dict[type[SluiceError], ExitCode] = {
    NotConfigured: ExitCode.UNREACHABLE,
    Unreachable: ExitCode.UNREACHABLE,
    Refused: ExitCode.REFUSED,
    ServiceFailed: ExitCode.SERVICE_FAILED,
    WaitTimeout: ExitCode.UNFINISHED,
}

_BY_STATUS = {
    COMPLETED: ExitCode.ANSWERED,
    FAILED: ExitCode.NO_ANSWER,
    CANCELLED: ExitCode.NO_ANSWER,
}


def exit_code_of_error(error: SluiceError) -> ExitCode:
    """Return the code for an error of the library."""
    return _BY_ERROR[type(error)]


def exit_code_of_job(job: Job) -> ExitCode:
    """Return the code for a job as it is now."""
    return _BY_STATUS.get(job.status or "", ExitCode.UNFINISHED)


#: For --help. click does not wrap a paragraph that begins with \b.
EXIT_CODES_HELP = "\n".join(
    ["\b", "Exit codes:", *(f"  {code:>3}  {code.meaning}" for code in ExitCode)]
)
