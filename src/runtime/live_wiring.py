"""The WebSocket's part of the wiring."""

from dataclasses import dataclass

from adapters import clients
from adapters.push import ApiGatewayPush, NoPush
from runtime.settings import Settings
from runtime.wiring import Wiring
from sluice.seams import Push
from sluice.tickets import TicketOffice
from sluice.watching import Watching


@dataclass(frozen=True)
class Live:
    """What the WebSocket's functions need."""

    watching: Watching
    tickets: TicketOffice


def live(settings: Settings) -> Live:
    """The WebSocket on the real services."""
    wiring = Wiring(settings)
    watching = Watching(
        store=wiring.store,
        push=push(settings),
        submission=wiring.submission(),
        forecaster=wiring.forecaster(),
    )
    return Live(watching, wiring.tickets())


def push(settings: Settings) -> Push:
    """Where watchers are reached; without a WebSocket API there are none."""
    if not settings.push_url:
        return NoPush()
    return ApiGatewayPush(clients.connections(settings.push_url))
