"""Workarounds for what MiniStack 1.5.33 leaves out of a deployment, through its own API.

A function here can be deleted when MiniStack does its work. None changes what AWS deploys.
"""

from collections.abc import Callable, Mapping
from typing import Any

from local.access import Access

Client = Callable[[str], Any]


class PermissionMissing(Exception):
    """A role lacks a permission that Lambda itself needs."""


def set_concurrency(client: Client, function: str) -> None:
    """Set the numbers of the event sources again, as integers.

    A template parameter reaches ScalingConfig as a string, which stops the poller.
    """
    functions = client("lambda")
    found = functions.list_event_source_mappings(FunctionName=function)
    for mapping in found["EventSourceMappings"]:
        most = int(mapping["ScalingConfig"]["MaximumConcurrency"])
        functions.update_event_source_mapping(
            UUID=mapping["UUID"],
            BatchSize=int(mapping["BatchSize"]),
            ScalingConfig={"MaximumConcurrency": most},
        )


def set_gateway_responses(
    client: Client, template: Mapping[str, Any], api_id: str, stage: str
) -> None:
    """Set the template's GatewayResponses, which SAM puts into the OpenAPI body."""
    gateway = client("apigateway")
    responses = template["Resources"]["Api"]["Properties"]["GatewayResponses"]
    for kind, response in responses.items():
        headers = response.get("ResponseParameters", {}).get("Headers", {})
        gateway.put_gateway_response(
            restApiId=api_id,
            responseType=kind,
            responseParameters={
                f"gatewayresponse.header.{name}": value for name, value in headers.items()
            },
            responseTemplates=response["ResponseTemplates"],
            **({"statusCode": str(response["StatusCode"])} if "StatusCode" in response else {}),
        )
    gateway.create_deployment(restApiId=api_id, stageName=stage)


def set_push_url(client: Client, url: str) -> None:
    """Set the URL at which the functions post to connections; on AWS that is a separate host."""
    functions = client("lambda")
    for function in functions.list_functions()["Functions"]:
        variables = function["Environment"]["Variables"]
        if "PUSH_URL" in variables:
            functions.update_function_configuration(
                FunctionName=function["FunctionName"],
                Environment={"Variables": variables | {"PUSH_URL": url}},
            )


def check_service_permissions(client: Client, access: Access) -> None:
    """Raise PermissionMissing unless each role has the permissions that MiniStack does not check.

    Polling a queue: without it AWS rejects the event source.
    Writing logs: without it AWS drops them.
    Posting to connections: MiniStack allows it to every role.
    """
    functions = client("lambda")
    for function in functions.list_functions()["Functions"]:
        log_group = function["LoggingConfig"]["LogGroup"]
        arn = f"arn:aws:logs:{access.where}:log-group:{log_group}:log-stream:x"
        for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
            _require(access, function["Role"], action, arn)
        if url := function["Environment"]["Variables"].get("PUSH_URL"):
            api, stage = url.split("/")[-2:]
            arn = f"arn:aws:execute-api:{access.where}:{api}/{stage}/POST/@connections/x"
            _require(access, function["Role"], "execute-api:ManageConnections", arn)
    for mapping in functions.list_event_source_mappings()["EventSourceMappings"]:
        role = functions.get_function_configuration(FunctionName=mapping["FunctionArn"])["Role"]
        for action in ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"):
            _require(access, role, action, mapping["EventSourceArn"])


def _require(access: Access, role: str, action: str, resource: str) -> None:
    if not access.role_allows(role, action, resource):
        name = role.rpartition("/")[2]
        raise PermissionMissing(f"The role {name} does not allow {action} on {resource}.")
