"""Exit: the codes the `sluice` command ends with, for scripts to rely on."""

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


class Exit(IntEnum):
    """One code and its meaning."""

    meaning: str

    def __new__(cls, code: int, meaning: str) -> "Exit":
        member = int.__new__(cls, code)
        member._value_ = code
        member.meaning = meaning
        return member

    ANSWERED = 0, "answered, also when the answer is that nothing was found"
    NO_ANSWER = 1, "the job failed or was cancelled; in a burst, at least one"
    USAGE = 2, "wrong usage"
    NOWHERE = 3, "nothing to talk to: not configured, or nothing listens"
    REFUSED = 4, "the service refused the request"
    UNFINISHED = 5, "not finished yet: --timeout ended, `sluice job` without --wait, or a full disk"
    SERVICE_FAILED = 6, "the service failed (5xx)"
    INTERRUPTED = 130, "interrupted with Ctrl-C; what was submitted goes on"


_BY_ERROR: dict[type[SluiceError], Exit] = {
    NotConfigured: Exit.NOWHERE,
    Unreachable: Exit.NOWHERE,
    Refused: Exit.REFUSED,
    ServiceFailed: Exit.SERVICE_FAILED,
    WaitTimeout: Exit.UNFINISHED,
}

_BY_STATUS = {
    COMPLETED: Exit.ANSWERED,
    FAILED: Exit.NO_ANSWER,
    CANCELLED: Exit.NO_ANSWER,
}


def exit_of_error(error: SluiceError) -> Exit:
    """Return the code for an error of the library."""
    return _BY_ERROR[type(error)]


def exit_of_job(job: Job) -> Exit:
    """Return the code for a job as it stands."""
    return _BY_STATUS.get(job.status or "", Exit.UNFINISHED)


#: For --help; click leaves a paragraph that begins with \b as it is.
EXITS_HELP = "\n".join(["\b", "Exit codes:", *(f"  {code:>3}  {code.meaning}" for code in Exit)])
