"""Puts web/ on a stack's page: `python -m tools.publish_page STACK`, after it was deployed.

The stack is one of the AWS profile's account and region, with HostPage=true. The page learns its
addresses from config.json, which holds no key: who asks enters one.
"""

import json
import sys
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_s3 import S3Client

WEB = Path(__file__).parents[1] / "web"

#: Of file names' ends; a browser is told not to guess.
CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}
#: Tells Node, which runs the tests, what kind of modules they are; no part of the page.
_NOT_PUBLISHED = {"package.json"}
#: The names carry no version, so a browser asks each time, and is mostly told that nothing changed.
_CACHE = "no-cache"


class NotPublished(Exception):
    """The page cannot be published; the message says what to do."""


def main() -> None:
    """Publish to the stack that the command line names, and say where the page is."""
    if len(sys.argv) != 2:
        sys.exit("usage: python -m tools.publish_page STACK")
    try:
        outputs = outputs_of(boto3.client("cloudformation"), sys.argv[1])
        publish(WEB, outputs, boto3.client("s3"), boto3.client("cloudfront"))
    except NotPublished as error:
        sys.exit(str(error))
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"AWS refused it: {error}")
    print(f"The page is at {outputs['PageUrl']}")


def outputs_of(cloudformation: "CloudFormationClient", stack: str) -> dict[str, str]:
    """The outputs of a stack that has a page. Raises NotPublished."""
    try:
        (found,) = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        raise NotPublished(
            f"There is no stack {stack} in this account and region. STACK=<name> names another;"
            " AWS_PROFILE and AWS_DEFAULT_REGION choose account and region."
        ) from error
    outputs = {each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", [])}
    if "PageBucket" not in outputs:
        raise NotPublished(
            f"The stack {stack} has no page. Deploy it with the parameter HostPage=true, and"
            " without VpcEndpointId."
        )
    return outputs


# cloudfront is Any: its types are in none of the installed stubs.
def publish(web: Path, outputs: Mapping[str, str], s3: "S3Client", cloudfront: Any) -> None:
    """Make the bucket hold the page in `web` and nothing else. Raises NotPublished."""
    bucket = outputs["PageBucket"]
    files = _files(web)
    for name, content in files.items():
        s3.put_object(
            Bucket=bucket,
            Key=name,
            Body=content,
            ContentType=CONTENT_TYPES[Path(name).suffix],
            CacheControl=_CACHE,
        )
    config = json.dumps(config_of(outputs)).encode()
    s3.put_object(
        Bucket=bucket,
        Key="config.json",
        Body=config,
        ContentType=CONTENT_TYPES[".json"],
        CacheControl=_CACHE,
    )
    _remove_others(s3, bucket, {*files, "config.json"})
    cloudfront.create_invalidation(
        DistributionId=outputs["PageDistributionId"],
        InvalidationBatch={
            "Paths": {"Quantity": 2, "Items": ["/config.json", "/index.html"]},
            "CallerReference": str(uuid.uuid4()),
        },
    )


def config_of(outputs: Mapping[str, str]) -> dict[str, str]:
    """What the page is told: the API under its own origin, and the WebSocket if there is one."""
    config = {"api_url": f"/{outputs['ApiUrl'].rpartition('/')[2]}"}
    if url := outputs.get("WebSocketUrl"):
        config["websocket_url"] = url
    return config


def _files(web: Path) -> dict[str, bytes]:
    """The page's files by their names in the bucket; index.html last, as it names the others."""
    paths = sorted(
        (path for path in web.rglob("*") if path.is_file() and _is_published(path)),
        key=lambda path: (path.name == "index.html", path),
    )
    if not paths or paths[-1] != web / "index.html":
        raise NotPublished(f"{web} holds no index.html.")
    for path in paths:
        if path.suffix not in CONTENT_TYPES:
            raise NotPublished(
                f"{path.name}: nobody has said what a {path.suffix or 'nameless'} file is."
                " Add it to CONTENT_TYPES in tools/publish_page.py."
            )
    return {path.relative_to(web).as_posix(): path.read_bytes() for path in paths}


def _is_published(path: Path) -> bool:
    return path.name not in _NOT_PUBLISHED and not path.name.startswith(".")


def _remove_others(s3: "S3Client", bucket: str, kept: set[str]) -> None:
    """Delete what is no part of the page any more."""
    for listed in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for item in listed.get("Contents", []):
            if item["Key"] not in kept:
                s3.delete_object(Bucket=bucket, Key=item["Key"])


if __name__ == "__main__":
    main()
