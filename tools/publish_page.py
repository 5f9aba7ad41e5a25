"""Publishes web/ as the page of a deployed stack: `python -m tools.publish_page STACK`.

The stack is in the AWS profile's account and region, and was deployed with HostPage=true.
The page reads its addresses from config.json, which holds no key: users enter their own.
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

#: Content types by the suffix of the file name; browsers do not guess them.
CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}
#: Only for Node, which runs the tests: it declares the kind of modules.
_NOT_PUBLISHED = {"package.json"}
#: File names carry no version, so a browser asks each time; the answer is mostly 304.
_CACHE = "no-cache"


class NotPublished(Exception):
    """The page cannot be published; the message says what to do."""


def main() -> None:
    """Publish to the stack that the command line names, and print the page's address."""
    if len(sys.argv) != 2:
        sys.exit("usage: python -m tools.publish_page STACK")
    try:
        outputs = outputs_of(boto3.client("cloudformation"), sys.argv[1])
        publish(WEB, outputs, boto3.client("s3"), boto3.client("cloudfront"))
    except NotPublished as error:
        sys.exit(str(error))
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"AWS refused: {error}")
    print(f"The page is at {outputs['PageUrl']}")


def outputs_of(cloudformation: "CloudFormationClient", stack: str) -> dict[str, str]:
    """Return the outputs of a stack that has a page. Raises NotPublished."""
    try:
        (found,) = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        raise NotPublished(
            f"There is no stack {stack} in this account and region. Name another with STACK=<name>,"
            " or choose account and region with AWS_PROFILE and AWS_DEFAULT_REGION."
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
    """Upload the page in `web`, and delete all else from the bucket. Raises NotPublished."""
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
    """Return the page's config.json: the API under its own origin, and the WebSocket if any."""
    config = {"api_url": f"/{outputs['ApiUrl'].rpartition('/')[2]}"}
    if url := outputs.get("WebSocketUrl"):
        config["websocket_url"] = url
    return config


def _files(web: Path) -> dict[str, bytes]:
    """Return the page's files by key; index.html comes last, since it names the others."""
    paths = sorted(
        (path for path in web.rglob("*") if path.is_file() and _is_published(path)),
        key=lambda path: (path.name == "index.html", path),
    )
    if not paths or paths[-1] != web / "index.html":
        raise NotPublished(f"{web} has no index.html.")
    for path in paths:
        if path.suffix not in CONTENT_TYPES:
            raise NotPublished(
                f"{path.name}: the content type of its suffix is unknown."
                " Add it to CONTENT_TYPES in tools/publish_page.py."
            )
    return {path.relative_to(web).as_posix(): path.read_bytes() for path in paths}


def _is_published(path: Path) -> bool:
    return path.name not in _NOT_PUBLISHED and not path.name.startswith(".")


def _remove_others(s3: "S3Client", bucket: str, kept: set[str]) -> None:
    """Delete every object that is not a file of the page."""
    for listed in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for item in listed.get("Contents", []):
            if item["Key"] not in kept:
                s3.delete_object(Bucket=bucket, Key=item["Key"])


if __name__ == "__main__":
    main()
