"""What a request's headers and query ask for beside its body."""

import re

from runtime.http import Request
from sluice.errors import InvalidRequest

#: Seconds; API Gateway ends a request after 29.
LONGEST_WAIT = 20

_PREFERENCE = re.compile(r"(?:^|[,;])\s*wait\s*=\s*\"?(\d{1,6})\"?", re.IGNORECASE)
_IDEMPOTENCY_KEY = re.compile(r"[!-~](?:[ -~]{0,253}[!-~])?")


def wait_preference(request: Request) -> int:
    """Seconds from `Prefer: wait=N` (RFC 7240); 0 without it. Longer is LONGEST_WAIT.

    A preference that cannot be read is passed over, as RFC 7240 wants it.
    """
    found = _PREFERENCE.search(request.headers.get("prefer", ""))
    return min(int(found[1]), LONGEST_WAIT) if found else 0


def wait_parameter(request: Request) -> int:
    """Seconds from `?wait=N`; 0 without it. Raises InvalidRequest."""
    text = request.query.get("wait", "0")
    if not (text.isascii() and text.isdigit()) or int(text) > LONGEST_WAIT:
        raise InvalidRequest(f"wait: a whole number of seconds, 0 to {LONGEST_WAIT}.")
    return int(text)


def idempotency_key(request: Request) -> str | None:
    """The header Idempotency-Key; None without it. Raises InvalidRequest."""
    key = request.headers.get("idempotency-key")
    if key is None:
        return None
    if not _IDEMPOTENCY_KEY.fullmatch(key.strip()):
        message = "it must be 1 to 255 printable ASCII characters"
        fault = {"field": "Idempotency-Key", "message": message}
        raise InvalidRequest(f"Idempotency-Key: {message}", [fault])
    return key.strip()
