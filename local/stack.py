"""The whole local stack: stand-ins, MiniStack, the deployment, and a watcher of src/."""

import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from watchfiles import PythonFilter, watch

from local.conditions import Conditions
from local.deployment import Deployed, Deployment
from local.endpoints import EndpointsFile
from local.ministack import CREDENTIALS, REGION, MiniStack, is_free, refuse_taken_port
from local.upstream_server import UpstreamServer, UpstreamUrls

PROJECT = Path(__file__).parent.parent
SAMPLES = PROJECT / "samples" / "documents"

#: Parameters of template.yaml without a default, and one whose default is too much for a laptop.
_PARAMETERS = {
    "KendraIndexId": "10ca1000-0000-4000-8000-000000000000",
    "ModelId": "sluice.stand-in-v1:0",
    "MaxConcurrency": "4",
}


class NoDocuments(Exception):
    """The folder of documents does not exist."""


@dataclass(frozen=True)
class StackOptions:
    """The options of `make run`."""

    port: int = 8787
    documents: Path = SAMPLES
    urls: UpstreamUrls = field(default_factory=UpstreamUrls)
    #: Quotas and faults of the stand-ins.
    conditions: Conditions = field(default_factory=Conditions)
    #: Values for parameters of template.yaml.
    parameters: Mapping[str, str] = field(default_factory=dict)
    #: Where template.yaml and src/ are.
    project: Path = PROJECT
    #: Folder for MiniStack's log and endpoints.json; not in version control.
    state: Path = PROJECT / ".sluice"


class Stack:
    """Everything that runs locally, as a context manager; leaving it stops everything.

    Entering raises NoDocuments, PortTaken, UpstreamUnreachable, StartFailed or DeployFailed,
    each with a message for the person at the terminal.
    Threads call `say` with messages about what happens.
    """

    def __init__(self, options: StackOptions, say: Callable[[str], None]) -> None:
        self._options = options
        self._say = say
        self._running = ExitStack()
        self._ended = threading.Event()
        self.ministack: MiniStack
        self.upstreams: UpstreamServer
        self.deployment: Deployment
        self.deployed: Deployed

    def __enter__(self) -> Self:
        with ExitStack() as starting:
            self._start(starting)
            self._running = starting.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._running.close()

    def _start(self, starting: ExitStack) -> None:
        options = self._options
        if not options.documents.is_dir():
            raise NoDocuments(f"There is no folder {options.documents}. Set DOCS=<folder>.")
        refuse_taken_port(options.port)
        options.urls.refuse_unreachable()
        options.state.mkdir(exist_ok=True)
        url = f"http://127.0.0.1:{options.port}"
        # Read by the page, and removed when the stack stops, like endpoints.json.
        config = EndpointsFile(options.state / f"page-{options.port}.json")
        # The port after the API's if it is free, so that the page keeps its address.
        next_port = options.port + 1 if is_free(options.port + 1) else 0
        self.upstreams = UpstreamServer(
            options.documents,
            url,
            options.urls,
            config.path,
            options.conditions,
            next_port,
            self._say,
        )
        starting.callback(self.upstreams.stop)
        self.upstreams.start()
        log = options.state / f"ministack-{options.port}.log"
        self.ministack = MiniStack(options.port, self.upstreams.variables(), log)
        starting.callback(self.ministack.stop)
        self.ministack.start()
        self.deployment = Deployment(self.ministack, options.project)
        self.deployed = self.deployment.deploy({**_PARAMETERS, **options.parameters})
        starting.callback(config.remove)
        endpoints = self.endpoints()
        del endpoints["other_api_key"]
        config.write(endpoints)
        watcher = threading.Thread(target=self._watch_source, daemon=True)
        starting.callback(watcher.join)
        starting.callback(self._ended.set)
        watcher.start()

    @property
    def page_url(self) -> str:
        """The address of the page."""
        return f"{self.upstreams.url}/page/"

    def endpoints(self) -> dict[str, str]:
        """Return the addresses and keys for clients, as in .sluice/endpoints.json."""
        found = {
            "api_url": self.deployed.api_url,
            "api_key": self.deployed.api_key,
            "other_api_key": self.deployed.other_api_key,
        }
        if self.deployed.websocket_url:
            found["websocket_url"] = self.deployed.websocket_url
        return found | {"page_url": self.page_url}

    def aws(self) -> dict[str, str]:
        """Return what `sluice admin` needs as well. The page must not serve it."""
        outputs = self.deployed.outputs
        return {
            "aws_endpoint_url": self.ministack.url,
            "aws_region": REGION,
            **CREDENTIALS,
            "queue_url": outputs["QueueUrl"],
            "bulk_queue_url": outputs["BulkQueueUrl"],
            "dead_letter_queue_url": outputs["DeadLetterQueueUrl"],
        }

    def has_failed(self) -> bool:
        """Return whether MiniStack or the stand-ins have ended."""
        return self.ministack.has_ended() or self.upstreams.has_ended()

    def _watch_source(self) -> None:
        """Deploy src/ again whenever it changes."""
        source = self._options.project / "src"
        for changes in watch(
            source,
            watch_filter=_SourceFilter(),
            stop_event=self._ended,
            debounce=200,
            step=50,
            rust_timeout=500,
            raise_interrupt=False,
        ):
            if self.deployment.update_code():
                names = sorted({str(Path(path).relative_to(source)) for _, path in changes})
                self._say(f"Code changed, functions updated: {', '.join(names)}")


class _SourceFilter(PythonFilter):
    """Python files and prompts, without caches."""

    def __init__(self) -> None:
        super().__init__(extra_extensions=(".txt",))
