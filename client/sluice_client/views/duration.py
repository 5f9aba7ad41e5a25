"""Durations in words."""

_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"))


def in_words(seconds: float) -> str:
    """Return "12 s", "5 min", "3 h" or "2 d", rounded down; negative counts as 0."""
    seconds = max(0.0, seconds)
    for size, unit in _UNITS:
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return f"{int(seconds)} s"
