"""Stack: where a stack's queues are.

On AWS they are outputs of the CloudFormation stack. Locally they are in .sluice/endpoints.json,
which `make run` writes, with the keys of the local AWS.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sluice.job.job import Lane
from sluice_ops.aws.client import aws_client, aws_errors
from sluice_ops.exits import Exit, OpsError

_FILE = Path(".sluice", "endpoints.json")

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
    lanes: Mapping[Lane, str]


def find_stack(name: str | None) -> Stack:
    """Return the stack of that name on AWS; without one, that of `make run`. Raises OpsError."""
    return _on_aws(name) if name else _here()


def _on_aws(name: str) -> Stack:
    outputs = _outputs(name)
    try:
        urls = [outputs[key] for key in ("DeadLetterQueueUrl", "QueueUrl", "BulkQueueUrl")]
    except KeyError as error:
        raise OpsError(
            f"The stack {name} is not one of Sluice's: it has no output {error}.", Exit.NOWHERE
        ) from error
    return _stack(aws_client("sqs", {}), *urls)


def _outputs(name: str) -> dict[str, str]:
    cloudformation = aws_client("cloudformation", {})
    try:
        with aws_errors():
            (found,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
    except OpsError as error:
        if "does not exist" not in str(error):
            raise
        region = cloudformation.meta.region_name
        raise OpsError(
            f"There is no stack {name} in this account in {region}.", Exit.NOWHERE
        ) from error
    return {each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", [])}


def _here() -> Stack:
    path = _endpoints_file()
    try:
        raw: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise OpsError(f"{path} cannot be read ({error}).", Exit.NOWHERE) from error
    options = {option: _text(raw, key, path) for option, key in _LOCAL_AWS.items()}
    keys = ("dead_letter_queue_url", "queue_url", "bulk_queue_url")
    return _stack(aws_client("sqs", options), *(_text(raw, key, path) for key in keys))


def _endpoints_file() -> Path:
    """Return the file of this directory or of the nearest parent that has one."""
    try:
        here = Path.cwd()
        for path in (folder / _FILE for folder in (here, *here.parents)):
            if path.is_file():
                # In a shared folder such as /tmp, another user's file could name any queue.
                if hasattr(os, "getuid") and path.stat().st_uid != os.getuid():
                    break
                return path
    except OSError:
        pass  # this directory is gone, or a parent is closed to this user
    raise OpsError(
        "No stack of yours runs here: start one with `make run`, or name one on AWS with --stack.",
        Exit.NOWHERE,
    )


def _text(raw: Any, key: str, path: Path) -> str:
    found = raw.get(key) if isinstance(raw, dict) else None
    if isinstance(found, str) and found:
        return found
    raise OpsError(
        f"{path} lacks {key}: start `make run` again, or name a stack on AWS with --stack.",
        Exit.NOWHERE,
    )


def _stack(sqs: Any, dead_letters: str, interactive: str, bulk: str) -> Stack:
    return Stack(sqs, dead_letters, {Lane.INTERACTIVE: interactive, Lane.BULK: bulk})
