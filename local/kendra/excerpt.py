"""The excerpt of a passage in Kendra's Query results, with the question's words marked."""

from dataclasses import dataclass

#: Characters; about as long as Kendra's excerpts.
_LENGTH = 300


@dataclass(frozen=True)
class Excerpt:
    """A part of a passage. `highlights` are character offsets into it, end exclusive."""

    text: str
    highlights: list[tuple[int, int]]


def excerpt(text: str, highlights: list[tuple[int, int]]) -> Excerpt:
    """Return the part with the most highlights, cut between words, with "..." at each cut."""
    start = _best_start(highlights)
    start = text.rfind(" ", 0, start) + 1 if start else 0
    end = len(text)
    if end - start > _LENGTH:
        space = text.rfind(" ", start + 1, start + _LENGTH)
        end = space if space > start else start + _LENGTH
    before, after = "..." if start else "", "..." if end < len(text) else ""
    shift = len(before) - start
    inside = [(a + shift, b + shift) for a, b in highlights if start <= a and b <= end]
    return Excerpt(before + text[start:end] + after, inside)


def _best_start(highlights: list[tuple[int, int]]) -> int:
    """Return the offset from which the most highlights fit, 0 if all do."""
    starts = [0, *(begin for begin, _ in highlights)]

    def fitting(start: int) -> int:
        return sum(start <= a and b <= start + _LENGTH for a, b in highlights)

    return max(starts, key=fitting)
