"""Reads citations while the model writes.

The model cites with markers such as `[2]`.
A marker stays in the text and becomes a citation: its span and the number of the source.
A marker whose source does not exist is removed.
This happens while the text streams, because text that was sent is never taken back.
So all pieces together are the stored text.
"""

import re

from sluice.job.answer import Answer, Citation

# Both patterns start only where white space starts. Otherwise a long run of white space would be
# searched again from each of its characters, which takes quadratic time.
# A marker such as `[2]` or `[1, 3]`, also in the brackets that some models prefer, with the white
# space before it: if the marker is removed, that goes too.
_MARKER = re.compile(r"(?<!\s)\s*[\[【]\s*(\d{1,3}(?:\s*[,;]\s*\d{1,3})*)\s*[\]】]")
# The end of a text that may still become a marker, or white space that may precede a marker.
_UNDECIDED = re.compile(r"(?<!\s)\s*(?:[\[【][\d\s,;]{0,40})?\Z")
# Control characters except tab and line feed, and lone surrogates, which no store can keep.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


class AnswerWriter:
    """Turns the stream of a model into the text of the answer, piece by piece."""

    def __init__(self, number_of_sources: int) -> None:
        self._sources = number_of_sources
        self._citations: list[Citation] = []
        self._text = ""
        self._undecided = ""

    @property
    def text(self) -> str:
        """The final text so far."""
        return self._text

    def write(self, piece: str) -> str:
        """Add a piece that the model wrote. Return the text that has become final by it.

        A possible start of a marker is held back, so the result may be empty.
        """
        text = self._undecided + _UNPRINTABLE.sub("", piece)
        rest = _UNDECIDED.search(text)
        end = rest.start() if rest else len(text)
        self._undecided = text[end:]
        return self._append(text[:end])

    def close(self) -> str:
        """Return the text that was held back, without white space at its end."""
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
