"""What a request's headers and query ask for beside its body."""

import re

from runtime.http import Request, refusal

#: Seconds; API Gateway ends a request after 29.
LONGEST_WAIT = 20

_PREFERENCE = re.compile(r"(?:^|[,;])\s*wait\s*=\s*\"?(\d{1,6})\"?", re.IGNORECASE)
#: White space around it is not part of a header.
IDEMPOTENCY_KEY = re.compile(r"[!-~](?:[ -~]{0,253}[!-~])?")
# Longer ones are more than any parameter may be, and Python refuses to read the longest.
_NUMBER = re.compile(r"[0-9]{1,9}")


def wait_preference(request: Request) -> int:
    """Seconds from `Prefer: wait=N` (RFC 7240); 0 without it. Longer is LONGEST_WAIT.

    A preference that cannot be read is passed over, as RFC 7240 wants it.
    """
    found = _PREFERENCE.search(request.headers.get("prefer", ""))
    return min(int(found[1]), LONGEST_WAIT) if found else 0


def wait_parameter(request: Request) -> int:
    """Seconds from `?wait=N`; 0 without it. Raises InvalidRequest."""
    return number_parameter(request, "wait", 0, 0, LONGEST_WAIT)


def number_parameter(request: Request, name: str, default: int, least: int, most: int) -> int:
    """A whole number of the query, or `default`. Raises InvalidRequest."""
    text = request.query.get(name, str(default))
    if not _NUMBER.fullmatch(text) or not least <= int(text) <= most:
        raise refusal(name, f"it must be a whole number, {least} to {most}")
    return int(text)


def idempotency_key(request: Request) -> str | None:
    """The header Idempotency-Key; None without it. Raises InvalidRequest."""
    key = request.headers.get("idempotency-key")
    if key is None:
        return None
    if not IDEMPOTENCY_KEY.fullmatch(key.strip()):
        raise refusal("Idempotency-Key", "it must be 1 to 255 printable ASCII characters")
    return key.strip()
