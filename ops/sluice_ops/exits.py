"""Exit: the codes that `sluice-ops` ends with, for scripts to rely on."""

from enum import IntEnum


class Exit(IntEnum):
    """The same codes as those of `sluice`. Each command's help says what they mean for it."""

    DONE = 0
    NOT_DONE = 1
    USAGE = 2
    #: No stack, no region, no credentials, or nothing answers.
    NOWHERE = 3
    REFUSED = 4
    AWS_FAILED = 6
    INTERRUPTED = 130


class OpsError(Exception):
    """What a command cannot do, in one line, and the code to end with."""

    def __init__(self, message: str, code: Exit) -> None:
        super().__init__(message)
        self.code = code
