"""The local stack with a stamping model, a relay in front of @connections, and watchers."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import httpx

from bench.environment import Environment, running_stack
from bench.live.server_process import ServerProcess
from bench.live.watcher import Watcher
from local.stack import Stack, StackOptions
from local.upstream_server import UpstreamUrls
from local.workarounds import set_push_url


class LiveEnvironment(Environment):
    """A running stack. `model` and `relay` are URLs of the stamping model and of the relay."""

    def __init__(self, stack: Stack, model: str, relay: str) -> None:
        super().__init__(stack)
        self.model = model
        self._relay = relay

    def push_directly(self) -> None:
        """Make the functions post to connections as they do in `make run`."""
        self._push_to(self.stack.ministack.url)

    def push_through_relay(self) -> None:
        """Make the functions post to connections through the relay."""
        self._push_to(self._relay)

    def _push_to(self, url: str) -> None:
        websocket = self.stack.deployed.websocket_url or ""
        path = websocket.partition(f":{self.stack.ministack.port}")[2]
        set_push_url(self.client, f"{url}{path}")

    def hold(self, connections: frozenset[str]) -> None:
        """Make the relay delay posts to these connections, and to no others."""
        httpx.put(f"{self._relay}/held", json=sorted(connections)).raise_for_status()

    def held(self) -> dict[str, int]:
        """For each connection that had a delta delayed, when the first was, in monotonic ns."""
        found: dict[str, int] = httpx.get(f"{self._relay}/held").raise_for_status().json()
        return found

    @asynccontextmanager
    async def connected(self, number: int) -> AsyncIterator[list[Watcher]]:
        """Open `number` connections, and close them at the end of the context."""
        watchers: list[Watcher] = []
        try:
            for _ in range(number):
                url = f"{self.stack.deployed.websocket_url}?ticket={self._ticket()}"
                watchers.append(await Watcher.connect(url))
            yield watchers
        finally:
            for watcher in watchers:
                watcher.close()

    async def connections_of(self, job_id: str, number: int) -> frozenset[str]:
        """Wait until a job has `number` subscribers; returns the ids of their connections."""
        found: frozenset[str] = frozenset()
        while len(found) < number:
            await asyncio.sleep(0.05)
            found = await asyncio.to_thread(self._subscribers, job_id)
        return found

    def _subscribers(self, job_id: str) -> frozenset[str]:
        items = self.client("dynamodb").scan(TableName=self.outputs["TableName"])["Items"]
        return frozenset(
            connection
            for item in items
            if item["job_id"]["S"] == job_id
            for connection in item.get("subscribers", {}).get("SS", [])
        )

    def _ticket(self) -> str:
        deployed = self.stack.deployed
        headers = {"x-api-key": deployed.api_key}
        response = httpx.post(f"{deployed.api_url}/tickets", headers=headers)
        return str(response.raise_for_status().json()["ticket"])


@contextmanager
def live_environment() -> Iterator[LiveEnvironment]:
    """Start the model, the stack and the relay; stop them at the end of the context."""
    with ServerProcess("bench.live.stamping_model") as model:
        options = StackOptions(urls=UpstreamUrls(bedrock=model.url))
        with (
            running_stack(options) as (stack, _),
            ServerProcess("bench.live.slow_relay", stack.ministack.url) as relay,
        ):
            yield LiveEnvironment(stack, model.url, relay.url)
