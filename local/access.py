"""IAM for the stand-ins: a function may call Kendra and Bedrock only as its role's policy allows.

MiniStack enforces IAM for the services it emulates.
For Kendra and Bedrock, the stand-ins ask MiniStack whether the caller's role allows the action
(iam:SimulatePrincipalPolicy). So a permission missing in template.yaml fails here as on AWS.
"""

import hashlib
import json
import re
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: Seconds that an answer of IAM is cached.
_CACHED = 2.0
_ACCESS_KEY = re.compile(r"Credential=([A-Za-z0-9]+)/")
_MODEL = re.compile(r"^/model/(.+)/(converse|converse-stream)$")
_PROFILE = re.compile(r"^(us|us-gov|eu|apac|jp|au|global)\.(.+)$")

#: An action, and the resource ARNs that it needs.
Permission = tuple[str, list[str]]


class Access:
    """What each function's role allows, according to MiniStack's IAM."""

    def __init__(self, client: Callable[[str], Any], region: str, account: str) -> None:
        """`client` returns a boto3 client of MiniStack's root user for a service."""
        self._client = client
        self.where = f"{region}:{account}"
        self._region = region
        self._roles: dict[str, str] = {}
        self._answers: dict[tuple[str, str, str], tuple[float, bool]] = {}

    def allows(self, access_key: str, action: str, resource: str) -> bool:
        """Return whether the session with this access key may do it. Root always may."""
        if not access_key.startswith("ASIA"):
            return True
        role = self._role_of(access_key)
        return role is not None and self.role_allows(role, action, resource)

    def role_allows(self, role: str, action: str, resource: str) -> bool:
        """Return whether the role's policies allow `action` on `resource`."""
        asked = (role, action, resource)
        until, allowed = self._answers.get(asked, (0.0, False))
        if until < time.monotonic():
            found = self._client("iam").simulate_principal_policy(
                PolicySourceArn=role, ActionNames=[action], ResourceArns=[resource]
            )
            allowed = found["EvaluationResults"][0]["EvalDecision"] == "allowed"
            self._answers[asked] = (time.monotonic() + _CACHED, allowed)
        return allowed

    def _role_of(self, access_key: str) -> str | None:
        if access_key not in self._roles:
            for function in self._client("lambda").list_functions()["Functions"]:
                # MiniStack 1.5.33 derives the access key of a function's session like this.
                named = f"{function['FunctionArn']}:{function['Role']}".encode()
                key = f"ASIA{hashlib.sha256(named).hexdigest()[:16].upper()}"
                self._roles[key] = function["Role"]
        return self._roles.get(access_key)

    def kendra(self, target: str, body: dict[str, Any]) -> Permission:
        """Return the permission that a Kendra call needs."""
        action = f"kendra:{target.rpartition('.')[2]}"
        return action, [f"arn:aws:kendra:{self.where}:index/{body.get('IndexId', '')}"]

    def bedrock(self, model: str, operation: str) -> Permission:
        """Return the permission that a Bedrock call needs.

        A call of a profile needs the profile and the model behind it.
        """
        stream = "WithResponseStream" if operation == "converse-stream" else ""
        action = f"bedrock:InvokeModel{stream}"
        if model.startswith("arn:"):
            return action, [model]
        if profile := _PROFILE.match(model):
            return action, [
                f"arn:aws:bedrock:{self.where}:inference-profile/{model}",
                f"arn:aws:bedrock:{self._region}::foundation-model/{profile[2]}",
            ]
        return action, [f"arn:aws:bedrock:{self._region}::foundation-model/{model}"]


class IamMiddleware:
    """ASGI middleware that rejects AWS calls their caller's role does not allow."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        body = await request.body()
        needed = self._needed(request, body)
        key = _ACCESS_KEY.search(request.headers.get("authorization", ""))
        if needed and key and not await self._is_allowed(key[1], needed):
            denied = JSONResponse(
                {"message": f"The caller is not authorized to perform: {needed[0]}"},
                status_code=403,
                headers={"x-amzn-ErrorType": "AccessDeniedException"},
            )
            await denied(scope, receive, send)
            return
        await self._app(scope, _receive_again(body, receive), send)

    def _needed(self, request: Request, body: bytes) -> Permission | None:
        if target := request.headers.get("x-amz-target"):
            try:
                fields = _json_object(body)
            except ValueError:
                return None
            return self._access.kendra(target, fields)
        if model := _MODEL.match(request.url.path):
            return self._access.bedrock(unquote(model[1]), model[2])
        return None

    async def _is_allowed(self, key: str, needed: Permission) -> bool:
        action, resources = needed
        for resource in resources:
            if not await run_in_threadpool(self._access.allows, key, action, resource):
                return False
        return True


def _json_object(body: bytes) -> dict[str, Any]:
    found = json.loads(body)
    return found if isinstance(found, dict) else {}


def _receive_again(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that yields the body again, then what follows: the disconnect."""
    sent = False

    async def again() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
