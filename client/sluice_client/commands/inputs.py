"""Inputs: the arguments and options of the commands, checked before anything is sent."""

import math
import sys

import click
from click import Context, Parameter

from sluice_client.api.job import JOB_ID, STATUSES

#: Bytes of a question on stdin; the service takes 1,000 characters.
_LONGEST = 65_536

#: An attribute of a document is a text or a whole number.
FilterValue = str | int


class _Words(click.ParamType):
    """Text that says something and that UTF-8 can carry."""

    name = "text"

    def convert(self, value: str, param: Parameter | None, ctx: Context | None) -> str:
        try:
            value.encode()
        except UnicodeEncodeError:
            self.fail("this is not valid UTF-8", param, ctx)
        if not value.strip():
            self.fail("this is empty", param, ctx)
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
            self.fail("stdin holds more than a question", param, ctx)
        try:
            return read.decode("utf-8-sig")
        except UnicodeDecodeError:
            self.fail("stdin is not valid UTF-8", param, ctx)


class _JobId(_Words):
    """What may stand in a path as a job id."""

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
    """A name=text or a name:=number."""

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
            self.fail(f"{value!r} is not of the form name=value", param, ctx)
        if not numeric:
            return name, text
        try:
            return name, int(text)
        except ValueError:
            self.fail(f"{text!r} is not a whole number", param, ctx)


WORDS = _Words()
QUESTION = _Question()
JOB = _JobId()
SECONDS = _Seconds()
FILTER = _Filter()
STATUS = click.Choice(STATUSES)

as_json = click.option("--json", "as_json", is_flag=True, help="Print the service's JSON instead.")
timeout = click.option(
    "--timeout",
    type=SECONDS,
    metavar="SECONDS",
    help="Wait no longer than this; the job goes on. Default: until it is finished.",
)
no_stream = click.option(
    "--no-stream",
    is_flag=True,
    help="Print the answer when it is whole, also on a terminal; poll, without the WebSocket.",
)
all_sources = click.option(
    "--all-sources",
    is_flag=True,
    help="Show all sources that were found, not only those the answer cites.",
)
