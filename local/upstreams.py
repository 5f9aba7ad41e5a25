"""The stand-ins for Kendra and Bedrock as one server: `python -m local.upstreams`.

Started by the stack, or alone (a bench): then nobody's permissions are checked. Its standard output
is for people, but for the first line, which is the server's port. It ends when its standard input
does, if that is a pipe.
"""

import argparse
import asyncio
import logging
import os
import socket
import stat
import sys
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import Receive, Scope, Send
from watchfiles import awatch

from local.access import Access, Guarded
from local.bedrock.app import bedrock_app
from local.bedrock.model import Model
from local.bedrock.openai import OpenAIModel
from local.bedrock.quoting import QuotingModel
from local.conditions import Conditions
from local.kendra.app import kendra_app
from local.kendra.documents import Problem
from local.kendra.library import Changes, FolderError, Library, Report
from local.ministack import ACCOUNT, REGION, root_client
from local.page import page_routes
from local.signing import SigningForwarder, is_aws
from local.stats import stats_routes

_PROJECT = Path(__file__).parent.parent
_SAMPLES, _WEB = _PROJECT / "samples" / "documents", _PROJECT / "web"
#: Seconds that open calls get to end when the server stops; one may be meant never to be answered.
_GRACE = 2
#: Connections that may wait to be taken, as many as uvicorn's own default.
_BACKLOG = 2048


def main() -> None:
    """Serve until standard input ends, or a signal comes."""
    parser = _parser()
    chosen = parser.parse_args()
    try:
        listener = _listener(chosen.port)
        port = listener.getsockname()[1]
        library = Library(chosen.documents, f"http://127.0.0.1:{port}")
        report = library.load()
    except (FolderError, OSError, OverflowError) as error:
        parser.error(str(error))
    # Who reads the port may call at once, before the server takes the call.
    listener.listen(_BACKLOG)
    print(port, flush=True)
    _tell_report(report)
    routes = _forwarders(chosen.kendra, chosen.bedrock)
    if chosen.config:
        routes += page_routes(chosen.web, chosen.config)
    app = upstreams_app(library, _model(), chosen.stack, routes, chosen.conditions)
    with suppress(KeyboardInterrupt):
        _serve(app, listener)


def _listener(port: int) -> socket.socket:
    listener = socket.socket()
    # A bench may start one after the other on the same port.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    return listener


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="by default any free one")
    parser.add_argument("--documents", type=Path, default=_SAMPLES, help="the folder to search")
    parser.add_argument("--stack", default="", help="MiniStack's URL, for IAM; without it no check")
    parser.add_argument("--web", type=Path, default=_WEB, help="the folder of the page")
    parser.add_argument("--config", type=Path, help="where the page finds the API; else no page")
    parser.add_argument("--kendra", default="", help="an AWS endpoint to forward to, signed")
    parser.add_argument("--bedrock", default="", help="an AWS endpoint to forward to, signed")
    parser.add_argument(
        "--conditions",
        type=Conditions.model_validate_json,
        default=Conditions(),
        help="quotas, faults and seed as JSON (local.conditions); by default none",
    )
    return parser


def _serve(app: Starlette, listener: socket.socket) -> None:
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, timeout_graceful_shutdown=_GRACE
    )
    # Of an answer that is left without its end uvicorn says so; here it was meant.
    logging.getLogger("uvicorn.error").addFilter(
        lambda record: "without completing response" not in record.getMessage()
    )
    server = uvicorn.Server(config)
    mode = os.fstat(sys.stdin.fileno()).st_mode
    if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode):
        threading.Thread(target=_end_with_input, args=[server], daemon=True).start()
    asyncio.run(server.serve([listener]))


def upstreams_app(
    library: Library,
    model: Model,
    stack_url: str,
    routes: Sequence[BaseRoute],
    conditions: Conditions,
) -> Starlette:
    """Both stand-ins, what they saw under /stats, and `routes`.

    They are guarded by the IAM of the stack at `stack_url`, unless that is empty.
    """
    kendra, bedrock = kendra_app(library, conditions), bedrock_app(model, conditions=conditions)

    async def both(scope: Scope, receive: Receive, send: Send) -> None:
        app = bedrock if scope["path"].startswith("/model/") else kendra
        await app(scope, receive, send)

    access = Access(partial(root_client, stack_url), REGION, ACCOUNT)
    served = Guarded(both, access) if stack_url else both

    @asynccontextmanager
    async def watching(_: Starlette) -> AsyncIterator[None]:
        watcher = asyncio.create_task(_watch(library))
        yield
        watcher.cancel()

    return Starlette(
        routes=[
            *stats_routes(kendra, bedrock),
            *routes,
            Mount("/", served),
        ],
        # A page of another site must not reach this one under a name of its own.
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])],
        lifespan=watching,
    )


def _model() -> Model:
    url = os.environ.get("SLUICE_LOCAL_MODEL_URL")
    if not url:
        return QuotingModel()
    return OpenAIModel(
        url, os.environ.get("SLUICE_LOCAL_MODEL"), os.environ.get("SLUICE_LOCAL_MODEL_KEY")
    )


def _forwarders(kendra: str, bedrock: str) -> list[BaseRoute]:
    return [
        Route(f"/aws/{name}/{{path:path}}", SigningForwarder(url, name).forward, methods=["POST"])
        for name, url in (("kendra", kendra), ("bedrock", bedrock))
        if is_aws(url)
    ]


async def _watch(library: Library) -> None:
    """Take in what changes in the folder, and say so."""
    async for _ in awatch(library.folder, debounce=300, step=100):
        _tell_changes(library, await asyncio.to_thread(library.refresh))


def _tell_report(report: Report) -> None:
    _say(f"Read {report.documents} documents: {report.pages} pages, {report.passages} passages.")
    for problem in report.problems:
        _warn(problem)


def _tell_changes(library: Library, changes: Changes) -> None:
    for word in ("added", "changed", "removed"):
        for path in getattr(changes, word):
            _say(f"Document {word}: {_name(library.folder, path)}")
    for problem in changes.problems:
        _warn(problem)


def _name(folder: Path, path: Path) -> str:
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path)


def _warn(problem: Problem) -> None:
    _say(f"Warning: {problem.path}: {problem.reason}")


def _say(line: str) -> None:
    print(line, flush=True)


def _end_with_input(server: uvicorn.Server) -> None:
    sys.stdin.buffer.read()
    server.should_exit = True


if __name__ == "__main__":
    main()
