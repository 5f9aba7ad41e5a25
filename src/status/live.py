"""The WebSocket: who may connect, and what connected clients say."""

from runtime.start import started

# isort: split
import json
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from runtime.http import invalid
from runtime.settings import Settings
from runtime.telemetry import logger
from runtime.wiring import Wiring
from sluice.errors import (
    ConnectionGone,
    Rejected,
    SluiceError,
    TooLarge,
    Transient,
)
from sluice.intake.actions import Action, parse_action
from sluice.intake.socket_actions import SocketActions
from sluice.push.events import LARGEST_MESSAGE

_wiring = Wiring(Settings.load())
_tickets = _wiring.tickets
_watching = SocketActions(
    store=_wiring.store,
    push=_wiring.push,
    submission=_wiring.submission,
    forecaster=_wiring.forecaster,
    cancellation=_wiring.cancellation,
    resender=_wiring.resender,
)

Event = Mapping[str, Any]


def authorize(event: Event, _context: object) -> dict[str, Any]:
    """Redeem the ticket of a handshake; its caller goes along with every later message.

    Without a good ticket the handshake is answered with 403, whatever is wrong with it.
    """
    ticket = (event.get("queryStringParameters") or {}).get("ticket", "")
    caller = _tickets.redeem(ticket) if ticket else None
    if caller is None:
        logger.info("ticket refused")
    statement = {
        "Action": "execute-api:Invoke",
        "Effect": "Allow" if caller else "Deny",
        "Resource": event["methodArn"],
    }
    return {
        "principalId": caller or "nobody",
        "context": {"caller": caller or ""},
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
    }


def handler(event: Event, _context: object) -> dict[str, int]:
    """Serve one event of a connection. What is wrong is told to its client."""
    request = event["requestContext"]
    if request["eventType"] == "MESSAGE":
        connection, caller = request["connectionId"], request["authorizer"]["caller"]
        body = event.get("body") or ""
        try:
            _serve(caller, connection, body)
        except ConnectionGone:
            logger.info("connection gone", caller=caller)
    return {"statusCode": 200}


def _serve(caller: str, connection: str, body: str) -> None:
    try:
        _watching.act(caller, connection, _parse(body))
    except ConnectionGone:
        raise
    except (Rejected, Transient) as error:
        logger.info("refused", type=error.type, caller=caller)
        _watching.refuse(connection, error, request_id=_request_id(body))
    except Exception:
        logger.exception("failed", caller=caller)
        _watching.refuse(connection, SluiceError("Try again."), request_id=_request_id(body))


def _parse(body: str) -> Action:
    if len(body.encode("utf-8", "replace")) > LARGEST_MESSAGE:
        raise TooLarge("A message has at most 128 KB.")
    try:
        return parse_action(body)
    except ValidationError as error:
        raise invalid(error) from None


def _request_id(body: str) -> str | None:
    """The request_id of a message that may be anything, to tell it what went wrong."""
    try:
        found = json.loads(body).get("request_id")
    except (ValueError, AttributeError, RecursionError):
        return None
    if not isinstance(found, str):
        return None
    # Half a character of theirs cannot be sent back.
    return found.encode("utf-8", "ignore").decode()[:128]


started()
