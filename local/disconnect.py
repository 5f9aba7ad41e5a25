"""Calls whose client closes the connection before it has an answer."""

import asyncio
from collections.abc import Coroutine

from starlette.types import Receive


async def run_until_disconnect(receive: Receive, work: Coroutine[None, None, None]) -> bool:
    """Run the work; return False if the client disconnected and the work was stopped, else True.

    The request's body must have been received. Raises what the work raises.
    """
    working = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(wait_for_disconnect(receive))
    try:
        await asyncio.wait({working, gone}, return_when=asyncio.FIRST_COMPLETED)
    finally:  # also when the server shuts down
        ended = working.done()
        working.cancel()
        gone.cancel()
        # When this returns, the work has closed what it held.
        await asyncio.gather(working, gone, return_exceptions=True)
    if ended:
        working.result()
    return ended


async def wait_for_disconnect(receive: Receive) -> None:
    """Wait until the client disconnects. The request's body must have been received."""
    while (await receive())["type"] != "http.disconnect":
        pass
