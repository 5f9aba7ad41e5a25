"""The excerpt of a passage that Kendra's Query shows, with the question's words marked."""

from dataclasses import dataclass

#: About as long as Kendra's excerpts, in characters.
_LENGTH = 300


@dataclass(frozen=True)
class Excerpt:
    """A stretch of a passage; `highlights` are character offsets into it, end exclusive."""

    text: str
    highlights: list[tuple[int, int]]


def excerpt(text: str, highlights: list[tuple[int, int]]) -> Excerpt:
    """Take the stretch with the most highlights, cut between words, "..." where it is cut."""
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
    """Find the offset from which the most highlights fit; the text's beginning if all do."""
    starts = [0, *(begin for begin, _ in highlights)]

    def fitting(start: int) -> int:
        return sum(start <= a and b <= start + _LENGTH for a, b in highlights)

    return max(starts, key=fitting)
