"""The stand-ins for Kendra and Bedrock as one server: `python -m local.upstreams`.

The stack starts it. Without a stack, as in some benches, it checks no permissions.
The first line of its standard output is the server's port; the other lines are for people.
If its standard input is a pipe, it ends when the pipe is closed.
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

from local.access import Access, IamMiddleware
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
#: Seconds that open calls get to end when the server stops. A `timeout` fault never ends one.
_GRACE = 2
#: Connections that may wait to be accepted: uvicorn's own default.
_BACKLOG = 2048


def main() -> None:
    """Serve until standard input ends or a signal arrives."""
    parser = _parser()
    chosen = parser.parse_args()
    try:
        listener = _listener(chosen.port)
        port = listener.getsockname()[1]
        library = Library(chosen.documents, f"http://127.0.0.1:{port}")
        report = library.load()
    except (FolderError, OSError, OverflowError) as error:
        parser.error(str(error))
    # Whoever reads the port may connect at once; the connection waits for the server.
    listener.listen(_BACKLOG)
    print(port, flush=True)
    _print_report(report)
    routes = _forwarders(chosen.kendra, chosen.bedrock)
    if chosen.config:
        routes += page_routes(chosen.web, chosen.config)
    app = upstreams_app(library, _model(), chosen.stack, routes, chosen.conditions)
    with suppress(KeyboardInterrupt):
        _serve(app, listener)


def _listener(port: int) -> socket.socket:
    listener = socket.socket()
    # Allows one server to follow another on the same port.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    return listener


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="default: a free one")
    parser.add_argument("--documents", type=Path, default=_SAMPLES, help="the folder to search")
    parser.add_argument("--stack", default="", help="URL of MiniStack, for IAM; default: no check")
    parser.add_argument("--web", type=Path, default=_WEB, help="the folder of the page")
    parser.add_argument("--config", type=Path, help="file with the API's address; default: no page")
    parser.add_argument("--kendra", default="", help="AWS endpoint to forward to, signed again")
    parser.add_argument("--bedrock", default="", help="AWS endpoint to forward to, signed again")
    parser.add_argument(
        "--conditions",
        type=Conditions.model_validate_json,
        default=Conditions(),
        help="quotas, faults and seed as JSON (local.conditions); default: none",
    )
    return parser


def _serve(app: Starlette, listener: socket.socket) -> None:
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, timeout_graceful_shutdown=_GRACE
    )
    # A `cut` fault ends a response early on purpose, which uvicorn logs as an error.
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
    """Return an app with both stand-ins, /stats and `routes`.

    If `stack_url` is set, the IAM policies of the stack at that URL are enforced.
    """
    kendra, bedrock = kendra_app(library, conditions), bedrock_app(model, conditions=conditions)

    async def both(scope: Scope, receive: Receive, send: Send) -> None:
        app = bedrock if scope["path"].startswith("/model/") else kendra
        await app(scope, receive, send)

    access = Access(partial(root_client, stack_url), REGION, ACCOUNT)
    served = IamMiddleware(both, access) if stack_url else both

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
        # Against DNS rebinding: a web site must not reach this server under its own name.
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
    """Read the documents that change in the folder, and print their names."""
    async for _ in awatch(library.folder, debounce=300, step=100):
        _print_changes(library, await asyncio.to_thread(library.refresh))


def _print_report(report: Report) -> None:
    _say(f"Read {report.documents} documents: {report.pages} pages, {report.passages} passages.")
    for problem in report.problems:
        _warn(problem)


def _print_changes(library: Library, changes: Changes) -> None:
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
