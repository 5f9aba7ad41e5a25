"""How long a caller is ready to wait: `Prefer: wait=N` (RFC 7240) and `?wait=N`."""

import re

from runtime.http import Request
from sluice.errors import InvalidRequest

#: Seconds; API Gateway ends a request after 29.
LONGEST_WAIT = 20

_PREFERENCE = re.compile(r"(?:^|[,;])\s*wait\s*=\s*\"?(\d{1,6})\"?", re.IGNORECASE)


def wait_preference(request: Request) -> int:
    """Seconds from the Prefer header; 0 without one. More than LONGEST_WAIT is LONGEST_WAIT.

    A preference that cannot be read is passed over, as RFC 7240 wants it.
    """
    found = _PREFERENCE.search(request.headers.get("prefer", ""))
    return min(int(found[1]), LONGEST_WAIT) if found else 0


def wait_parameter(request: Request) -> int:
    """Seconds from the query string; 0 without one. Raises InvalidRequest."""
    text = request.query.get("wait", "0")
    if not (text.isascii() and text.isdigit()) or int(text) > LONGEST_WAIT:
        raise InvalidRequest(f"wait: a whole number of seconds, 0 to {LONGEST_WAIT}.")
    return int(text)
