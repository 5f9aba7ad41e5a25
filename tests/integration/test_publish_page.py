import json
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from local.package import read_template
from tools import publish_page
from tools.publish_page import WEB, NotPublished, config_of, outputs_of, publish

BUCKET = "page"


class Page:
    """A bucket, a distribution, and a stack's outputs with their names."""

    def __init__(self) -> None:
        self.s3 = boto3.client("s3")
        self.s3.create_bucket(Bucket=BUCKET)
        self.cloudfront: Any = boto3.client("cloudfront")
        self.outputs = {
            "ApiUrl": "https://abc.execute-api.us-east-1.amazonaws.com/v1",
            "WebSocketUrl": "wss://def.execute-api.us-east-1.amazonaws.com/v1",
            "PageUrl": "https://d1.cloudfront.net/",
            "PageBucket": BUCKET,
            "PageDistributionId": self._distribution(),
        }

    def _distribution(self) -> str:
        origin = {
            "Id": "page",
            "DomainName": f"{BUCKET}.s3.amazonaws.com",
            "S3OriginConfig": {"OriginAccessIdentity": ""},
        }
        config = {
            "CallerReference": "one",
            "Comment": "",
            "Enabled": True,
            "Origins": {"Quantity": 1, "Items": [origin]},
            "DefaultCacheBehavior": {
                "TargetOriginId": "page",
                "ViewerProtocolPolicy": "https-only",
            },
        }
        made = self.cloudfront.create_distribution(DistributionConfig=config)
        return str(made["Distribution"]["Id"])

    def publish(self, web: Path = WEB) -> None:
        publish(web, self.outputs, self.s3, self.cloudfront)

    def names(self) -> set[str]:
        return {item["Key"] for item in self.s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])}

    def content(self, name: str) -> bytes:
        return self.s3.get_object(Bucket=BUCKET, Key=name)["Body"].read()

    def invalidated(self) -> list[str]:
        distribution = self.outputs["PageDistributionId"]
        listed = self.cloudfront.list_invalidations(DistributionId=distribution)
        return [
            path
            for item in listed["InvalidationList"].get("Items", [])
            for path in self.cloudfront.get_invalidation(
                DistributionId=distribution, Id=item["Id"]
            )["Invalidation"]["InvalidationBatch"]["Paths"]["Items"]
        ]


@pytest.fixture
def page() -> Iterator[Page]:
    with mock_aws():
        yield Page()


@pytest.fixture
def web(tmp_path: Path) -> Path:
    (tmp_path / "index.html").write_text("<!doctype html>")
    (tmp_path / "app.js").write_text("export {};")
    return tmp_path


@contextmanager
def deployed(monkeypatch: pytest.MonkeyPatch, outputs: Mapping[str, str] | None) -> Iterator[Any]:
    """Fake a CloudFormation whose only stack is "sluice", with these outputs; None for no stack."""
    cloudformation = boto3.client("cloudformation")
    with Stubber(cloudformation) as stub:
        if outputs is None:
            stub.add_client_error(
                "describe_stacks", "ValidationError", "Stack with id slice does not exist", 400
            )
        else:
            found = {
                "StackName": "sluice",
                "CreationTime": datetime(2026, 11, 20, tzinfo=UTC),
                "StackStatus": "CREATE_COMPLETE",
                "Outputs": [{"OutputKey": k, "OutputValue": v} for k, v in outputs.items()],
            }
            stub.add_response("describe_stacks", {"Stacks": [found]}, {"StackName": "sluice"})
        make = boto3.client
        monkeypatch.setattr(
            boto3,
            "client",
            lambda name: cloudformation if name == "cloudformation" else make(name),
        )
        yield cloudformation


def test_the_bucket_holds_the_files_of_the_page(page: Page) -> None:
    page.publish()
    assert page.names() == {path.name for path in WEB.iterdir()} - {"package.json"} | {
        "config.json"
    }
    assert page.content("index.html") == (WEB / "index.html").read_bytes()


def test_each_file_has_its_content_type_and_is_revalidated(page: Page) -> None:
    page.publish()
    types = {
        "index.html": "text/html; charset=utf-8",
        "app.js": "text/javascript; charset=utf-8",
        "style.css": "text/css; charset=utf-8",
        "icon.svg": "image/svg+xml",
        "config.json": "application/json",
    }
    for name, content_type in types.items():
        found = page.s3.head_object(Bucket=BUCKET, Key=name)
        assert (found["ContentType"], found["CacheControl"]) == (content_type, "no-cache")


def test_the_config_has_the_addresses_and_no_key(page: Page) -> None:
    page.publish()
    config = json.loads(page.content("config.json"))
    assert config == {"api_url": "/v1", "websocket_url": page.outputs["WebSocketUrl"]}


def test_without_a_websocket_the_config_has_no_address_of_one() -> None:
    assert config_of({"ApiUrl": "https://abc.example/prod"}) == {"api_url": "/prod"}


def test_files_that_left_the_page_are_removed(page: Page, web: Path) -> None:
    page.publish(web)
    (web / "app.js").unlink()
    (web / "ask.js").write_text("export {};")
    page.publish(web)
    assert page.names() == {"index.html", "ask.js", "config.json"}


def test_the_files_that_name_the_others_are_invalidated(page: Page) -> None:
    page.publish()
    assert sorted(page.invalidated()) == ["/config.json", "/index.html"]
    page.publish()
    assert len(page.invalidated()) == 4


def test_a_file_of_an_unknown_kind_is_named_before_anything_is_published(
    page: Page, web: Path
) -> None:
    (web / "photo.tiff").write_bytes(b"")
    with pytest.raises(NotPublished, match=r"photo\.tiff"):
        page.publish(web)
    assert page.names() == set()


def test_a_folder_without_a_page_is_named(page: Page, tmp_path: Path) -> None:
    with pytest.raises(NotPublished, match=re.escape(str(tmp_path))):
        page.publish(tmp_path)


def test_the_stacks_outputs_name_bucket_and_distribution(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    with deployed(monkeypatch, page.outputs) as cloudformation:
        assert outputs_of(cloudformation, "sluice") == page.outputs


def test_a_stack_without_a_page_names_the_required_parameter(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    without = {"ApiUrl": "https://abc.example/v1"}
    with (
        deployed(monkeypatch, without) as cloudformation,
        pytest.raises(NotPublished, match="HostPage=true"),
    ):
        outputs_of(cloudformation, "sluice")


def test_a_missing_stack_is_named(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        deployed(monkeypatch, None) as cloudformation,
        pytest.raises(NotPublished, match="no stack slice"),
    ):
        outputs_of(cloudformation, "slice")


def test_the_command_publishes_and_says_where_the_page_is(
    page: Page, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["publish_page", "sluice"])
    with deployed(monkeypatch, page.outputs):
        publish_page.main()
    assert page.outputs["PageUrl"] in capsys.readouterr().out
    assert "index.html" in page.names()


@pytest.mark.parametrize("arguments", [[], ["slice"], ["one", "two"]])
def test_the_command_ends_with_one_line_when_it_cannot(
    page: Page, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["publish_page", *arguments])
    with deployed(monkeypatch, None), pytest.raises(SystemExit) as ended:
        publish_page.main()
    assert isinstance(ended.value.code, str)
    assert "\n" not in ended.value.code


def test_a_missing_bucket_is_reported_in_one_line(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["publish_page", "sluice"])
    with (
        deployed(monkeypatch, page.outputs | {"PageBucket": "gone"}),
        pytest.raises(SystemExit, match=r"AWS refused: .*NoSuchBucket"),
    ):
        publish_page.main()


def test_the_template_has_the_outputs_that_are_read() -> None:
    outputs = read_template(publish_page.WEB.parent / "template.yaml")["Outputs"]
    assert {"ApiUrl", "WebSocketUrl", "PageUrl", "PageBucket", "PageDistributionId"} <= set(outputs)


def test_the_pages_policy_allows_its_own_origin_and_the_websocket() -> None:
    page = (WEB / "index.html").read_text(encoding="utf-8")
    found = re.search(r"connect-src ([^;]+);", page)
    assert found
    assert {"'self'", "wss:"} <= set(found[1].split())
