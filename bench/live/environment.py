"""The local stack with the stamping model, a relay beside it, and clients that are connected."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from bench.live.server_process import Served
from bench.live.watcher import Watcher
from local.gaps import set_push_url
from local.ministack import free_port
from local.stack import PROJECT, Stack, StackOptions
from local.upstream_server import UpstreamUrls


@dataclass
class Site:
    """Where everything is. `relay` is the address of bench.live.slow_relay."""

    stack: Stack
    model: str
    relay: str

    def push_directly(self) -> None:
        """Have the functions post to connections as they do in `make run`."""
        self._push_to(self.stack.ministack.url)

    def push_through_relay(self) -> None:
        """Have the functions post to connections through the relay."""
        self._push_to(self.relay)

    def _push_to(self, url: str) -> None:
        websocket = self.stack.deployed.websocket_url or ""
        path = websocket.partition(f":{self.stack.ministack.port}")[2]
        set_push_url(self.stack.deployment.client, f"{url}{path}")

    def hold(self, connections: frozenset[str]) -> None:
        """Have the relay make posts to these connections wait."""
        httpx.put(f"{self.relay}/held", json=sorted(connections)).raise_for_status()

    def held(self) -> dict[str, int]:
        """Since when each of them has had to wait for a delta, in monotonic nanoseconds."""
        found: dict[str, int] = httpx.get(f"{self.relay}/held").raise_for_status().json()
        return found

    @asynccontextmanager
    async def connected(self, number: int) -> AsyncIterator[list[Watcher]]:
        """So many connections of their own."""
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
        """The ids of the connections that watch a job, once there are so many."""
        found: frozenset[str] = frozenset()
        while len(found) < number:
            await asyncio.sleep(0.05)
            found = await asyncio.to_thread(self._subscribers, job_id)
        return found

    def _subscribers(self, job_id: str) -> frozenset[str]:
        table = self.stack.deployed.outputs["TableName"]
        items = self.stack.deployment.client("dynamodb").scan(TableName=table)["Items"]
        return frozenset(
            connection
            for item in items
            if item["job_id"]["S"] == job_id
            for connection in item.get("subscribers", {}).get("SS", [])
        )

    def _ticket(self) -> str:
        deployed = self.stack.deployed
        headers = {"x-api-key": deployed.api_key}
        answer = httpx.post(f"{deployed.api_url}/tickets", headers=headers)
        return str(answer.raise_for_status().json()["ticket"])


@contextmanager
def site() -> Iterator[Site]:
    """Start everything, on a copy of src/ that nobody edits meanwhile; end it afterwards."""
    with tempfile.TemporaryDirectory() as scratch, Served("bench.live.stamping_model") as model:
        home = Path(scratch)
        shutil.copy(PROJECT / "template.yaml", home)
        shutil.copytree(PROJECT / "src", home / "src")
        options = StackOptions(
            port=free_port(),
            urls=UpstreamUrls(bedrock=model.url),
            project=home,
            state=home / "state",
        )
        with (
            Stack(options, lambda _: None) as stack,
            Served("bench.live.slow_relay", stack.ministack.url) as relay,
        ):
            yield Site(stack, model.url, relay.url)
