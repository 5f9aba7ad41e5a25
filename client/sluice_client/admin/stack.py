"""Stack: where a stack's queues are.

On AWS they are outputs of the CloudFormation stack. Locally they are in .sluice/endpoints.json,
with the keys of the local AWS, as `make run` writes it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sluice_client.admin.aws import AdminError, aws, aws_client
from sluice_client.api import fields
from sluice_client.api.errors import NotConfigured
from sluice_client.commands.exit_codes import ExitCode
from sluice_client.transport.endpoint import nearest_file

INTERACTIVE, BULK = "interactive", "bulk"

#: Options of a boto3 client, as endpoints.json names them.
_LOCAL_AWS = {
    "endpoint_url": "aws_endpoint_url",
    "region_name": "aws_region",
    "aws_access_key_id": "aws_access_key_id",
    "aws_secret_access_key": "aws_secret_access_key",
}


@dataclass(frozen=True)
class Stack:
    """The queues of one stack, and an SQS client that reaches them."""

    sqs: Any
    dead_letters: str
    #: The queue's URL by lane.
    lanes: Mapping[str, str]


def find_stack(name: str | None) -> Stack:
    """The stack of that name on AWS; without one, that of `make run`. Raises AdminError."""
    return _on_aws(name) if name else _here()


def _on_aws(name: str) -> Stack:
    outputs = _outputs(name)
    try:
        urls = [outputs[key] for key in ("DeadLetterQueueUrl", "QueueUrl", "BulkQueueUrl")]
    except KeyError as error:
        raise AdminError(
            f"The stack {name} is none of Sluice's: it has no output {error}.", ExitCode.UNREACHABLE
        ) from error
    return _stack(aws_client("sqs", {}), *urls)


def _outputs(name: str) -> dict[str, str]:
    cloudformation = aws_client("cloudformation", {})
    try:
        with aws():
            (found,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
    except AdminError as error:
        if "does not exist" not in str(error):
            raise
        region = cloudformation.meta.region_name
        raise AdminError(
            f"There is no stack {name} in this account in {region}.", ExitCode.UNREACHABLE
        ) from error
    return {each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", [])}


def _here() -> Stack:
    try:
        path = nearest_file()
    except NotConfigured as error:
        raise AdminError(
            "No stack of yours runs here: start one with `make run`, or name one on AWS with"
            " --stack.",
            ExitCode.UNREACHABLE,
        ) from error
    raw = _read(path)
    options = {option: _of(raw, key, path) for option, key in _LOCAL_AWS.items()}
    urls = [_of(raw, key, path) for key in ("dead_letter_queue_url", "queue_url", "bulk_queue_url")]
    return _stack(aws_client("sqs", options), *urls)


def _read(path: Path) -> fields.Json:
    try:
        raw: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise AdminError(f"{path} cannot be read ({error}).", ExitCode.UNREACHABLE) from error
    return raw if isinstance(raw, dict) else {}


def _of(raw: fields.Json, key: str, path: Path) -> str:
    if found := fields.string(raw, key):
        return found
    raise AdminError(
        f"{path} lacks {key}: start `make run` anew, or name a stack on AWS with --stack.",
        ExitCode.UNREACHABLE,
    )


def _stack(sqs: Any, dead_letters: str, interactive: str, bulk: str) -> Stack:
    return Stack(sqs, dead_letters, {INTERACTIVE: interactive, BULK: bulk})
