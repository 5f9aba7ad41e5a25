"""The WebSocket: authorizes connections and serves the messages of connected clients."""

from runtime.start import started

# isort: split
import json
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from runtime.aws import AwsAdapters
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

Event = Mapping[str, Any]


class LiveSocket:
    """The two handlers of the WebSocket: `authorize` for handshakes, `serve` for other events."""

    def __init__(self, wiring: Wiring) -> None:
        self._tickets = wiring.tickets
        self._actions = SocketActions(
            store=wiring.adapters.store,
            push=wiring.adapters.push,
            submission=wiring.submission,
            forecaster=wiring.forecaster,
            cancellation=wiring.cancellation,
            resender=wiring.resender,
        )

    def authorize(self, event: Event, _context: object) -> dict[str, Any]:
        """Redeem the ticket of a handshake. API Gateway adds its caller to every later message.

        Without a valid ticket, the handshake is refused with 403, whatever the reason is.
        """
        ticket = (event.get("queryStringParameters") or {}).get("ticket", "")
        caller = self._tickets.redeem(ticket) if ticket else None
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

    def serve(self, event: Event, _context: object) -> dict[str, int]:
        """Serve one event of a connection. Errors are sent to the client."""
        request = event["requestContext"]
        if request["eventType"] == "MESSAGE":
            connection, caller = request["connectionId"], request["authorizer"]["caller"]
            body = event.get("body") or ""
            try:
                self._serve(caller, connection, body)
            except ConnectionGone:
                logger.info("connection gone", caller=caller)
        return {"statusCode": 200}

    def _serve(self, caller: str, connection: str, body: str) -> None:
        try:
            self._actions.act(caller, connection, _parse(body))
        except ConnectionGone:
            raise
        except (Rejected, Transient) as error:
            logger.info("refused", type=error.type, caller=caller)
            self._actions.refuse(connection, error, request_id=_request_id(body))
        except Exception:
            logger.exception("failed", caller=caller)
            failure = SluiceError("Try again. If the error persists, report it to the operator.")
            self._actions.refuse(connection, failure, request_id=_request_id(body))


def _parse(body: str) -> Action:
    if len(body.encode("utf-8", "replace")) > LARGEST_MESSAGE:
        raise TooLarge(f"A message may have at most {LARGEST_MESSAGE:,} bytes.")
    try:
        return parse_action(body)
    except ValidationError as error:
        raise invalid(error) from None


def _request_id(body: str) -> str | None:
    """The request_id of a message that may not even be JSON, or None. The error repeats it."""
    try:
        found = json.loads(body).get("request_id")
    except (ValueError, AttributeError, RecursionError):
        return None
    if not isinstance(found, str):
        return None
    # Lone surrogates are removed, because they cannot be encoded again.
    return found.encode("utf-8", "ignore").decode()[:128]


def _on_aws() -> LiveSocket:
    settings = Settings.load()
    adapters = AwsAdapters(settings)
    adapters.connect_queue()
    adapters.connect_push()
    return LiveSocket(Wiring(settings, adapters))


_socket = _on_aws()
authorize = _socket.authorize
handler = _socket.serve

started()
