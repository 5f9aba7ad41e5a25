"""Reading single headers and query parameters of a request."""

import re

from runtime.http import Request, refusal

#: The longest wait in seconds. API Gateway ends a request after 29.
LONGEST_WAIT = 20

_PREFERENCE = re.compile(r"(?:^|[,;])\s*wait\s*=\s*\"?(\d{1,6})\"?", re.IGNORECASE)
#: Printable ASCII. The value of a header has no white space at its ends.
IDEMPOTENCY_KEY = re.compile(r"[!-~](?:[ -~]{0,253}[!-~])?")
# A longer number exceeds every limit, and Python refuses to parse very long ones.
_NUMBER = re.compile(r"[0-9]{1,9}")


def wait_preference(request: Request) -> int:
    """The seconds in `Prefer: wait=N` (RFC 7240), at most LONGEST_WAIT. 0 without the header.

    RFC 7240 demands that a preference that cannot be parsed is ignored.
    """
    found = _PREFERENCE.search(request.headers.get("prefer", ""))
    return min(int(found[1]), LONGEST_WAIT) if found else 0


def wait_parameter(request: Request) -> int:
    """The seconds in `?wait=N`, 0 without it. Raises InvalidRequest."""
    return number_parameter(request, "wait", 0, 0, LONGEST_WAIT)


def number_parameter(request: Request, name: str, default: int, least: int, most: int) -> int:
    """An integer query parameter, or `default` without it. Raises InvalidRequest."""
    text = request.query.get(name, str(default))
    if not _NUMBER.fullmatch(text) or not least <= int(text) <= most:
        raise refusal(name, f"must be an integer from {least} to {most}")
    return int(text)


def idempotency_key(request: Request) -> str | None:
    """The header Idempotency-Key, or None without it. Raises InvalidRequest."""
    key = request.headers.get("idempotency-key")
    if key is None:
        return None
    if not IDEMPOTENCY_KEY.fullmatch(key.strip()):
        raise refusal("Idempotency-Key", "must be 1 to 255 printable ASCII characters")
    return key.strip()
