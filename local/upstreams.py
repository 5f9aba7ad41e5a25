"""The stand-ins for Kendra and Bedrock as one server: `python -m local.upstreams`.

Started by the stack. Its standard output is for people, but for the first line, which is the
server's port; it ends when its standard input does.
"""

import argparse
import asyncio
import os
import socket
import sys
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import Receive, Scope, Send
from watchfiles import awatch

from local.access import Access, Guarded
from local.bedrock.app import bedrock_app
from local.bedrock.manner import Manner
from local.bedrock.model import Model
from local.bedrock.openai import OpenAIModel
from local.bedrock.quoting import QuotingModel
from local.kendra.app import kendra_app
from local.kendra.documents import Problem
from local.kendra.library import Changes, Library, Report
from local.ministack import ACCOUNT, REGION, root_client
from local.page import page_routes
from local.signing import SigningForwarder, is_aws


def main() -> None:
    """Serve until standard input ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=Path, required=True, help="the folder to search")
    parser.add_argument("--stack", required=True, help="MiniStack's URL, for IAM")
    parser.add_argument("--web", type=Path, required=True, help="the folder of the page")
    parser.add_argument("--config", type=Path, required=True, help="where the page finds the API")
    parser.add_argument("--kendra", default="", help="an AWS endpoint to forward to, signed")
    parser.add_argument("--bedrock", default="", help="an AWS endpoint to forward to, signed")
    chosen = parser.parse_args()
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    library = Library(chosen.documents, f"http://127.0.0.1:{port}")
    report = library.load()
    print(port, flush=True)
    _tell_report(report)
    routes = _forwarders(chosen.kendra, chosen.bedrock) + page_routes(chosen.web, chosen.config)
    app = upstreams_app(library, _model(), chosen.stack, routes)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
    threading.Thread(target=_end_with_input, args=[server], daemon=True).start()
    asyncio.run(server.serve([listener]))


def upstreams_app(
    library: Library, model: Model, stack_url: str, routes: Sequence[BaseRoute]
) -> Starlette:
    """Both stand-ins, guarded by the stack's IAM, what they counted under /stats, and `routes`."""
    kendra, bedrock = kendra_app(library), bedrock_app(model, Manner())

    access = Access(partial(root_client, stack_url), REGION, ACCOUNT)

    async def both(scope: Scope, receive: Receive, send: Send) -> None:
        app = bedrock if scope["path"].startswith("/model/") else kendra
        await app(scope, receive, send)

    async def stats(_: Request) -> JSONResponse:
        return JSONResponse(
            {"kendra": kendra.state.stats.as_dict(), "bedrock": bedrock.state.stats.as_dict()}
        )

    @asynccontextmanager
    async def watching(_: Starlette) -> AsyncIterator[None]:
        watcher = asyncio.create_task(_watch(library))
        yield
        watcher.cancel()

    return Starlette(
        routes=[
            Route("/stats", stats),
            *routes,
            Mount("/", Guarded(both, access)),
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
