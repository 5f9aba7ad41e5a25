"""Inputs: the arguments and options of the commands, checked before anything is sent."""

import math
import sys

import click
from click import Context, Parameter

from sluice_client.api.job import JOB_ID, STATUSES

#: Bytes of a question on stdin; the service takes 1,000 characters.
_LONGEST = 65_536

#: An attribute of a document is a string or an integer.
FilterValue = str | int


class _Words(click.ParamType):
    """A string that is not blank and is valid in UTF-8."""

    name = "text"

    def convert(self, value: str, param: Parameter | None, ctx: Context | None) -> str:
        try:
            value.encode()
        except UnicodeEncodeError:
            self.fail("must be valid UTF-8", param, ctx)
        if not value.strip():
            self.fail("must not be empty", param, ctx)
        return value.strip()


class _Question(_Words):
    """A question; "-" reads it from stdin."""

    def convert(self, value: str, param: Parameter | None, ctx: Context | None) -> str:
        if value == "-":
            value = self._from_stdin(param, ctx)
        return super().convert(value, param, ctx)

    def _from_stdin(self, param: Parameter | None, ctx: Context | None) -> str:
        if sys.stdin is None:  # closed by the shell
            self.fail("there is no stdin to read from", param, ctx)
        read = sys.stdin.buffer.read(_LONGEST + 1)
        if len(read) > _LONGEST:
            self.fail("stdin is too long for a question", param, ctx)
        try:
            return read.decode("utf-8-sig")
        except UnicodeDecodeError:
            self.fail("stdin is not valid UTF-8", param, ctx)


class _JobId(_Words):
    """A job id that is safe to use in a path."""

    def convert(self, value: str, param: Parameter | None, ctx: Context | None) -> str:
        job_id = super().convert(value, param, ctx)
        if not JOB_ID.fullmatch(job_id):
            self.fail(f"{job_id!r} is not a job id", param, ctx)
        return job_id


class _Seconds(click.ParamType):
    """A positive, finite number of seconds."""

    name = "seconds"

    def convert(self, value: str | float, param: Parameter | None, ctx: Context | None) -> float:
        try:
            seconds = float(value)
        except ValueError:
            seconds = math.nan
        if not (math.isfinite(seconds) and seconds > 0):
            self.fail(f"{value!r} is not a number of seconds above 0", param, ctx)
        return seconds


class _Filter(click.ParamType):
    """name=string or name:=integer."""

    name = "name=value"

    def convert(
        self, value: str, param: Parameter | None, ctx: Context | None
    ) -> tuple[str, FilterValue]:
        name, equals, text = (
            part.strip() for part in WORDS.convert(value, param, ctx).partition("=")
        )
        numeric = name.endswith(":")
        name = name.rstrip(": ")
        if not (name and equals and text):
            self.fail(f"{value!r} is not in the form name=value", param, ctx)
        if not numeric:
            return name, text
        try:
            return name, int(text)
        except ValueError:
            self.fail(f"{text!r} is not an integer", param, ctx)


WORDS = _Words()
QUESTION = _Question()
JOB = _JobId()
SECONDS = _Seconds()
FILTER = _Filter()
STATUS = click.Choice(STATUSES)

as_json = click.option("--json", "as_json", is_flag=True, help="Print the service's JSON.")
timeout = click.option(
    "--timeout",
    type=SECONDS,
    metavar="SECONDS",
    help="Stop waiting after this; the job goes on. Default: wait until it is finished.",
)
no_stream = click.option(
    "--no-stream",
    is_flag=True,
    help="Print the answer once it is complete, also on a terminal; poll, without the WebSocket.",
)
all_sources = click.option(
    "--all-sources",
    is_flag=True,
    help="Show all sources that were found, not only those cited.",
)
