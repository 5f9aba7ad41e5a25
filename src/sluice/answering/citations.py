"""How citations are read while the model writes.

The model cites with markers, `[2]`. A marker stays in the text and becomes a citation, the span
of the marker pointing at a source. A marker without such a source is removed, since nobody could
follow it. That has to happen while the text streams: what was shown is never taken back, so the
concatenated pieces are the stored text.
"""

import re

from sluice.job.answer import Answer, Citation

# `[2]`, `[1, 3]`, and the brackets some models prefer; with the space before, which goes with it.
#: Both begin where white space begins: a search from within a long run of it would be quadratic.
_MARKER = re.compile(r"(?<!\s)\s*[\[【]\s*(\d{1,3}(?:\s*[,;]\s*\d{1,3})*)\s*[\]】]")
# The end of a text that may still become a marker, or white space that may precede one.
_UNDECIDED = re.compile(r"(?<!\s)\s*(?:[\[【][\d\s,;]{0,40})?\Z")
# Control characters but tab and line feed, and lone surrogates, which no store can keep.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


class AnswerWriter:
    """Turns a model's stream into the answer's text, piece by piece."""

    def __init__(self, number_of_sources: int) -> None:
        self._sources = number_of_sources
        self._citations: list[Citation] = []
        self._text = ""
        self._undecided = ""

    @property
    def text(self) -> str:
        """The certain text so far."""
        return self._text

    def write(self, piece: str) -> str:
        """Take what the model wrote; return what is now certain of the text, maybe nothing."""
        text = self._undecided + _UNPRINTABLE.sub("", piece)
        rest = _UNDECIDED.search(text)
        end = rest.start() if rest else len(text)
        self._undecided = text[end:]
        return self._append(text[:end])

    def close(self) -> str:
        """The last certain piece. White space at the end is not part of an answer."""
        rest, self._undecided = self._undecided.rstrip(), ""
        return self._append(rest)

    def answer(self, *, truncated: bool = False) -> Answer:
        """The answer so far."""
        return Answer(
            text=self._text,
            citations=list(self._citations),
            grounded=bool(self._citations),
            truncated=truncated,
        )

    def _append(self, text: str) -> str:
        before = len(self._text)
        position = 0
        for marker in _MARKER.finditer(text):
            self._add(text[position : marker.start()])
            self._cite(marker)
            position = marker.end()
        self._add(text[position:])
        return self._text[before:]

    def _add(self, text: str) -> None:
        self._text += text if self._text else text.lstrip()

    def _cite(self, marker: re.Match[str]) -> None:
        numbers = dict.fromkeys(int(number) for number in re.findall(r"\d+", marker[1]))
        known = [number for number in numbers if 1 <= number <= self._sources]
        if known:
            whole = marker[0]
            self._add(whole[: len(whole) - len(whole.lstrip())])
        for number in known:
            start = len(self._text)
            self._add(f"[{number}]")
            self._citations.append(Citation(start=start, end=len(self._text), source=number))
