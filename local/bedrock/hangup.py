"""Work that ends when its client hangs up."""

import asyncio
from collections.abc import Coroutine

from starlette.types import Receive


async def until_hangup(receive: Receive, work: Coroutine[None, None, None]) -> bool:
    """Run the work; True if it came to its end, False if the client went away and it was stopped.

    The request's body must have been received. What the work raises is raised.
    """
    working = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(_hangup(receive))
    try:
        await asyncio.wait({working, gone}, return_when=asyncio.FIRST_COMPLETED)
    finally:  # also when the server shuts down
        ended = working.done()
        working.cancel()
        gone.cancel()
        # Stopped means stopped: the work has closed what it held when this returns.
        await asyncio.gather(working, gone, return_exceptions=True)
    if ended:
        working.result()
    return ended


async def _hangup(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
