"""Deploys template.yaml to MiniStack, as `sam deploy` does to AWS, and returns the outputs."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from local.access import Access
from local.ministack import ACCOUNT, REGION, MiniStack, root_client
from local.package import read_template, with_code_at, zip_of
from local.workarounds import (
    PermissionMissing,
    check_service_permissions,
    set_concurrency,
    set_gateway_responses,
    set_push_url,
)

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import ParameterTypeDef

_STACK = "sluice"
_BUCKET = "sluice-code"


class DeployFailed(Exception):
    """CloudFormation rejected the template or the parameters; the message says why."""


@dataclass(frozen=True)
class Deployed:
    """The addresses of a running stack."""

    api_url: str
    api_key: str
    #: The key of a second caller, to see that callers do not affect each other.
    other_api_key: str
    #: None if the parameters leave the WebSocket API out.
    websocket_url: str | None
    outputs: Mapping[str, str]


class Deployment:
    """One stack in one MiniStack."""

    def __init__(self, stack: MiniStack, project: Path) -> None:
        self._stack = stack
        self._template = read_template(project / "template.yaml")
        self._source = project / "src"
        self._code = b""

    def client(self, service: str) -> Any:
        """Return a boto3 client of MiniStack's root user."""
        return root_client(self._stack.url, service)

    def deploy(self, parameters: Mapping[str, str]) -> Deployed:
        """Create the stack. Raises DeployFailed."""
        self._refuse_unknown(parameters)
        self._code = zip_of(self._source)
        storage = self.client("s3")
        storage.create_bucket(Bucket=_BUCKET)
        storage.put_object(Bucket=_BUCKET, Key="src.zip", Body=self._code)
        self._create(parameters)
        outputs = self._outputs()
        stage = outputs["ApiUrl"].rpartition("/")[2]
        set_concurrency(self.client, outputs["WorkerFunctionName"])
        set_gateway_responses(self.client, self._template, outputs["ApiId"], stage)
        websocket_url = self._set_up_websocket(outputs, stage)
        self.check_service_permissions()
        key = self.client("apigateway").get_api_key(apiKey=outputs["ApiKeyId"], includeValue=True)
        api_url = f"{self._stack.url}/_aws/execute-api/{outputs['ApiId']}/{stage}"
        other = self._add_caller(outputs["UsagePlanId"])
        return Deployed(api_url, key["value"], other, websocket_url, outputs)

    def _add_caller(self, usage_plan: str) -> str:
        """Add a caller to the API as docs/deploy.md describes; return its key."""
        gateway = self.client("apigateway")
        key = gateway.create_api_key(name="other", enabled=True)
        gateway.create_usage_plan_key(usagePlanId=usage_plan, keyId=key["id"], keyType="API_KEY")
        value: str = key["value"]
        return value

    def _set_up_websocket(self, outputs: Mapping[str, str], stage: str) -> str | None:
        """Return the WebSocket API's address, and set it in the functions."""
        if "WebSocketApiId" not in outputs:
            return None
        path = f"/_aws/execute-api/{outputs['WebSocketApiId']}/{stage}"
        set_push_url(self.client, f"{self._stack.url}{path}")
        return f"ws://127.0.0.1:{self._stack.port}{path}"

    def update_code(self) -> bool:
        """Deploy src/ to every function; return whether anything had changed."""
        code = zip_of(self._source)
        if code == self._code:
            return False
        self._code = code
        functions = self.client("lambda")
        for function in functions.list_functions()["Functions"]:
            functions.update_function_code(FunctionName=function["FunctionName"], ZipFile=code)
        return True

    def check_service_permissions(self) -> None:
        """Raise DeployFailed if a role lacks a permission that Lambda itself needs."""
        try:
            check_service_permissions(self.client, Access(self.client, REGION, ACCOUNT))
        except PermissionMissing as missing:
            raise DeployFailed(str(missing)) from missing

    def _refuse_unknown(self, parameters: Mapping[str, str]) -> None:
        known = self._template["Parameters"]
        for name in parameters:
            if name not in known:
                raise DeployFailed(
                    f"template.yaml has no parameter {name}. It has: {', '.join(sorted(known))}."
                )

    def _create(self, parameters: Mapping[str, str]) -> None:
        cloudformation = self.client("cloudformation")
        chosen: list[ParameterTypeDef] = [
            {"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()
        ]
        try:
            cloudformation.create_stack(
                StackName=_STACK,
                TemplateBody=with_code_at(self._template, f"s3://{_BUCKET}/src.zip"),
                Parameters=chosen,
                Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
            )
        except ClientError as error:
            raise DeployFailed(error.response["Error"]["Message"]) from error
        end = time.monotonic() + 60
        while (status := self._status(cloudformation)) == "CREATE_IN_PROGRESS":
            if time.monotonic() > end:
                raise DeployFailed("The stack was not created within a minute.")
            time.sleep(0.1)
        if status != "CREATE_COMPLETE":
            raise DeployFailed(self._reasons(cloudformation))

    def _status(self, cloudformation: Any) -> str:
        return str(cloudformation.describe_stacks(StackName=_STACK)["Stacks"][0]["StackStatus"])

    def _reasons(self, cloudformation: Any) -> str:
        events = cloudformation.describe_stack_events(StackName=_STACK)["StackEvents"]
        return "\n".join(
            f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', '')}"
            for event in events
            if event["ResourceStatus"].endswith("FAILED")
        )

    def _outputs(self) -> dict[str, str]:
        stacks = self.client("cloudformation").describe_stacks(StackName=_STACK)["Stacks"]
        return {output["OutputKey"]: output["OutputValue"] for output in stacks[0]["Outputs"]}
